"""One client's session on the event loop: between its socket and the engine."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Protocol, assert_never

from auricle.errors import AuricleError
from auricle.recognizer.session import Orders, RecognizerSession, Reply
from auricle.recognizer.transcriptions import (
    Answer,
    ConfirmOrder,
    Transcribe,
    WithdrawOrder,
)

# What takes longer to read than this would hold up the other sessions' events.
_LARGE_MESSAGE = 64 * 1024
# A client that uploads a recording is read as fast as the engine works.
_MOST_BACKLOG = 60.0
# Whoever speaks sends without a pause. A connection that was lost on the way looks like
# one that is silent, and whose it was is at the door already.
_STALLED = 2.0


class ClientGoneError(AuricleError):
    """The connection is closed, by whichever side."""


class ClientSocket(Protocol):
    """A client's connection, which raises ClientGoneError once it is closed."""

    async def send(self, message: str) -> None:
        """Send a text frame."""

    async def recv(self) -> str | bytes:
        """Wait for a frame, and return it."""

    async def close(self, code: int, reason: str) -> None:
        """Close the connection, if it is open."""


class Transcriber(Protocol):
    """What recognizes for all conversations."""

    async def transcribe(self, work: Transcribe) -> Answer:
        """Return what is said, or why nobody knows."""

    def confirm(self, work: Transcribe) -> None:
        """Have a final that was asked for ahead made in time."""

    def withdraw(self, work: Transcribe) -> None:
        """Do not begin with a final that was asked for ahead."""


class Conversation:
    """A client is served until it leaves, or has been silent for too long."""

    def __init__(
        self,
        session: RecognizerSession,
        socket: ClientSocket,
        transcriber: Transcriber,
        idle_timeout: float,
        linger: float,
    ) -> None:
        """A client may be silent for `idle_timeout` seconds.

        Once all is said, it should close, and has `linger` seconds for it.
        """
        self._session = session
        self._socket = socket
        self._transcriber = transcriber
        self._idle_timeout = idle_timeout
        self._linger = linger
        self._one_at_a_time = asyncio.Lock()
        self._caught_up = asyncio.Event()
        self._heard_at = asyncio.get_running_loop().time()
        self._decoding: asyncio.TaskGroup

    @property
    def listening(self) -> float | None:
        """Seconds that have come of an utterance which is not over.

        None where none is under way, or nothing has come for 2 s.
        """
        return None if self._stalled else self._session.listening

    @property
    def about_to_pause(self) -> bool:
        """Whether the final may be wanted in a moment of what was said until now."""
        return not self._stalled and self._session.about_to_pause

    async def run(self) -> None:
        """Serve the client; return when it was sent away for its silence.

        Raises an ExceptionGroup of ClientGoneError when the connection is closed, by
        the client or once all was said.
        """
        async with asyncio.TaskGroup() as self._decoding:
            await self._carry_out(_now(self._session.open))
            await self._listen()

    @property
    def _stalled(self) -> bool:
        return asyncio.get_running_loop().time() - self._heard_at >= _STALLED

    async def _listen(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self._idle_timeout):
                    message = await self._socket.recv()
            except TimeoutError:
                if self._session.finished or not self._session.waits_for_client:
                    continue
                reason = f"nothing came for {self._idle_timeout:g} s"
                await self._socket.close(1000, reason)
                return
            self._heard_at = asyncio.get_running_loop().time()
            await self._carry_out(self._reading(message))
            while self._session.backlog > _MOST_BACKLOG:
                self._caught_up.clear()
                await self._caught_up.wait()

    def _reading(self, message: str | bytes) -> Callable[[], Awaitable[Orders]]:
        def read() -> Orders:
            return self._session.receive_message(message)

        if len(message) < _LARGE_MESSAGE and not self._session.compressed:
            return _now(read)
        return lambda: asyncio.to_thread(read)

    async def _close_in_a_while(self) -> None:
        await asyncio.sleep(self._linger)
        reason = f"all was said {self._linger:g} s ago"
        await self._socket.close(1000, reason)

    async def _decode(self, work: Transcribe) -> None:
        transcript = await self._transcriber.transcribe(work)
        await self._carry_out(_now(lambda: self._session.transcribed(work, transcript)))
        self._caught_up.set()

    async def _carry_out(self, step: Callable[[], Awaitable[Orders]]) -> None:
        loop = asyncio.get_running_loop()
        # Two that step and send in turns would overtake each other where a send waits.
        async with self._one_at_a_time:
            was_finished = self._session.finished
            for order in await step():
                match order:
                    case Reply(message):
                        await self._socket.send(json.dumps(message))
                    case Transcribe():
                        self._decoding.create_task(self._decode(order))
                    # The task that asks for it has been created, and begins before.
                    case ConfirmOrder(work):
                        loop.call_soon(self._transcriber.confirm, work)
                    case WithdrawOrder(work):
                        loop.call_soon(self._transcriber.withdraw, work)
                    case _:
                        assert_never(order)
            if self._session.finished and not was_finished:
                # Whatever it still sends: it holds a place that others wait for.
                self._decoding.create_task(self._close_in_a_while())


def _now(step: Callable[[], Orders]) -> Callable[[], Awaitable[Orders]]:
    async def take_step() -> Orders:
        return step()

    return take_step
