"""Where a sound is in another one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.audio.arrival import find
from auricle.audio.frame import SAMPLE_RATE
from auricle.audio.samples import Samples

SOUND = np.random.default_rng(1).normal(0, 0.1, SAMPLE_RATE // 2).astype(np.float32)
OTHER = np.random.default_rng(2).normal(0, 0.1, SAMPLE_RATE * 2).astype(np.float32)


def with_sound(at: int, *, gain: float = 1.0) -> Samples:
    hay = OTHER.copy()
    hay[at : at + len(SOUND)] += np.float32(gain) * SOUND
    return hay


@given(st.integers(0, len(OTHER) - len(SOUND)), st.sampled_from([1.0, -1.0, 0.5]))
def test_a_sound_is_found_to_the_sample_whichever_way_it_is_wired(
    at: int, gain: float
) -> None:
    arrival = find(SOUND, with_sound(at, gain=gain))
    assert arrival.at == pytest.approx(at, abs=0.5)
    assert arrival.certainty > 18


def test_a_sound_between_two_samples_is_found_there() -> None:
    spectrum = np.fft.rfft(SOUND, 2 * SAMPLE_RATE)
    turns = np.fft.rfftfreq(2 * SAMPLE_RATE) * 1000.4
    late = np.fft.irfft(spectrum * np.exp(-2j * np.pi * turns)).astype(np.float32)
    assert find(SOUND, late).at == pytest.approx(1000.4, abs=0.15)


def test_where_the_sound_is_not_in_there_little_is_certain() -> None:
    assert find(SOUND, OTHER).certainty < 8


def test_in_silence_nothing_is_certain() -> None:
    assert find(SOUND, np.zeros_like(OTHER)).certainty < 8
    assert find(np.zeros_like(SOUND), OTHER).certainty < 8
