"""A room in which a test speaks while the satellite listens."""

import asyncio
import os
from collections import deque
from types import TracebackType
from typing import Self

from rigs.audio.speech import noise, silence
from rigs.waiting import elapse

_FRAME = 640
"""20 ms."""
_ROOM = -60.0


class LiveRoom:
    """A microphone's samples, in real time, on a pipe; an async context manager.

    It is quiet, but for what is said.
    """

    def __init__(self) -> None:
        self.ear, self._mouth = os.pipe()
        os.set_blocking(self._mouth, False)
        quiet = noise(8.0, dbfs=_ROOM)
        self._quiet = [quiet[at : at + _FRAME] for at in range(0, len(quiet), _FRAME)]
        self._said: deque[bytes] = deque()

    async def __aenter__(self) -> Self:
        self._sounding = asyncio.create_task(self._sound())
        return self

    async def __aexit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._sounding.cancel()
        await asyncio.gather(self._sounding, return_exceptions=True)
        os.close(self._mouth)
        os.close(self.ear)

    def say(self, *sounds: bytes) -> None:
        """One behind the other, and behind what is being said."""
        for sound in sounds:
            whole = sound + silence(0.02)
            for at in range(0, len(whole) - _FRAME, _FRAME):
                self._said.append(whole[at : at + _FRAME])

    async def _sound(self) -> None:
        loop = asyncio.get_running_loop()
        started = loop.time()
        frame = 0
        while True:
            # What comes late in a busy test catches up.
            while frame * 0.02 <= loop.time() - started:
                quiet = self._quiet[frame % len(self._quiet)]
                frame += 1
                try:
                    os.write(self._mouth, self._said[0] if self._said else quiet)
                except BlockingIOError:
                    continue  # nobody listens yet, and what is quiet is not missed
                if self._said:
                    self._said.popleft()
            await elapse(0.02)
