"""Wireless links between satellites and their broker, which delay and lose messages.

TCP loses nothing: what gets lost are whole messages of QoS 0, as where a queue is full.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from rigs.mqtt.packets import Packet, take_packets
from rigs.waiting import elapse

_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Weather:
    """What befalls packets on each way; by default nothing does."""

    loss: float = 0.0
    """How probably a message of QoS 0 is lost, where it may be."""
    soonest: float = 0.0
    latest: float = 0.0
    """Seconds that any packet takes, and the end of a connection as well; none of them
    overtakes those before it."""


@dataclass(frozen=True, slots=True)
class Published:
    """A message that a client handed to the network, lost afterwards or not."""

    topic: str
    payload: bytes
    moment: float
    """By the monotonic clock."""


class LossyLink:
    """Serves on loopback while it is entered: to clients it is their broker.

    Each of its connections has a weather of its own.
    """

    def __init__(
        self,
        broker_port: int,
        weather: Weather,
        *,
        may_be_lost: Callable[[str], bool],
        seed: int,
    ) -> None:
        """`may_be_lost`: the topics of which messages of QoS 0 may be."""
        self.port = 0
        self.lost = 0
        """Messages, so far."""
        self.passed = 0
        """Messages that may have been lost, and were not."""
        self.on_published: Callable[[Published], None] = lambda _: None
        self._broker_port = broker_port
        self._weather = weather
        self._may_be_lost = may_be_lost
        self._random = random.Random(seed)
        self._lines: set[asyncio.Task[Any]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        lines = list(self._lines)
        for line in lines:
            line.cancel()
        await asyncio.gather(*lines, return_exceptions=True)

    async def _take(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        line = asyncio.current_task()
        assert line is not None
        self._lines.add(line)
        # Nobody awaits it, and the loop tells of those that were canceled.
        with contextlib.suppress(asyncio.CancelledError):
            await self._connect(reader, writer)
        await _closed(writer)
        self._lines.discard(line)

    async def _connect(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        from_broker, to_broker = await asyncio.open_connection(
            "127.0.0.1", self._broker_port
        )
        ways = [
            asyncio.create_task(self._carry(reader, to_broker, self._note)),
            asyncio.create_task(self._carry(from_broker, writer, lambda _: None)),
        ]
        try:
            # Whoever hangs up does so on both.
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            await _closed(to_broker)

    def _note(self, packet: Packet) -> None:
        if (topic := packet.topic) is not None:
            published = Published(topic, packet.payload(), time.monotonic())
            self.on_published(published)

    async def _carry(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        seen: Callable[[Packet], None],
    ) -> None:
        """Until one end is closed, and what it had said has arrived."""
        loop = asyncio.get_running_loop()
        on_its_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        delivering = asyncio.create_task(_deliver(on_its_way, writer))
        held, last = bytearray(), 0.0
        try:
            with contextlib.suppress(ConnectionError):
                while data := await reader.read(_CHUNK):
                    held += data
                    for packet in take_packets(held):
                        seen(packet)
                        if self._loses(packet):
                            continue
                        last = max(last, loop.time() + self._delay())
                        on_its_way.put_nowait((last, packet.whole))
            # A broker that cannot write to somebody who is gone leaves unread what
            # came before: on a real network it has read it by then.
            end = max(last, loop.time() + self._delay())
            on_its_way.put_nowait((end, b""))
            await on_its_way.join()
        finally:
            delivering.cancel()
            await asyncio.gather(delivering, return_exceptions=True)

    def _loses(self, packet: Packet) -> bool:
        topic = packet.topic
        if topic is None or not packet.may_be_lost or not self._may_be_lost(topic):
            return False
        loses = self._random.random() < self._weather.loss
        self.lost += loses
        self.passed += not loses
        return loses

    def _delay(self) -> float:
        return self._random.uniform(self._weather.soonest, self._weather.latest)


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


async def _deliver(
    on_its_way: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter
) -> None:
    loop = asyncio.get_running_loop()
    while True:
        due, data = await on_its_way.get()
        await elapse(due - loop.time())
        with contextlib.suppress(ConnectionError):
            writer.write(data)
            await writer.drain()
        on_its_way.task_done()
