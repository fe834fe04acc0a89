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


def loudest(samples: np.ndarray[tuple[int], np.dtype[np.float32]]) -> float:
    whole = samples[: len(samples) // 480 * 480].reshape(-1, 480)
    return float(np.sqrt(np.square(whole).mean(axis=1).max()))


def voice(decibels: float) -> bytes:
    """Tell a second of sound whose loudest is so loud, below full scale."""
    rng = np.random.default_rng(2)
    sound = rng.normal(0.0, 1.0, SECOND) * np.linspace(0.1, 1.0, SECOND)
    scaled = sound * 10 ** (decibels / 20) / loudest(sound.astype(np.float32))
    return bytes((32768 * scaled).round().astype("<i2").tobytes())


@pytest.mark.parametrize("decibels", [-25.0, -40.0, -49.0])
def test_a_soft_voice_is_made_as_loud_as_voices_usually_are(decibels: float) -> None:
    assert loudest(samples_of(voice(decibels))) == pytest.approx(0.1, rel=0.05)


def test_a_voice_that_is_loud_enough_stays_as_it_is() -> None:
    samples = samples_of(voice(-15.0))
    assert loudest(samples) == pytest.approx(10 ** (-15 / 20), rel=0.01)


def test_the_hiss_of_a_microphone_is_not_made_a_voice() -> None:
    assert loudest(samples_of(voice(-80.0))) < 10 ** (-45 / 20)


def test_a_click_does_not_go_beyond_full_scale() -> None:
    clicks = np.frombuffer(voice(-50.0), "<i2").copy()
    clicks[100] = 20_000
    assert np.abs(samples_of(clicks.tobytes())).max() <= 1.0


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
