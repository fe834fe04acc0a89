"""What of a spoken turn reaches the recognizer, sample by sample."""

import asyncio
import itertools
import sys
import time
import uuid
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

import numpy as np

from auricle.app.build import LONGEST_SOUND
from auricle.app.runner import OrderTargets, Runner
from auricle.app.turn_recognizer import TurnRecognizer
from auricle.asr.client import AsrClient
from auricle.asr.session import Timeouts
from auricle.assets import sounds
from auricle.audio.feedback import Cue
from auricle.audio.files.sound_file import read_short
from auricle.audio.frame import (
    FRAME_BYTES,
    FRAME_SAMPLES,
    FRAME_SECONDS,
    SAMPLE_BYTES,
    SAMPLE_RATE,
    Frame,
)
from auricle.audio.known_sound import KnownSound
from auricle.audio.source_health import SourceHealth
from auricle.capture.attention import Attention
from auricle.capture.hearing import Hearing
from auricle.config.sections import UtteranceSettings
from auricle.qwen_asr.address import RecognizerAddress
from auricle.qwen_asr.events import SessionSettings
from auricle.turns.budget import Budget, Limits
from auricle.turns.endpointing import EndpointingSettings
from auricle.turns.factory import TurnFactory
from auricle.turns.satellite import Satellite, SatelliteState
from auricle.turns.turn import Mode, Outcome, Stamp, Turn
from auricle.vad.webrtc import WebrtcVoiceDetector
from auricle.wake.detector import WakeWordModel
from auricle.wake.microwakeword import MicroWakeWordEngine
from benchmarks.turns.spoken_turns import Room, SpokenTurn, Stage, pcm_of
from rigs.faults.fault_proxy import FaultProxy
from rigs.recognizer.scripted_recognizer import ScriptedRecognizer
from rigs.waiting import eventually

CONNECTING = (0.0, 0.3, 0.9, 2.0)
"""Seconds until the session is open: two exchanges, each with a way there and back."""
_WAYS = 4

_PRE_ROLL = UtteranceSettings().pre_roll
_SPEED = 8.0
_AT_ONCE = 4
_PATIENCE = 60.0
_WAKE_SOUND = Path(sounds.__path__[0]) / "wake.wav"
_BUFFERED = round(0.06 * SAMPLE_RATE) * SAMPLE_BYTES
# The sound, what is waited for behind it, and the orders on their way.
_WAKE_SOUND_SECONDS = 1.0
_EXACT = round(0.1 * SAMPLE_RATE) * SAMPLE_BYTES


class FirstWords(StrEnum):
    """What came of a turn."""

    WHOLE = "whole"
    """One stretch of the recording, from before the command's first sound."""
    LATE = "late"
    """It began behind the command's first sound: samples were lost."""
    BROKEN = "broken"
    """Samples are missing or repeated in the middle."""


@dataclass(frozen=True, slots=True)
class Case:
    connecting: float
    wake_sound: bool


@dataclass(frozen=True, slots=True)
class FirstWordsCounts:
    """All turns of one case."""

    case: Case
    counts: Counter[FirstWords]


CASES = tuple(
    Case(connecting, wake_sound)
    for wake_sound in (False, True)
    for connecting in CONNECTING
)


async def measure(stage: Stage, turns: int) -> list[FirstWordsCounts]:
    """`turns` in all, shared among the cases, in a clean room. Where the wake word is
    missed, there is no turn: another one takes its place.
    """
    numbers = itertools.count()
    sound = KnownSound(read_short(_WAKE_SOUND, LONGEST_SOUND))
    return [
        FirstWordsCounts(
            case, await _measure_all(stage, numbers, case, sound, turns // len(CASES))
        )
        for case in CASES
    ]


async def _measure_all(
    stage: Stage, numbers: Iterator[int], case: Case, sound: KnownSound, turns: int
) -> Counter[FirstWords]:
    counts: Counter[FirstWords] = Counter()

    async def measure_some() -> None:
        while counts.total() + len(under_way) < turns:
            number = next(numbers)
            under_way.add(number)
            words = await _measure(stage, number, case, sound)
            under_way.discard(number)
            if words is not None:
                counts[words] += 1
            if words in (FirstWords.LATE, FirstWords.BROKEN):
                print(f"turn {number}: {words}", file=sys.stderr)

    under_way: set[int] = set()
    article = "a" if case.wake_sound else "no"
    what = f"first words, {case.connecting} s, {article} wake sound"
    async with asyncio.TaskGroup() as tasks:
        for _ in range(_AT_ONCE):
            tasks.create_task(measure_some())
    print(f"{what}: {counts.total()} turns", file=sys.stderr, flush=True)
    return counts


async def _measure(
    stage: Stage, number: int, case: Case, sound: KnownSound
) -> FirstWords | None:
    """None where the wake word was missed."""
    turn = await asyncio.to_thread(stage.turn, Room.CLEAN, number)
    async with (
        ScriptedRecognizer() as recognizer,
        FaultProxy(recognizer.port) as proxy,
    ):
        proxy.delay(case.connecting / _WAYS)
        url = recognizer.url.replace(str(recognizer.port), str(proxy.port))
        ended = await _listen(turn, url, sound if case.wake_sound else None)
        if not ended:
            return None
        return _first_words(turn, recognizer.heard[0].pcm, wake_sound=case.wake_sound)


def _first_words(turn: SpokenTurn, heard: bytes, *, wake_sound: bool) -> FirstWords:
    said = pcm_of(turn.samples)
    # The wake sound is heard behind the wake word, and was taken out there: what comes
    # before and behind is as it was said, and as many samples lie between.
    # The wake word's part of the first frame is silent.
    silent = (len(heard) - len(heard.lstrip(b"\0"))) // SAMPLE_BYTES * SAMPLE_BYTES
    words = heard[silent:]
    start = said.find(words[:_EXACT])
    differs = _differing(said[start : start + len(words)], words)
    allowed = round((_WAKE_SOUND_SECONDS if wake_sound else 0) * SAMPLE_RATE)
    if start < 0 or len(words) < _EXACT or differs > allowed:
        return FirstWords.BROKEN
    late = start > turn.command_start * SAMPLE_BYTES
    return FirstWords.LATE if late else FirstWords.WHOLE


def _differing(said: bytes, heard: bytes) -> int:
    """Samples from the first to the last that is another."""
    if len(said) != len(heard):
        return len(heard)
    other = np.flatnonzero(np.frombuffer(said, "<i2") != np.frombuffer(heard, "<i2"))
    return int(other[-1] - other[0]) + 1 if len(other) else 0


async def _listen(turn: SpokenTurn, url: str, wake_sound: KnownSound | None) -> bool:
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
        deliver=lambda events: runner.deliver(events),
        failed=lambda _: None,
    )
    client = AsrClient(
        RecognizerAddress(url), Timeouts(connect=_PATIENCE, final=_PATIENCE)
    )
    house = _Outcomes()

    def tell(cue: Cue) -> None:
        if cue is Cue.WAKE and wake_sound is not None:
            hearing.expect(wake_sound)
            microphone.play(wake_sound.pcm, hearing.played)

    turns = TurnFactory(
        mode=Mode.MANUAL,
        endpointing=EndpointingSettings(),
        new_turn_id=lambda: uuid.uuid4().hex,
    )
    runner = Runner(
        Satellite(turns),
        OrderTargets(
            hearing,
            TurnRecognizer(client, SessionSettings(turn_detection=None)),
            house,
            tell,
        ),
        Budget(Limits(), None),
        time_to_live=_PATIENCE,
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
    """A turn's sound, faster than it was spoken, and silence behind it; beside it a
    loudspeaker.
    """

    description = "a staged turn"
    health = SourceHealth.GOOD
    remarks = ()
    dropped = 0
    pace = 1.0 / _SPEED
    caught_up = False

    def __init__(self, frames: Sequence[Frame]) -> None:
        self._frames = frames
        self._next = 0
        self._sound: deque[bytes] = deque()
        self._played: Callable[[], None] = lambda: None

    def advice(self, health: SourceHealth) -> str:
        return ""

    @property
    def ended(self) -> bool:
        return self._next >= len(self._frames)

    def play(self, pcm: bytes, played: Callable[[], None]) -> None:
        """From the loudspeaker; `played` is called when it is over."""
        pcm = bytes(_BUFFERED) + pcm
        pcm += bytes(-len(pcm) % FRAME_BYTES)
        self._played = played
        self._sound.extend(
            pcm[at : at + FRAME_BYTES] for at in range(0, len(pcm), FRAME_BYTES)
        )

    def open(self) -> None:
        self._next = 0

    def read(self, timeout: float, together: int = 1) -> Sequence[Frame]:
        time.sleep(min(timeout, together * FRAME_SECONDS / _SPEED))
        return [self._frame() for _ in range(together)]

    def close(self) -> None:
        pass

    def _frame(self) -> Frame:
        frame = Frame(bytes(FRAME_BYTES), self._next * FRAME_SAMPLES)
        if not self.ended:
            frame = self._frames[self._next]
        self._next += 1
        if self._sound:
            frame = Frame(_sum(frame.pcm, self._sound.popleft()), frame.start)
            if not self._sound:
                self._played()
        return frame


def _sum(one: bytes, other: bytes) -> bytes:
    both = np.frombuffer(one, "<i2").astype(int) + np.frombuffer(other, "<i2")
    return bytes(np.clip(both, -32768, 32767).astype("<i2").tobytes())


class _Outcomes:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self.outcomes: list[Outcome] = []

    def state(self, state: SatelliteState, *, muted: bool, ringing: bool) -> None:
        pass

    def wake(self, turn: Turn, at: datetime) -> None:
        self.turns.append(turn)

    def interim(self, turn: str, text: str) -> None:
        pass

    def outcome(self, outcome: Outcome, stamp: Stamp) -> None:
        self.outcomes.append(outcome)
