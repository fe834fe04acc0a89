"""How often the service may be asked."""

from bisect import bisect_right, insort

MOST_A_SECOND = 20
"""Requests that the service takes in a second; one is a handshake, which opens a
session (the documentation's limit, in requests per second)."""


class RequestRate:
    """Spreads requests so that in no second there are more than the service takes."""

    def __init__(self, most: int = MOST_A_SECOND) -> None:
        self._most = most
        self._due: list[float] = []

    def reserve(self, now: float) -> float:
        """Return when one more request may go out; it counts unless it is released."""
        del self._due[: bisect_right(self._due, now - 1.0)]
        due = now
        # So many in a row leave no room for one more within a second, wherever in it.
        for first, last in zip(self._due, self._due[self._most - 1 :], strict=False):
            if max(last, due) < min(first, due) + 1.0:
                due = first + 1.0
        insort(self._due, due)
        return due

    def release(self, due: float) -> None:
        """Take back a request that did not go out: another one may have its place."""
        if due in self._due:
            self._due.remove(due)
