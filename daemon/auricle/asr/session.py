"""One turn's session with the recognizer: sending, waiting, replaying, closing."""

import asyncio
import random
from collections.abc import Callable
from typing import Protocol, get_args

from auricle.asr.events import (
    FinalTranscript,
    ServerError,
    ServerEvent,
    SessionFinished,
    SessionSettings,
    SessionUpdated,
    TranscriptionFailed,
)
from auricle.asr.exchange import Exchange
from auricle.asr.failures import error_event, failed_item
from auricle.asr.protocol import LONGEST_UTTERANCE
from auricle.audio.frame import SAMPLE_BYTES, SAMPLE_RATE, Frame
from auricle.errors import AsrError
from auricle.events import Recognition, RecognizerFailed, RecognizerSaid
from auricle.turn import Reason

Deliver = Callable[[RecognizerSaid | RecognizerFailed], None]

_MOST_KEPT = round(LONGEST_UTTERANCE * SAMPLE_RATE) * SAMPLE_BYTES
# A service that is asked too often is not asked again by everyone at once.
_RATE_LIMIT_PAUSE = (0.2, 1.0)


class Recognizer(Protocol):
    """What a session needs of the client it belongs to."""

    def exchange(
        self,
        settings: SessionSettings,
        heard: Callable[[ServerEvent], None],
        failed: Callable[[AsrError], None],
        *,
        delay: float,
    ) -> Exchange:
        """A fresh connection and session, after `delay` seconds."""

    def note_success(self, event: SessionUpdated | FinalTranscript) -> None: ...

    def note_failure(self, error: AsrError) -> None: ...


class AsrSession:
    """One turn's audio on its way, kept until `close` so that it can go twice.

    Delivers from the event loop. After a failure it is silent until `replay`, after
    `close` for ever.
    """

    def __init__(
        self,
        recognizer: Recognizer,
        turn: str,
        settings: SessionSettings,
        deliver: Deliver,
        *,
        final_within: float,
        finish_within: float,
    ) -> None:
        self._recognizer = recognizer
        self._final_within = final_within
        self._finish_within = finish_within
        self._turn = turn
        self._settings = settings
        self._deliver = deliver
        self._kept: list[bytes] = []
        self._kept_bytes = 0
        self._ended = False
        self._closed = False
        self._rate_limited = False
        self._final_deadline: asyncio.TimerHandle | None = None
        self._exchange: Exchange | None = None
        self._connect()

    def send(self, frame: Frame) -> None:
        """Say more; beyond the service's 60 s, and after the end, it is not taken."""
        if self._ended or self._closed:
            return
        if self._kept_bytes + len(frame.pcm) > _MOST_KEPT:
            return
        self._kept.append(frame.pcm)
        self._kept_bytes += len(frame.pcm)
        if self._exchange is not None:
            self._exchange.send_audio(frame.pcm)

    def end_utterance(self) -> None:
        """No more audio follows: the final has a deadline from now on."""
        if self._ended or self._closed:
            return
        self._ended = True
        if self._exchange is not None:
            self._exchange.end_utterance()
            self.await_final()

    def await_final(self) -> None:
        """The server ended the utterance: the final has a deadline from now on."""
        self._stop_waiting()
        self._final_deadline = asyncio.get_running_loop().call_later(
            self._final_within, self._final_is_overdue
        )

    def replay(self) -> None:
        """Everything said so far again, its end included, on a fresh connection."""
        if self._closed:
            return
        self._drop_exchange()
        self._connect()
        assert self._exchange is not None
        for pcm in self._kept:
            self._exchange.send_audio(pcm)
        if self._ended:
            self._exchange.end_utterance()
            self.await_final()

    def close(self) -> None:
        """The turn is over: forget its audio, take leave in the background."""
        self._closed = True
        self._stop_waiting()
        self._kept.clear()
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.finish(self._finish_within)

    def _connect(self) -> None:
        delay = random.uniform(*_RATE_LIMIT_PAUSE) if self._rate_limited else 0.0  # noqa: S311  # jitter, no secret

        def heard(event: ServerEvent) -> None:
            if self._exchange is exchange:
                self._heard(event)

        def failed(error: AsrError) -> None:
            if self._exchange is exchange:
                self._fail(error)

        exchange = self._recognizer.exchange(self._settings, heard, failed, delay=delay)
        self._exchange = exchange

    def _heard(self, event: ServerEvent) -> None:
        match event:
            case ServerError():
                self._fail(error_event(event))
                return
            case TranscriptionFailed():
                self._fail(failed_item(event))
                return
            case SessionUpdated():
                self._recognizer.note_success(event)
            case FinalTranscript():
                self._recognizer.note_success(event)
                self._stop_waiting()
            case SessionFinished():
                self._stop_waiting()
            case _:
                pass
        if isinstance(event, get_args(Recognition)):
            self._deliver(RecognizerSaid(self._turn, event))

    def _fail(self, error: AsrError) -> None:
        self._drop_exchange()
        self._rate_limited = error.reason is Reason.RATE_LIMITED
        self._recognizer.note_failure(error)
        self._deliver(RecognizerFailed(self._turn, error.reason, error.transient))

    def _final_is_overdue(self) -> None:
        self._fail(
            AsrError(
                f"no final transcript came within {self._final_within:g} s",
                reason=Reason.ASR_TIMEOUT,
                transient=False,
            )
        )

    def _drop_exchange(self) -> None:
        self._stop_waiting()
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.abandon()

    def _stop_waiting(self) -> None:
        if self._final_deadline is not None:
            self._final_deadline.cancel()
            self._final_deadline = None
