"""Another attempt where the first one is slow: whichever succeeds first counts."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

_T = TypeVar("_T")


async def race(
    attempt: Callable[[], Awaitable[_T]],
    discard: Callable[[_T], None],
    *,
    after: float,
    at_most: int,
) -> _T:
    """The first result, or the first failure: whatever is wrong is so for all.

    Attempts start `after` seconds each; what the slower ones got is discarded.
    """

    async def run() -> _T:
        return await attempt()

    attempts: list[asyncio.Task[_T]] = []
    winner = None
    try:
        while winner is None:
            attempts.append(asyncio.create_task(run(), name="racing"))
            patience = after if len(attempts) < at_most else None
            done, _ = await asyncio.wait(
                attempts, timeout=patience, return_when=asyncio.FIRST_COMPLETED
            )
            winner = next((task for task in attempts if task in done), None)
        return winner.result()
    finally:
        slower = [task for task in attempts if task is not winner]
        for task in slower:
            task.cancel()
            task.add_done_callback(lambda task: _drop(task, discard))


def _drop(task: asyncio.Task[_T], discard: Callable[[_T], None]) -> None:
    if not task.cancelled() and task.exception() is None:
        discard(task.result())
