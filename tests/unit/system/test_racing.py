import asyncio

import pytest

from auricle.system.racing import race
from rigs.waiting import eventually


class Track:
    """Attempts that end when they are told to, in whatever order."""

    def __init__(self) -> None:
        self.attempts: list[asyncio.Future[int]] = []
        self.discarded: list[int] = []

    async def attempt(self) -> int:
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.attempts.append(answer)
        return await answer

    def start(self, *, at_most: int = 3, after: float = 0.001) -> asyncio.Task[int]:
        running = race(
            [self.attempt], self.discarded.append, after=after, rounds=at_most
        )
        return asyncio.create_task(running)

    async def started(self, count: int) -> None:
        await eventually(lambda: len(self.attempts) >= count)


async def test_a_quick_answer_needs_no_second_attempt() -> None:
    track = Track()
    racing = track.start(after=60.0)
    await track.started(1)
    track.attempts[0].set_result(7)

    assert await racing == 7
    assert len(track.attempts) == 1


async def test_a_later_attempt_may_win_and_ends_the_others() -> None:
    track = Track()
    racing = track.start()
    await track.started(3)
    track.attempts[1].set_result(7)

    assert await racing == 7
    await asyncio.sleep(0)
    assert [attempt.cancelled() for attempt in track.attempts] == [True, False, True]
    assert track.discarded == []


async def test_of_two_that_answer_at_once_the_later_is_discarded() -> None:
    track = Track()
    racing = track.start()
    await track.started(2)
    track.attempts[1].set_result(8)
    track.attempts[0].set_result(7)

    assert await racing == 7
    await asyncio.sleep(0)
    assert track.discarded == [8]


async def test_a_failure_is_told_at_once() -> None:
    track = Track()
    racing = track.start()
    await track.started(2)
    track.attempts[0].set_exception(ConnectionRefusedError())

    with pytest.raises(ConnectionRefusedError):
        await racing
    assert track.attempts[1].cancelled()


async def test_there_are_no_more_attempts_than_were_allowed() -> None:
    track = Track()
    racing = track.start(at_most=2, after=0.0)
    await track.started(2)
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(track.attempts) == 2
    track.attempts[0].set_result(7)

    assert await racing == 7


async def test_another_way_is_tried_at_once_where_one_fails() -> None:
    tried: list[str] = []

    async def refused() -> str:
        tried.append("refused")
        raise ConnectionRefusedError

    async def answered() -> str:
        tried.append("answered")
        return "answered"

    first = await race([refused, answered], tried.remove, after=60.0, rounds=3)

    assert (first, tried) == ("answered", ["refused", "answered"])


async def test_a_way_that_failed_is_not_tried_again_and_the_others_are() -> None:
    track, refusals = Track(), []

    async def refused() -> int:
        refusals.append(1)
        raise ConnectionRefusedError

    ways = [track.attempt, refused]
    racing = asyncio.create_task(
        race(ways, track.discarded.append, after=0.001, rounds=3)
    )
    await track.started(3)
    track.attempts[0].set_result(7)

    assert await racing == 7
    assert refusals == [1]


async def test_only_when_every_way_has_failed_is_it_a_failure() -> None:
    track = Track()
    racing = asyncio.create_task(
        race([track.attempt] * 2, track.discarded.append, after=0.001, rounds=1)
    )
    await track.started(2)
    track.attempts[1].set_exception(TimeoutError("second"))
    for _ in range(10):
        await asyncio.sleep(0)
    assert not racing.done()
    track.attempts[0].set_exception(ConnectionRefusedError("first"))

    with pytest.raises(TimeoutError, match="second"):
        await racing


async def test_who_gives_up_leaves_no_attempt_behind() -> None:
    track = Track()
    racing = track.start()
    await track.started(2)
    racing.cancel()

    with pytest.raises(asyncio.CancelledError):
        await racing
    await asyncio.sleep(0)
    assert all(attempt.cancelled() for attempt in track.attempts)
