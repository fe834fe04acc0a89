"""Which threshold a sound passes, told by hearing it again with the real engine."""

import pytest

from auricle.audio.frame import Frame
from auricle.listen.rehearing import highest_passed
from auricle.wake.detector import WakeWordModel
from auricle.wake.microwakeword import MicroWakeWordEngine
from rigs.audio.speech import frames, mix, noise, say, silence

SPOKEN = {
    "alexa": ("alexa", "elixir", "a lexus", "electra"),
    "okay_nabu": ("okay nabu", "okay now", "okay number"),
}
THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


def engine(wake_word: str) -> MicroWakeWordEngine:
    return MicroWakeWordEngine([WakeWordModel(wake_word)])


def heard(words: str, voice: str) -> list[Frame]:
    sound = silence(1.5) + say(words, voice=voice) + silence(1)
    return frames(mix(sound, noise(len(sound) / 32_000, dbfs=-70)))


@pytest.mark.parametrize("wake_word", SPOKEN)
@pytest.mark.parametrize("voice", ["en-us", "en-gb-scotland+f3"])
def test_a_sound_is_heard_with_each_threshold_below_what_it_passes(
    wake_word: str, voice: str
) -> None:
    passed = {}
    for words in SPOKEN[wake_word]:
        sound = heard(words, voice)
        passed[words] = highest_passed(engine(wake_word), wake_word, sound)
        for threshold in THRESHOLDS:
            listening = engine(wake_word)
            listening.set_threshold(wake_word, threshold)
            woke = any(listening.detect(frame) for frame in sound)
            assert woke == (threshold < passed[words]), (words, threshold)
    # Some of them are in doubt, or it would be no question.
    assert len({round(score, 1) for score in passed.values()}) > 1


def test_what_was_set_before_is_set_again() -> None:
    listening = engine("okay_nabu")
    listening.set_threshold("okay_nabu", 0.7)
    highest_passed(listening, "okay_nabu", heard("okay nabu", "en-us"))
    assert listening.thresholds == {"okay_nabu": 0.7}
