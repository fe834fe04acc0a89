"""What a day may cost, and how often an hour may wake us."""

from collections import deque
from dataclasses import dataclass
from datetime import date

_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Limits:
    """0 is no limit."""

    turns_per_hour: int = 0
    seconds_per_day: float = 0.0
    """Of audio that the recognizer takes."""
    cost_per_day: float = 0.0
    """In the currency of the price."""


class Budget:
    """Counts turns and seconds against the limits; a television cannot ruin anyone."""

    def __init__(self, limits: Limits, price: float | None) -> None:
        """`price` of a second; None where it costs nothing, or nobody knows."""
        self._limits = limits
        self._price = price
        self._turns: deque[float] = deque()
        self._day: date | None = None
        self._seconds = 0.0

    def turn(self, now: float) -> None:
        """A turn began; `now` on a clock that nobody sets."""
        self._turns.append(now)

    def used(self, seconds: float, today: date) -> None:
        """The recognizer took so much audio."""
        self._seconds = self.seconds_on(today) + seconds
        self._day = today

    def seconds_on(self, today: date) -> float:
        return self._seconds if self._day == today else 0.0

    def cost_on(self, today: date) -> float | None:
        if self._price is None:
            return None
        return self.seconds_on(today) * self._price

    def is_spent(self, now: float, today: date) -> bool:
        """Whether no turn may begin."""
        while self._turns and now - self._turns[0] >= _HOUR:
            self._turns.popleft()
        limits = self._limits
        return (
            _reached(len(self._turns), limits.turns_per_hour)
            or _reached(self.seconds_on(today), limits.seconds_per_day)
            or _reached(self.cost_on(today) or 0.0, limits.cost_per_day)
        )


def _reached(value: float, limit: float) -> bool:
    return 0 < limit <= value
