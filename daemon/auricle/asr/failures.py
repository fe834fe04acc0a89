"""What a refusal, an error event or a close of the recognizer means for a turn."""

import re
from email.utils import parsedate_to_datetime

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


def seconds_to_wait(retry_after: str | None, date: str | None) -> float | None:
    """Return how long a server asks to wait before another attempt, by its headers
    Retry-After and Date; None where that is not told.
    """
    if retry_after is None:
        return None
    # RFC 9110, 10.2.3: seconds, or the time of the server's clock.
    if re.fullmatch(r"[0-9]{1,9}", text := retry_after.strip()):
        return float(text)
    try:
        told, now = parsedate_to_datetime(text), parsedate_to_datetime(date or "")
        return max(0.0, (told - now).total_seconds())
    except (TypeError, ValueError, OverflowError):
        return None


def pause_before_retry(retry_after: float, jitter: float, rest: float) -> float | None:
    """Return for how long to wait before the one attempt that is left; None: there is
    no time for it.

    The server asks for `retry_after` seconds, of all that it told the same not all
    come back at once for `jitter`, and the final is wanted in `rest` seconds.
    """
    return None if retry_after > rest else min(retry_after + jitter, rest)


def refused_handshake(
    status: int, where: str = "", retry_after: float | None = None
) -> AsrError:
    """Return what it means that the server answered the handshake with `status`.

    `where` is its name, and it asks to be left alone for `retry_after` seconds.
    """
    at = f" at {where}" if where else ""
    again = "" if retry_after is None else f", try again in {retry_after:g} s"
    if status in (401, 403):
        return AsrRejectedError(
            f"the recognizer refuses the API key (HTTP {status}); "
            "check asr.api_key, and that it belongs to asr.region",
            reason=Reason.AUTH_FAILED,
        )
    if status == 429:
        return AsrError(
            f"the recognizer{at} has too much to do for one more session (HTTP 429"
            f"{again}); at home, have fewer satellites speak at once, or start auricle "
            "recognizer with a lighter --model or more --threads; of the service, a "
            "limit of the account is reached",
            reason=Reason.RATE_LIMITED,
            transient=True,
            retry_after=retry_after,
        )
    if status >= 500:
        return AsrError(
            f"the recognizer is out of order (HTTP {status}{again})",
            reason=Reason.ASR_UNREACHABLE,
            transient=True,
            retry_after=retry_after,
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
    told = f"{failed.code} {failed.message}"
    message = f"the recognition failed: {told}"
    # A limit only: what an item's failure says besides is about the item.
    return _named_limit(told, message) or AsrError(
        message, reason=Reason.ASR_FAILED, transient=True
    )


def _named_refusal(text: str, message: str) -> AsrError | None:
    if limit := _named_limit(text, message):
        return limit
    if _REFUSED.search(text):
        return AsrRejectedError(message, reason=Reason.AUTH_FAILED)
    return None


def _named_limit(text: str, message: str) -> AsrError | None:
    if _THROTTLED.search(text):
        return AsrError(message, reason=Reason.RATE_LIMITED, transient=True)
    if _QUOTA.search(text):
        return AsrRejectedError(message, reason=Reason.RATE_LIMITED)
    return None
