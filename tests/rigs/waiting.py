"""Waiting for a condition, with a bound: tests never sleep for a fixed time.

Nothing else in the tests sleeps, which a test of the repository holds. Where a stretch
of time is itself the matter, `elapse` and `hold` let it go by.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def eventually(condition: Callable[[], object], timeout: float = 60.0) -> None:
    """Return as soon as `condition()` is true; fail when it is not in time."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        await asyncio.sleep(0.01)


async def answered(
    ask: Callable[[], Awaitable[T]],
    wanted: Callable[[T], bool],
    timeout: float = 60.0,
    *,
    of: str = "the answer",
) -> T:
    """Ask another program until its answer is as wanted; fail with the last one.

    `of`: whose answer it is, for who reads of the failure.
    """
    deadline = time.monotonic() + timeout
    while not wanted(answer := await ask()):
        assert time.monotonic() < deadline, f"{of} is still {answer!r}"
        await asyncio.sleep(0.1)
    return answer


def until(condition: Callable[[], object], timeout: float = 60.0) -> float:
    """Wait for another thread or process: the seconds until `condition()` was true."""
    started = time.monotonic()
    while not condition():
        waited = time.monotonic() - started
        assert waited < timeout, "the condition did not come true in time"
        time.sleep(0.005)
    return time.monotonic() - started


async def elapse(seconds: float) -> None:
    """Let time go by where it is the matter: an outage's length, a speaker's pace."""
    await asyncio.sleep(seconds)


def hold(seconds: float) -> None:
    """Hold this thread up for so long, as something slow does."""
    time.sleep(seconds)
