"""One session with a recognizer, from opening to end, for who takes events by callback.

What is said before it is open waits. It goes on by itself, on the event loop, and calls
back there.
"""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from auricle.qwen_asr.events import ServerEvent, SessionSettings
from auricle.qwen_asr_client.errors import (
    InternalError,
    NotOpenedError,
    RecognizerError,
)
from auricle.qwen_asr_client.opus import OpusEncoder
from auricle.qwen_asr_client.protocol import (
    LIVE_APPEND,
    MOST_AT_ONCE,
    AsrProtocol,
    ProtocolState,
)

logger = logging.getLogger(__name__)

# Where we end an utterance that the server's VAD should have ended, speech may not
# have "started" for it yet, and a finish would then drop it: silence settles it.
_SPARE_SILENCE_MS = 200


OnEvent = Callable[[ServerEvent], None]
OnFailure = Callable[[RecognizerError], None]


class Transport(Protocol):
    """A session's messages go over an open connection; it fails by RecognizerErrors."""

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


@dataclass(slots=True)
class Traffic:
    """This much has left this machine for the recognizer."""

    message_bytes: int = 0
    audio_seconds: float = 0.0


class LiveSession:
    """One session with the recognizer: it opens a connection, and ends with it.

    It carries messages between the connection and the protocol, until the server has
    finished, the connection is lost, or nobody waits any more. Call it on the event
    loop, which it calls back on. No method waits.
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
        on_open: Callable[[], None] | None = None,
    ) -> None:
        """Start connecting at once, with `open_within` seconds for the session to open.

        `on_open` is called once there is a connection. Raises FormatError where the
        settings ask for a format that cannot be encoded here.
        """
        self._connect = connect
        self._on_event = on_event
        self._on_failure = on_failure
        self._on_open = on_open
        self._traffic = traffic
        self._open_within = open_within
        opus = settings.input_audio_format == "opus"
        encoder = OpusEncoder(settings.sample_rate) if opus else None
        event_prefix = f"event_{secrets.token_hex(8)}"
        self._protocol = AsrProtocol(settings, event_prefix, encoder)
        self._something_to_send = asyncio.Event()
        self._sent = asyncio.Event()
        self._transport: Transport | None = None
        self._patience: asyncio.Timeout | None = None
        self._leaving = False
        self.task = asyncio.create_task(self._run(), name=event_prefix)

    @property
    def settings(self) -> SessionSettings:
        """What the session is to have, behind the audio said so far."""
        return self._protocol.settings

    @property
    def takes_audio(self) -> bool:
        """Whether it is neither over nor finishing."""
        return not (
            self._leaving or self.task.done() or self._protocol.finish_requested
        )

    @property
    def sent_seconds(self) -> float:
        """How much audio was handed over so far."""
        return self._protocol.sent_seconds

    @property
    def unsent_seconds(self) -> float:
        """How much audio waits here until it can be sent."""
        return self._protocol.unsent_seconds

    @property
    def update_unsent(self) -> bool:
        """Whether an update waits here until it can be sent."""
        over = self._leaving or self.task.done()
        return not over and self._protocol.update_unsent

    @property
    def most_items(self) -> float:
        """How many utterances there can be in what was sent."""
        return self._protocol.most_items

    @property
    def answered_seconds(self) -> float:
        """How far into what was sent every utterance has had its final, as far as is
        told.
        """
        return self._protocol.answered_seconds

    def send_audio(self, pcm: bytes) -> None:
        """Send mono s16le PCM in the session's rate, once the session is open."""
        self._protocol.send_audio(pcm)
        self._something_to_send.set()

    def update(self, settings: SessionSettings) -> str:
        """Ask for other settings, for what is said from now on.

        Return the id of the event."""
        event_id = self._protocol.send_update(settings)
        self._something_to_send.set()
        return event_id

    def keep(self, settings: SessionSettings) -> None:
        """Take note that an update was refused, and these settings stay."""
        self._protocol.settings = settings

    def commit(self) -> None:
        """End an utterance in manual mode; another one may follow.

        Less than 0.1 s is not sent: its answer, an empty final, comes from here.
        """
        for answer in self._protocol.send_commit():
            asyncio.get_running_loop().call_soon(self._on_event, answer)
        self._something_to_send.set()

    def finish(self) -> None:
        """Say, once or twice, that nothing follows; the server completes what it has.

        Behind it goes as much silence as ends an utterance for the server's VAD. In
        manual mode, what was not committed is lost.
        """
        vad = self.settings.turn_detection
        if vad is not None and not self._protocol.finish_requested:
            silence_ms = vad.silence_duration_ms + _SPARE_SILENCE_MS
            silence = bytes(silence_ms * self.settings.sample_rate // 1000 * 2)
            self._protocol.send_audio(silence)
        self._protocol.send_finish()
        self._something_to_send.set()

    def leave(self, within: float) -> None:
        """Take leave of the server in the background, for `within` seconds at most.

        Audio that was not sent stays here.
        """
        if self._protocol.state is ProtocolState.OPENING:
            self.abandon()
            return
        self._protocol.drop_unsent()
        self._protocol.send_finish()
        self._something_to_send.set()
        self._end_within(within)

    def abandon(self) -> None:
        """Send and deliver no more; the connection is closed in the background."""
        self._end_within(0.0)

    async def sent_more(self) -> None:
        """Wait until some of what waited was sent, or nothing is any more."""
        self._sent.clear()
        if not self.task.done():
            await self._sent.wait()

    def _end_within(self, seconds: float) -> None:
        self._leaving = True
        if self._transport is None:
            self.task.cancel()
        elif self._patience is not None and not self._patience.expired():
            self._patience.reschedule(asyncio.get_running_loop().time() + seconds)

    async def _run(self) -> None:
        try:
            await self._converse()
        except* RecognizerError as errors:
            self._on_failure(_first(errors))
        except* Exception:  # a task's edge: who waits must hear of it
            logger.exception("a recognizer session ended in a programming error")
            self._on_failure(InternalError("internal error"))
        finally:
            self._sent.set()
            await self._close()

    async def _converse(self) -> None:
        try:
            async with asyncio.timeout(self._open_within) as self._patience:
                self._transport = await self._connect()
                if self._on_open is not None:
                    self._on_open()
                async with asyncio.TaskGroup() as tasks:
                    writer = tasks.create_task(self._write(self._transport))
                    await self._read(self._transport, self._patience)
                    writer.cancel()
        except TimeoutError as error:
            if self._leaving:
                return
            what = "connection" if self._transport is None else "session"
            raise NotOpenedError(
                f"the recognizer opened no {what} within {self._open_within:g} s",
                connected=self._transport is not None,
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
        room = MOST_AT_ONCE
        try:
            while True:
                await self._something_to_send.wait()
                self._something_to_send.clear()
                before = self._protocol.sent_seconds
                while messages := self._protocol.messages_to_send(room):
                    seconds = self._protocol.sent_seconds - before
                    before += seconds
                    room -= seconds
                    self._traffic.audio_seconds += seconds
                    for message in messages:
                        await transport.send(message)
                        self._traffic.message_bytes += len(message)
                    self._sent.set()
                    if room < LIVE_APPEND:
                        await transport.all_read()
                        room = MOST_AT_ONCE
        except RecognizerError:
            # The reader meets the same end, and tells.
            return


def _first(errors: ExceptionGroup[RecognizerError]) -> RecognizerError:
    error = errors.exceptions[0]
    return _first(error) if isinstance(error, ExceptionGroup) else error
