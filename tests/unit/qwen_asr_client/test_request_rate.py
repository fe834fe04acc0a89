from hypothesis import given
from hypothesis import strategies as st

from auricle.qwen_asr_client.request_rate import RequestRate


@given(st.lists(st.floats(0, 3), max_size=200), st.integers(1, 25))
def test_in_no_second_are_there_more_requests_than_allowed(
    pauses: list[float], most: int
) -> None:
    rate, now = RequestRate(most), 0.0
    due: list[float] = []
    for pause in pauses:
        now += pause
        due.append(rate.reserve(now))
    assert due == sorted(due)
    # What is added up of floats is not exact.
    for first, beyond in zip(due, due[most:], strict=False):
        assert beyond - first >= 1 - 1e-9


def test_whoever_asks_seldom_never_waits() -> None:
    rate = RequestRate(2)
    asked = [0.0, 0.0, 1.0, 1.0, 2.5]
    assert [rate.reserve(now) for now in asked] == asked


@given(
    st.lists(st.tuples(st.floats(0, 1), st.booleans(), st.integers(0)), max_size=100),
    st.integers(1, 5),
)
def test_whatever_is_given_up_in_no_second_are_there_more_than_allowed(
    steps: list[tuple[float, bool, int]], most: int
) -> None:
    rate, now = RequestRate(most), 0.0
    due: list[float] = []
    for pause, gives_up, which in steps:
        now += pause
        waiting = [at for at in due if at > now]
        if gives_up and waiting:
            given_up = waiting[which % len(waiting)]
            rate.release(given_up)
            due.remove(given_up)
        else:
            due.append(rate.reserve(now))
            assert due[-1] >= now
    due.sort()
    for first, beyond in zip(due, due[most:], strict=False):
        assert beyond - first >= 1 - 1e-9


def test_who_gave_up_waiting_keeps_nobody_else_waiting() -> None:
    """A thousand ask at once; whoever has waited for 10 s gives up, and asks anew."""
    rate = RequestRate()
    due = [rate.reserve(0.0) for _ in range(1000)]
    given_up = [at for at in due if at > 10.0]
    for at in given_up:
        rate.release(at)
    assert len(given_up) > 700
    again = [rate.reserve(10.0) for _ in given_up]
    assert sum(at <= 20.0 for at in again) >= 200
