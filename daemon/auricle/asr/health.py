"""How the recognizer fares, as far as the sessions with it know."""

import logging

from auricle.asr.failures import RestingError
from auricle.errors import AsrError, NoNetworkError, Reason
from auricle.qwen_asr.events import FinalTranscript, SessionUpdated
from auricle.retry import Breaker
from auricle.system.clock import since_boot

logger = logging.getLogger(__name__)

# What stands in the way of a session is gone once one opens.
_OPENING_FAILURES = frozenset(
    {
        Reason.ASR_UNREACHABLE,
        Reason.AUTH_FAILED,
        Reason.CLOCK_UNSYNCED,
        Reason.RATE_LIMITED,
    }
)


class RecognizerHealth:
    """How sessions end tells the health; a recognizer that keeps failing is spared.

    Each change is logged once.
    """

    def __init__(self) -> None:
        self.reason: Reason | None = None
        """Why the recognizer cannot be used; None where nothing is known against it."""
        self._gone_once_open = False
        """Whether a session that opens disproves it."""
        self._breaker = Breaker()

    def require_rested(self) -> None:
        """Raise RestingError where it failed too often to be tried again now."""
        if not self._breaker.admits(since_boot()):
            raise RestingError(self.reason or Reason.ASR_UNREACHABLE)

    def note_success(self, event: SessionUpdated | FinalTranscript) -> None:
        """Take back what is disproved: a session opened, or words were recognized."""
        if isinstance(event, SessionUpdated) and not self._gone_once_open:
            return
        self._breaker.succeeded()
        if self.reason is not None:
            self.reason = None
            logger.info("the recognizer works again")

    def note_failure(self, error: AsrError, *, opened: bool) -> None:
        """Take note that a session ended in `error`, or, where it is not `opened`, was
        not opened for it.
        """
        now = since_boot()
        level = logging.DEBUG if error.reason is self.reason else logging.WARNING
        self.reason = error.reason
        if self._breaker.admits(now):
            self._gone_once_open = _is_gone_once_open(error, opened=opened)
        if not _passes_by_itself(error):
            lasting = error.reason is Reason.AUTH_FAILED
            self._breaker.failed(now, lasting=lasting)
        logger.log(level, "%s", error)


def _is_gone_once_open(error: AsrError, *, opened: bool) -> bool:
    # What is refused in an open session, as by a used-up quota, is so in the next one.
    told_at_the_door = not opened or error.reason is Reason.ASR_UNREACHABLE
    return told_at_the_door and error.reason in _OPENING_FAILURES


def _passes_by_itself(error: AsrError) -> bool:
    # A clock is set in a moment, whoever is asked too often is there all the same, and
    # without a network nobody was asked.
    return (
        error.reason is Reason.CLOCK_UNSYNCED
        or (error.reason is Reason.RATE_LIMITED and error.transient)
        or isinstance(error, NoNetworkError)
    )
