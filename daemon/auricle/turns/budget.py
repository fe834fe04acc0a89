"""What a day may cost, and how often an hour may wake us."""

import math
from collections import deque
from dataclasses import dataclass
from datetime import date, timedelta

from auricle.turns.turn import Outcome

_HOUR = 3600.0
# A Pi has no battery-backed clock: after a restart it may be a while behind, and a
# limit that was reached would be forgotten.
_BEHIND = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may be spent; 0 is no limit."""

    turns_per_hour: int = 0
    seconds_per_day: float = 0.0
    """Seconds of audio that the recognizer takes in a day."""
    cost_per_day: float = 0.0
    """What a day may cost, in the currency of the price."""


@dataclass(frozen=True, slots=True)
class Left:
    """How much may be spent until a limit is reached; infinity: there is none."""

    turns: float = math.inf
    seconds: float = math.inf
    """Seconds of audio that the recognizer takes."""

    def is_spent_by(self, outcome: Outcome) -> bool:
        """Return whether a turn that ends like this leaves nothing."""
        turns = self.turns - outcome.counts_at_its_end
        return turns <= 0 or self.seconds - outcome.billed_seconds <= 0


@dataclass(frozen=True, slots=True)
class Usage:
    """What was used, and when: it outlives a restart."""

    day: date
    seconds: float
    boot_id: str = ""
    """The id of the machine's start that `turns` are counted from."""
    turns: tuple[float, ...] = ()
    """The times when the turns of the last hour began, in seconds since the machine's
    start."""


class Budget:
    """Counts turns and seconds against the limits; a television cannot ruin anyone."""

    def __init__(
        self,
        limits: Limits,
        price: float | None,
        usage: Usage | None = None,
        *,
        boot_id: str = "",
    ) -> None:
        """`price` of a second; None where it costs nothing, or nobody knows. `usage`
        before a restart; `boot_id` names the clock that turns are told by.
        """
        self._limits = limits
        self._price = price
        self._boot_id = boot_id
        # Of more than the limit, nobody needs to know when the first ones began.
        self._turns: deque[float] = deque(maxlen=limits.turns_per_hour)
        if usage is not None and usage.boot_id == boot_id:
            self._turns.extend(usage.turns)
        self._usage = usage

    def count_turn(self, now: float) -> None:
        """Count a turn that begins `now`, on a clock that nobody sets."""
        self._turns.append(now)

    def used(self, seconds: float, today: date) -> Usage:
        """Count seconds of audio that the recognizer took; return all that is used."""
        day = today
        if self._usage is not None and self._is_of(today):
            day = self._usage.day
        seconds += self.seconds_on(today)
        self._usage = Usage(day, seconds, self._boot_id, tuple(self._turns))
        return self._usage

    def seconds_on(self, today: date) -> float:
        """Return how many seconds of audio the recognizer has taken that day."""
        return self._usage.seconds if self._usage and self._is_of(today) else 0.0

    def cost_on(self, today: date) -> float | None:
        """Return what that day has cost so far, in the currency of the price; None
        where no price is known.
        """
        if self._price is None:
            return None
        return self.seconds_on(today) * self._price

    def limit_reached(self, now: float, today: date) -> bool:
        """Return whether no turn may begin now."""
        self._forget_turns(now)
        limits = self._limits
        return (
            _reached(len(self._turns), limits.turns_per_hour)
            or _reached(self.seconds_on(today), limits.seconds_per_day)
            or _reached(self.cost_on(today) or 0.0, limits.cost_per_day)
        )

    def left(self, now: float, today: date) -> Left:
        """Return what may be spent from now on."""
        self._forget_turns(now)
        limits, price = self._limits, self._price
        turns = limits.turns_per_hour or math.inf
        seconds = limits.seconds_per_day or math.inf
        if limits.cost_per_day and price:
            seconds = min(seconds, limits.cost_per_day / price)
        return Left(turns - len(self._turns), seconds - self.seconds_on(today))

    def _forget_turns(self, now: float) -> None:
        while self._turns and now - self._turns[0] >= _HOUR:
            self._turns.popleft()

    def _is_of(self, today: date) -> bool:
        assert self._usage is not None
        return timedelta(0) <= self._usage.day - today <= _BEHIND


def _reached(value: float, limit: float) -> bool:
    return 0 < limit <= value
