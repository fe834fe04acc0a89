import asyncio
import socket
import threading
from collections.abc import Iterator

import pytest

from auricle.system.event_loop import MOST_LOOKUPS, EventLoop


@pytest.fixture
def loop() -> Iterator[EventLoop]:
    loop = EventLoop()
    yield loop
    loop.close()


def test_names_that_nobody_answers_for_are_not_asked_for_without_end(
    loop: EventLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = threading.Event()

    def slow(*_: object) -> list[object]:
        answer.wait(10)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", slow)

    async def ask() -> None:
        waiting = [
            asyncio.create_task(loop.getaddrinfo("slow.test", 443))
            for _ in range(MOST_LOOKUPS)
        ]
        await asyncio.sleep(0)
        with pytest.raises(socket.gaierror):
            await loop.getaddrinfo("one.too.many.test", 443)
        answer.set()
        assert await asyncio.gather(*waiting) == [[]] * MOST_LOOKUPS

    loop.run_until_complete(ask())


def test_what_was_answered_makes_room_for_the_next(loop: EventLoop) -> None:
    async def ask() -> None:
        for _ in range(3 * MOST_LOOKUPS):
            assert await loop.getaddrinfo("127.0.0.1", 443)

    loop.run_until_complete(ask())
