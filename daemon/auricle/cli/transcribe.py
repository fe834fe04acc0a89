"""`auricle transcribe`: recordings in, transcripts and emotions out."""

import argparse
import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import closing
from dataclasses import asdict

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
from auricle.qwen_asr.events import InterimTranscript, SessionSettings
from auricle.qwen_asr.wording import joined
from auricle.turns.events import RecognizerFailed, RecognizerSaid
from auricle.vad.webrtc import WebrtcVoiceDetector

# A slow machine at home may take its time over a minute of speech.
_FINAL_TIMEOUT = 60.0
# Piped sound may pause, and Ctrl-C must not wait for it.
_READ_TIMEOUT = 0.5


class _FailedError(Exception):
    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


def main(args: argparse.Namespace) -> int:
    """Transcribe recordings one after the other; return the exit code: 66 where one
    cannot be read, 69 or 77 where the recognizer does not answer or refuses the key, 77
    also where only the service may read it.
    """
    options = {"asr.url": args.url, "utterance.mode": args.mode}
    settings, withheld = service.settings_of(args.config or default_file(), options)
    keyless = without_key(settings, withheld)
    if keyless and not settings.asr.url:
        return refused("transcribe", API_KEY)
    endpoint = build.recognizer_address(settings.asr)
    timeouts = Timeouts(
        connect=settings.asr.connect_timeout,
        final=_FINAL_TIMEOUT,
        time_to_live=_FINAL_TIMEOUT,
    )
    session = build.session_settings(settings)

    async def transcribe_all() -> int:
        client = AsrClient(endpoint, timeouts, StreamResampler)
        try:
            code = await _transcribe_all(args, settings.microphone, client, session)
            await client.aclose(timeouts.finish)
            return code
        finally:
            await client.aclose()

    code = asyncio.run(transcribe_all())
    if keyless and code == os.EX_NOPERM:
        return refused("transcribe", API_KEY)
    return code


async def _transcribe_all(
    args: argparse.Namespace,
    microphone: MicrophoneSettings,
    client: AsrClient,
    session: SessionSettings,
) -> int:
    code = 0
    for name in args.files:
        progress = _Progress(name, lines=args.interim, as_json=args.json)
        try:
            recording = build.recording(name, microphone, raw_rate=args.rate)
            with closing(recording):
                said = await _transcribe(recording, client, session, progress.show)
        except RecordingError as error:
            progress.clear()
            print(f"auricle transcribe: {error}", file=sys.stderr)
            code = os.EX_NOINPUT
        except _FailedError as error:
            progress.clear()
            told = f"{name}: {error}; for what to do: auricle doctor"
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
    client: AsrClient,
    session: SessionSettings,
    show: Callable[[str], None],
) -> list[Said]:
    """Stretch by stretch: the next one is sent while one waits for its final."""
    cutter, activity = Cutter(), WebrtcVoiceDetector()
    said: list[Said] = []
    sending: _SentStretch | None = None
    waiting: _SentStretch | None = None
    try:
        async for frame in _frames(recording):
            if sending is None:
                sending = _SentStretch(client, session, frame.start, show)
            sending.send(frame)
            if cutter.push(frame, speech=activity.is_speech(frame)):
                sending.end()
                if waiting is not None:
                    said += await waiting.utterances()
                waiting, sending = sending, None
        if sending is not None:
            sending.end()
        for last in (waiting, sending):
            if last is not None:
                said += await last.utterances()
    finally:
        for last in (waiting, sending):
            if last is not None:
                last.close()
    return said


async def _frames(recording: Recording) -> AsyncIterator[Frame]:
    frames: Sequence[Frame] | None = None
    while frames is None or frames:
        frames = await asyncio.to_thread(recording.read, _READ_TIMEOUT)
        for frame in frames or ():
            yield frame


class _SentStretch:
    """A stretch of a recording on its way through the recognizer."""

    def __init__(
        self,
        client: AsrClient,
        settings: SessionSettings,
        start: int,
        show: Callable[[str], None],
    ) -> None:
        self._stretch = Stretch(start)
        # In manual mode there is one utterance; else nobody knows how many there are.
        self._is_one = settings.turn_detection is None
        self._show = show
        self._replayed = False
        self._failure: Reason | None = None
        self._over = asyncio.Event()
        self._session = client.open("transcribe", settings, self._heard)

    def send(self, frame: Frame) -> None:
        """Raises _FailedError where nobody listens any more."""
        if self._failure is not None:
            raise _FailedError(self._failure)
        self._stretch.push(frame)
        self._session.send(frame)

    def end(self) -> None:
        self._session.end_utterance()

    async def utterances(self) -> list[Said]:
        """Once all of it is recognized. Raises _FailedError."""
        await self._over.wait()
        if self._failure is not None:
            raise _FailedError(self._failure)
        self.close()
        return self._stretch.utterances()

    def close(self) -> None:
        self._session.close()

    def _heard(self, answer: RecognizerSaid | RecognizerFailed) -> None:
        match answer:
            case RecognizerSaid(_, said, hints):
                self._stretch.take(said, hints)
                if isinstance(said, InterimTranscript):
                    self._show(self._stretch.text)
                answered = self._is_one and self._stretch.has_final
                if answered or self._stretch.finished:
                    self._over.set()
            case RecognizerFailed() if self._over.is_set():
                pass
            case RecognizerFailed(_, _, transient) if transient and not self._replayed:
                self._replayed = True
                self._stretch.connection_lost()
                self._session.replay()
            case RecognizerFailed(_, reason):
                self._failure = reason
                self._over.set()


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
