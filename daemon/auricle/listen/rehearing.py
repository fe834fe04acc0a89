"""Hearing a sound again as the satellite does, to learn which threshold it passes."""

from collections.abc import Sequence

from auricle.audio.frame import Frame
from auricle.listen.candidates import FLOOR
from auricle.wake.detector import WakeWordEngine


def highest_passed(
    engine: WakeWordEngine, wake_word: str, frames: Sequence[Frame]
) -> float:
    """Return the score, 0 to 1, that a threshold has to be below for `wake_word` to be
    heard in these frames; 0 where no threshold from the lowest worth having on is.

    An engine looks into what passes its threshold, and into what nearly does: no score
    of its own tells what comes of that. So the threshold rises until nothing is heard.
    """
    before = engine.thresholds[wake_word]
    engine.listen_for([wake_word])
    passed, threshold = 0.0, FLOOR
    while (score := _heard(engine, wake_word, threshold, frames)) > threshold:
        passed = threshold = score
    engine.set_threshold(wake_word, before)
    return passed


def _heard(
    engine: WakeWordEngine, wake_word: str, threshold: float, frames: Sequence[Frame]
) -> float:
    """The score with which it is heard first; 0 where it is not."""
    engine.reset()
    engine.set_threshold(wake_word, threshold)
    # What comes behind a word that was heard is no longer doubted.
    return next((hit.score for hit in map(engine.detect, frames) if hit), 0.0)
