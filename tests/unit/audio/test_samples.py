import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from auricle.audio.samples import from_pcm, to_pcm


@given(st.lists(st.integers(-32768, 32767)))
def test_pcm_survives_the_way_to_samples_and_back(values: list[int]) -> None:
    pcm = np.array(values, "<i2").tobytes()
    assert to_pcm(from_pcm(pcm)) == pcm


@given(st.lists(st.integers(-32768, 32767), min_size=1))
def test_samples_of_pcm_stay_within_full_scale(values: list[int]) -> None:
    samples = from_pcm(np.array(values, "<i2").tobytes())
    assert samples.min() >= -1
    assert samples.max() < 1


def test_what_goes_beyond_full_scale_is_limited_and_does_not_wrap() -> None:
    samples = np.array([1.0, 1.5, -1.5, -1.0], np.float32)
    assert np.frombuffer(to_pcm(samples), "<i2").tolist() == [
        *(32767, 32767),
        *(-32768, -32768),
    ]
