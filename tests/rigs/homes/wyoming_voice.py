"""A text-to-speech server of the Wyoming protocol, with the voices of this machine.

python wyoming_voice.py PORT: English by flite, German by espeak-ng. It speaks sentence
by sentence, as they arrive, as Piper does.
"""

import asyncio
import contextlib
import json
import re
import subprocess
import sys
import tempfile
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

_SENTENCE = re.compile(r"(?<=[.!?])\s+")
HEADER = 44
"""What both programs write before the samples."""
_CHUNK = 4_096
_PROGRAMS = {
    "slt": ("flite", "-voice", "slt", "-f", "/dev/stdin", "-o"),
    "de": ("espeak-ng", "--stdin", "-v", "de", "-w"),
}
_RATES = {"slt": 16_000, "de": 22_050}
_DEFAULT = "slt"


def _artifact(name: str, **more: Any) -> dict[str, Any]:
    by = {"name": "Debian", "url": "https://www.debian.org"}
    return {
        "name": name,
        "attribution": by,
        "installed": True,
        "description": name,
        "version": "1",
        **more,
    }


_INFO = {
    "tts": [
        _artifact(
            "voice",
            voices=[
                _artifact("slt", languages=["en"]),
                _artifact("de", languages=["de"]),
            ],
            supports_synthesize_streaming=True,
        )
    ]
}


class Conversation:
    """One connection."""

    def __init__(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._streaming = False
        self._begun = False
        self._voice = _DEFAULT
        self._text = ""

    async def hold(self) -> None:
        while (event := await self._read()) is not None:
            kind, data = event
            match kind:
                case "describe":
                    await self._write("info", _INFO)
                case "synthesize" if not self._streaming:
                    self._choose(data)
                    await self._say(data["text"])
                    await self._write("audio-stop")
                case "synthesize-start":
                    self._streaming, self._text = True, ""
                    self._choose(data)
                case "synthesize-chunk":
                    *whole, self._text = _SENTENCE.split(self._text + data["text"])
                    for sentence in whole:
                        await self._say(sentence)
                case "synthesize-stop":
                    await self._say(self._text)
                    await self._write("audio-stop")
                    await self._write("synthesize-stopped")
                    self._streaming = False

    def _choose(self, data: dict[str, Any]) -> None:
        self._voice = (data.get("voice") or {}).get("name") or _DEFAULT
        self._begun = False

    async def _say(self, text: str) -> None:
        if not text.strip():
            return
        if self._voice not in _PROGRAMS:
            await self._write("error", {"text": f"there is no voice {self._voice}"})
            return
        wav = await asyncio.to_thread(spoken, self._voice, text.strip())
        if not self._begun:
            self._begun = True
            await self._write("audio-start", self._sound)
        pcm = wav[HEADER:]
        for at in range(0, len(pcm), _CHUNK):
            await self._write("audio-chunk", self._sound, pcm[at : at + _CHUNK])

    @property
    def _sound(self) -> dict[str, int]:
        return {"rate": _RATES[self._voice], "width": 2, "channels": 1}

    async def _read(self) -> tuple[str, dict[str, Any]] | None:
        line = await self._reader.readline()
        if not line:
            return None
        head = json.loads(line)
        data = dict(head.get("data") or {})
        if size := head.get("data_length"):
            data |= json.loads(await self._reader.readexactly(size))
        if size := head.get("payload_length"):
            await self._reader.readexactly(size)
        return head["type"], data

    async def _write(
        self, kind: str, data: dict[str, Any] | None = None, payload: bytes = b""
    ) -> None:
        head: dict[str, Any] = {"type": kind, "version": "1.7.0"}
        said = b"" if data is None else json.dumps(data).encode()
        if said:
            head["data_length"] = len(said)
        if payload:
            head["payload_length"] = len(payload)
        self._writer.write(json.dumps(head).encode() + b"\n" + said + payload)
        await self._writer.drain()


def spoken(voice: str, text: str) -> bytes:
    """A Wave file of what the voice says."""
    # Neither writes a whole file to a pipe: flite goes back to its header.
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        subprocess.run(
            [*_PROGRAMS[voice], file.name],
            # flite says nothing of a text without a line's end.
            input=f"{text}\n".encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=60,
            check=True,
        )
        return Path(file.name).read_bytes()


async def _hold(reader: StreamReader, writer: StreamWriter) -> None:
    # Whoever asked may have heard enough.
    with contextlib.suppress(ConnectionError):
        await Conversation(reader, writer).hold()
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


@contextlib.asynccontextmanager
async def serving() -> AsyncIterator[int]:
    """A server in this process, on a port of its own."""
    held: list[asyncio.Task[None]] = []

    def hold(reader: StreamReader, writer: StreamWriter) -> None:
        held.append(asyncio.create_task(_hold(reader, writer)))

    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        await asyncio.gather(*held)


async def serve(port: int) -> None:
    server = await asyncio.start_server(_hold, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
