import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.audio.frame import FRAME_SAMPLES, Frame
from auricle.audio.level import QUIETEST_DBFS, dbfs, power


def frame_at(level: int) -> Frame:
    return Frame(np.full(FRAME_SAMPLES, level, "<i2").tobytes(), 0)


def test_full_scale_is_0_dbfs() -> None:
    assert dbfs(power(frame_at(-32768))) == pytest.approx(0)


def test_half_of_it_is_6_db_less() -> None:
    assert dbfs(power(frame_at(16384))) == pytest.approx(-6.02, abs=0.01)


def test_digital_silence_is_the_quietest_and_not_minus_infinity() -> None:
    assert dbfs(power(frame_at(0))) == pytest.approx(QUIETEST_DBFS)


@given(st.integers(0, 32767), st.integers(0, 32767))
def test_what_is_louder_has_the_higher_level(one: int, other: int) -> None:
    quieter, louder = sorted((one, other))
    assert dbfs(power(frame_at(quieter))) <= dbfs(power(frame_at(louder)))
