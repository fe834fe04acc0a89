"""How often the service may be asked."""

from collections import deque

MOST_A_SECOND = 20
"""Requests that the service takes in a second; one is a handshake, which opens a
session (the documentation's limit, in requests per second)."""


class RequestRate:
    """Spreads requests so that in no second there are more than the service takes."""

    def __init__(self, most: int = MOST_A_SECOND) -> None:
        self._due: deque[float] = deque(maxlen=most)

    def reserve(self, now: float) -> float:
        """Return in how many seconds one more request may go out; it counts from then
        on.
        """
        due = now
        if len(self._due) == self._due.maxlen:
            due = max(now, self._due[0] + 1.0)
        self._due.append(due)
        return due - now
