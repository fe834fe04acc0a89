"""Waiting for another thread or process, with a bound."""

import time
from collections.abc import Callable


def until(condition: Callable[[], object], timeout: float = 60.0) -> float:
    """Return as soon as `condition()` is true: the seconds that took."""
    started = time.monotonic()
    while not condition():
        waited = time.monotonic() - started
        assert waited < timeout, "the condition did not come true in time"
        time.sleep(0.005)
    return time.monotonic() - started
