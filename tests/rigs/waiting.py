"""Waiting for a condition, with a bound: tests never sleep for a fixed time."""

import asyncio
import time
from collections.abc import Callable


async def eventually(condition: Callable[[], object], timeout: float = 60.0) -> None:
    """Return as soon as `condition()` is true; fail when it is not in time."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        await asyncio.sleep(0.01)


def until(condition: Callable[[], object], timeout: float = 60.0) -> float:
    """Wait for another thread or process: the seconds until `condition()` was true."""
    started = time.monotonic()
    while not condition():
        waited = time.monotonic() - started
        assert waited < timeout, "the condition did not come true in time"
        time.sleep(0.005)
    return time.monotonic() - started
