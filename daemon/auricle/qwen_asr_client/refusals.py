"""Which error it is that a status, an `error` event or a close tells."""

import re
from email.utils import parsedate_to_datetime

from auricle.qwen_asr.events import ServerError, TranscriptionFailed
from auricle.qwen_asr_client.errors import (
    AuthenticationError,
    ConnectionLostError,
    InvalidRequestError,
    ItemFailedError,
    NotServedError,
    ProxyError,
    QuotaError,
    RateLimitedError,
    RecognizerError,
    ServerFaultError,
)
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


def refused_handshake(
    status: int, where: str = "", retry_after: float | None = None
) -> RecognizerError:
    """Return what it means that the server answered the handshake with `status`.

    `where` is its name, and it asks to be left alone for `retry_after` seconds.
    """
    at = f" at {where}" if where else ""
    again = "" if retry_after is None else f", try again in {retry_after:g} s"
    if status in (401, 403):
        return AuthenticationError(
            f"the recognizer refuses the API key (HTTP {status})", status
        )
    if status == 429:
        return RateLimitedError(
            f"the recognizer{at} has too much to do for one more session "
            f"(HTTP 429{again})",
            status,
            retry_after,
        )
    if status >= 500:
        return ServerFaultError(
            f"the recognizer is out of order (HTTP {status}{again})",
            status,
            retry_after,
        )
    return NotServedError(
        f"the recognizer does not serve this address (HTTP {status})", status
    )


def refused_by_proxy(status: int, proxy: str) -> ProxyError:
    """Return what it means that `proxy` answered with an HTTP status of its own."""
    if status == 407:
        return ProxyError(f"{proxy} wants another user or password (HTTP 407)")
    if status >= 500 or status == 429:
        return ProxyError(
            f"{proxy} does not reach the recognizer (HTTP {status})", transient=True
        )
    return ProxyError(f"{proxy} lets nobody through to the recognizer (HTTP {status})")


def closed(code: int | None, text: str, *, opening: bool) -> RecognizerError:
    """Return what it means that the connection ended.

    `code` and `text` are the close frame's; `opening`: the session was not open yet.
    """
    if code in (None, _NO_CLOSE_FRAME):
        message = "the connection to the recognizer broke"
    else:
        message = f"the recognizer closed the connection: {code} {clean(text, 200)}"
    # A missing quota or permission is told by a close where session.updated should be.
    refusal = _named_refusal(text, message) if opening else None
    return refusal or ConnectionLostError(message, code, text)


def reported(error: ServerError) -> RecognizerError:
    """Return what an `error` event means that is not about an empty commit."""
    told = " ".join(filter(None, (error.type, error.code)))
    where = f" ({error.param})" if error.param else ""
    message = f"the recognizer reports {told or 'an error'}{where}: {error.message}"
    refusal = _named_refusal(f"{told} {error.message}", message)
    if refusal:
        return refusal
    if error.type == "invalid_request_error":
        return InvalidRequestError(message, error)
    return ServerFaultError(message)


def failed_item(failed: TranscriptionFailed) -> RecognizerError:
    """Return what it means that an utterance was taken, and not recognized."""
    told = f"{failed.code} {failed.message}"
    message = f"the recognition failed: {told}"
    # A limit only: what an item's failure says besides is about the item.
    return _named_limit(told, message) or ItemFailedError(message)


def _named_refusal(text: str, message: str) -> RecognizerError | None:
    if limit := _named_limit(text, message):
        return limit
    if _REFUSED.search(text):
        return AuthenticationError(message)
    return None


def _named_limit(text: str, message: str) -> RecognizerError | None:
    if _THROTTLED.search(text):
        return RateLimitedError(message)
    if _QUOTA.search(text):
        return QuotaError(message)
    return None
