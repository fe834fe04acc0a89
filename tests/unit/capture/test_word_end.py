"""Where the wake word ends, in sound whose end is known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.audio.frame import SAMPLE_RATE
from auricle.capture.word_end import EARLIER, LATER, word_end
from rigs.audio.speech import frames, mix, noise

# Softer for 50 ms, as between two words that follow upon each other.
WORD, MEETING, COMMAND = (
    noise(0.9, dbfs=-20),
    noise(0.05, dbfs=-34),
    noise(0.5, dbfs=-20),
)
END = len(WORD) // 2 + len(MEETING) // 4
HALF = len(MEETING) // 4


@pytest.mark.parametrize("wrong_by", [-0.03, 0.0, 0.04, 0.07])
def test_two_words_part_where_they_are_softest(wrong_by: float) -> None:
    sound = frames(WORD + MEETING + COMMAND)
    believed = END + round(wrong_by * SAMPLE_RATE)
    assert abs(word_end(sound, believed) - END) <= HALF


def test_a_kitchen_behind_them_does_not_hide_it() -> None:
    kitchen = noise(2, dbfs=-32)
    sound = frames(mix(WORD + MEETING + COMMAND, kitchen))
    assert abs(word_end(sound, END + 800) - END) <= HALF


def test_a_pause_that_is_too_far_away_is_another_one() -> None:
    sound = frames(WORD + COMMAND + MEETING + COMMAND)
    believed = len(WORD) // 2
    assert abs(word_end(sound, believed) - believed) <= EARLIER * SAMPLE_RATE


@given(
    levels=st.lists(st.integers(-90, -3), min_size=1, max_size=20),
    at=st.integers(-SAMPLE_RATE, 3 * SAMPLE_RATE),
    start=st.integers(0, 10**9),
)
def test_it_is_near_what_is_believed_and_never_in_the_future(
    levels: list[int], at: int, start: int
) -> None:
    sound = frames(b"".join(noise(0.09, dbfs=level) for level in levels), start=start)
    end = word_end(sound, start + at)
    assert end <= max(sound[-1].end, start)
    near = min(max(start + at, start), sound[-1].end)
    step = SAMPLE_RATE // 20
    assert (
        near - EARLIER * SAMPLE_RATE - step <= end <= near + LATER * SAMPLE_RATE + step
    )
