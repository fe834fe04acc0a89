"""How exact, how fast and how large `auricle recognizer` is.

    python -m benchmarks.recognizer [--clips 20] [--sessions 1,2,4]

People speak to it in real time, one and several at once, in server VAD mode: read
sentences and commands, clean and with a kitchen 10 dB below. Beside it the same model
is called directly. Needs AURICLE_RECORDINGS.
"""

import argparse
import asyncio
import base64
import json
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from websockets.asyncio.client import ClientConnection, connect

from auricle.audio.frame import SAMPLE_RATE
from auricle.recognizer.codecs import make_decoder
from auricle.recognizer.segmenter import VadSegmenter
from auricle.recognizer.session import RecognizerSession
from auricle.recognizer.transcriptions import Transcribe
from auricle.recognizer.whisper import WhisperEngine
from auricle.turn import Transcript
from benchmarks.recordings import Recordings, Samples, load, voice_of
from benchmarks.scoring import Score, score, sentences, slots, slots_missed, words

_CHUNK = 3200
_SECONDS_A_CHUNK = 0.1
_LEAD_IN, _TAIL = 0.5, 1.5
_NOISE_DB = 10
_UPDATE = {
    "type": "session.update",
    "session": {
        "input_audio_transcription": {"language": "en"},
        "turn_detection": {
            "type": "server_vad",
            "threshold": 0.0,
            "silence_duration_ms": 400,
        },
    },
}


_Voice = tuple[Samples, list[str], list[str]]
"""A recording, its words and its slot values; one of the two is empty."""


@dataclass(frozen=True, slots=True, eq=False)
class Spoken:
    """A recording in a room, and what is said in it: words, or else slot values."""

    samples: Samples
    end: float
    """Seconds to where the voice ends."""
    said: list[str]
    slots: list[str]

    @property
    def pcm(self) -> bytes:
        return bytes((np.clip(self.samples, -1, 1) * 32767).astype("<i2").tobytes())

    @property
    def seconds(self) -> float:
        return len(self.samples) / SAMPLE_RATE

    def missed(self, transcript: str) -> Score:
        heard = words(transcript)
        if self.said:
            return score(self.said, heard)
        return slots_missed(self.slots, heard)


@dataclass(frozen=True, slots=True)
class Heard:
    transcript: str
    delay: float
    """Seconds from the end of speech to the last `completed`."""


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=20, metavar="N")
    parser.add_argument("--sessions", default="1,2,4", metavar="N,…")
    arguments = parser.parse_args()
    material = _material(Recordings.from_environment(), arguments.clips)

    print(
        "condition        sessions missed directly  delay p50   p95  real time  memory"
    )
    for condition, spoken in material.items():
        directly = await asyncio.to_thread(_directly, spoken)
        for sessions in map(int, arguments.sessions.split(",")):
            async with _recognizer() as (url, pid):
                began = time.monotonic()
                heard = await _speak(url, spoken, sessions)
                took = time.monotonic() - began
                memory = _pss(pid)
            _print(condition, sessions, spoken, heard, directly, took, memory)
    await asyncio.to_thread(_print_protocol_cost, material["commands, clean"])


def _material(recordings: Recordings, clips: int) -> dict[str, list[Spoken]]:
    root = recordings.root
    kitchen = load(next((root / "noise").glob("kitchen*")))
    said = sentences(root / "speech" / "librivox" / "transcription.txt")
    expected = slots(root / "commands" / "coffee")
    read: list[_Voice] = [
        (load(root / "speech" / "librivox" / f"{name}.flac"), sentence, [])
        for name, sentence in said.items()
    ]
    commands: list[_Voice] = [
        (load(root / "commands" / "coffee" / name), [], values)
        for name, values in sorted(expected.items())[:clips]
    ]
    rng = np.random.default_rng(1)
    rooms = {}
    for name, voices in (("read", read), ("commands", commands)):
        rooms[f"{name}, clean"] = [_in_room(voice, None, rng) for voice in voices]
        rooms[f"{name}, kitchen"] = [_in_room(voice, kitchen, rng) for voice in voices]
    return rooms


def _in_room(
    recording: _Voice, noise: Samples | None, rng: np.random.Generator
) -> Spoken:
    samples, said, values = recording
    voice = voice_of(samples)
    before, after = (round(s * SAMPLE_RATE) for s in (_LEAD_IN, _TAIL))
    sound = np.pad(voice, (before, after))
    if noise is not None:
        start = rng.integers(0, len(noise) - len(sound))
        room = noise[start : start + len(sound)]
        gain = np.sqrt(np.mean(voice**2) / np.mean(room**2)) / 10 ** (_NOISE_DB / 20)
        sound = sound + room * gain
    end = (before + len(voice)) / SAMPLE_RATE
    return Spoken(sound.astype(np.float32), end, said, values)


def _directly(spoken: list[Spoken]) -> float:
    engine = WhisperEngine()
    missed = Score()
    for one in spoken:
        transcript = engine.transcribe(one.pcm, language="en", corpus=None, final=True)
        missed += one.missed(transcript.text)
    return missed.error_rate


async def _speak(url: str, spoken: list[Spoken], sessions: int) -> list[Heard]:
    """All of it, `sessions` at a time, each at a person's pace."""
    turns = asyncio.Semaphore(sessions)

    async def speak(one: Spoken) -> Heard:
        async with turns, connect(url, proxy=None, compression=None) as connection:
            return await _speak_one(connection, one)

    return await asyncio.gather(*map(speak, spoken))


async def _speak_one(connection: ClientConnection, one: Spoken) -> Heard:
    await connection.send(json.dumps(_UPDATE))
    while json.loads(await connection.recv())["type"] != "session.updated":
        pass
    began = time.monotonic()
    sending = asyncio.create_task(_send(connection, one.pcm, began))
    transcripts = []
    completed = began
    async for message in connection:
        event = json.loads(message)
        if event["type"].endswith(".completed"):
            completed = time.monotonic()
            transcripts.append(event["transcript"])
        elif event["type"] == "session.finished":
            break
    await sending
    return Heard(" ".join(transcripts), completed - began - one.end)


async def _send(connection: ClientConnection, pcm: bytes, began: float) -> None:
    for number, at in enumerate(range(0, len(pcm), _CHUNK), start=1):
        due = began + number * _SECONDS_A_CHUNK
        await asyncio.sleep(due - time.monotonic())
        audio = base64.b64encode(pcm[at : at + _CHUNK]).decode()
        await connection.send(
            json.dumps({"type": "input_audio_buffer.append", "audio": audio})
        )
    await connection.send(json.dumps({"type": "session.finish"}))


@asynccontextmanager
async def _recognizer() -> AsyncIterator[tuple[str, int]]:
    command = ["-m", "auricle", "recognizer", "--port", "0", "--max-sessions", "8"]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, stdout=PIPE
    )
    assert process.stdout is not None
    try:
        line = (await process.stdout.readline()).decode()
        if not line.startswith("serving on "):
            raise SystemExit("the recognizer did not start")
        yield f"{line.split()[2]}?model=qwen3-asr-flash-realtime", process.pid
    finally:
        process.terminate()
        await process.wait()


def _pss(pid: int) -> int:
    """MB of memory that are this process's alone, and its part of what is shared."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) // 1024
    return 0


def _print(
    condition: str,
    sessions: int,
    spoken: list[Spoken],
    heard: list[Heard],
    directly: float,
    took: float,
    memory: int,
) -> None:
    missed = sum(
        (one.missed(its.transcript) for one, its in zip(spoken, heard, strict=True)),
        Score(),
    )
    delays = [its.delay for its in heard if its.transcript]
    p50, p95 = np.percentile(delays, [50, 95]) if delays else (0.0, 0.0)
    audio = sum(one.seconds for one in spoken)
    print(
        f"{condition:17} {sessions:7} {missed.error_rate:7.1%} {directly:9.1%} "
        f"{p50:8.2f} s {p95:4.2f} s {audio / took:9.1f}x {memory:4} MB",
        flush=True,
    )


def _print_protocol_cost(spoken: list[Spoken]) -> None:
    """Processor time of everything but the model, beside the model's."""
    engine = WhisperEngine()
    utterances: list[Transcribe] = []
    began = time.process_time()
    for one in spoken:
        utterances += _session_alone(one.pcm)
    protocol = time.process_time() - began
    began = time.process_time()
    for work in utterances:
        engine.transcribe(work.pcm, language="en", corpus=None, final=True)
    model = time.process_time() - began
    print(
        f"{len(utterances)} utterances: protocol {protocol:.2f} s of processor time, "
        f"model {model:.1f} s, {protocol / model:.1%}"
    )


def _session_alone(pcm: bytes) -> list[Transcribe]:
    """The finals that a session orders, whose engine answers at once."""
    session = RecognizerSession("sess_1", "model", VadSegmenter, make_decoder)
    messages = [json.dumps(_UPDATE)]
    for at in range(0, len(pcm), _CHUNK):
        audio = base64.b64encode(pcm[at : at + _CHUNK]).decode()
        messages.append(
            json.dumps({"type": "input_audio_buffer.append", "audio": audio})
        )
    messages.append(json.dumps({"type": "session.finish"}))
    finals = []
    due = session.open()
    for message in messages:
        due += session.receive_message(message)
        while due:
            order = due.pop(0)
            if isinstance(order, Transcribe):
                if order.final:
                    finals.append(order)
                due += session.transcribed(order, Transcript("words", "en"))
            else:
                json.dumps(order.message)
    return finals


if __name__ == "__main__":
    asyncio.run(main())
