"""The recognizer, as the satellite has it: each turn is recognized, all are closed."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

from auricle.asr.health import RecognizerHealth
from auricle.asr.session import AsrSession, OnAsrFailure, Resampler, Timeouts
from auricle.asr.trust import tls_context
from auricle.asr.turn_recognition import Deliver, TurnRecognition
from auricle.audio.frame import SAMPLE_RATE
from auricle.errors import Reason
from auricle.qwen_asr.address import RecognizerAddress
from auricle.qwen_asr.events import SessionSettings
from auricle.qwen_asr.hints import MOST_TOKENS, fitting
from auricle.qwen_asr_client.connection import Connection
from auricle.qwen_asr_client.live_session import OnEvent, Traffic

logger = logging.getLogger(__name__)

# Seconds. A program that ends does not keep people waiting for a server's goodbye.
_PARTING = 0.5
# To close what is still open then; a server that answers takes no time for it.
_CLOSING = 1.0


class AsrClient:
    """One recognizer's client, which has turns recognized on one event loop."""

    def __init__(
        self,
        address: RecognizerAddress,
        timeouts: Timeouts | None = None,
        make_resampler: Callable[[int, int], Resampler] | None = None,
        *,
        spare: bool = True,
    ) -> None:
        """`make_resampler(from_rate, to_rate)` is for sessions of 8 kHz. `spare`: leave
        a recognizer alone for a while that keeps failing.

        Raises ConfigError where the address's certificate authority cannot be read.
        """
        self._timeouts = timeouts or Timeouts()
        self.traffic = Traffic()
        """All that was sent since the start."""
        self._address = address
        self._tls = tls_context(address)
        self._make_resampler = make_resampler
        self._spare = spare
        self._latest_hints: str | None = None
        self._health = RecognizerHealth()
        self._sessions: set[AsrSession] = set()

    @property
    def health(self) -> Reason | None:
        """Why the recognizer cannot be used, as far as the last attempt knows."""
        return self._health.reason

    def open(
        self, turn: str, settings: SessionSettings, deliver: Deliver
    ) -> TurnRecognition:
        """Start connecting for the turn of the id `turn`; call it on the event loop.

        What is recognized is delivered, and so is whatever fails.
        """
        settings = replace(settings, corpus_text=self._fitting(settings.corpus_text))

        def open_session(
            on_event: OnEvent, on_failure: OnAsrFailure, delay: float
        ) -> AsrSession:
            return self._open_session(settings, on_event, on_failure, delay)

        return TurnRecognition(
            turn, settings, open_session, self._health, deliver, self._timeouts
        )

    async def aclose(self, patience: float = _PARTING) -> None:
        """Give what takes leave `patience` seconds for it, then close everything."""
        await self._ended(patience)
        for session in self._sessions:
            session.abandon()
        await self._ended(_CLOSING)
        for session in self._sessions:
            session.task.cancel()
        await self._ended(None)

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

    def _open_session(
        self,
        settings: SessionSettings,
        on_event: OnEvent,
        on_failure: OnAsrFailure,
        delay: float,
    ) -> AsrSession:
        async def connect() -> Connection:
            await asyncio.sleep(delay)
            if self._spare:
                self._health.require_rested()
            return await Connection.open(self._address, self._tls)

        session = AsrSession(
            settings,
            connect,
            on_event,
            on_failure,
            traffic=self.traffic,
            open_within=delay + self._timeouts.connect,
            resampler=self._resampler(settings.sample_rate),
        )
        self._sessions.add(session)
        session.task.add_done_callback(lambda _: self._sessions.discard(session))
        return session

    def _resampler(self, sample_rate: int) -> Resampler | None:
        if sample_rate == SAMPLE_RATE:
            return None
        assert self._make_resampler is not None
        return self._make_resampler(SAMPLE_RATE, sample_rate)

    async def _ended(self, patience: float | None) -> None:
        if tasks := [session.task for session in self._sessions]:
            await asyncio.wait(tasks, timeout=patience)
