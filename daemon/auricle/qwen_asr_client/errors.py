"""What can hinder or end a session with a recognizer, one class per reaction.

* RecognizerError           any of them; `transient` where another attempt may succeed
  * UnreachableError        nobody answers                  transient
    * OfflineError          this machine has no network     transient, nobody was asked
  * NotServedError          what is asked does not serve the protocol
  * ProxyError              the proxy on the way refuses
  * UntrustedError          its certificate is not trusted
    * ClockError            by a clock that is not set
  * AuthenticationError     HTTP 401 and 403; InvalidApiKey, AccessDenied, Arrearage,
                            ModelNotFound
  * RateLimitedError        HTTP 429; Throttling.*           transient
  * QuotaError              the quota is used up
  * InvalidRequestError     `invalid_request_error`: this request is refused, and the
                            session goes on
  * ServerFaultError        any other `error`, HTTP 5xx      transient
  * ItemFailedError         `….failed`: an utterance was taken, and not recognized;
                            the session goes on              transient
  * ConnectionLostError     a close, or no more of the connection   transient
  * NotOpenedError          no connection or session in time        transient
  * ViolationError          what no server of this protocol can say transient
  * FormatError             this machine cannot encode the format of the audio
  * SessionOverError        something is asked of a session that is over
  * InternalError           a programming error, which is in the log
"""

from auricle.qwen_asr.events import ServerError


class RecognizerError(Exception):
    """A session, or a request in it, failed; the message says how, and no secret."""

    transient = False
    """Whether another attempt may succeed with nothing changed."""
    retry_after: float | None = None
    """How many seconds the server asks to wait before that; None where it does not."""


class UnreachableError(RecognizerError):
    """Nobody answers at the recognizer's address."""

    transient = True


class OfflineError(UnreachableError):
    """This machine has no network yet: nothing was sent, and nobody was asked."""


class NotServedError(RecognizerError):
    """Whoever answers there does not serve the protocol: another URL is right, or a
    package that a proxy needs is missing.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        """The HTTP status of the handshake; None where it did not come to one."""


class ProxyError(RecognizerError):
    """The proxy on the way cannot be used, or lets nobody through."""

    def __init__(self, message: str, *, transient: bool = False) -> None:
        super().__init__(message)
        self.transient = transient


class UntrustedError(RecognizerError):
    """The server cannot prove that it is the recognizer."""


class ClockError(UntrustedError):
    """The clock of this machine is not set, by which no certificate is valid."""


class AuthenticationError(RecognizerError):
    """The recognizer refuses the key, or what its owner may do."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        """The HTTP status, 401 or 403; None where an event or a close told it."""


class RateLimitedError(RecognizerError):
    """The recognizer is asked more often than it allows, or has too much to do."""

    transient = True

    def __init__(
        self,
        message: str,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        """The HTTP status, 429; None where an event or a close told it."""
        self.retry_after = retry_after


class QuotaError(RecognizerError):
    """What the account may use is used up."""


class InvalidRequestError(RecognizerError):
    """A request is refused; the session goes on without it."""

    def __init__(self, message: str, reported: ServerError | None = None) -> None:
        super().__init__(message)
        self.reported = reported
        """The `error` event, with its code, `param` and the refused event's id; None
        where the request was not even sent."""


class ServerFaultError(RecognizerError):
    """The recognizer has a fault of its own."""

    transient = True

    def __init__(
        self,
        message: str,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        """The HTTP status of the handshake; None where an event told it."""
        self.retry_after = retry_after


class ItemFailedError(RecognizerError):
    """An utterance was taken, and not recognized."""

    transient = True


class ConnectionLostError(RecognizerError):
    """The connection ended before the session did."""

    transient = True

    def __init__(self, message: str, code: int | None, reason: str) -> None:
        super().__init__(message)
        self.code = code
        """The close frame's code; None where none came."""
        self.reason = reason
        """The close frame's text, as it came."""


class NotOpenedError(RecognizerError):
    """The recognizer took too long to open a connection or a session, or to answer
    `update`.
    """

    transient = True

    def __init__(self, message: str, *, connected: bool) -> None:
        super().__init__(message)
        self.connected = connected
        """Whether there was a connection, and only no session."""


class ViolationError(RecognizerError):
    """The server said something that no server of this protocol can mean."""

    transient = True


class FormatError(RecognizerError):
    """This machine cannot encode the format that the settings ask for."""


class SessionOverError(RecognizerError):
    """Something is asked of a session that is finished or closed."""


class InternalError(RecognizerError):
    """A programming error ended the session; the log has it."""
