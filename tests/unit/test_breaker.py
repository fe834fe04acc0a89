import itertools

from hypothesis import given
from hypothesis import strategies as st

from auricle.breaker import FAILURES, LONG_REST, REST, Breaker


def opened(at: float = 0.0) -> Breaker:
    breaker = Breaker()
    for _ in range(FAILURES):
        breaker.failed(at)
    return breaker


def test_a_few_failures_change_nothing() -> None:
    breaker = Breaker()
    for _ in range(FAILURES - 1):
        breaker.failed(0.0)

    assert breaker.admits(0.0)


def test_what_fails_again_and_again_is_left_alone_for_a_while() -> None:
    breaker = opened()

    assert not breaker.admits(REST - 0.1)
    assert breaker.admits(REST)


def test_a_probe_that_fails_opens_it_again_at_once() -> None:
    breaker = opened()
    breaker.failed(REST)

    assert not breaker.admits(2 * REST - 0.1)


def test_a_probe_that_succeeds_forgives_everything() -> None:
    breaker = opened()
    breaker.succeeded()
    breaker.failed(REST)

    assert breaker.admits(REST)


def test_a_refusal_that_lasts_is_not_asked_for_four_times_an_hour() -> None:
    breaker = Breaker()
    attempts = 0
    for second in range(3600):
        if breaker.admits(second):
            attempts += 1
            breaker.failed(second, lasting=True)

    assert attempts == 3600 / LONG_REST == 3


@given(st.lists(st.floats(0, 10), max_size=200))
def test_nobody_tries_more_often_than_agreed(pauses: list[float]) -> None:
    breaker = Breaker()
    now = 0.0
    attempts: list[float] = []
    for pause in pauses:
        now += pause
        if breaker.admits(now):
            attempts.append(now)
        breaker.failed(now)

    probes = attempts[FAILURES - 1 :]
    gaps = [later - earlier for earlier, later in itertools.pairwise(probes)]
    assert all(gap >= REST for gap in gaps)
