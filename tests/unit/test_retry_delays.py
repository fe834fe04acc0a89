from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from auricle.retry import full_jitter


def test_the_longest_delays_double_up_to_the_cap() -> None:
    longest = full_jitter(0.25, 1.5, lambda: 1.0)
    assert list(islice(longest, 5)) == [0.25, 0.5, 1.0, 1.5, 1.5]


def test_a_delay_may_be_next_to_nothing() -> None:
    assert list(islice(full_jitter(1, 60, lambda: 0.0), 3)) == [0, 0, 0]


def test_a_cap_below_the_base_holds_from_the_start() -> None:
    assert next(full_jitter(5, 2, lambda: 1.0)) == 2


@given(
    st.floats(0.01, 10),
    st.floats(0.01, 300),
    st.lists(st.floats(0, 1), min_size=1, max_size=50),
)
def test_no_delay_is_longer_than_the_cap(
    base: float, cap: float, chances: list[float]
) -> None:
    chance = iter(chances)
    delays = full_jitter(base, cap, lambda: next(chance))
    assert all(0 <= delay <= cap for delay in islice(delays, len(chances)))
