"""Our own delays: from the wake word to `listening`, from `completed` to the house."""

import asyncio
import bisect
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import numpy as np
import paho.mqtt.client as paho

from auricle.audio.frame import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE
from auricle.wake.detector import Refractory, WakeWordModel
from auricle.wake.microwakeword import MicroWakeWordEngine
from benchmarks.cost.broker_tap import BrokerTap
from benchmarks.cost.daemon import NODE, broker, daemon
from benchmarks.cost.process_cost import Memory, memory
from benchmarks.recordings import Recordings, Samples
from benchmarks.turns.spoken_turns import Noises, Room, frames_of, leveled
from rigs.mqtt.subscriber import HouseClient
from rigs.recognizer.faults import COMPLETED, Fault, Line, Send
from rigs.recognizer.scripted_recognizer import ScriptedRecognizer

_WAKE_WORD = "okay_nabu"
_LEAD_IN, _GAP, _TAIL = 2.0, 0.25, 2.2
_DECODING = 0.05
# An answer that comes later than this belongs to another turn.
_LONGEST = 1.5


@dataclass(frozen=True, slots=True, eq=False)
class Spoken:
    """Turns, one behind the other."""

    samples: Samples
    wake_ends: Sequence[int]
    """Where each wake phrase's last sound has faded, in samples."""


@dataclass(frozen=True, slots=True)
class Delays:
    """Seconds, a turn each."""

    engine: Sequence[float]
    """From the wake phrase's last sample to the engine's certainty, in audio."""
    listening: Sequence[float]
    """From the frame that made it certain to `listening`, read by a subscriber."""
    final: Sequence[float]
    """From the recognizer's `completed` to the final, read by a subscriber."""
    acknowledged: Sequence[float]
    """From the recognizer's `completed` to the broker's PUBACK of the final."""
    turns: int
    memory: Memory
    """Of the daemon, behind the last turn."""


def spoken_turns(recordings: Recordings, count: int) -> Spoken:
    """A wake phrase and a short command each, by people, in a quiet room."""
    rng = np.random.default_rng(3)
    noises = Noises(recordings)
    wakes = cycle(recordings.wake_words()[_WAKE_WORD])
    words = cycle(recordings.near_misses()["computer"])
    pieces = [noises.behind(Room.CLEAN, round(_LEAD_IN * SAMPLE_RATE), rng)]
    ends = []
    length = len(pieces[0])
    for _ in range(count):
        wake, word = leveled(next(wakes).samples), leveled(next(words).samples)
        gap, tail = (
            np.zeros(round(s * SAMPLE_RATE), np.float32) for s in (_GAP, _TAIL)
        )
        turn = np.concatenate([wake, gap, word, tail])
        pieces.append(turn + noises.behind(Room.CLEAN, len(turn), rng))
        ends.append(length + len(wake))
        length += len(turn)
    return Spoken(np.concatenate(pieces), ends)


async def measure(spoken: Spoken) -> Delays:
    frames = frames_of(spoken.samples)
    certain = _detections(spoken.samples)
    always = [_Completed()]
    async with (
        broker() as mosquitto,
        BrokerTap(mosquitto.port, f"{NODE}/transcript/final") as tap,
        ScriptedRecognizer(decode_seconds=_DECODING, always=always) as recognizer,
        _TimedClient(mosquitto.port, f"{NODE}/#") as house,
    ):
        voice = _Voice([frame.pcm for frame in frames])
        async with daemon(
            tap.port, "-", recognizer=recognizer.url, stdin=voice.ear
        ) as program:
            await house.hears(f"{NODE}/availability", "online", timeout=60)
            heard_at = await asyncio.to_thread(voice.speak)
            await asyncio.sleep(_LONGEST)
            kept = memory(program.pid)
    sure_at = [heard_at[end // FRAME_SAMPLES - 1] for end in certain]
    return Delays(
        engine=[
            (end - min(spoken.wake_ends, key=lambda wake: abs(wake - end)))
            / SAMPLE_RATE
            for end in certain
        ],
        listening=_between(sure_at, house.when(f"{NODE}/state", "listening")),
        final=_between(_Completed.sent, house.when(f"{NODE}/transcript/final")),
        acknowledged=_between(_Completed.sent, tap.acknowledged),
        turns=len(certain),
        memory=kept,
    )


def _detections(samples: Samples) -> list[int]:
    """Where the engine alone is sure, in samples."""
    engine = MicroWakeWordEngine([WakeWordModel(_WAKE_WORD)])
    refractory = Refractory(2.0)
    return [
        detection.end
        for detection in map(engine.detect, frames_of(samples))
        if detection is not None and refractory.admits(detection)
    ]


def _between(causes: Sequence[float], effects: Sequence[float]) -> list[float]:
    """From each cause to the first effect behind it, where there is one in time."""
    waits = []
    for cause in causes:
        at = bisect.bisect(effects, cause)
        if at < len(effects) and effects[at] - cause < _LONGEST:
            waits.append(effects[at] - cause)
    return waits


class _Completed(Fault):
    """No fault: notes when the first `completed` of each connection leaves."""

    sent: list[float] = []  # noqa: RUF012  # of all connections

    def __init__(self) -> None:
        self._seen = False

    async def sending(self, message: dict[str, Any], line: Line, send: Send) -> None:
        if message["type"] == COMPLETED and not self._seen:
            self._seen = True
            self.sent.append(time.monotonic())
        await send(message)


class _TimedClient(HouseClient):
    """Knows when it heard what."""

    def __init__(self, port: int, *topics: str) -> None:
        super().__init__(port, *topics)
        self._times: list[float] = []

    def when(self, topic: str, payload: str | None = None) -> list[float]:
        return [
            at
            for at, heard in zip(self._times, self.heard, strict=True)
            if heard.topic == topic and payload in (None, heard.payload)
        ]

    def _hear(self, message: paho.MQTTMessage) -> None:
        self._times.append(time.monotonic())
        super()._hear(message)


class _Voice:
    """Frames into a pipe, as a microphone would deliver them."""

    def __init__(self, frames: Sequence[bytes]) -> None:
        self._frames = frames
        self.ear, self._mouth = os.pipe()

    def speak(self) -> list[float]:
        """When each frame's last sample was spoken, by the monotonic clock."""
        said = []
        due = time.monotonic()
        for frame in self._frames:
            due += FRAME_SECONDS
            time.sleep(max(0.0, due - time.monotonic()))
            os.write(self._mouth, frame)
            said.append(due)
        return said
