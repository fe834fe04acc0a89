"""A broker that tells clients of MQTT 5 why it hangs up on them: mosquitto, as it does
from 2.0.15 on, whatever its version here.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator

_SESSION_TAKEN_OVER = bytes([0xE0, 2, 0x8E, 0])


@contextlib.asynccontextmanager
async def telling_of_takeovers(port: int) -> AsyncIterator[int]:
    """The port to connect to, in front of a mosquitto that hangs up for no other
    reason.
    """

    async def pump(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, last: bytes = b""
    ) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(4096):
                writer.write(data)
                await writer.drain()
            writer.write(last)
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_broker, to_broker = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(
            pump(reader, to_broker), pump(from_broker, writer, _SESSION_TAKEN_OVER)
        )

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
