"""`auricle transcribe`: recordings in, transcripts and emotions out."""

import argparse
import asyncio
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, replace

from auricle import assembly
from auricle.asr.client import AsrClient, Timeouts
from auricle.asr.events import FinalTranscript, SessionSettings
from auricle.asr.wording import has_words, is_echo, joined
from auricle.audio.frame import SAMPLE_RATE, Frame
from auricle.audio.resampler import StreamResampler
from auricle.config_loading import load_with_options
from auricle.config_sections import MicrophoneSettings
from auricle.errors import RecordingError
from auricle.events import RecognizerFailed, RecognizerSaid
from auricle.speech.activity import WebrtcVoiceDetector
from auricle.turn import Reason, Transcript
from auricle.utterances import cut

# A slow machine at home may take its time over a minute of speech.
_FINAL_TIMEOUT = 60.0

# sysexits.h
EX_NOINPUT = 66
EX_UNAVAILABLE = 69
EX_NOPERM = 77


@dataclass(frozen=True, slots=True)
class _Said:
    start: float
    """Seconds from the beginning of the recording."""
    end: float
    text: str
    language: str | None
    emotion: str | None


class _FailedError(Exception):
    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


def main(args: argparse.Namespace) -> int:
    settings = load_with_options(args.config, {"asr.url": args.url})
    endpoint = assembly.recognizer_endpoint(settings.asr)
    timeouts = Timeouts(connect=settings.asr.connect_timeout, final=_FINAL_TIMEOUT)
    # Manual mode: where an utterance ends is known here.
    session = replace(assembly.session_settings(settings), turn_detection=None)

    async def transcribe_all() -> int:
        client = AsrClient(endpoint, timeouts, StreamResampler)
        try:
            code = await _transcribe_all(args, settings.microphone, client, session)
            await client.aclose(timeouts.finish)
            return code
        finally:
            await client.aclose()

    return asyncio.run(transcribe_all())


async def _transcribe_all(
    args: argparse.Namespace,
    microphone: MicrophoneSettings,
    client: AsrClient,
    session: SessionSettings,
) -> int:
    code = 0
    for name in args.files:
        try:
            frames = await asyncio.to_thread(_read, name, microphone)
            said = []
            for utterance in cut(_frames_with_speech(frames)):
                said.append(await _recognize(client, session, utterance))
                _progress(name, said[-1].end, frames[-1].end / SAMPLE_RATE)
        except RecordingError as error:
            print(f"auricle transcribe: {error}", file=sys.stderr)
            code = EX_NOINPUT
        except _FailedError as error:
            print(f"auricle transcribe: {name}: {error}", file=sys.stderr)
            return EX_NOPERM if error.reason is Reason.AUTH_FAILED else EX_UNAVAILABLE
        else:
            _print(args, name, said)
    return code


def _read(name: str, microphone: MicrophoneSettings) -> list[Frame]:
    """All of it, as the microphone would hear it. Raises RecordingError."""
    with closing(assembly.recording(name, microphone)) as recording:
        frames = list(recording.frames())
        for told in (*recording.remarks, recording.trouble):
            if told:
                print(f"auricle transcribe: {told}", file=sys.stderr)
    return frames


def _frames_with_speech(frames: Iterable[Frame]) -> Iterator[tuple[Frame, bool]]:
    activity = WebrtcVoiceDetector()
    for frame in frames:
        yield frame, activity.is_speech(frame)


async def _recognize(
    client: AsrClient, session: SessionSettings, utterance: list[Frame]
) -> _Said:
    final: asyncio.Future[Transcript] = asyncio.get_running_loop().create_future()
    replayed = False
    seconds = sum(frame.seconds for frame in utterance)

    def heard(answer: RecognizerSaid | RecognizerFailed) -> None:
        nonlocal replayed
        match answer:
            case RecognizerSaid(_, FinalTranscript(_, text, language, emotion), hints):
                # Nobody listened here: all of it may be a voice.
                if not has_words(text) or is_echo(text, hints, seconds):
                    text = ""
                if not final.done():
                    final.set_result(Transcript(text, language, emotion))
            case RecognizerFailed(_, _, transient) if transient and not replayed:
                replayed = True
                under_way.replay()
            case RecognizerFailed(_, reason) if not final.done():
                final.set_exception(_FailedError(reason))

    under_way = client.open("transcribe", session, heard)
    try:
        for frame in utterance:
            under_way.send(frame)
        under_way.end_utterance()
        transcript = await final
    finally:
        under_way.close()
    start, end = utterance[0].start / SAMPLE_RATE, utterance[-1].end / SAMPLE_RATE
    return _Said(
        round(start, 2),
        round(end, 2),
        transcript.text,
        transcript.language,
        transcript.emotion,
    )


def _progress(name: str, seconds: float, total: float) -> None:
    if sys.stderr.isatty() and seconds < total:
        print(f"{name}: {seconds:.0f} of {total:.0f} s", file=sys.stderr)


def _print(args: argparse.Namespace, name: str, said: list[_Said]) -> None:
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
