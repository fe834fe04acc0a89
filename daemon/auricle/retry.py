"""How long to wait before the next attempt, and when not to try again for a while."""

import math
from collections.abc import Callable, Iterator

FAILURES = 5
"""So many failures in a row, and it rests."""
REST = 30.0
LONG_REST = 1200.0
"""Seconds of rest where only a person can mend it: three attempts an hour."""


def full_jitter(
    base: float, cap: float, random: Callable[[], float]
) -> Iterator[float]:
    """Delays drawn from 0 to a ceiling that doubles from `base` up to `cap`, for ever.

    `random` returns numbers from 0 to 1. The whole delay is random, not a part of it:
    when a broker restarts, a houseful of satellites must not come back as one.
    """
    ceiling = min(base, cap)
    while True:
        yield random() * ceiling
        ceiling = min(ceiling * 2, cap)


class Breaker:
    """A dependency that keeps failing is left alone for a while.

    Closed, it admits every attempt; open, none until it has rested.

    The first attempt after that is a probe: it opens the breaker again at once, or
    closes it. Times are seconds of any clock that nobody sets.
    """

    def __init__(self) -> None:
        self._failures = 0
        self._rests_until = -math.inf

    def admits(self, now: float) -> bool:
        """Return whether it may be tried now."""
        return now >= self._rests_until

    def succeeded(self) -> None:
        """Close the breaker, and count failures anew."""
        self._failures = 0
        self._rests_until = -math.inf

    def failed(self, now: float, *, lasting: bool = False) -> None:
        """Count a failed attempt; `lasting` where the next one would fail as well."""
        if not self.admits(now):
            # What was not even tried says nothing new.
            return
        self._failures += 1
        if lasting:
            self._rests_until = now + LONG_REST
        elif self._failures >= FAILURES:
            self._rests_until = now + REST
