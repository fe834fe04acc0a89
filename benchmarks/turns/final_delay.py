"""From the end of speech to the final, as a subscriber of the broker has it.

The program as a process of its own, a real mosquitto, in real time; only what the
recognizer says is scripted, 92 ms after the end of the utterance: what decoding took
where a speech model of its size was measured.
"""

import asyncio
import json
import os
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import paho.mqtt.client as paho

from auricle.audio.frame import (
    FRAME_BYTES,
    FRAME_SAMPLES,
    FRAME_SECONDS,
    SAMPLE_RATE,
    Frame,
)
from auricle.recognizer.transcriptions import RecognizedText, Transcribe
from auricle.turns.turn import Mode
from auricle.wake.microwakeword import BUNDLED
from benchmarks.progress import told
from benchmarks.turns.spoken_turns import Room, SpokenTurn, Stage, pcm_of
from rigs.homes.program import Program
from rigs.mqtt.broker import running_broker
from rigs.mqtt.subscriber import HouseClient
from rigs.recognizer.scripted_recognizer import ScriptedRecognizer
from rigs.waiting import eventually

DECODE = 0.092
_PATIENCE = 8.0
_INTO_COMMAND = 0.2
NODE = "auricle/study"


@dataclass(slots=True)
class FinalDelays:
    """Turns in one mode."""

    mode: Mode
    delays: list[float] = field(default_factory=list)
    """Seconds from the last sample of the voice to the final on MQTT."""
    cut_off: int = 0
    not_woken: int = 0
    nothing: int = 0
    """Woken, and no final came."""


async def measure(stage: Stage, turns: int) -> list[FinalDelays]:
    """Both modes side by side, so many turns in each, in a clean room."""
    # Staged beforehand: nothing else may keep this process busy then.
    spoken = [stage.turn(Room.CLEAN, number) for number in range(turns)]
    with tempfile.TemporaryDirectory() as folder:
        return list(
            await asyncio.gather(
                *(_measure(spoken, mode, Path(folder) / mode) for mode in Mode)
            )
        )


async def _measure(
    turns: Sequence[SpokenTurn], mode: Mode, folder: Path
) -> FinalDelays:
    (folder / "broker").mkdir(parents=True)
    result = FinalDelays(mode)
    with running_broker(folder / "broker") as broker:
        async with (
            TimedClient(broker.port, "auricle/#") as house,
            _Understanding(decode_seconds=DECODE) as recognizer,
            Voice() as voice,
            Program(
                folder, settings_of(broker.port, recognizer.url, mode), stdin=voice.ear
            ),
        ):
            # Sound from before there is a listener would wait in the pipe, and make
            # all that follows late.
            await house.hears(f"{NODE}/availability", "online", timeout=60)
            voice.start()
            await house.hears(f"{NODE}/state", "idle", timeout=60)
            for turn in told(turns, f"end of speech to final, {mode}"):
                recognizer.expect(turn)
                await _take(turn, voice, house, result)
    return result


async def _take(
    turn: SpokenTurn, voice: "Voice", house: "TimedClient", result: FinalDelays
) -> None:
    wakes, outcomes = len(house.wakes), len(house.outcomes)
    end = await voice.say(turn)
    with suppress(AssertionError):
        await eventually(lambda: len(house.wakes) > wakes, 1.0)
    if len(house.wakes) == wakes:
        result.not_woken += 1
        return
    with suppress(AssertionError):
        await eventually(lambda: len(house.outcomes) > outcomes, _PATIENCE)
    if len(house.outcomes) == outcomes:
        result.nothing += 1
        return
    at, outcome = house.outcomes[outcomes]
    if outcome["event_type"] != "transcript":
        result.nothing += 1
    elif at < end:
        result.cut_off += 1
    else:
        result.delays.append(at - end)


class TimedClient(HouseClient):
    """Knows when it heard what."""

    def __init__(self, port: int, *topics: str) -> None:
        super().__init__(port, *topics)
        self.wakes: list[float] = []
        self.outcomes: list[tuple[float, dict[str, Any]]] = []

    def _hear(self, message: paho.MQTTMessage) -> None:
        now = time.monotonic()
        super()._hear(message)
        if message.topic == f"{NODE}/event/wake":
            self.wakes.append(now)
        elif message.topic == f"{NODE}/event/utterance":
            self.outcomes.append((now, json.loads(message.payload)))


class _Understanding(ScriptedRecognizer):
    """Has words for the command, and none for the end of the wake word before it."""

    def expect(self, turn: SpokenTurn) -> None:
        start = turn.command_start + round(_INTO_COMMAND * SAMPLE_RATE)
        pcm = pcm_of(turn.samples[start : start + FRAME_SAMPLES])
        self._command = pcm

    async def transcribe(self, work: Transcribe) -> RecognizedText:
        transcript = await super().transcribe(work)
        understood = self._command in work.pcm
        return transcript if understood else replace(transcript, text="")


class Voice:
    """Turns in a room, one frame at a time, as a microphone would deliver them."""

    def __init__(self) -> None:
        self.ear, self._mouth = os.pipe()
        os.set_blocking(self._mouth, False)
        self._loop = asyncio.get_running_loop()
        self._to_say: Iterator[Frame] = iter(())
        self._said: asyncio.Future[float] = self._loop.create_future()
        self._end = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._speak, daemon=True)

    async def __aenter__(self) -> Self:
        return self

    def start(self) -> None:
        self._thread.start()

    async def __aexit__(self, *_: object) -> None:
        self._over.set()
        await asyncio.to_thread(self._thread.join)
        os.close(self._mouth)
        os.close(self.ear)

    async def say(self, turn: SpokenTurn) -> float:
        """Return when it is said: the moment its last sample was, by the monotonic
        clock. The room goes on.
        """
        self._said = self._loop.create_future()
        self._end = turn.command_end
        self._to_say = iter(turn.frames())
        return await self._said

    def _speak(self) -> None:
        due = time.monotonic()
        while not self._over.is_set():
            frame = next(self._to_say, None) or Frame(bytes(FRAME_BYTES), 0)
            # A microphone hands a frame over when its last sample has been spoken.
            due += FRAME_SECONDS
            time.sleep(max(0.0, due - time.monotonic()))
            with suppress(BlockingIOError):
                os.write(self._mouth, frame.pcm)
            if frame.start < self._end <= frame.end:
                at = due - (frame.end - self._end) / SAMPLE_RATE
                self._loop.call_soon_threadsafe(self._said.set_result, at)


def settings_of(port: int, url: str, mode: Mode) -> dict[str, dict[str, Any]]:
    return {
        "satellite": {"name": "study"},
        "microphone": {"recording": "-"},
        "wake_word": {"models": list(BUNDLED)},
        "utterance": {"mode": mode.value},
        "asr": {"url": url, "language": "en"},
        "mqtt": {"host": "127.0.0.1", "port": port},
        "limits": {"turns_per_hour": 0, "seconds_per_day": 0},
        "log": {"level": "debug"},
    }
