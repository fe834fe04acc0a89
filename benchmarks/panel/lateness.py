"""How far a light was behind the states, by what went over its wire."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from auricle.panel.effects import Effects, Picture
from auricle.panel.scene import Scene

LATEST = 0.050
"""Seconds that a light may be behind the state."""


@dataclass(frozen=True, slots=True)
class Change:
    """A state that was published."""

    at: float
    scene: Scene


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture that was sent."""

    ended: float
    """The moment when the last of its bits had left."""
    picture: Picture


@dataclass(frozen=True, slots=True)
class Shown:
    """What became of a state on the light."""

    scene: Scene
    late: float | None
    """Seconds from the state to its color; None where it did not come while the state
    lasted."""


def shown(
    changes: Sequence[Change], drawn: Sequence[Drawn], effects: Effects, until: float
) -> Iterator[Shown]:
    """Say of each state when its own picture was there, up to the next one."""
    ends = [change.at for change in changes[1:]]
    for change, end in zip(changes, [*ends, until], strict=True):
        late = (
            each.ended - change.at
            for each in drawn
            if change.at <= each.ended < end
            and each.picture in _first_pictures(change.scene, effects, each.picture)
        )
        yield Shown(change.scene, next(late, None))


def _first_pictures(scene: Scene, effects: Effects, like: Picture) -> set[Picture]:
    """Return what a light of as many pixels may show at first, as patterns move on
    while a picture is made.
    """
    moments = (number / 1000 for number in range(int(LATEST * 1000) + 1))
    return {effects[scene].picture(moment, len(like)) for moment in moments}
