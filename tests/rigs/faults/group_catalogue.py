"""What may befall satellites in earshot of each other, and what must come of it.

As the catalogue of faults of one satellite; whatever happens to one of them, another
answers, and never two in a way that whoever obeys cannot tell.
"""

import json
import signal
import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from enum import StrEnum

from rigs.faults.catalogue import EITHER, EXECUTED, FaultCase
from rigs.faults.catalogue import Moment as OfOne
from rigs.faults.ledgers import End
from rigs.homes.scene import Scene
from rigs.homes.shared_ear import SharedEar
from rigs.waiting import elapse

Step = Callable[[SharedEar], Awaitable[object] | object]


class Moment(StrEnum):
    """Of the command that it befalls."""

    BEFORE = "before the wake word"
    BIDDING = "while they bid"
    ANSWERING = "while one answers and the others stand by"
    SAID = "at its last word"


@dataclass(frozen=True)
class GroupCase:
    id: str
    what: str
    inject: Step
    heal: Step = lambda _: None
    moment: Moment = Moment.ANSWERING
    ends: Collection[End] = EXECUTED
    within: float = 15.0
    """Seconds from its last word until each satellite is done with it."""

    def __str__(self) -> str:
        return f"{self.id} {self.what}"


@dataclass(frozen=True)
class GroupObservation:
    """What came of a fault."""

    end: End
    seconds: float
    """From the last word until each was done."""
    recovery: float
    """From healing until the nearest one answered the next command."""


async def befall_group(ear: SharedEar, case: GroupCase) -> GroupObservation:
    """Let it happen to the next command; assert what must come of it."""
    if case.moment is Moment.BEFORE:
        await _do(case.inject, ear)
    number = ear.open_mouths()
    match case.moment:
        case Moment.BIDDING:
            await ear.told("bid", ear.nearest)
        case Moment.ANSWERING:
            await ear.told("alive", ear.nearest)
        case Moment.SAID:
            await ear.finish_speaking(number)
        case Moment.BEFORE:
            pass
    if case.moment is not Moment.BEFORE:
        await _do(case.inject, ear)
    if case.moment is not Moment.SAID:
        await ear.finish_speaking(number)
    said = time.monotonic()
    end = await ear.settled(number, case.within)
    seconds = time.monotonic() - said
    await _do(case.heal, ear)
    await ear.is_complete()
    recovery = await ear.recovery()
    # What was frozen or cut off may speak up once it is back.
    end, keys = ear.end(number), ear.keys(number)
    assert end in case.ends, f"{case}: {end} {ear.reasons(number)}"
    assert len(keys) <= 1, f"{case}: executed as {keys}"
    ear.check(since=number)
    return GroupObservation(end, seconds, recovery)


async def _do(step: Step, ear: SharedEar) -> None:
    done = step(ear)
    if isinstance(done, Awaitable):
        await done


# --- the broker ---


async def _outage(ear: SharedEar) -> None:
    ear.broker.kill()
    await elapse(2.0)
    ear.broker.start()


async def _short_outage(ear: SharedEar) -> None:
    ear.broker.kill()
    ear.broker.start()


# --- the nearest satellite ---


async def _kill(ear: SharedEar) -> None:
    await ear.nearest.kill()


async def _restart(ear: SharedEar) -> None:
    await ear.nearest.restart()


def _freeze(seconds: float) -> Step:
    async def freeze(ear: SharedEar) -> None:
        ear.nearest.program.send(signal.SIGSTOP)
        await elapse(seconds)
        ear.nearest.program.send(signal.SIGCONT)

    return freeze


def _cut_off(ear: SharedEar) -> None:
    ear.nearest.mqtt.stall()
    ear.nearest.asr.stall()


def _reconnect(ear: SharedEar) -> None:
    ear.nearest.mqtt.heal()
    ear.nearest.asr.heal()


# --- who speaks nonsense ---

_GARBAGE: tuple[str | bytes, ...] = (
    b"",
    b"\x00\xff" * 40,
    "null",
    "[1]",
    "[" * 1000,
    '{"kind": 5}',
    '{"kind": "bid"}',
    '{"kind": "bid", "turn": "x", "wake_word": "okay_nabu", "level": 1e999}',
    '{"kind": "take", "turn": "x", "wake_word": 3, "level": 1, "after_ms": 0}',
    '{"kind": "take", "turn": "x", "wake_word": "okay_nabu", "level": 1, '
    '"after_ms": -99999999999, "print": "no base64"}',
    '{"kind": "done", "turn": "x", "wake_word": "okay_nabu", "level": 1, '
    '"after_ms": 0, "outcome": "glorious"}',
    json.dumps({"kind": "alive", "turn": "x" * 60_000}),
)


def _speak_nonsense(ear: SharedEar) -> None:
    for _ in range(20):
        for garbage in _GARBAGE:
            ear.tell_group(garbage)


def _claim(kind: str, **more: object) -> str:
    claim = {
        "kind": kind,
        "turn": "of_a_liar",
        "wake_word": "okay_nabu",
        "level": 1000,
        "after_ms": 0,
    }
    return json.dumps({**claim, **more})


def _outbid(ear: SharedEar) -> None:
    """Bid more than anybody, and then say no more."""
    ear.tell_group(_claim("bid"))


def _take_and_fall_silent(ear: SharedEar) -> None:
    ear.tell_group(_claim("bid"))
    ear.tell_group(_claim("take"))


_BROKER = [
    GroupCase("A01", "the broker starts anew", _short_outage, moment=Moment.BIDDING),
    GroupCase("A02", "the broker is away for 2 s", _outage, moment=Moment.BIDDING),
    GroupCase("A03", "the broker starts anew", _short_outage),
    GroupCase("A04", "the broker is away for 2 s", _outage),
    GroupCase("A05", "the broker starts anew", _short_outage, moment=Moment.SAID),
]
_NEAREST = [
    *(
        GroupCase(id, "kill -9 of the nearest", _kill, _restart, moment=moment)
        for id, moment in (
            ("A11", Moment.BIDDING),
            ("A12", Moment.ANSWERING),
            ("A13", Moment.SAID),
        )
    ),
    *(
        GroupCase(
            *(id, f"the nearest is frozen for {seconds:g} s, and wakes"),
            _freeze(seconds),
            moment=moment,
        )
        for id, seconds, moment in (
            ("A21", 1.0, Moment.BIDDING),
            ("A22", 4.0, Moment.BIDDING),
            ("A23", 1.0, Moment.ANSWERING),
            ("A24", 4.0, Moment.ANSWERING),
            ("A25", 4.0, Moment.SAID),
        )
    ),
    GroupCase("A31", "the nearest has no network", _cut_off, _reconnect),
    GroupCase(
        "A32",
        "the nearest has no network",
        _cut_off,
        _reconnect,
        moment=Moment.BIDDING,
    ),
    GroupCase(
        "A33",
        "the nearest does not reach the broker",
        lambda ear: ear.nearest.mqtt.stall(),
        _reconnect,
    ),
    GroupCase(
        "A34",
        "the nearest does not reach the recognizer",
        lambda ear: ear.nearest.asr.stall(),
        _reconnect,
        ends=EITHER,
    ),
    GroupCase(
        "A35",
        "nothing listens where the nearest looks for the recognizer",
        lambda ear: ear.nearest.asr.refuse(),
        _reconnect,
        moment=Moment.BEFORE,
    ),
]
_STRANGERS = [
    GroupCase("A41", "nonsense is told", _speak_nonsense, moment=Moment.BIDDING),
    GroupCase("A42", "nonsense is told", _speak_nonsense),
    GroupCase("A43", "one bids most, and never takes", _outbid, moment=Moment.BIDDING),
    GroupCase(
        "A44",
        "one takes, and says no more",
        _take_and_fall_silent,
        moment=Moment.BIDDING,
    ),
]

GROUP_CATALOGUE = [*_BROKER, *_NEAREST, *_STRANGERS]


# --- whatever may befall one satellite ---


def of_one(case: FaultCase) -> GroupCase:
    """Let the nearest suffer it, while others hear the command as well."""
    moments = {
        OfOne.BEFORE: Moment.BEFORE,
        OfOne.SPEAKING: Moment.ANSWERING,
        OfOne.SAID: Moment.SAID,
    }

    def step(of_scene: Callable[[Scene], Awaitable[object] | object]) -> Step:
        return lambda ear: of_scene(ear.nearest)

    return GroupCase(
        case.id,
        case.what,
        step(case.inject),
        step(case.heal),
        moments[case.moment],
        EITHER,
        within=case.within + 10.0,
    )
