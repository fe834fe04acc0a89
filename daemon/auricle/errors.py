"""What can go wrong, one class per reaction.

* AuricleError
  * ConfigError           a person must act                 exit 78, not restarted
  * StateInUseError       a person must stop one of two     exit 73, not restarted
  * MicrophoneError       the device is gone or refuses     close, back off, open again
  * PlaybackError         no sound comes out                told once, and done without
  * SynthesisError        a text is not spoken            told once, with a sound
  * EchoError             our voice stays in what is heard  wake words wait meanwhile
  * DeviceError           a light is gone or refuses        told once, opened again
  * RecordingError        a file that cannot be played      exit 66, names the file
  * AsrError              this turn is lost, or replayed    carries a Reason
    * NoNetworkError      nobody could be asked yet         tried again, while it helps
    * AsrProtocolError    we disagree on the protocol       same, logged with the type
    * AsrRejectedError    refused, and would be again       same, latched and shown
"""

from enum import StrEnum
from pathlib import Path


class Reason(StrEnum):
    """Why a turn ended in an error: the closed list that users see."""

    ASR_UNREACHABLE = "asr_unreachable"
    ASR_TIMEOUT = "asr_timeout"
    ASR_PROTOCOL = "asr_protocol"
    ASR_FAILED = "asr_failed"
    AUTH_FAILED = "auth_failed"
    RATE_LIMITED = "rate_limited"
    CLOCK_UNSYNCED = "clock_unsynced"
    MICROPHONE = "microphone"
    MUTED = "muted"
    BUDGET = "budget"
    EXPIRED = "expired"


class AuricleError(Exception):
    """Anything auricle raises on purpose."""


class ConfigError(AuricleError):
    """The configuration cannot be used; the message names key, file and remedy."""


class StateInUseError(AuricleError):
    """Another satellite has the state directory."""

    def __init__(self, directory: Path, holder: str) -> None:
        super().__init__(
            f"{holder} is a satellite with the state directory {directory} already: "
            "stop it, or give this one a satellite.name and a "
            "satellite.state_directory of its own"
        )


class MicrophoneError(AuricleError):
    """The capture device is missing, gone or refuses."""


class PlaybackError(AuricleError):
    """A sound cannot be played."""


class SynthesisError(AuricleError):
    """A text cannot be made sound of; the message says why, and nothing of the text."""


class EchoError(AuricleError):
    """Our own voice cannot be taken out of what is heard; the message says what to
    install.
    """


class DeviceError(AuricleError):
    """A light, or an array of microphones, is missing, gone or refuses."""


class RecordingError(AuricleError):
    """A recording cannot be read; the message names the file and what is wrong."""


class AsrError(AuricleError):
    """A recognizer session failed. `transient` where another attempt may succeed."""

    def __init__(
        self,
        message: str,
        *,
        reason: Reason,
        transient: bool,
        retry_after: float | None = None,
    ) -> None:
        """`retry_after`: the server asks for so many seconds before another attempt."""
        super().__init__(message)
        self.reason = reason
        self.transient = transient
        self.retry_after = retry_after


class NoNetworkError(AsrError):
    """This machine has no network yet, as while it goes from one access point to the
    next: nothing was sent, and nobody was asked.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message, reason=Reason.ASR_UNREACHABLE, transient=True)


class AsrProtocolError(AsrError):
    """The server said something impossible."""

    def __init__(self, message: str) -> None:
        super().__init__(message, reason=Reason.ASR_PROTOCOL, transient=True)


class AsrRejectedError(AsrError):
    """The server refuses us and will do so again until something is changed."""

    def __init__(self, message: str, *, reason: Reason) -> None:
        super().__init__(message, reason=reason, transient=False)
