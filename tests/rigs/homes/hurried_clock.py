"""A clock that hurries while nobody in the house has anything to say."""

import asyncio
import contextlib
import time
from collections.abc import Iterator, Sequence
from typing import Self

from rigs.audio.room import Room
from rigs.waiting import elapse

_TICK = 0.02


class HurriedClock:
    """An async context manager; the sound of all rooms follows it."""

    def __init__(self, rooms: Sequence[Room], *, hurry: float) -> None:
        """`hurry`: how fast it is then. While anybody speaks, it is right."""
        self.now = 0.0
        """Seconds, of the house, since it was started."""
        self._rooms = rooms
        self._hurry = hurry
        self._speaking = 0
        self._task: asyncio.Task[None] | None = None

    async def reaches(self, moment: float) -> None:
        while self.now < moment:
            await elapse(_TICK)

    @contextlib.contextmanager
    def in_no_hurry(self) -> Iterator[None]:
        """Let it be right, as long as this lasts."""
        self._speaking += 1
        self._set_pace()
        try:
            yield
        finally:
            self._speaking -= 1

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        before = time.monotonic()
        while True:
            pace = self._set_pace()
            await elapse(_TICK)
            now = time.monotonic()
            self.now += (now - before) * pace
            before = now

    def _set_pace(self) -> float:
        pace = 1.0 if self._speaking else self._hurry
        for room in self._rooms:
            room.speed = pace
        return pace
