"""How late a sound is, by clocks that differ."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.audio.lateness import Lateness

SECOND = 16_000


def follow(
    lateness: Lateness, late: float, growth: float, seconds: int, *, blur: float = 0.1
) -> float:
    """Measure it each second; return how late it is in the end."""
    rng = np.random.default_rng(1)
    for _ in range(seconds):
        middle = late + growth * SECOND / 2
        late += growth * SECOND
        lateness.pass_by(SECOND)
        lateness.measure(middle + rng.normal(0, blur), SECOND / 2)
    return late


@given(st.floats(-3000, 10_000), st.floats(-1e-4, 1e-4))
def test_after_two_answers_the_clocks_are_known(late: float, growth: float) -> None:
    lateness = Lateness()
    for _ in range(2):
        lateness.begin()
        assert lateness.samples is None
        late = follow(lateness, late, growth, 6)
        assert lateness.samples == pytest.approx(late, abs=0.5)
    assert lateness.growth == pytest.approx(growth, abs=6e-6)


def test_between_two_measurements_it_grows_as_the_clocks_do() -> None:
    lateness = Lateness()
    late = follow(lateness, 1600, 5e-5, 20)
    lateness.pass_by(3 * SECOND)
    assert lateness.samples == pytest.approx(late + 3 * 0.8, abs=0.5)


def test_a_player_that_was_held_up_is_believed_at_once_and_no_clock_is_blamed() -> None:
    lateness = Lateness()
    late = follow(lateness, 1600, 5e-5, 20)
    follow(lateness, late + 4800, 5e-5, 1)
    assert lateness.samples == pytest.approx(late + 4800, abs=2)
    assert lateness.growth == pytest.approx(5e-5, abs=6e-6)


def test_how_late_the_sound_before_was_is_kept_for_who_finds_nothing_better() -> None:
    lateness = Lateness()
    lateness.begin()
    lateness.measure(1600, 0)
    lateness.begin()
    lateness.begin()
    assert (lateness.samples, lateness.latest) == (None, 1600)


def test_what_is_measured_ahead_is_as_good() -> None:
    lateness = Lateness()
    follow(lateness, 1600, 5e-5, 20)
    lateness.begin()
    lateness.measure(800, -SECOND)
    lateness.pass_by(SECOND)
    assert lateness.samples == pytest.approx(800, abs=0.2)
