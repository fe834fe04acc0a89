import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.audio.frame import FRAME_SAMPLES, Frame
from auricle.vad.energy_gate import EnergyGate
from rigs.audio.speech import frames, noise, silence


def frame_at(level: int) -> Frame:
    return Frame(np.full(FRAME_SAMPLES, level, "<i2").tobytes(), 0)


def heard(gate: EnergyGate, levels: list[int]) -> list[bool]:
    return [gate.passes(frame_at(level)) for level in levels]


def test_a_voice_above_the_noise_passes_and_the_noise_does_not() -> None:
    gate = EnergyGate()
    heard(gate, [100] * 50)
    assert heard(gate, [100, 1000, 1000, 100]) == [False, True, True, False]


def test_the_margin_is_in_decibels_of_power() -> None:
    gate = EnergyGate(margin_db=6)
    heard(gate, [1000] * 50)
    assert heard(gate, [1990, 2000]) == [False, True]  # 20 * log10(1.995) = 6.0


def test_a_loud_wake_word_is_not_taken_for_the_noise() -> None:
    gate = EnergyGate()
    pre_roll = [100] * 15 + [8000] * 20 + [100] * 5
    heard(gate, pre_roll)
    assert heard(gate, [1000]) == [True]


def test_a_voice_that_is_the_first_sound_of_all_passes_once_it_has_had_a_gap() -> None:
    gate = EnergyGate()
    heard(gate, [3000, 4000, 800, 700])
    assert heard(gate, [4000, 3000]) == [True, True]


def test_noise_that_starts_and_stays_becomes_the_floor() -> None:
    gate = EnergyGate(window=3)
    heard(gate, [100] * 100)
    assert heard(gate, [1000]) == [True]
    heard(gate, [1000] * 100)
    assert heard(gate, [1000]) == [False]


def test_a_command_of_four_seconds_does_not_become_the_floor() -> None:
    gate = EnergyGate()
    heard(gate, [100] * 50)
    syllables = [3000, 4000, 3000, 800] * 33
    assert all(heard(gate, syllables))


def test_digital_silence_does_not_pass() -> None:
    gate = EnergyGate()
    verdicts = [gate.passes(frame) for frame in frames(silence(2))]
    assert not any(verdicts)


def test_steady_noise_hardly_ever_passes() -> None:
    gate = EnergyGate()
    verdicts = [gate.passes(frame) for frame in frames(noise(20, dbfs=-30))]
    assert sum(verdicts) == 0


def test_after_a_reset_the_old_room_is_forgotten() -> None:
    gate = EnergyGate()
    heard(gate, [100] * 100)
    gate.reset()
    assert heard(gate, [1000] * 20) == [False] * 20


@given(
    st.lists(st.integers(0, 32_767), min_size=1, max_size=120),
    st.integers(10, 40),
)
def test_the_floor_is_the_lowest_fifth_of_the_window(
    levels: list[int], window_frames: int
) -> None:
    gate = EnergyGate(margin_db=6, window=window_frames * 0.03)
    verdicts = heard(gate, levels)
    recent = sorted(levels[-window_frames:])
    floor = float(recent[len(recent) // 5])
    louder_by = levels[-1] / floor if floor else float(levels[-1] > 0) * 9
    near_the_limit = abs(louder_by - 1.9953) < 0.01
    assert near_the_limit or verdicts[-1] == (louder_by > 1.9953)


def test_the_floor_is_what_the_room_is_like_without_the_voice() -> None:
    gate = EnergyGate()
    heard(gate, [100] * 50 + [8000] * 30)
    assert gate.floor == pytest.approx(100**2)


def test_without_any_sound_there_is_no_floor() -> None:
    assert EnergyGate().floor == 0
