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
        due.append(now + rate.reserve(now))
    assert due == sorted(due)
    # What is added up of floats is not exact.
    for first, beyond in zip(due, due[most:], strict=False):
        assert beyond - first >= 1 - 1e-9


def test_whoever_asks_seldom_never_waits() -> None:
    rate = RequestRate(2)
    assert [rate.reserve(now) for now in (0.0, 0.0, 1.0, 1.0, 2.5)] == [0.0] * 5
