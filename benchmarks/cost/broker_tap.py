"""A broker behind a tap: when which message came by, and when it was acknowledged."""

import asyncio
import socket
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any, Self

from rigs.mqtt.packets import PUBACK, Packet, take_packets

_CHUNK = 64 * 1024


class BrokerTap:
    """Serves on loopback while it is entered; passes everything on unchanged."""

    def __init__(self, broker_port: int, *topics: str) -> None:
        """Watches what is published on `topics` at QoS 1."""
        self.port = 0
        self.published: defaultdict[str, list[float]] = defaultdict(list)
        """When each message came by, by topic and the monotonic clock, whoever sent
        it.
        """
        self.acknowledged: list[float] = []
        """When the broker's PUBACK of each came by."""
        self._broker_port = broker_port
        self._topics = topics
        self._waiting: set[bytes] = set()
        self._lines: set[asyncio.Task[Any]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for line in self._lines:
            line.cancel()
        await asyncio.gather(*self._lines, return_exceptions=True)

    async def _take(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        line = asyncio.current_task()
        assert line is not None
        self._lines.add(line)
        source, sink = await asyncio.open_connection("127.0.0.1", self._broker_port)
        to_broker = sink.get_extra_info("socket")

        def answered(packet: Packet, came: float) -> None:
            # As the daemon does, whose connection to the broker this stands for.
            to_broker.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            self._note(packet, came)
            self._acknowledged(packet, came)

        try:
            async with asyncio.TaskGroup() as pumps:
                pumps.create_task(_pump(reader, sink, self._published))
                pumps.create_task(_pump(source, writer, answered))
        finally:
            sink.close()
            writer.close()

    def _published(self, packet: Packet, came: float) -> None:
        if (number := self._note(packet, came)) is not None:
            self._waiting.add(number)

    def _note(self, packet: Packet, came: float) -> bytes | None:
        """The packet's number, if it is one that is watched."""
        topic = packet.topic
        if topic is None or topic not in self._topics:
            return None
        self.published[topic].append(came)
        return packet.number

    def _acknowledged(self, packet: Packet, came: float) -> None:
        if packet.kind == PUBACK and packet.number in self._waiting:
            self._waiting.remove(packet.number)
            self.acknowledged.append(came)


async def _pump(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    seen: Callable[[Packet, float], None],
) -> None:
    """What comes goes on at once, and is looked at behind that."""
    held = bytearray()
    try:
        while data := await reader.read(_CHUNK):
            # Whoever it goes on to may be quicker than we get on.
            came = time.monotonic()
            writer.write(data)
            held += data
            for packet in take_packets(held):
                seen(packet, came)
    except ConnectionError:
        pass
    writer.close()
