import numpy as np
import pytest

from auricle.recognizer.engines.sound import samples_of, windows

SECOND = 16_000
LONGEST = 30 * SECOND


def speech(seconds: float) -> bytes:
    rng = np.random.default_rng(1)
    loud = rng.integers(1000, 2000, round(seconds * SECOND))
    return bytes(loud.astype("<i2").tobytes())


@pytest.mark.parametrize("zeros", [0, 1, 480, SECOND])
def test_the_zeros_of_a_last_frame_are_not_part_of_it(zeros: int) -> None:
    assert len(samples_of(speech(1) + bytes(2 * zeros))) == SECOND


def test_silence_has_no_samples() -> None:
    assert len(samples_of(bytes(SECOND))) == 0


def test_a_short_utterance_stays_whole() -> None:
    samples = samples_of(speech(30))
    [window] = windows(samples, LONGEST)
    assert window is samples


def test_a_long_utterance_is_cut_in_its_pause() -> None:
    samples = samples_of(speech(25) + bytes(2 * SECOND) + speech(20))
    first, second = windows(samples, LONGEST)
    assert 25 * SECOND <= len(first) <= 26 * SECOND
    assert len(first) + len(second) == len(samples)


def test_who_makes_no_pause_is_heard_to_the_last_sample() -> None:
    samples = samples_of(speech(100))
    cut = [*windows(samples, LONGEST)]
    assert max(map(len, cut)) <= LONGEST
    assert np.array_equal(np.concatenate(cut), samples)
