"""A TCP connection with everything that can befall it, except the truth of TCP.

The proxy's own kernel acknowledges what both ends send, whatever happens behind it:
what a dead network does is in `rigs.faults.network`.
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from enum import StrEnum
from typing import Self

from rigs.waiting import elapse

_CHUNK = 4096


Screen = Callable[[bytes], tuple[bytes, bytes]]
"""Of what goes up: what goes on, and what is answered at once."""


class Way(StrEnum):
    """As seen by the client."""

    UP = "up"
    DOWN = "down"


BOTH = frozenset(Way)


class FaultProxy:
    """Serves on loopback while it is entered; all is well until a fault is ordered."""

    def __init__(self, target: int, host: str = "127.0.0.1") -> None:
        """`target`: the port on loopback behind it."""
        self.host = host
        self.port = 0
        self.bytes = dict.fromkeys(Way, 0)
        self.connections = 0
        """Taken so far."""
        self._target = target
        self._server: asyncio.Server | None = None
        self._lines: set[_Line] = set()
        self._refusing = False
        self._stalled: frozenset[Way] = frozenset()
        self._delay = 0.0
        self._rate: float | None = None
        self._cut: tuple[int, Callable[[], None]] | None = None
        self._screen: Screen | None = None
        self._stall_first = False

    # --- faults of connections that are there ---

    def reset(self) -> None:
        """End them as a crashed peer does, with RST."""
        for line in self._lines:
            line.reset()

    def close(self) -> None:
        """End them in good order, with FIN."""
        for line in self._lines:
            line.close()

    def cut_after(self, count: int, how: Callable[[], None] | None = None) -> None:
        """Once `count` more bytes went up: `how`, or reset."""
        self._cut = (self.bytes[Way.UP] + count, how or self.reset)

    # --- faults that last until `heal` ---

    def stall(self, *ways: Way) -> None:
        """Let nothing pass on these ways, or on both; nobody is told."""
        self._stalled = frozenset(ways) or BOTH

    def stall_first(self) -> None:
        """Take the next connection, and let nothing of it pass."""
        self._stall_first = True

    def refuse(self) -> None:
        """Reset whoever connects."""
        self._refusing = True

    def delay(self, seconds: float) -> None:
        """Let everything take so much longer, each way."""
        self._delay = seconds

    def throttle(self, bytes_per_second: float) -> None:
        self._rate = bytes_per_second

    def screen(self, screen: Screen) -> None:
        self._screen = screen

    def heal(self) -> None:
        """Let what waits pass, and everything be well."""
        self._screen = None
        self._stalled = frozenset()
        self._refusing = False
        self._delay = 0.0
        self._rate = self._cut = None

    # --- at work ---

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._take, self.host, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.reset()

    async def _take(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.connections += 1
        line = _Line(writer)
        if self._refusing:
            line.reset()
            return
        if self._stall_first:
            self._stall_first = False
            await reader.read()
            line.close()
            return
        try:
            target = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            line.reset()
            return
        line.target = target[1]
        self._lines.add(line)
        pumps = [
            asyncio.create_task(self._pump(reader, target[1], Way.UP, writer)),
            asyncio.create_task(self._pump(target[0], writer, Way.DOWN, target[1])),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            self._lines.discard(line)
            line.close()

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        way: Way,
        back: asyncio.StreamWriter,
    ) -> None:
        loop = asyncio.get_running_loop()
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(256)

        async def pass_on() -> None:
            while True:
                due, data = await waiting.get()
                await elapse(due - loop.time())
                while way in self._stalled:
                    await elapse(0.01)
                self.bytes[way] += len(data)
                if way is Way.UP and self._screen is not None:
                    data, answers = self._screen(data)
                    back.write(answers)
                writer.write(data)
                await writer.drain()
                self._cut_if_due()
                if self._rate is not None:
                    await elapse(len(data) / self._rate)
                waiting.task_done()

        passing = asyncio.create_task(pass_on())
        try:
            with contextlib.suppress(ConnectionError):
                while data := await reader.read(_CHUNK):
                    await waiting.put((loop.time() + self._delay, data))
            # An end travels behind what was said before it, where anything travels.
            await waiting.join()
            while way in self._stalled:
                await elapse(0.01)
        finally:
            passing.cancel()
            await asyncio.gather(passing, return_exceptions=True)

    def _cut_if_due(self) -> None:
        if self._cut is not None and self.bytes[Way.UP] >= self._cut[0]:
            _, how = self._cut
            self._cut = None
            how()


class _Line:
    """One connection and the one behind it."""

    def __init__(self, client: asyncio.StreamWriter) -> None:
        self._client = client
        self.target: asyncio.StreamWriter | None = None

    def reset(self) -> None:
        for writer in self._writers():
            connected = writer.get_extra_info("socket")
            # Lingering for no time at all, a socket closes with a reset.
            with contextlib.suppress(OSError):
                linger = struct.pack("ii", 1, 0)
                connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()

    def close(self) -> None:
        for writer in self._writers():
            writer.close()

    def _writers(self) -> list[asyncio.StreamWriter]:
        return [w for w in (self._client, self.target) if w is not None]
