"""How often in an hour something may happen."""

from collections import deque

_HOUR = 3600.0


class HourlyLimit:
    """Admits so much in any hour, and no more."""

    def __init__(self, most: int) -> None:
        """`most` that are admitted; 0: any number."""
        self._most = most
        self._times: deque[float] = deque()

    def admit(self, now: float) -> bool:
        """Tell whether one more may be, and count it if so; `now` is in seconds, on a
        clock that nobody sets.
        """
        while self._times and now - self._times[0] >= _HOUR:
            self._times.popleft()
        if not self._most:
            return True
        if len(self._times) >= self._most:
            return False
        self._times.append(now)
        return True
