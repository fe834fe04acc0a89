"""A broker from before MQTT 5: mosquitto, behind a door that keeps version 5 out."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

_REFUSED = bytes([0x20, 2, 0, 1])
"""CONNACK of MQTT 3.1.1: unacceptable protocol version."""


@contextlib.asynccontextmanager
async def old_broker(port: int, *, silent: bool = False) -> AsyncIterator[int]:
    """The port of the door to the broker on `port`; `silent` ones just hang up."""

    async def visit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Fixed header of one or two length bytes, "MQTT" with its length, the version.
        connect = await reader.read(4096)
        version = connect[connect.index(b"MQTT") + 4]
        if version == 5:
            if not silent:
                writer.write(_REFUSED)
            writer.close()
            return
        broker_reader, broker_writer = await asyncio.open_connection("127.0.0.1", port)
        broker_writer.write(connect)
        await asyncio.gather(
            _pass_on(reader, broker_writer), _pass_on(broker_reader, writer)
        )

    server = await asyncio.start_server(visit, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()
