"""A recognizer that breaks the rules: it writes the bytes of its frames itself.

```python
async with RawServer(text({"type": "brand.new"}), b"\\x83\\x00") as server:
    ...                                  # connect to server.url: the session opens,
                                         # and then these bytes come
```
"""

import asyncio
import base64
import hashlib
import json
import struct
from typing import Any, Self

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3
_TEXT = 1
_CLOSE = 8


def frame(opcode: int, payload: bytes) -> bytes:
    """A whole frame, as a server sends it."""
    size = len(payload)
    if size < 126:
        return bytes([0x80 | opcode, size]) + payload
    if size < 1 << 16:
        return bytes([0x80 | opcode, 126]) + struct.pack("!H", size) + payload
    return bytes([0x80 | opcode, 127]) + struct.pack("!Q", size) + payload


def text(message: dict[str, Any]) -> bytes:
    return frame(_TEXT, json.dumps(message).encode())


def close(code: int, reason: str = "") -> bytes:
    return frame(_CLOSE, struct.pack("!H", code) + reason.encode())


class RawServer:
    """It opens each session, sends `sent`, and keeps TCP open until the client goes."""

    def __init__(self, *sent: bytes) -> None:
        self._sent = sent

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"ws://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            request = await reader.readuntil(b"\r\n\r\n")
            writer.write(_accepted(request))
            writer.write(text({"type": "session.created", "session": {"id": "s"}}))
            await reader.read(1)
            writer.write(text({"type": "session.updated", "session": {"id": "s"}}))
            writer.writelines(self._sent)
            while await reader.read(1 << 16):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()


def _accepted(request: bytes) -> bytes:
    lines = dict(
        line.split(": ", 1) for line in request.decode().split("\r\n") if ": " in line
    )
    key = (lines["Sec-WebSocket-Key"] + _GUID).encode()
    accept = base64.b64encode(hashlib.sha1(key).digest()).decode()
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
    ).encode()
