"""What the end of a session with the recognizer means for a turn."""

from auricle.errors import (
    AsrError,
    AsrProtocolError,
    AsrRejectedError,
    NoNetworkError,
    Reason,
)
from auricle.qwen_asr_client.errors import (
    AuthenticationError,
    ClockError,
    InternalError,
    InvalidRequestError,
    ItemFailedError,
    NotOpenedError,
    NotServedError,
    OfflineError,
    QuotaError,
    RateLimitedError,
    RecognizerError,
    ServerFaultError,
    ViolationError,
)


class RestingError(RecognizerError):
    """The recognizer failed too often to be tried again so soon."""

    def __init__(self, reason: Reason) -> None:
        super().__init__("the recognizer failed too often to be tried again so soon")
        self.reason = reason
        """Why it failed."""


def pause_before_retry(retry_after: float, jitter: float, rest: float) -> float | None:
    """Return for how long to wait before the one attempt that is left; None: there is
    no time for it.

    The server asks for `retry_after` seconds, of all that it told the same not all
    come back at once for `jitter`, and the final is wanted in `rest` seconds.
    """
    return None if retry_after > rest else min(retry_after + jitter, rest)


def meaning(error: RecognizerError) -> AsrError:
    """Return what `error` means: its reason, and where it can be, the key to check."""
    advice, reason = _advice(error), _reason(error)
    message = f"{error}; {advice}" if advice else str(error)
    match error:
        case OfflineError():
            return NoNetworkError(message)
        case ViolationError():
            return AsrProtocolError(message)
        case RecognizerError(transient=True):
            return AsrError(
                message, reason=reason, transient=True, retry_after=error.retry_after
            )
        case _:
            return AsrRejectedError(message, reason=reason)


def _reason(error: RecognizerError) -> Reason:
    match error:
        case RestingError():
            return error.reason
        case AuthenticationError():
            return Reason.AUTH_FAILED
        case RateLimitedError() | QuotaError():
            return Reason.RATE_LIMITED
        case ClockError():
            return Reason.CLOCK_UNSYNCED
        case InvalidRequestError() | ViolationError():
            return Reason.ASR_PROTOCOL
        case NotOpenedError(connected=True):
            return Reason.ASR_TIMEOUT
        case ServerFaultError(status=None) | ItemFailedError() | InternalError():
            return Reason.ASR_FAILED
        case _:
            return Reason.ASR_UNREACHABLE


def _advice(error: RecognizerError) -> str | None:
    match error:
        case AuthenticationError(status=int()):
            return "check asr.api_key, and that it belongs to asr.region"
        case RateLimitedError(status=int()):
            return (
                "at home, have fewer satellites speak at once, or start auricle "
                "recognizer with a lighter --model or more --threads; of the service, "
                "a limit of the account is reached"
            )
        case NotServedError(status=int()):
            return "check asr.url"
        case _:
            return None
