"""One session with the recognizer, of a turn's sound."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from auricle.asr.failures import meaning
from auricle.errors import AsrError
from auricle.qwen_asr.events import SessionSettings
from auricle.qwen_asr_client.errors import RecognizerError
from auricle.qwen_asr_client.live_session import (
    LiveSession,
    OnEvent,
    Traffic,
    Transport,
)

OnAsrFailure = Callable[[AsrError], None]


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


class AsrSession:
    """One session with the recognizer, which takes our sample rate.

    Call it on the event loop, which it calls back on.
    """

    def __init__(
        self,
        settings: SessionSettings,
        connect: Callable[[], Awaitable[Transport]],
        on_event: OnEvent,
        on_failure: OnAsrFailure,
        *,
        traffic: Traffic,
        open_within: float,
        resampler: Resampler | None = None,
    ) -> None:
        """Start connecting at once, with `open_within` seconds for the session to open.

        `resampler` makes the session's sample rate of ours.
        """
        self._resampler = resampler

        def fail(error: RecognizerError) -> None:
            on_failure(meaning(error))

        self._live = LiveSession(
            settings, connect, on_event, fail, traffic=traffic, open_within=open_within
        )

    @property
    def task(self) -> asyncio.Task[None]:
        """What it does in the background, to its end."""
        return self._live.task

    def send_audio(self, pcm: bytes) -> None:
        """Send mono s16le PCM at 16 kHz, once the session is open."""
        if self._resampler is not None:
            pcm = self._resampler.process(pcm)
        self._live.send_audio(pcm)

    @property
    def sent_seconds(self) -> float:
        """How much audio was handed over so far."""
        return self._live.sent_seconds

    @property
    def answered_seconds(self) -> float:
        """How far into that every utterance has had its final, as far as is told."""
        return self._live.answered_seconds

    def end_utterance(self) -> None:
        """Say that what was said so far is whole.

        More may follow where we decide that (manual mode), and nothing where the server
        should have.
        """
        if self._resampler is not None:
            self._live.send_audio(self._resampler.flush())
        if self._live.settings.turn_detection is None:
            self._live.commit()
        else:
            self._live.finish()

    def finish(self, within: float) -> None:
        """Take leave of the server in the background, for `within` seconds at most.

        Audio that was not sent stays here.
        """
        self._live.leave(within)

    def abandon(self) -> None:
        """Send and deliver no more; the connection is closed in the background."""
        self._live.abandon()
