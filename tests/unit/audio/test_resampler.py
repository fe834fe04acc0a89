import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from auricle.audio.resampler import StreamResampler
from rigs.audio.speech import noise


def test_the_end_is_handed_out_by_a_flush() -> None:
    resampler = StreamResampler(44_100, 16_000)
    sound = noise(1, dbfs=-20)[: 44_100 // 10 * 2]
    converted = resampler.process(sound) + resampler.flush()
    assert len(converted) == 3200


def test_channels_stay_apart() -> None:
    left, right = np.full(4410, 1000), np.full(4410, -1000)
    interleaved = np.stack([left, right], axis=1).astype("<i2").tobytes()
    resampler = StreamResampler(44_100, 16_000, channels=2)
    converted = resampler.process(interleaved) + resampler.flush()
    samples = np.frombuffer(converted, "<i2").reshape(-1, 2)
    middle = samples[200:-200]
    assert np.abs(middle - [1000, -1000]).max() <= 1


@settings(max_examples=25)
@given(st.lists(st.integers(0, 4000), min_size=1, max_size=12))
def test_how_the_sound_is_cut_makes_no_difference(sizes: list[int]) -> None:
    sound = noise(2, dbfs=-20)[: 2 * sum(sizes)]
    whole, pieces = StreamResampler(22_050, 16_000), StreamResampler(22_050, 16_000)
    expected = whole.process(sound) + whole.flush()
    converted = b""
    at = 0
    for size in sizes:
        converted += pieces.process(sound[at : at + 2 * size])
        at += 2 * size
    assert converted + pieces.flush() == expected
