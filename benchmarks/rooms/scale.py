"""How much of everything is measured."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """Of which houses, and how many."""

    seed: int
    houses: int | None = None
    """None: as many as each part needs for its figures."""
    short: bool = False
    """For a first look: the figures say little."""
