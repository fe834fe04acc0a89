"""Whether of several satellites in earshot exactly one answers, and the right one.

Real satellites in simulated houses, as `households.py` has them, on links where bids
get lost and come late.
"""

import dataclasses
import statistics
import sys
from collections.abc import Sequence

import numpy as np

from auricle.config.choices import UtteranceMode
from benchmarks.recordings import Recordings
from benchmarks.rooms.households import Outcome, Plan, carry_out
from benchmarks.rooms.rounds import Tally
from benchmarks.rooms.scale import Scale
from benchmarks.rows import Row
from rigs.mqtt.lossy_link import Weather

# From one satellite to the other a message takes 5 to 80 ms: half of it on each way.
_SOONEST, _LATEST = 0.0025, 0.04
_GOOD, _BAD = (Weather(loss, _SOONEST, _LATEST) for loss in (0.01, 0.10))
_HOUSES = 8
# One recognizer is for one house. More than these at once are no measure of any.
_HOUSES_OF_THE_REAL = 3
_HOUSES_WITH_TWINS = 3
_SHORT_HOUSES, _SHORT_WAKES = 2, 20
_EACH, _EACH_KILLED = 7.0, 13.0


def _plan(
    scale: Scale,
    part: int,
    wakes: int,
    weather: Weather,
    *,
    houses: int = _HOUSES,
    seconds_each: float = _EACH,
) -> Plan:
    """Each part has people, and houses, of its own."""
    return Plan(
        houses=scale.houses or (_SHORT_HOUSES if scale.short else houses),
        wakes=_SHORT_WAKES if scale.short else wakes,
        seconds_each=seconds_each,
        weather=weather,
        seed=scale.seed * 10 + part,
    )


async def answers(scale: Scale) -> Sequence[Row]:
    """At 1 % loss, beside a scripted recognizer."""
    plan = _plan(scale, 1, 560, _GOOD)
    return _answers("scripted recognizer", await _done(plan))


async def real(scale: Scale) -> Sequence[Row]:
    """At 1 % loss, beside `auricle recognizer`, with each program's defaults."""
    plan = _real(scale, UtteranceMode.AUTO)
    return _answers("real recognizer", await _done(plan))


async def server(scale: Scale) -> Sequence[Row]:
    """The same, where the recognizer decides when a command is over."""
    plan = _real(scale, UtteranceMode.SERVER_VAD)
    return _answers("real recognizer, server_vad", await _done(plan))


def _real(scale: Scale, mode: UtteranceMode) -> Plan:
    plan = _plan(scale, 2, 560, _GOOD, houses=_HOUSES_OF_THE_REAL)
    return dataclasses.replace(plan, real_recognizer=True, mode=mode)


async def loss(scale: Scale) -> Sequence[Row]:
    """At 10 % loss."""
    outcome = await _done(_plan(scale, 3, 400, _BAD))
    tally = _tally(outcome)
    return [
        Row(
            "exactly one final, 10 % loss",
            _percent(tally.once, tally.wakes),
            "%",
            _of(tally, outcome),
            least=99,
        ),
        *_told(tally, outcome, sessions_most=None, best_least=None),
    ]


async def killed(scale: Scale) -> Sequence[Row]:
    """Whoever takes it is killed, at any moment until just behind its final."""
    plan = _plan(scale, 4, 300, _GOOD, seconds_each=_EACH_KILLED)
    outcome = await _done(dataclasses.replace(plan, kills=True))
    tally = _tally(outcome).killed
    of = (
        f"{tally.wakes} kills, {outcome.killed_before} of them before the final, the "
        "others within 0.1 s behind it; "
        f"{outcome.missed:.1f} s of sound missed"
    )
    return [
        Row("lost, the winner killed", float(tally.lost), "", of, most=0),
        Row(
            "more than one final, the winner killed",
            _percent(tally.more, tally.wakes),
            "%",
            of,
            most=1,
        ),
        Row(
            "executed twice by consumers that drop what they know",
            float(tally.executed_twice),
            "",
            of,
            most=0,
        ),
    ]


async def delay(scale: Scale) -> Sequence[Row]:
    """Beside lone satellites that hear the same."""
    plan = _plan(scale, 5, 90, _GOOD, houses=_HOUSES_WITH_TWINS)
    outcome = await _done(dataclasses.replace(plan, lone_twins=True))
    milliseconds = [1000 * each for each in outcome.delays]
    of = f"{len(milliseconds)} commands"
    what = "a final later than a lone satellite's that hears the same"
    if not milliseconds:
        return [Row(what, None, "ms", of, most=10)]
    return [
        Row(what, statistics.median(milliseconds), "ms", f"{of}, median", most=10),
        Row(
            "the same",
            float(np.percentile(milliseconds, 95)),
            "ms",
            f"{of}, 95 of 100",
        ),
    ]


async def _done(plan: Plan) -> Outcome:
    outcome = await carry_out(plan, Recordings.from_environment())
    for house, rounds in enumerate(outcome.rounds):
        for number, each in enumerate(rounds.all):
            if each.heard and not each.once:
                many = len(each.finals) or "no"
                print(
                    f"house {house}, wake word {number}: {many} finals",
                    *each.told(),
                    sep="\n",
                    file=sys.stderr,
                    flush=True,
                )
    return outcome


def _answers(recognizer: str, outcome: Outcome) -> Sequence[Row]:
    tally = _tally(outcome)
    return [
        Row(
            f"exactly one final, 1 % loss, {recognizer}",
            _percent(tally.once, tally.wakes),
            "%",
            _of(tally, outcome),
            least=100,
        ),
        *_told(tally, outcome, sessions_most=1.1, best_least=98),
    ]


def _told(
    tally: Tally,
    outcome: Outcome,
    *,
    sessions_most: float | None,
    best_least: float | None,
) -> Sequence[Row]:
    contested = tally.contested
    return [
        Row("of these without any", float(tally.lost), "", f"{tally.wakes} wakes"),
        Row("of these with several", float(tally.more), "", f"{tally.wakes} wakes"),
        Row(
            "turns that no wake word had begun, beside these",
            float(sum(len(house.false_wakes) for house in outcome.rounds)),
            "",
            f"{tally.wakes} wakes",
        ),
        Row(
            "the best bid answers",
            _percent(contested.best_answered, contested.wakes),
            "%",
            f"{contested.wakes} wakes that several heard",
            least=best_least,
        ),
        Row(
            "sessions a wake",
            outcome.sessions / tally.wakes if tally.wakes else None,
            "",
            f"{outcome.sessions} sessions",
            most=sessions_most,
        ),
    ]


def _tally(outcome: Outcome) -> Tally:
    return Tally.of(each for house in outcome.rounds for each in house.all)


def _percent(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None


def _of(tally: Tally, outcome: Outcome) -> str:
    spoken = sum(len(house.all) for house in outcome.rounds)
    return (
        f"{tally.wakes} wakes heard of {spoken}, by {tally.hearers:.1f} each; "
        f"{outcome.lost_messages} of {outcome.messages} messages lost, "
        f"{outcome.missed:.1f} s of sound missed"
    )
