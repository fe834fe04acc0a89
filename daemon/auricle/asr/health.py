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
        self._breaker = Breaker()

    def require_rested(self) -> None:
        """Raise RestingError where it failed too often to be tried again now."""
        if not self._breaker.admits(since_boot()):
            raise RestingError(self.reason or Reason.ASR_UNREACHABLE)

    def note_success(self, event: SessionUpdated | FinalTranscript) -> None:
        """Take back what is disproved: a session opened, or words were recognized."""
        opened = isinstance(event, SessionUpdated)
        if opened and self.reason not in _OPENING_FAILURES:
            return
        self._breaker.succeeded()
        if self.reason is not None:
            self.reason = None
            logger.info("the recognizer works again")

    def note_failure(self, error: AsrError) -> None:
        """Take note that a session ended in `error`, or was not opened for it."""
        level = logging.DEBUG if error.reason is self.reason else logging.WARNING
        self.reason = error.reason
        if not _passes_by_itself(error):
            lasting = error.reason is Reason.AUTH_FAILED
            self._breaker.failed(since_boot(), lasting=lasting)
        logger.log(level, "%s", error)


def _passes_by_itself(error: AsrError) -> bool:
    # A clock is set in a moment, whoever is asked too often is there all the same, and
    # without a network nobody was asked.
    return (
        error.reason is Reason.CLOCK_UNSYNCED
        or (error.reason is Reason.RATE_LIMITED and error.transient)
        or isinstance(error, NoNetworkError)
    )
