"""A broker behind a tap: when which message came by, and when it was acknowledged."""

import asyncio
import socket
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any, Self

_PUBLISH, _PUBACK = 3, 4
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

        def answered(kind: int, body: bytes) -> None:
            # As the daemon does, whose connection to the broker this stands for.
            to_broker.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            self._note(kind, body)
            self._acknowledged(kind, body)

        try:
            async with asyncio.TaskGroup() as pumps:
                pumps.create_task(_pump(reader, sink, self._published))
                pumps.create_task(_pump(source, writer, answered))
        finally:
            sink.close()
            writer.close()

    def _published(self, kind: int, body: bytes) -> None:
        if (number := self._note(kind, body)) is not None:
            self._waiting.add(number)

    def _note(self, kind: int, body: bytes) -> bytes | None:
        """The packet's number, if it is one that is watched."""
        if kind != _PUBLISH:
            return None
        end = 2 + int.from_bytes(body[:2], "big")
        topic = body[2:end].decode()
        if topic not in self._topics:
            return None
        self.published[topic].append(time.monotonic())
        return body[end : end + 2]

    def _acknowledged(self, kind: int, body: bytes) -> None:
        if kind == _PUBACK and body[:2] in self._waiting:
            self._waiting.remove(body[:2])
            self.acknowledged.append(time.monotonic())


async def _pump(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    seen: Callable[[int, bytes], None],
) -> None:
    """What comes goes on at once, and is looked at behind that."""
    held = bytearray()
    try:
        while data := await reader.read(_CHUNK):
            writer.write(data)
            held += data
            for kind, body in _take_packets(held):
                seen(kind, body)
    except ConnectionError:
        pass
    writer.close()


def _take_packets(held: bytearray) -> Iterator[tuple[int, bytes]]:
    """The whole ones: a byte of kind, the length in groups of 7 bits, the rest."""
    while True:
        length = shift = 0
        at = 1
        while at < len(held):
            length |= (held[at] & 0x7F) << shift
            shift += 7
            at += 1
            if held[at - 1] < 0x80:
                break
        else:
            return
        if len(held) < at + length:
            return
        yield held[0] >> 4, bytes(held[at : at + length])
        del held[: at + length]
