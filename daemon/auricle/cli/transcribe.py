"""`auricle transcribe`: recordings in, transcripts and emotions out."""

import argparse
import asyncio
import json
import os
import random
import shutil
import sys
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace

from auricle.app import build
from auricle.asr.client import AsrClient
from auricle.asr.session import Timeouts
from auricle.audio.files.recording import Recording
from auricle.audio.frame import Frame
from auricle.audio.resampler import StreamResampler
from auricle.cli.long_recording import Cutter, Said, Stretch
from auricle.cli.terminal import START_LINE_ANEW
from auricle.cli.withheld import refused, without_key
from auricle.config.loading import default_file
from auricle.config.sections import MicrophoneSettings
from auricle.doctor import service
from auricle.doctor.configuration import API_KEY
from auricle.errors import Reason, RecordingError
from auricle.qwen_asr.address import LONGEST_WAIT
from auricle.qwen_asr.events import InterimTranscript, SessionSettings
from auricle.qwen_asr.wording import joined
from auricle.retry import full_jitter
from auricle.turns.events import RecognizerFailed, RecognizerSaid
from auricle.vad.webrtc import WebrtcVoiceDetector

FINAL_TIMEOUT = LONGEST_WAIT
"""Seconds in which a final has to come: a slow machine at home may take its time over a
minute of speech."""
# Piped sound may pause, and Ctrl-C must not wait for it.
_READ_TIMEOUT = 0.5
# Seconds. Another connection is made at once, and then with pauses: a recognizer that
# is started anew has its model to load.
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 8.0


class _FailedError(Exception):
    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


def main(args: argparse.Namespace, *, final_timeout: float = FINAL_TIMEOUT) -> int:
    """Transcribe recordings one after the other; return the exit code: 66 where one
    cannot be read, 69 or 77 where the recognizer does not answer or refuses the key, 77
    also where only the service may read it. A final has to come in `final_timeout`
    seconds.
    """
    options = {"asr.url": args.url, "utterance.mode": args.mode}
    settings, withheld = service.settings_of(args.config or default_file(), options)
    keyless = without_key(settings, withheld)
    if keyless and not settings.asr.url:
        return refused("transcribe", API_KEY)
    endpoint = build.recognizer_address(settings.asr)
    if endpoint.patience is not None:
        endpoint = replace(endpoint, patience=final_timeout)
    timeouts = Timeouts(
        connect=settings.asr.connect_timeout,
        final=final_timeout,
        time_to_live=final_timeout,
    )
    session = build.session_settings(settings)

    async def transcribe_all() -> int:
        client = AsrClient(endpoint, timeouts, StreamResampler, spare=False)
        recognizer = _Recognizer(client, session, final_timeout)
        try:
            code = await _transcribe_all(args, settings.microphone, recognizer)
            await client.aclose(timeouts.finish)
            return code
        finally:
            await client.aclose()

    code = asyncio.run(transcribe_all())
    if keyless and code == os.EX_NOPERM:
        return refused("transcribe", API_KEY)
    return code


@dataclass(slots=True)
class _Recognizer:
    """What all recordings are sent to."""

    client: AsrClient
    settings: SessionSettings
    final_timeout: float
    answers: bool = False
    """Whether it has said anything yet."""


async def _transcribe_all(
    args: argparse.Namespace, microphone: MicrophoneSettings, recognizer: _Recognizer
) -> int:
    code = 0
    for name in args.files:
        progress = _Progress(name, lines=args.interim, as_json=args.json)
        said: list[Said] = []
        try:
            recording = build.recording(name, microphone, raw_rate=args.rate)
            with closing(recording):
                await _transcribe(recording, recognizer, progress.show, said)
        except RecordingError as error:
            progress.clear()
            print(f"auricle transcribe: {error}", file=sys.stderr)
            code = os.EX_NOINPUT
        except _FailedError as error:
            progress.clear()
            told = f"{name}: {error}; for what to do: auricle doctor"
            if said:
                # It may have been paid for.
                _print(args, name, said)
                told = f"{name} is transcribed up to {said[-1].end:.0f} s; {told}"
            print(f"auricle transcribe: {told}", file=sys.stderr)
            refused = error.reason is Reason.AUTH_FAILED
            return os.EX_NOPERM if refused else os.EX_UNAVAILABLE
        else:
            progress.clear()
            _print_oddities(recording)
            _print(args, name, said)
    return code


async def _transcribe(
    recording: Recording,
    recognizer: _Recognizer,
    show: Callable[[str], None],
    said: list[Said],
) -> None:
    """Add all utterances to `said`, stretch by stretch: the next one is sent while one
    waits for its final.

    Raises _FailedError behind those that come before what failed.
    """
    cutter, activity = Cutter(), WebrtcVoiceDetector()
    sent: deque[_SentStretch] = deque()
    whole = True
    try:
        async for frame in _frames(recording):
            if whole:
                sent.append(_SentStretch(recognizer, frame.start, show))
            sent[-1].send(frame)
            if sent[-1].failure is not None:
                break
            whole = cutter.push(frame, speech=activity.is_speech(frame))
            if whole:
                sent[-1].end()
                if len(sent) > 1:
                    await _finish_oldest(sent, said)
        if not whole:
            sent[-1].end()
        while sent:
            await _finish_oldest(sent, said)
    finally:
        for stretch in sent:
            stretch.close()


async def _finish_oldest(sent: "deque[_SentStretch]", said: list[Said]) -> None:
    oldest = sent[0]
    said += await oldest.recognized()
    if oldest.failure is not None:
        raise _FailedError(oldest.failure)
    sent.popleft().close()


async def _frames(recording: Recording) -> AsyncIterator[Frame]:
    frames: Sequence[Frame] | None = None
    while frames is None or frames:
        frames = await asyncio.to_thread(recording.read, _READ_TIMEOUT)
        for frame in frames or ():
            yield frame


class _SentStretch:
    """A stretch of a recording on its way through the recognizer."""

    def __init__(
        self, recognizer: _Recognizer, start: int, show: Callable[[str], None]
    ) -> None:
        self._recognizer = recognizer
        self._stretch = Stretch(start)
        # In manual mode there is one utterance; else nobody knows how many there are.
        self._is_one = recognizer.settings.turn_detection is None
        self._show = show
        self._first_failure: float | None = None
        self._pauses = full_jitter(_FIRST_PAUSE, _LONGEST_PAUSE, random.random)
        self.failure: Reason | None = None
        """Why it will not be recognized to its end."""
        self._over = asyncio.Event()
        # One engine at home works at one stretch after the other: this one's time runs
        # once there is none before it.
        self._due = False
        self._session = recognizer.client.open(
            "transcribe", recognizer.settings, self._heard
        )

    def send(self, frame: Frame) -> None:
        self._stretch.push(frame)
        self._session.send(frame)

    def end(self) -> None:
        self._session.end_utterance()
        self._session.keep_listening()

    async def recognized(self) -> list[Said]:
        """Return its utterances once there are no more to come: all, or those before
        its failure.
        """
        self._due = True
        if not self._over.is_set():
            self._session.await_final()
        await self._over.wait()
        return self._stretch.utterances()

    def close(self) -> None:
        self._session.close()

    def _heard(self, answer: RecognizerSaid | RecognizerFailed) -> None:
        match answer:
            case RecognizerSaid(_, said, hints):
                self._recognizer.answers = True
                self._stretch.take(said, hints)
                if isinstance(said, InterimTranscript):
                    self._show(self._stretch.text)
                answered = self._is_one and self._stretch.has_final
                if answered or self._stretch.finished:
                    self._over.set()
                elif not self._due:
                    self._session.keep_listening()
            case RecognizerFailed() if self._over.is_set():
                pass
            case RecognizerFailed(_, reason, transient):
                pause = self._pause() if transient else None
                if pause is None:
                    self.failure = reason
                    self._over.set()
                else:
                    self._stretch.connection_lost()
                    asyncio.get_running_loop().call_later(pause, self._replay)

    def _replay(self) -> None:
        self._session.replay()
        if not self._due:
            self._session.keep_listening()

    def _pause(self) -> float | None:
        """Seconds before the next attempt; None where there is none."""
        now = asyncio.get_running_loop().time()
        if self._first_failure is None:
            self._first_failure = now
            return 0.0
        # One that never answered may be none.
        if not self._recognizer.answers:
            return None
        pause = next(self._pauses)
        last = self._first_failure + self._recognizer.final_timeout
        return pause if now + pause < last else None


class _Progress:
    """What is understood so far: on a terminal in place, and in lines on request."""

    def __init__(self, name: str, *, lines: bool, as_json: bool) -> None:
        self._name = name
        self._lines = lines
        self._as_json = as_json
        self._in_place = sys.stderr.isatty() and not lines
        self._shown = ""

    def show(self, text: str) -> None:
        if not text or text == self._shown:
            return
        self._shown = text
        if self._lines and self._as_json:
            interim = {"file": self._name, "interim": text}
            print(json.dumps(interim, ensure_ascii=False), flush=True)
        elif self._lines:
            print(f"… {text}", file=sys.stderr, flush=True)
        elif self._in_place:
            # The end of a long one is what is new.
            width = shutil.get_terminal_size().columns - 3
            line = f"{START_LINE_ANEW}… {text[-width:]}"
            print(line, end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        if self._in_place and self._shown:
            print(START_LINE_ANEW, end="", file=sys.stderr, flush=True)


def _print_oddities(recording: Recording) -> None:
    for told in (*recording.remarks, recording.trouble):
        if told:
            print(f"auricle transcribe: {told}", file=sys.stderr)


def _print(args: argparse.Namespace, name: str, said: list[Said]) -> None:
    text = joined(part.text for part in said)
    emotions = list(dict.fromkeys(part.emotion for part in said if part.emotion))
    languages = list(dict.fromkeys(part.language for part in said if part.language))
    if args.json:
        result = {
            "file": name,
            "text": text,
            # Of several, none is the recording's: each utterance has its own.
            "language": languages[0] if len(languages) == 1 else None,
            "emotion": emotions[0] if len(emotions) == 1 else None,
            "utterances": [asdict(part) for part in said],
        }
        print(json.dumps(result, ensure_ascii=False), flush=True)
        return
    facts = [
        f"language {', '.join(languages) or 'not reported'}",
        f"emotion {', '.join(emotions) or 'not reported'}",
    ]
    if len(args.files) > 1:
        print(f"{name}:")
    print(text or "(no speech)")
    print(f"({'; '.join(facts)})", flush=True)
