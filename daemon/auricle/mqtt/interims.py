"""Which interim transcripts are published: a database may be listening."""

INTERVAL = 0.25
"""Seconds: four a second are as many as a person can read."""


class InterimLimit:
    """Counts the interims of each turn, and leaves out what comes too soon."""

    def __init__(self) -> None:
        self._turn = ""
        self._seq = 0
        self._not_before = 0.0

    def admit(self, turn: str, now: float) -> int | None:
        """Return the number of this interim within its turn, from 1; None for one too
        many.

        `now` is in seconds of any clock.
        """
        if now < self._not_before:
            return None
        if turn != self._turn:
            self._turn, self._seq = turn, 0
        self._seq += 1
        self._not_before = now + INTERVAL
        return self._seq
