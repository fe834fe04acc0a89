from hypothesis import given
from hypothesis import strategies as st

from auricle.audio.features import BANDS
from auricle.wake.feature_bytes import (
    from_larger_mouth,
    from_smaller_mouth,
    low_tones,
)

features = st.lists(st.binary(min_size=BANDS, max_size=BANDS), max_size=4)


def one_band(band: int) -> bytes:
    """A feature with one tone."""
    return bytes(100 if at == band else 0 for at in range(BANDS))


def test_a_tone_is_half_a_band_lower_from_a_larger_mouth() -> None:
    assert [*from_larger_mouth(one_band(7), 0)[5:9]] == [0, 50, 50, 0]


def test_a_tone_is_half_a_band_higher_from_a_smaller_mouth() -> None:
    assert [*from_smaller_mouth(one_band(7), 0)[6:10]] == [0, 50, 50, 0]


def test_no_tone_goes_from_one_moment_to_another() -> None:
    two = one_band(BANDS - 1) + one_band(0)
    assert from_smaller_mouth(two, 0)[BANDS:] == from_smaller_mouth(one_band(0), 0)
    assert from_larger_mouth(two, 0)[:BANDS] == from_larger_mouth(
        one_band(BANDS - 1), 0
    )


@given(features, st.integers(0, 255))
def test_each_band_is_halfway_to_its_neighbor(sound: list[bytes], quiet: int) -> None:
    lower = b"".join(
        bytes(
            (one + other) // 2
            for one, other in zip(moment, [*moment[1:], quiet], strict=True)
        )
        for moment in sound
    )
    higher = b"".join(
        bytes(
            (one + other) // 2
            for one, other in zip(moment, [quiet, *moment[:-1]], strict=True)
        )
        for moment in sound
    )
    assert from_larger_mouth(b"".join(sound), quiet) == lower
    assert from_smaller_mouth(b"".join(sound), quiet) == higher


def test_only_low_tones_count_as_low() -> None:
    assert low_tones(one_band(3) + one_band(3)) == 100 / 12
    assert low_tones(one_band(30)) == 0
    assert low_tones(b"") == 0
