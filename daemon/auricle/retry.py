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


class Outages:
    """Tells of failures which are of one outage: those that follow one another soon.

    Times are seconds of any clock that nobody sets.
    """

    def __init__(self, quiet: float) -> None:
        """`quiet`: so many seconds without a failure, and the next one is of another
        outage.
        """
        self._quiet = quiet
        self._failed = -math.inf

    def failed(self, now: float) -> bool:
        """Note a failure, and return whether an outage begins with it."""
        before, self._failed = self._failed, now
        return now - before > self._quiet

    def over(self) -> None:
        """Have the next failure begin an outage."""
        self._failed = -math.inf


class OutagePauses:
    """Pauses that grow while an outage lasts, and begin anew with the next one."""

    def __init__(self, delays: Callable[[], Iterator[float]], quiet: float) -> None:
        """`delays` makes the seconds of one outage; `quiet` ends one, as of Outages."""
        self._new_delays = delays
        self._delays = delays()
        self._outages = Outages(quiet)

    def failed(self, now: float) -> None:
        """Note a failure, also one behind which nobody pauses."""
        if self._outages.failed(now):
            self._delays = self._new_delays()

    def over(self) -> None:
        """Begin anew with the next failure."""
        self._outages.over()

    def next(self) -> float:
        """Return the seconds to pause now."""
        return next(self._delays)


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
