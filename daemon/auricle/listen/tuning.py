"""Which threshold suits a household, told from what it said, and what it did not mean.

A threshold that lies in the middle of those that cost the same is the one that costs
least on another day.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from auricle.listen.candidates import FLOOR

MOST_AN_HOUR = 0.3
"""The number of false alarms an hour that a household may have: one in three hours."""
ENOUGH_WANTED = 10
"""The number of wake words that are needed."""
ENOUGH_HOURS = 1.0
"""The hours of all else that are needed."""
_STEPS = 100
_HIGHEST = 99
# Of the wake words: more are missed by a model that does not suit, or a microphone.
_FEW = 0.3
# Where nothing happened in so many hours, it may happen as often as that, by 95 %.
_NONE_SEEN = 3.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """Holds the score, each time, that a threshold has to be below for the satellite to
    wake up.
    """

    wanted: Sequence[float]
    """The scores of wake words that somebody said."""
    unwanted: Sequence[float]
    """The scores of all else that resembled one."""
    hours: float
    """How long all else was listened to."""


@dataclass(frozen=True, slots=True)
class Point:
    """Says what one threshold would have cost."""

    threshold: float
    missed: int
    false_alarms: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """Says which threshold suits, and why; or why nobody knows."""

    threshold: float | None
    reason: str


def curve(evidence: Evidence) -> list[Point]:
    """Return what each threshold would have cost, the lowest one first."""
    steps = range(round(FLOOR * _STEPS), _HIGHEST + 1)
    return [_point(evidence, step / _STEPS) for step in steps]


def propose(evidence: Evidence) -> Proposal:
    """Find the threshold that misses least, of those with few enough false alarms."""
    if lacking := _lacking(evidence):
        return Proposal(None, lacking)
    points = curve(evidence)
    allowed = [p for p in points if p.false_alarms <= MOST_AN_HOUR * evidence.hours]
    if not allowed:
        return Proposal(
            None,
            "whatever the threshold, too much is taken for it: another wake word, or "
            "another place for the microphone, away from loudspeakers, may help",
        )
    least = min(point.missed for point in allowed)
    best = [point for point in allowed if point.missed == least]
    middle = best[(len(best) - 1) // 2]
    return Proposal(middle.threshold, _reason(middle, evidence))


def rate(false_alarms: int, hours: float) -> str:
    """Write how many that is an hour, and how sure that is where there was none."""
    if hours <= 0:
        return "nobody knows how many an hour"
    if false_alarms == 0:
        return f"none in {hours:.1f} h, so {_NONE_SEEN / hours:.1f} an hour at most"
    return f"{false_alarms / hours:.1f} an hour"


def _point(evidence: Evidence, threshold: float) -> Point:
    missed = sum(score <= threshold for score in evidence.wanted)
    false_alarms = sum(score > threshold for score in evidence.unwanted)
    return Point(threshold, missed, false_alarms)


def _lacking(evidence: Evidence) -> str:
    lacking = []
    if len(evidence.wanted) < ENOUGH_WANTED:
        lacking.append(
            f"{len(evidence.wanted)} wake words were said, and {ENOUGH_WANTED} are "
            "needed: add --say 10 to --record"
        )
    if evidence.hours < ENOUGH_HOURS:
        lacking.append(
            f"{evidence.hours:.1f} h of all else were heard, and {ENOUGH_HOURS:g} h "
            "are needed: let --record run on an ordinary day"
        )
    return "; ".join(lacking)


def _reason(point: Point, evidence: Evidence) -> str:
    of = len(evidence.wanted)
    reason = (
        f"{point.missed} of {of} missed, false alarms: "
        f"{rate(point.false_alarms, evidence.hours)}"
    )
    if point.missed > _FEW * of:
        reason += (
            "; many are missed at any threshold without false alarms: a microphone "
            "that is nearer or louder (microphone.gain), or another wake word, may help"
        )
    return reason
