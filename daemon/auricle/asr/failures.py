"""What a refusal, an error event or a close of the recognizer means for a turn."""

import re

from auricle.errors import AsrError, AsrRejectedError, Reason
from auricle.qwen_asr.events import ServerError, TranscriptionFailed
from auricle.text import clean

# How the service puts a refusal into words is not documented. The platform's error
# codes are Throttling.RateQuota, Throttling.AllocationQuota, Arrearage, InvalidApiKey,
# AccessDenied and ModelNotFound.
_THROTTLED = re.compile(r"throttl|rate.?limit|too many|overload", re.IGNORECASE)
_NO_CLOSE_FRAME = 1006  # RFC 6455, 7.1.5
_QUOTA = re.compile(r"quota|exhausted|budget", re.IGNORECASE)
_REFUSED = re.compile(
    r"access|denied|api.?key|unauthori|forbidden|permission|arrear|model.?not.?found",
    re.IGNORECASE,
)


def refused_handshake(status: int) -> AsrError:
    """Return what it means that the server answered the handshake with `status`."""
    if status in (401, 403):
        return AsrRejectedError(
            f"the recognizer refuses the API key (HTTP {status}); "
            "check asr.api_key, and that it belongs to asr.region",
            reason=Reason.AUTH_FAILED,
        )
    if status == 429:
        return AsrError(
            "the recognizer refuses one more session for now (HTTP 429)",
            reason=Reason.RATE_LIMITED,
            transient=True,
        )
    if status >= 500:
        return AsrError(
            f"the recognizer is out of order (HTTP {status})",
            reason=Reason.ASR_UNREACHABLE,
            transient=True,
        )
    return AsrRejectedError(
        f"the recognizer does not serve this address (HTTP {status}); check asr.url",
        reason=Reason.ASR_UNREACHABLE,
    )


def refused_by_proxy(status: int, proxy: str) -> AsrError:
    """Return what it means that `proxy` answered with an HTTP status of its own."""
    if status == 407:
        return AsrRejectedError(
            f"{proxy} wants another user or password (HTTP 407)",
            reason=Reason.ASR_UNREACHABLE,
        )
    if status >= 500 or status == 429:
        return AsrError(
            f"{proxy} does not reach the recognizer (HTTP {status})",
            reason=Reason.ASR_UNREACHABLE,
            transient=True,
        )
    return AsrRejectedError(
        f"{proxy} lets nobody through to the recognizer (HTTP {status})",
        reason=Reason.ASR_UNREACHABLE,
    )


def closed(code: int | None, text: str, *, opening: bool) -> AsrError:
    """Return what it means that the connection ended.

    `code` and `text` are the close frame's; `opening`: the session was not open yet.
    """
    if code in (None, _NO_CLOSE_FRAME):
        message = "the connection to the recognizer broke"
    else:
        message = f"the recognizer closed the connection: {code} {clean(text, 200)}"
    # A missing quota or permission is told by a close where session.updated should be.
    refusal = _named_refusal(text, message) if opening else None
    return refusal or AsrError(message, reason=Reason.ASR_UNREACHABLE, transient=True)


def error_event(error: ServerError) -> AsrError:
    """Return what an `error` event means that is not about an empty commit."""
    told = " ".join(filter(None, (error.type, error.code)))
    where = f" ({error.param})" if error.param else ""
    message = f"the recognizer reports {told or 'an error'}{where}: {error.message}"
    refusal = _named_refusal(f"{told} {error.message}", message)
    if refusal:
        return refusal
    if error.type == "invalid_request_error":
        return AsrRejectedError(message, reason=Reason.ASR_PROTOCOL)
    return AsrError(message, reason=Reason.ASR_FAILED, transient=True)


def failed_item(failed: TranscriptionFailed) -> AsrError:
    """Return what it means that an utterance was taken, and not recognized."""
    return AsrError(
        f"the recognition failed: {failed.code} {failed.message}",
        reason=Reason.ASR_FAILED,
        transient=True,
    )


def _named_refusal(text: str, message: str) -> AsrError | None:
    if _THROTTLED.search(text):
        return AsrError(message, reason=Reason.RATE_LIMITED, transient=True)
    if _QUOTA.search(text):
        return AsrRejectedError(message, reason=Reason.RATE_LIMITED)
    if _REFUSED.search(text):
        return AsrRejectedError(message, reason=Reason.AUTH_FAILED)
    return None
