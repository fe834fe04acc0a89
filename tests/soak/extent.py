"""How much of everything."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Extent:
    faults: int
    seconds: float
    """Of faults, at least."""
    kills: int
    turns: int


LONG = Extent(faults=500, seconds=1800.0, kills=200, turns=10_000)
SHORT = Extent(faults=40, seconds=120.0, kills=12, turns=200)
