"""One session with the recognizer over one connection, from opening to end."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from auricle.asr.protocol import MOST_AT_ONCE, AsrProtocol, ProtocolState
from auricle.errors import AsrError, Reason
from auricle.qwen_asr.events import ServerEvent, SessionSettings

logger = logging.getLogger(__name__)

# Where we end an utterance that the server's VAD should have ended, speech may not
# have "started" for it yet, and a finish would then drop it: silence settles it.
_SPARE_SILENCE_MS = 200


OnEvent = Callable[[ServerEvent], None]
OnFailure = Callable[[AsrError], None]


class Transport(Protocol):
    """A session's messages go over an open connection; failures are AsrErrors."""

    async def send(self, message: str) -> None:
        """Send a text frame."""

    async def receive(self) -> str | bytes:
        """Wait for a frame, and return it."""

    async def all_read(self) -> None:
        """Wait until the other end has read what was sent."""

    def session_opened(self) -> None:
        """Take note that the server accepted our settings."""

    async def close(self) -> None:
        """Say goodbye, in a second at most."""

    def abort(self) -> None:
        """Drop the connection now."""


class Resampler(Protocol):
    """A stream of mono s16le PCM is turned into one of another sample rate."""

    def process(self, pcm: bytes) -> bytes:
        """Return the samples that `pcm` completes, in the other rate."""

    def flush(self) -> bytes:
        """Return the rest of what was said so far; what follows begins anew."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long the recognizer may take, in seconds."""

    connect: float = 3.0
    """Seconds until the session is ready: connection, handshake and settings."""
    final: float = 4.0
    """Seconds from the end of the utterance to its final transcript."""
    finish: float = 10.0
    """Seconds to take leave, in the background; no turn waits for it."""
    time_to_live: float = 10.0
    """Seconds from its last word for which a command is good for anything."""


@dataclass(slots=True)
class Traffic:
    """This much has left this machine for the recognizer."""

    message_bytes: int = 0
    audio_seconds: float = 0.0


class AsrSession:
    """One session with the recognizer: it opens a connection, and ends with it.

    It carries messages between the connection and the protocol, until the server has
    finished, the connection is lost, or nobody waits any more. Call it on the event
    loop, which it calls back on.
    """

    def __init__(
        self,
        settings: SessionSettings,
        connect: Callable[[], Awaitable[Transport]],
        on_event: OnEvent,
        on_failure: OnFailure,
        *,
        traffic: Traffic,
        open_within: float,
        resampler: Resampler | None = None,
    ) -> None:
        """Start connecting at once, with `open_within` seconds for the session to open.

        `resampler` makes the session's sample rate of ours.
        """
        self._settings = settings
        self._connect = connect
        self._on_event = on_event
        self._on_failure = on_failure
        self._traffic = traffic
        self._open_within = open_within
        self._resampler = resampler
        event_prefix = f"event_{secrets.token_hex(8)}"
        self._protocol = AsrProtocol(settings, event_prefix)
        self._something_to_send = asyncio.Event()
        self._transport: Transport | None = None
        self._patience: asyncio.Timeout | None = None
        self._leaving = False
        self.task = asyncio.create_task(self._run(), name=event_prefix)

    def send_audio(self, pcm: bytes) -> None:
        """Send mono s16le PCM at 16 kHz, once the session is open."""
        if self._resampler is not None:
            pcm = self._resampler.process(pcm)
        self._protocol.send_audio(pcm)
        self._something_to_send.set()

    @property
    def sent_seconds(self) -> float:
        """How much audio was handed over so far."""
        return self._protocol.sent_seconds

    @property
    def answered_seconds(self) -> float:
        """How far into that every utterance has had its final, as far as is told."""
        return self._protocol.answered_seconds

    def end_utterance(self) -> None:
        """Say that what was said so far is whole.

        More may follow where we decide that (manual mode), and nothing where the server
        should have.
        """
        if self._resampler is not None:
            self._protocol.send_audio(self._resampler.flush())
        vad = self._settings.turn_detection
        if vad is None:
            for answer in self._protocol.send_commit():
                asyncio.get_running_loop().call_soon(self._on_event, answer)
        else:
            silence_ms = vad.silence_duration_ms + _SPARE_SILENCE_MS
            silence = bytes(silence_ms * self._settings.sample_rate // 1000 * 2)
            self._protocol.send_audio(silence)
            self._protocol.send_finish()
        self._something_to_send.set()

    def finish(self, within: float) -> None:
        """Take leave of the server in the background, for `within` seconds at most.

        Audio that was not sent stays here.
        """
        if self._protocol.state is ProtocolState.OPENING:
            self.abandon()
            return
        self._protocol.drop_unsent()
        self._protocol.send_finish()
        self._something_to_send.set()
        self._leave(within)

    def abandon(self) -> None:
        """Send and deliver no more; the connection is closed in the background."""
        self._leave(0.0)

    def _leave(self, within: float) -> None:
        self._leaving = True
        if self._transport is None:
            self.task.cancel()
        elif self._patience is not None and not self._patience.expired():
            self._patience.reschedule(asyncio.get_running_loop().time() + within)

    async def _run(self) -> None:
        try:
            await self._converse()
        except* AsrError as errors:
            self._on_failure(_first(errors))
        except* Exception:  # a task's edge: the turn must hear of it
            logger.exception("a recognizer session ended in a programming error")
            self._on_failure(
                AsrError("internal error", reason=Reason.ASR_FAILED, transient=False)
            )
        finally:
            await self._close()

    async def _converse(self) -> None:
        try:
            async with asyncio.timeout(self._open_within) as self._patience:
                self._transport = await self._connect()
                async with asyncio.TaskGroup() as tasks:
                    writer = tasks.create_task(self._write(self._transport))
                    await self._read(self._transport, self._patience)
                    writer.cancel()
        except TimeoutError as error:
            if self._leaving:
                return
            what = "connection" if self._transport is None else "session"
            raise AsrError(
                f"the recognizer opened no {what} within {self._open_within:g} s",
                reason=Reason.ASR_TIMEOUT
                if self._transport
                else Reason.ASR_UNREACHABLE,
                transient=True,
            ) from error
        finally:
            self._patience = None

    async def _close(self) -> None:
        """Close with a close frame, wherever there is anybody to take it."""
        if self._transport is None:
            return
        try:
            await self._transport.close()
        finally:
            self._transport.abort()

    async def _read(self, transport: Transport, opening: asyncio.Timeout) -> None:
        while self._protocol.state is not ProtocolState.FINISHED:
            events = self._protocol.receive_message(await transport.receive())
            opened = self._protocol.state is not ProtocolState.OPENING
            if opened and not self._leaving:
                opening.reschedule(None)
                transport.session_opened()
            self._something_to_send.set()
            for event in events:
                self._on_event(event)

    async def _write(self, transport: Transport) -> None:
        """The only writer: messages leave in the order the protocol gave them."""
        try:
            while True:
                await self._something_to_send.wait()
                self._something_to_send.clear()
                before = self._protocol.sent_seconds
                while messages := self._protocol.messages_to_send():
                    seconds = self._protocol.sent_seconds - before
                    before += seconds
                    self._traffic.audio_seconds += seconds
                    for message in messages:
                        await transport.send(message)
                        self._traffic.message_bytes += len(message)
                    if seconds >= MOST_AT_ONCE:
                        await transport.all_read()
        except AsrError:
            # The reader meets the same end, and tells.
            return


def _first(errors: ExceptionGroup[AsrError]) -> AsrError:
    error = errors.exceptions[0]
    return _first(error) if isinstance(error, ExceptionGroup) else error
