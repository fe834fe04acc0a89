"""What of a spoken turn reaches the recognizer, sample by sample."""

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from auricle.asr.client import AsrClient, Timeouts
from auricle.asr.connection import Endpoint
from auricle.asr.events import SessionSettings
from auricle.audio.attention import Attention
from auricle.audio.frame import (
    FRAME_BYTES,
    FRAME_SAMPLES,
    FRAME_SECONDS,
    SAMPLE_BYTES,
    Frame,
)
from auricle.audio.hearing import Hearing
from auricle.audio.source import SourceHealth
from auricle.budget import Budget, Limits
from auricle.events import RecognizerFailed, RecognizerSaid
from auricle.runner import RecognizerSession, Runner
from auricle.satellite import Satellite, SatelliteState
from auricle.speech.activity import WebrtcVoiceDetector
from auricle.speech.endpointing import EndpointingSettings
from auricle.turn import Mode, Outcome, Stamp, Turn
from auricle.wake.detector import WakeWordModel
from auricle.wake.microwakeword import MicroWakeWordEngine
from benchmarks.rooms import Room, SpokenTurn, Stage, pcm_of
from rigs.eventually import eventually
from rigs.fault_proxy import FaultProxy
from rigs.scripted_recognizer import ScriptedRecognizer

CONNECTING = (0.0, 0.3, 0.9, 2.0)
"""Seconds until the session is open: two exchanges, each with a way there and back."""
_WAYS = 4

_PRE_ROLL = 0.3
_SPEED = 8.0
_AT_ONCE = 4
_PATIENCE = 60.0


class Front(StrEnum):
    """What came of a turn."""

    WHOLE = "whole"
    """One stretch of the recording, from before the wake word's end."""
    LATE = "late"
    """It began behind the wake word's end: samples were lost."""
    BROKEN = "broken"
    """Samples are missing or repeated in the middle."""
    NOT_WOKEN = "not woken"


@dataclass(frozen=True, slots=True)
class Fronts:
    """All turns with a connection as slow as this."""

    connecting: float
    turns: int
    counts: Counter[Front]


async def carry(stage: Stage, turns: int) -> list[Fronts]:
    """`turns` in all, shared among the connections, in a clean room."""
    each = turns // len(CONNECTING)
    results = []
    for place, connecting in enumerate(CONNECTING):
        gate = asyncio.Semaphore(_AT_ONCE)
        numbers = range(place * each, (place + 1) * each)
        fronts = await asyncio.gather(
            *(_carry(stage, number, connecting, gate) for number in numbers)
        )
        results.append(Fronts(connecting, each, Counter(fronts)))
    return results


async def _carry(
    stage: Stage, number: int, connecting: float, gate: asyncio.Semaphore
) -> Front:
    async with gate:
        turn = await asyncio.to_thread(stage.turn, Room.CLEAN, number)
        async with (
            ScriptedRecognizer() as recognizer,
            FaultProxy(recognizer.port) as proxy,
        ):
            proxy.delay(connecting / _WAYS)
            ended = await _listen(
                turn, recognizer.url.replace(str(recognizer.port), str(proxy.port))
            )
            if not ended:
                return Front.NOT_WOKEN
            return _front(turn, recognizer.heard[0].pcm)


def _front(turn: SpokenTurn, heard: bytes) -> Front:
    start = pcm_of(turn.samples).find(heard)
    if start < 0 or not heard:
        return Front.BROKEN
    late = start > turn.wake_end * SAMPLE_BYTES
    return Front.LATE if late else Front.WHOLE


async def _listen(turn: SpokenTurn, url: str) -> bool:
    """Play the turn to a satellite; whether its wake word opened a turn."""
    microphone = _Microphone(turn.frames())
    hearing = Hearing(
        microphone,
        Attention(
            [MicroWakeWordEngine([WakeWordModel(turn.wake_word)])],
            WebrtcVoiceDetector(),
            pre_roll=_PRE_ROLL,
            refractory=2.0,
        ),
        deliver=lambda event: runner.deliver(event),
        failed=lambda _: None,
    )
    client = AsrClient(Endpoint(url), Timeouts(connect=_PATIENCE, final=_PATIENCE))
    house = _House()
    runner = Runner(
        Satellite(
            mode=Mode.MANUAL,
            endpointing=EndpointingSettings(),
            new_turn_id=lambda: uuid.uuid4().hex,
        ),
        hearing,
        _Turns(client),
        house,
        Budget(Limits(), None),
    )
    hearing.start()
    hearing.open_microphone()
    try:
        await eventually(
            lambda: house.outcomes or (microphone.ended and not house.turns), _PATIENCE
        )
    finally:
        await asyncio.to_thread(hearing.stop, 1.0)
        await client.aclose()
    return bool(house.turns)


class _Microphone:
    """A turn's sound, faster than it was spoken, and silence behind it."""

    description = "a staged turn"
    health = SourceHealth.GOOD
    dropped = 0

    def __init__(self, frames: Sequence[Frame]) -> None:
        self._frames = frames
        self._next = 0

    @property
    def ended(self) -> bool:
        return self._next >= len(self._frames)

    def open(self) -> None:
        self._next = 0

    def read(self, timeout: float) -> Frame:
        time.sleep(min(timeout, FRAME_SECONDS / _SPEED))
        start = self._next * FRAME_SAMPLES
        frame = Frame(bytes(FRAME_BYTES), start)
        if not self.ended:
            frame = self._frames[self._next]
        self._next += 1
        return frame

    def close(self) -> None:
        pass


class _Turns:
    """Opens a session a turn, in manual mode."""

    def __init__(self, client: AsrClient) -> None:
        self._client = client

    def open(
        self, turn: Turn, deliver: Callable[[RecognizerSaid | RecognizerFailed], None]
    ) -> RecognizerSession:
        settings = SessionSettings(turn_detection=None)
        return self._client.open(turn.id, settings, deliver)


class _House:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self.outcomes: list[Outcome] = []

    def state(self, state: SatelliteState) -> None:
        pass

    def wake(self, turn: Turn, at: datetime) -> None:
        self.turns.append(turn)

    def interim(self, turn: str, text: str) -> None:
        pass

    def outcome(self, outcome: Outcome, stamp: Stamp) -> None:
        self.outcomes.append(outcome)
