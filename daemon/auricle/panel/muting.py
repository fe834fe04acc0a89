"""Whether the satellite and an array of microphones are muted: one as the other.

| what happens | what follows |
|---|---|
| both are known for the first time, or again, and differ | whichever is not muted is muted |
| the array's button was pressed | the satellite is ordered the same |
| the satellite was muted, or no more | the array is told the same |
| one of them is away | the other one is left alone |
"""  # noqa: E501  # a table's row

from dataclasses import dataclass
from enum import Enum, auto


class Side(Enum):
    """Names who is muted."""

    SATELLITE = auto()
    ARRAY = auto()


@dataclass(frozen=True, slots=True)
class Mute:
    """Orders one side to be muted, or no more."""

    side: Side
    muted: bool


class MuteMirror:
    """Knows both, by what they say; None is one of which nothing is known."""

    def __init__(self) -> None:
        self._known: dict[Side, bool | None] = dict.fromkeys(Side)

    def said(self, side: Side, muted: bool | None) -> Mute | None:
        """Take what `side` is now; return what the other one is to be."""
        other = Side.ARRAY if side is Side.SATELLITE else Side.SATELLITE
        before, others = self._known[side], self._known[other]
        self._known[side] = muted
        if muted is None or others is None or muted is before or muted is others:
            return None
        if before is None:
            # Nobody is to be heard who believes that nobody hears.
            return Mute(side if others else other, True)
        return Mute(other, muted)
