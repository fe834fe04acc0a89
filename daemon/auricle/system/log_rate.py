"""How much the log may grow, whatever somebody on the network does to us."""

import logging
import math
from collections.abc import Callable

# Of one kind of line, in a burst; and what that recovers in a second.
BURST = 600
PER_SECOND = 10.0
# Of kinds that are remembered. Their texts are in our source, and so are they counted.
_KINDS = 1000


class LogRate(logging.Filter):
    """Lets each kind of line through, but not without end; the next one counts them.

    A kind is what stands in the source: a logger, a level and a text with its gaps.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        super().__init__()
        self._now = now
        self._kinds: dict[tuple[str, int, str], _Bucket] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        kind = (record.name, record.levelno, str(record.msg))
        bucket = self._kinds.get(kind)
        if bucket is None:
            if len(self._kinds) >= _KINDS:
                self._kinds.clear()
            bucket = self._kinds[kind] = _Bucket()
        passes, left_out = bucket.take(self._now())
        if passes and left_out:
            record.msg = f"{record.msg} (and {left_out} more like it)"
        return passes


class _Bucket:
    def __init__(self) -> None:
        self._tokens = float(BURST)
        self._at = -math.inf
        self._left_out = 0

    def take(self, now: float) -> tuple[bool, int]:
        """Whether one passes, and how many did not since the last that did."""
        refilled = self._tokens + (now - self._at) * PER_SECOND
        self._tokens, self._at = min(BURST, refilled), now
        if self._tokens < 1:
            self._left_out += 1
            return False, 0
        self._tokens -= 1
        left_out, self._left_out = self._left_out, 0
        return True, left_out
