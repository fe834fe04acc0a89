"""What can be wrong with a recognizer, one class a fault."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

from auricle.qwen_asr.events import TRANSCRIPTION
from rigs.waiting import elapse

Message = dict[str, Any]
Frame = Message | str | bytes
Send = Callable[[Frame], Awaitable[None]]

COMPLETED = f"{TRANSCRIPTION}.completed"
FAILED = f"{TRANSCRIPTION}.failed"
INTERIM = f"{TRANSCRIPTION}.text"


class Line(Protocol):
    """The connection that a fault spoils."""

    @property
    def seconds(self) -> float:
        """Audio heard so far."""

    @property
    def corpus(self) -> str: ...

    async def send(self, frame: Frame) -> None: ...

    async def close(self, code: int, reason: str) -> None: ...

    def abort(self) -> None:
        """Reset the TCP connection."""


class Fault:
    """Spoils what is sent, or reacts to what is heard. This one does neither."""

    status: int | None = None
    """The HTTP status that refuses the handshake."""
    retry_after: str | None = None
    """When to come again, as the refusal's header tells."""

    async def sending(self, message: Message, line: Line, send: Send) -> None:
        """Instead of sending `message`."""
        await send(message)

    async def heard(self, message: Message, line: Line) -> None:
        """After a message of the client was taken, and before it is answered."""


def _error(kind: str, code: str, text: str, param: str | None = None) -> Message:
    error = {"type": kind, "code": code, "message": text, "param": param}
    return {"event_id": "event_fault", "type": "error", "error": error}


# --- opening ---


@dataclass
class RefuseHandshake(Fault):
    """With 401, 403, 404, 429, 503 ..."""

    status: int | None = 401
    retry_after: str | None = None


@dataclass
class SilentFromTheStart(Fault):
    """Accepts the connection and never says a word."""

    async def sending(self, message: Message, line: Line, send: Send) -> None:
        pass


@dataclass
class CloseAfterCreated(Fault):
    """As the service does without quota or permission for the model."""

    reason: str = "Access denied."
    code: int = 1008

    async def sending(self, message: Message, line: Line, send: Send) -> None:
        await send(message)
        await line.close(self.code, self.reason)


@dataclass
class RejectUpdate(Fault):
    async def sending(self, message: Message, line: Line, send: Send) -> None:
        if message["type"] == "session.updated":
            param = "session.input_audio_format"
            text = "Invalid value: 'pcm'."
            message = _error("invalid_request_error", "invalid_value", text, param)
        await send(message)


@dataclass
class StrayUpdated(Fault):
    """Says session.updated on connecting, as a page of the documentation has it."""

    async def sending(self, message: Message, line: Line, send: Send) -> None:
        await send(message)
        if message["type"] == "session.created":
            await send({**message, "type": "session.updated"})


# --- while the utterance is spoken ---


@dataclass
class ErrorAfter(Fault):
    """An error event once `seconds` of audio came."""

    seconds: float
    type: str = "server_error"
    code: str = "internal_error"
    message: str = "something went wrong"
    _told: bool = field(default=False, init=False)

    async def heard(self, message: Message, line: Line) -> None:
        if line.seconds >= self.seconds and not self._told:
            self._told = True
            await line.send(_error(self.type, self.code, self.message))


@dataclass
class CloseAfter(Fault):
    seconds: float
    code: int = 1011
    reason: str = "internal error"

    async def heard(self, message: Message, line: Line) -> None:
        if line.seconds >= self.seconds:
            await line.close(self.code, self.reason)


@dataclass
class AbortAfter(Fault):
    """The TCP connection is reset once `seconds` of audio came."""

    seconds: float

    async def heard(self, message: Message, line: Line) -> None:
        if line.seconds >= self.seconds:
            line.abort()


@dataclass
class Junk(Fault):
    """Sends `frame` before each message of its own."""

    frame: str | bytes

    async def sending(self, message: Message, line: Line, send: Send) -> None:
        await line.send(self.frame)
        await send(message)


# --- the transcript ---


@dataclass
class NoFinal(Fault):
    """Recognizes for ever."""

    async def sending(self, message: Message, line: Line, send: Send) -> None:
        if message["type"] not in (COMPLETED, "session.finished"):
            await send(message)


@dataclass
class OneFinal(Fault):
    """Recognizes the first utterance, and no other."""

    _said: bool = field(default=False, init=False)

    async def sending(self, message: Message, line: Line, send: Send) -> None:
        if message["type"] == COMPLETED:
            if self._said:
                return
            self._said = True
        await send(message)


@dataclass
class SlowFinal(Fault):
    seconds: float

    async def sending(self, message: Message, line: Line, send: Send) -> None:
        if message["type"] == COMPLETED:
            await elapse(self.seconds)
        await send(message)


@dataclass
class OneEngine(Fault):
    """All connections that have it wait for each other's finals, as at home: each takes
    so long.
    """

    seconds: float
    _free: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    async def sending(self, message: Message, line: Line, send: Send) -> None:
        if message["type"] == COMPLETED:
            async with self._free:
                await elapse(self.seconds)
        await send(message)


@dataclass
class CloseInsteadOfFinal(Fault):
    code: int = 1011
    reason: str = "internal error"

    async def sending(self, message: Message, line: Line, send: Send) -> None:
        if message["type"] == COMPLETED:
            await line.close(self.code, self.reason)
        else:
            await send(message)


@dataclass
class FailItem(Fault):
    async def sending(self, message: Message, line: Line, send: Send) -> None:
        if message["type"] == COMPLETED:
            error = {"code": "internal_error", "message": "failed", "param": None}
            item_id = message["item_id"]
            message = {
                "type": FAILED,
                "item_id": item_id,
                "content_index": 0,
                "error": error,
            }
        await send(message)


@dataclass
class FinalsTwice(Fault):
    async def sending(self, message: Message, line: Line, send: Send) -> None:
        await send(message)
        if message["type"] == COMPLETED:
            await send(message)


@dataclass
class FinalsOutOfOrder(Fault):
    """The first final comes behind the second."""

    _held: Message | None = field(default=None, init=False)
    _done: bool = field(default=False, init=False)

    async def sending(self, message: Message, line: Line, send: Send) -> None:
        if message["type"] == COMPLETED and not self._done and self._held is None:
            self._held = message
            return
        await send(message)
        if message["type"] == COMPLETED and self._held is not None:
            held, self._held, self._done = self._held, None, True
            await send(held)


@dataclass
class EmptyFinals(Fault):
    """Noise was taken for speech, `times` times."""

    times: int = 1

    async def sending(self, message: Message, line: Line, send: Send) -> None:
        if message["type"] == COMPLETED and self.times > 0:
            self.times -= 1
            message = {**message, "transcript": ""}
        await send(message)


@dataclass
class CorpusEcho(Fault):
    """Returns the hints as the transcript."""

    async def sending(self, message: Message, line: Line, send: Send) -> None:
        if message["type"] == COMPLETED:
            message = {**message, "transcript": line.corpus}
        await send(message)


# --- dialects ---


@dataclass
class DeltaDialect(Fault):
    """Interim transcripts under the name and in the pieces of other services."""

    _told: str = field(default="", init=False)

    async def sending(self, message: Message, line: Line, send: Send) -> None:
        if message["type"] != INTERIM:
            await send(message)
            return
        text = message["text"] + message["stash"]
        if text.startswith(self._told):
            delta, self._told = text[len(self._told) :], text
            item_id = message["item_id"]
            name = f"{TRANSCRIPTION}.delta"
            await send({"type": name, "item_id": item_id, "delta": delta})


@dataclass
class Without(Fault):
    """Leaves keys out of every message."""

    keys: tuple[str, ...] = ("item_id", "event_id")

    async def sending(self, message: Message, line: Line, send: Send) -> None:
        await send({key: message[key] for key in message if key not in self.keys})


@dataclass
class SpokenWith(Fault):
    """Sets keys of every final: transcript, emotion, language ..."""

    keys: dict[str, Any]

    async def sending(self, message: Message, line: Line, send: Send) -> None:
        if message["type"] == COMPLETED:
            message = {**message, **self.keys}
        await send(message)


# --- the end ---


@dataclass
class NoFinished(Fault):
    async def sending(self, message: Message, line: Line, send: Send) -> None:
        if message["type"] != "session.finished":
            await send(message)


@dataclass
class LateFinished(Fault):
    seconds: float = 6.0

    async def sending(self, message: Message, line: Line, send: Send) -> None:
        if message["type"] == "session.finished":
            await elapse(self.seconds)
        await send(message)


@dataclass
class CloseInsteadOfFinished(Fault):
    code: int = 1000

    async def sending(self, message: Message, line: Line, send: Send) -> None:
        if message["type"] == "session.finished":
            await line.close(self.code, "")
        else:
            await send(message)


def as_text(frame: Frame) -> str | bytes:
    return json.dumps(frame) if isinstance(frame, dict) else frame
