"""A recognizer that says what a test wants, over a real WebSocket.

The session is the product's own (`auricle.recognizer.session`); only its ears and its
words are scripted, and its faults.

```python
async with ScriptedRecognizer("Turn on the light.", emotion="happy") as server:
    ...                                  # connect to server.url
    assert server.heard[0].pcm == spoken

faults = [AbortAfter(1.0)]               # of the first connection; then all is well
always = [DeltaDialect(), Without()]     # of every connection
```
"""

import asyncio
import base64
import contextlib
import copy
import functools
import json
import socket
import ssl
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Self
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from auricle.audio.frame import SAMPLE_BYTES, SAMPLE_RATE
from auricle.recognizer.codecs import make_decoder
from auricle.recognizer.session import Orders, RecognizerSession, Reply
from auricle.recognizer.transcriptions import RecognizedText, Transcribe
from auricle.system.log import silent_logger
from rigs.recognizer.energy_segmenter import EnergySegmenter
from rigs.recognizer.faults import Fault, Frame, Message, as_text
from rigs.waiting import elapse

MODEL = "qwen3-asr-flash-realtime"
_WORDS_PER_SECOND = 2


@dataclass
class HeardSession:
    """What one client sent, from its first byte to its last."""

    path: str
    headers: dict[str, str]
    """Names in lower case."""
    messages: list[Message] = field(default_factory=list)
    """In order; in an append, `audio` is the number of bytes."""
    audio: bytearray = field(default_factory=bytearray)
    """All audio as sent, in the session's format and rate."""
    closed: bool = False
    close_code: int | None = None

    @property
    def pcm(self) -> bytes:
        return bytes(self.audio)

    @property
    def seconds(self) -> float:
        return len(self.audio) / SAMPLE_BYTES / SAMPLE_RATE

    @property
    def types(self) -> list[str]:
        """The messages' types, a run of appends as one."""
        types: list[str] = []
        for message in self.messages:
            if not types or types[-1] != message["type"]:
                types.append(message["type"])
        return types

    @property
    def settings(self) -> Message:
        """The `session` of the session.update."""
        for message in self.messages:
            if message["type"] == "session.update":
                session: Message = message["session"]
                return session
        raise AssertionError("no session.update was heard")

    @property
    def model(self) -> str:
        return parse_qs(urlsplit(self.path).query)["model"][0]


class ScriptedRecognizer:
    """An async context manager; serves on loopback while it is entered."""

    def __init__(
        self,
        transcript: str | Sequence[str] = "Turn on the light.",
        *,
        emotion: str | None = "neutral",
        language: str | None = "en",
        faults: Sequence[Fault | Sequence[Fault]] = (),
        always: Sequence[Fault] = (),
        decode_seconds: float = 0.0,
        api_key: str | None = None,
        idle_timeout: float = 60.0,
        tls: ssl.SSLContext | None = None,
        port: int = 0,
    ) -> None:
        """`transcript`: one a final, the last one for all that follow.

        `faults`: one a connection, or several for one; then none.
        """
        self.heard: list[HeardSession] = []
        self.attempts = 0
        """Handshakes, the refused ones too."""
        self._transcripts = [transcript] if isinstance(transcript, str) else transcript
        self._emotion = emotion
        self._language = language
        self._faults = list(faults)
        self._always = list(always)
        self._decode_seconds = decode_seconds
        self._api_key = api_key
        self._idle_timeout = idle_timeout
        self._tls = tls
        self._port = port
        self._finals = 0
        self._faults_of: dict[ServerConnection, list[Fault]] = {}
        self._server: Server | None = None

    @property
    def port(self) -> int:
        return self._port

    @property
    def url(self) -> str:
        scheme = "wss" if self._tls else "ws"
        return f"{scheme}://127.0.0.1:{self._port}/api-ws/v1/realtime?model={MODEL}"

    @property
    def open_sessions(self) -> int:
        return sum(not heard.closed for heard in self.heard)

    async def __aenter__(self) -> Self:
        self._server = await serve(
            self._serve,
            "127.0.0.1",
            self._port,
            process_request=self._admit,
            compression=None,
            max_size=24 * 1024 * 1024,
            close_timeout=0.2,
            ssl=self._tls,
            logger=silent_logger("scripted recognizer"),
        )
        self._port = next(iter(self._server.sockets)).getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _admit(
        self, connection: ServerConnection, request: Request
    ) -> Response | None:
        faults = [*self._always, *self._next_faults()]
        self._faults_of[connection] = copy.deepcopy(faults)
        self.attempts += 1
        for fault in faults:
            if fault.status is not None:
                refused = connection.respond(HTTPStatus(fault.status), "refused\n")
                if fault.retry_after is not None:
                    refused.headers["Retry-After"] = fault.retry_after
                return refused
        if self._api_key is not None:
            authorization = request.headers.get("Authorization", "")
            if authorization.lower() != f"bearer {self._api_key}".lower():
                return connection.respond(HTTPStatus.UNAUTHORIZED, "bad key\n")
        return None

    def _next_faults(self) -> Sequence[Fault]:
        if not self._faults:
            return ()
        faults = self._faults.pop(0)
        return (faults,) if isinstance(faults, Fault) else faults

    async def _serve(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        headers = {k.lower(): v for k, v in connection.request.headers.raw_items()}
        heard = HeardSession(connection.request.path, headers)
        self.heard.append(heard)
        line = _Line(self, connection, heard, self._faults_of.pop(connection))
        try:
            await line.run(self._idle_timeout)
        finally:
            heard.closed = True
            heard.close_code = connection.close_code

    async def transcribe(self, work: Transcribe) -> RecognizedText:
        await elapse(self._decode_seconds)
        last = len(self._transcripts) - 1
        text = self._transcripts[min(self._finals, last)]
        if work.final:
            self._finals += 1
        else:
            words = text.split(" ")
            text = " ".join(words[: int(work.seconds * _WORDS_PER_SECOND)])
        return RecognizedText(text, self._language, self._emotion)


class _Line:
    """One connection: the session, its script and its faults."""

    def __init__(
        self,
        script: ScriptedRecognizer,
        connection: ServerConnection,
        heard: HeardSession,
        faults: list[Fault],
    ) -> None:
        self._script = script
        self._connection = connection
        self._heard = heard
        self._faults = faults
        self._session = RecognizerSession(
            f"sess_{len(script.heard)}", heard.model, EnergySegmenter, make_decoder
        )
        self._outgoing: asyncio.Queue[Message] = asyncio.Queue()
        self._decoding: set[asyncio.Task[None]] = set()

    @property
    def seconds(self) -> float:
        return self._heard.seconds

    @property
    def corpus(self) -> str:
        return self._session.settings.corpus_text or ""

    async def send(self, frame: Frame) -> None:
        await self._connection.send(as_text(frame))

    async def close(self, code: int, reason: str) -> None:
        await self._connection.close(code, reason)

    def abort(self) -> None:
        connected = self._connection.transport.get_extra_info("socket")
        # Lingering for no time at all, a socket closes with a reset.
        linger = struct.pack("ii", 1, 0)
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._connection.transport.abort()

    async def run(self, idle_timeout: float) -> None:
        sender = asyncio.create_task(self._send_outgoing())
        self._carry_out(self._session.open())
        try:
            while True:
                async with asyncio.timeout(idle_timeout):
                    message = await self._connection.recv()
                noted = self._note(message)
                due = self._session.receive_message(message)
                for fault in self._faults:
                    await fault.heard(noted, self)
                self._carry_out(due)
        except TimeoutError:
            await self.close(1000, "idle")
        except ConnectionClosed:
            pass
        finally:
            tasks = [sender, *self._decoding]
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    def _note(self, message: str | bytes) -> Message:
        noted: Message = json.loads(message)
        if noted.get("type") == "input_audio_buffer.append":
            audio = base64.b64decode(noted["audio"])
            self._heard.audio += audio
            noted["audio"] = len(audio)
        self._heard.messages.append(noted)
        return noted

    def _carry_out(self, due: Orders) -> None:
        for order in due:
            if isinstance(order, Reply):
                self._outgoing.put_nowait(order.message)
            elif isinstance(order, Transcribe):
                task = asyncio.create_task(self._decode(order))
                self._decoding.add(task)
                task.add_done_callback(self._decoding.discard)

    async def _decode(self, work: Transcribe) -> None:
        transcript = await self._script.transcribe(work)
        self._carry_out(self._session.transcribed(work, transcript))

    async def _send_outgoing(self) -> None:
        while True:
            message = await self._outgoing.get()
            with contextlib.suppress(ConnectionClosed):
                await self._send_through(self._faults, message)

    async def _send_through(self, faults: Sequence[Fault], frame: Frame) -> None:
        if not faults or not isinstance(frame, dict):
            await self.send(frame)
            return
        onward = functools.partial(self._send_through, faults[1:])
        await faults[0].sending(frame, self, onward)
