"""The recognition of one turn: sending, waiting, replaying, closing."""

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import replace
from typing import get_args

from auricle.asr.failures import meaning, pause_before_retry
from auricle.asr.health import RecognizerHealth
from auricle.asr.session import AsrSession, OnAsrFailure, Timeouts
from auricle.asr.unanswered import End, Unanswered
from auricle.audio.frame import Frame
from auricle.errors import AsrError, NoNetworkError, Reason
from auricle.qwen_asr.events import (
    LONGEST_UTTERANCE,
    FinalTranscript,
    InterimTranscript,
    ServerError,
    ServerEvent,
    SessionFinished,
    SessionSettings,
    SessionUpdated,
    SpeechStarted,
    SpeechStopped,
    TranscriptionFailed,
)
from auricle.qwen_asr_client.live_session import OnEvent
from auricle.qwen_asr_client.refusals import failed_item, reported
from auricle.turns.events import Recognition, RecognizerFailed, RecognizerSaid

logger = logging.getLogger(__name__)

Deliver = Callable[[RecognizerSaid | RecognizerFailed], None]
OpenSession = Callable[[OnEvent, OnAsrFailure, float], AsrSession]
"""Starts a fresh session; its third argument is how many seconds to wait before."""

# Seconds. Who was stopped, or asleep, for longer than a busy machine takes finds the
# final waiting, if it came; to take it needs a moment.
_SLEPT, _AWAKE = 0.5, 1.0
# A service that is asked too often is not asked again by everyone at once.
_RATE_LIMIT_PAUSE = (0.2, 1.0)
# Nobody is asked while there is no network, but this machine.
_NETWORK_PAUSE = 0.25


class TurnRecognition:
    """One turn's audio on its way, kept until it is answered so that it can go twice.

    It has one session at a time, and another one for each replay. In manual mode it
    takes the minute that the service takes, in one utterance or several; where the
    server finds them, it goes on for as long as one likes. It delivers from the event
    loop. After a failure it is silent until `replay`, after `close` for ever.
    """

    def __init__(
        self,
        turn: str,
        settings: SessionSettings,
        open_session: OpenSession,
        health: RecognizerHealth,
        deliver: Deliver,
        timeouts: Timeouts,
    ) -> None:
        """Start connecting for the turn of the id `turn`."""
        self._turn = turn
        self._settings = settings
        self._open_session = open_session
        self._health = health
        self._deliver = deliver
        self._timeouts = timeouts
        self._kept = Unanswered()
        self._overflowing = False
        self._finished = False
        self._closed = False
        self._opened = False
        self._pause = 0.0
        self._final_deadline: asyncio.TimerHandle | None = None
        self._session: AsrSession | None = None
        self._connect()

    def send(self, frame: Frame) -> None:
        """Say more. After the end, and in manual mode beyond 60 s, it is not taken."""
        if self._finished or self._closed or not self._has_room(frame):
            return
        self._kept.push(frame.pcm)
        if self._session is not None:
            self._session.send_audio(frame.pcm)
            self._forget_answered(self._session)

    def end_utterance(self) -> None:
        """Say that the utterance is over: its final has a deadline from now on.

        In manual mode another one may follow. Where the server should have found the
        end and did not, nothing does.
        """
        if self._finished or self._closed:
            return
        if self._settings.turn_detection is None:
            self._kept.end_utterance()
        else:
            self._finished = True
        if self._session is not None:
            self._session.end_utterance()
            self.await_final()

    def await_final(self) -> None:
        """Give the final a deadline, now that the server ended an utterance.

        Those before it have the same one.
        """
        self._expect_final(self._timeouts.final)

    def keep_listening(self) -> None:
        """Take the deadline from all finals, as there is more to come."""
        if self._final_deadline is not None:
            self._final_deadline.cancel()
            self._final_deadline = None

    def replay(self) -> None:
        """Say again, in a fresh session, all that is not answered, ends included.

        Answered is each utterance that has had its final, where the server ends them
        and tells when. The times that are delivered count from the turn's first sample,
        as before.
        """
        if self._closed:
            return
        self._drop_session()
        self._kept.session_lost()
        self._connect()
        assert self._session is not None
        piece: bytes | End = b""
        for piece in self._kept:
            if isinstance(piece, bytes):
                self._session.send_audio(piece)
            else:
                self._session.end_utterance()
        if self._finished:
            self._session.end_utterance()
        if self._finished or piece is End.OF_UTTERANCE:
            self.await_final()

    def close(self) -> None:
        """End with the turn: forget its audio, take leave in the background."""
        self._closed = True
        self.keep_listening()
        self._kept.clear()
        session, self._session = self._session, None
        if session is not None:
            session.finish(self._timeouts.finish)

    def _has_room(self, frame: Frame) -> bool:
        if (
            self._settings.turn_detection is not None
            or self._kept.seconds + frame.seconds <= LONGEST_UTTERANCE
        ):
            return True
        if not self._overflowing:
            self._overflowing = True
            logger.warning(
                "what is said beyond %g s is not sent: the recognizer takes no more in "
                "one utterance",
                LONGEST_UTTERANCE,
            )
        return False

    def _forget_answered(self, session: AsrSession) -> None:
        if self._settings.turn_detection is not None:
            self._kept.forget_answered(
                sent=session.sent_seconds, answered=session.answered_seconds
            )

    def _connect(self) -> None:
        def on_event(event: ServerEvent) -> None:
            if self._session is session:
                self._take(event)

        def on_failure(error: AsrError) -> None:
            if self._session is session:
                self._fail(error)

        self._opened = False
        session = self._open_session(on_event, on_failure, self._pause)
        self._session = session

    def _take(self, event: ServerEvent) -> None:
        match event:
            case ServerError():
                self._fail(meaning(reported(event)))
                return
            case TranscriptionFailed():
                self._fail(meaning(failed_item(event)))
                return
            case SessionUpdated():
                self._opened = True
                self._health.note_success(event)
            case FinalTranscript():
                if self._opened:
                    # Of less than 0.1 s it is made up here, whoever is there.
                    self._health.note_success(event)
                assert self._session is not None
                self._forget_answered(self._session)
                if self._finished:
                    # Of a long session more may come: a final each, and the end.
                    self.await_final()
            case SessionFinished():
                self.keep_listening()
            case SpeechStarted():
                start_ms = self._in_turn(event.audio_start_ms)
                event = replace(event, audio_start_ms=start_ms)
            case SpeechStopped():
                end_ms = self._in_turn(event.audio_end_ms)
                event = replace(event, audio_end_ms=end_ms)
            case InterimTranscript():
                end_ms = self._in_turn(event.audio_end_ms)
                event = replace(event, audio_end_ms=end_ms)
            case _:
                pass
        if isinstance(event, get_args(Recognition)):
            hints = self._settings.corpus_text or ""
            self._deliver(RecognizerSaid(self._turn, event, hints))

    def _in_turn(self, ms: int | None) -> int | None:
        return None if ms is None else ms + round(self._kept.origin * 1000)

    def _fail(self, error: AsrError) -> None:
        pause = self._pause_behind(error)
        self._drop_session()
        self._pause = pause or 0.0
        self._health.note_failure(error, opened=self._opened)
        self._deliver(
            RecognizerFailed(
                self._turn,
                error.reason,
                error.transient and pause is not None,
                isinstance(error, NoNetworkError),
            )
        )

    def _pause_behind(self, error: AsrError) -> float | None:
        """Before the next attempt; None: there is no time for one."""
        if isinstance(error, NoNetworkError):
            return _NETWORK_PAUSE
        jitter = random.uniform(*_RATE_LIMIT_PAUSE)  # noqa: S311  # no secret
        if error.retry_after is not None:
            return pause_before_retry(error.retry_after, jitter, self._rest())
        return jitter if error.reason is Reason.RATE_LIMITED else 0.0

    def _rest(self) -> float:
        """How soon the final is wanted; who still speaks waits from the end on."""
        rest = min(self._timeouts.final, self._timeouts.time_to_live)
        if self._final_deadline is None:
            return rest
        now = asyncio.get_running_loop().time()
        return min(rest, self._final_deadline.when() - now)

    def _expect_final(self, within: float) -> None:
        self.keep_listening()
        loop = asyncio.get_running_loop()
        due = loop.time() + within
        self._final_deadline = loop.call_at(due, self._final_is_due, due)

    def _final_is_due(self, due: float) -> None:
        if asyncio.get_running_loop().time() - due > _SLEPT:
            self._expect_final(_AWAKE)
        else:
            self._final_is_overdue()

    def _final_is_overdue(self) -> None:
        self._fail(
            AsrError(
                f"no final transcript came within {self._timeouts.final:g} s",
                reason=Reason.ASR_TIMEOUT,
                transient=False,
            )
        )

    def _drop_session(self) -> None:
        self.keep_listening()
        session, self._session = self._session, None
        if session is not None:
            session.abandon()
