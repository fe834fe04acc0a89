"""Another attempt where the first one is slow: whichever succeeds first counts."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

_T = TypeVar("_T")


async def race(
    ways: Sequence[Callable[[], Awaitable[_T]]],
    discard: Callable[[_T], None],
    *,
    after: float,
    rounds: int,
) -> _T:
    """Return the first success; raise the first failure, as soon as each of the ways
    failed.

    They are tried one after the other, `rounds` times over, but none again that
    failed: the next one `after` seconds behind the one before, or at once where that
    failed. What a slower one still gets is handed to `discard`.
    """

    async def run(way: Callable[[], Awaitable[_T]]) -> _T:
        return await way()

    next_ways = iter([*range(len(ways))] * rounds)
    failures: dict[int, BaseException] = {}
    attempts: dict[asyncio.Task[_T], int] = {}
    winner = None
    try:
        while len(failures) < len(ways):
            way = next((way for way in next_ways if way not in failures), None)
            if way is not None:
                attempts[asyncio.create_task(run(ways[way]), name="racing")] = way
            done, _ = await asyncio.wait(
                attempts,
                timeout=None if way is None else after,
                return_when=asyncio.FIRST_COMPLETED,
            )
            for task in [task for task in attempts if task in done]:
                failure = task.exception()
                if failure is None:
                    winner = task
                    return task.result()
                failures.setdefault(attempts.pop(task), failure)
        raise next(iter(failures.values()))
    finally:
        for task in attempts:
            if task is not winner:
                task.cancel()
                task.add_done_callback(lambda task: _drop(task, discard))


def _drop(task: asyncio.Task[_T], discard: Callable[[_T], None]) -> None:
    if not task.cancelled() and task.exception() is None:
        discard(task.result())
