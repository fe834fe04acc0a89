"""The files that a person may have played to them, of every kind."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from auricle.app.build import LONGEST_SOUND, feedback_sounds, timer_sound
from auricle.audio.feedback import Cue
from auricle.config.sections import FeedbackSettings
from auricle.errors import ConfigError


def tone(seconds: float, rate: int, channels: int) -> NDArray[np.float64]:
    angles = 2 * np.pi * 440 * np.arange(round(seconds * rate)) / rate
    samples: NDArray[np.float64] = 0.3 * np.sin(angles)[:, None]
    return samples.repeat(channels, axis=1)


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.mp3", "a.ogg", "a.opus.ogg"])
@pytest.mark.parametrize(("rate", "channels"), [(48_000, 2), (24_000, 1)])
def test_a_sound_may_be_a_file_of_any_kind_rate_and_channels(
    tmp_path: Path, name: str, rate: int, channels: int
) -> None:
    path = tmp_path / name
    kind = {"subtype": "OPUS", "format": "OGG"} if "opus" in name else {}
    soundfile.write(path, tone(0.5, rate, channels), rate, **kind)

    pcm = timer_sound(FeedbackSettings(timer=str(path)))

    # Compressed formats count by the frame.
    assert len(pcm) / 32_000 == pytest.approx(0.5, abs=0.1)
    middle = np.frombuffer(pcm, "<i2")[2_000:-2_000].astype(float)
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    assert np.argmax(spectrum) * 16_000 / len(middle) == pytest.approx(440, abs=10)
    assert np.abs(middle).max() == pytest.approx(0.3 * 32_768, rel=0.1)


def test_a_cue_is_the_sound_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "wake.mp3"
    soundfile.write(path, tone(0.5, 44_100, 2), 44_100)

    sounds = feedback_sounds(FeedbackSettings(wake=str(path)))

    assert sounds.keys() == {Cue.WAKE}
    assert sounds[Cue.WAKE].pcm == timer_sound(FeedbackSettings(timer=str(path)))


def test_a_cue_that_is_too_long_names_its_key(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    soundfile.write(path, tone(LONGEST_SOUND + 0.5, 16_000, 1), 16_000)

    with pytest.raises(ConfigError, match=r"feedback\.wake: .*longer than 2 s"):
        feedback_sounds(FeedbackSettings(wake=str(path)))
    assert timer_sound(FeedbackSettings(timer=str(path)))


def test_the_timer_has_a_sound_unless_it_is_taken_away() -> None:
    assert len(timer_sound(FeedbackSettings())) > 16_000
    assert timer_sound(FeedbackSettings(timer="")) == b""
