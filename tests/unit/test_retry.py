import itertools
from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from auricle.retry import (
    FAILURES,
    LONG_REST,
    REST,
    Breaker,
    OutagePauses,
    Outages,
    full_jitter,
)


def test_the_longest_delays_double_up_to_the_cap() -> None:
    longest = full_jitter(0.25, 1.5, lambda: 1.0)
    assert list(islice(longest, 5)) == [0.25, 0.5, 1.0, 1.5, 1.5]


def test_a_delay_may_be_next_to_nothing() -> None:
    assert list(islice(full_jitter(1, 60, lambda: 0.0), 3)) == [0, 0, 0]


def test_a_cap_below_the_base_holds_from_the_start() -> None:
    assert next(full_jitter(5, 2, lambda: 1.0)) == 2


def pauses_at(pauses: OutagePauses, *times: float) -> list[float]:
    seconds = []
    for now in times:
        pauses.failed(now)
        seconds.append(pauses.next())
    return seconds


def test_pauses_grow_while_an_outage_lasts_and_begin_anew_with_the_next_one() -> None:
    pauses = OutagePauses(lambda: full_jitter(1.0, 30.0, lambda: 1.0), quiet=70.0)

    assert pauses_at(pauses, 0, 35, 70, 105, 140) == [1, 2, 4, 8, 16]
    assert pauses_at(pauses, 3600, 3601) == [1, 2]


def test_a_failure_behind_which_nobody_pauses_is_of_the_outage_as_well() -> None:
    pauses = OutagePauses(lambda: full_jitter(1.0, 30.0, lambda: 1.0), quiet=70.0)
    pauses_at(pauses, 0)
    pauses.failed(60)

    assert pauses_at(pauses, 120) == [2]


def test_whoever_knows_that_an_outage_is_over_pauses_briefly_again() -> None:
    pauses = OutagePauses(lambda: full_jitter(1.0, 30.0, lambda: 1.0), quiet=70.0)
    pauses_at(pauses, 0, 1)
    pauses.over()

    assert pauses_at(pauses, 2) == [1]


@given(st.lists(st.floats(0, 100), max_size=50))
def test_as_many_outages_are_told_as_there_were_long_quiets(gaps: list[float]) -> None:
    outages = Outages(50)
    times = [*itertools.accumulate(gaps, initial=0.0)]
    begun = [outages.failed(now) for now in times]

    quiets = [later - earlier > 50 for earlier, later in itertools.pairwise(times)]
    assert begun == [True, *quiets]


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
