"""The recognizer, as the satellite has it: a session a turn, and how it fares."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from auricle.asr.connection import Connection, tls_context
from auricle.asr.session import AsrSession, Resampler, Traffic
from auricle.asr.turn_recognition import Deliver, TurnRecognition
from auricle.audio.frame import SAMPLE_RATE
from auricle.errors import AsrError, AsrRejectedError, NoNetworkError, Reason
from auricle.qwen_asr.address import RecognizerAddress
from auricle.qwen_asr.events import (
    FinalTranscript,
    ServerEvent,
    SessionSettings,
    SessionUpdated,
)
from auricle.qwen_asr.hints import MOST_TOKENS, fitting
from auricle.retry import Breaker
from auricle.system.clock import since_boot

logger = logging.getLogger(__name__)

# Seconds. A program that ends does not keep people waiting for a server's goodbye.
_PARTING = 0.5
# To close what is still open then; a server that answers takes no time for it.
_CLOSING = 1.0
# What stands in the way of a session is gone once one opens.
_OPENING_FAILURES = frozenset(
    {
        Reason.ASR_UNREACHABLE,
        Reason.AUTH_FAILED,
        Reason.CLOCK_UNSYNCED,
        Reason.RATE_LIMITED,
    }
)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long the recognizer may take; seconds."""

    connect: float = 3.0
    """Until the session is ready: connection, handshake, settings."""
    final: float = 4.0
    """From the end of the utterance to its final transcript."""
    finish: float = 10.0
    """To take leave, in the background; no turn waits for it."""


class AsrClient:
    """Opens a session a turn; lives on one event loop."""

    def __init__(
        self,
        address: RecognizerAddress,
        timeouts: Timeouts | None = None,
        make_resampler: Callable[[int, int], Resampler] | None = None,
    ) -> None:
        """`make_resampler(from_rate, to_rate)` is for sessions of 8 kHz.

        Raises ConfigError where the address's certificate authority cannot be read.
        """
        self._timeouts = timeouts or Timeouts()
        self.traffic = Traffic()
        """All that was sent since the start."""
        self._address = address
        self._tls = tls_context(address)
        self._make_resampler = make_resampler
        self._latest_hints: str | None = None
        self._health: Reason | None = None
        self._breaker = Breaker()
        self._sessions: set[AsrSession] = set()

    @property
    def health(self) -> Reason | None:
        """Why the recognizer cannot be used, as far as the last attempt knows."""
        return self._health

    def open(
        self, turn: str, settings: SessionSettings, deliver: Deliver
    ) -> TurnRecognition:
        """Start connecting; call it on the event loop. Failures are delivered."""
        return TurnRecognition(
            self,
            turn,
            replace(settings, corpus_text=self._fitting(settings.corpus_text)),
            deliver,
            final_within=self._timeouts.final,
            finish_within=self._timeouts.finish,
        )

    def _fitting(self, hints: str | None) -> str | None:
        # More would have every turn refused.
        fits = hints and fitting(hints)
        if hints != self._latest_hints:
            self._latest_hints = hints
            if hints and fits != hints:
                logger.warning(
                    "of %d characters of words to expect, the first %d are sent: "
                    "a recognizer takes %d tokens",
                    len(hints),
                    len(fits or ""),
                    MOST_TOKENS,
                )
        return fits

    async def aclose(self, patience: float = _PARTING) -> None:
        """Let what takes leave have `patience` seconds for it, then close it."""
        await self._ended(patience)
        for session in self._sessions:
            session.abandon()
        await self._ended(_CLOSING)
        for session in self._sessions:
            session.task.cancel()
        await self._ended(None)

    async def _ended(self, patience: float | None) -> None:
        if tasks := [session.task for session in self._sessions]:
            await asyncio.wait(tasks, timeout=patience)

    def open_session(
        self,
        settings: SessionSettings,
        heard: Callable[[ServerEvent], None],
        failed: Callable[[AsrError], None],
        *,
        delay: float,
    ) -> AsrSession:
        """A fresh connection and session, after `delay` seconds."""

        async def connect() -> Connection:
            await asyncio.sleep(delay)
            if not self._breaker.admits(since_boot()):
                raise AsrRejectedError(
                    "the recognizer failed too often to be tried again so soon",
                    reason=self._health or Reason.ASR_UNREACHABLE,
                )
            return await Connection.open(self._address, self._tls)

        session = AsrSession(
            settings,
            connect,
            heard,
            failed,
            traffic=self.traffic,
            open_within=self._timeouts.connect,
            resampler=self._resampler(settings.sample_rate),
        )
        self._sessions.add(session)
        session.task.add_done_callback(lambda _: self._sessions.discard(session))
        return session

    def note_success(self, event: SessionUpdated | FinalTranscript) -> None:
        opened = isinstance(event, SessionUpdated)
        if opened and self._health not in _OPENING_FAILURES:
            return
        self._breaker.succeeded()
        if self._health is not None:
            self._health = None
            logger.info("the recognizer works again")

    def note_failure(self, error: AsrError) -> None:
        level = logging.DEBUG if error.reason is self._health else logging.WARNING
        self._health = error.reason
        if not _passes_by_itself(error):
            lasting = error.reason is Reason.AUTH_FAILED
            self._breaker.failed(since_boot(), lasting=lasting)
        logger.log(level, "%s", error)

    def _resampler(self, sample_rate: int) -> Resampler | None:
        if sample_rate == SAMPLE_RATE:
            return None
        assert self._make_resampler is not None
        return self._make_resampler(SAMPLE_RATE, sample_rate)


def _passes_by_itself(error: AsrError) -> bool:
    # A clock is set in a moment, whoever is asked too often is there all the same, and
    # without a network nobody was asked.
    return (
        error.reason is Reason.CLOCK_UNSYNCED
        or (error.reason is Reason.RATE_LIMITED and error.transient)
        or isinstance(error, NoNetworkError)
    )
