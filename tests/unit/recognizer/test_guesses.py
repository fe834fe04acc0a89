import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.recognizer.guesses import LONGEST, MOST_AT_ONCE, Guesses

GUESSER, SATELLITE = "10.0.0.66", "10.0.0.7"


def guess_from(guesses: Guesses, address: str, now: float) -> float | None:
    """When that key is looked at; None: not at all."""
    wait = guesses.reserve(address, now)
    return now + wait if wait <= LONGEST else None


@given(
    st.lists(st.floats(0, 30), min_size=1, max_size=300),
    st.floats(0, 60),
)
def test_however_keys_are_tried_one_a_second_is_looked_at(
    pauses: list[float], start: float
) -> None:
    guesses, now, looked_at = Guesses(), start, []
    for pause in pauses:
        now += pause / 30
        if (at := guess_from(guesses, GUESSER, now)) is not None:
            looked_at.append(at)
    for first, begin in enumerate(looked_at):
        for number, at in enumerate(looked_at[first:], start=1):
            assert number <= MOST_AT_ONCE + (at - begin) + 1e-6 + 1


def test_who_waits_for_each_answer_has_86_400_a_day_and_no_more() -> None:
    guesses, now, answered = Guesses(), 0.0, 0
    while now < 600:
        at = guess_from(guesses, GUESSER, now)
        assert at is not None, "one at a time is never too many"
        now, answered = at + 0.001, answered + 1
    assert answered <= MOST_AT_ONCE + 601


def test_another_address_never_waits_for_it() -> None:
    guesses = Guesses()
    for _ in range(1000):
        guesses.reserve(GUESSER, 5.0)
    assert guesses.reserve(SATELLITE, 5.0) == 0.0


def test_behind_the_same_address_the_right_key_waits_but_is_not_shut_out() -> None:
    guesses, now = Guesses(), 0.0
    for _ in range(200):
        at = guess_from(guesses, GUESSER, now)
        assert at is not None
        theirs = guesses.reserve(GUESSER, now)
        guesses.was_right(GUESSER)
        assert theirs <= LONGEST
        now = at + 0.001


def test_a_right_key_costs_nothing_however_often_it_comes() -> None:
    guesses = Guesses()
    for _ in range(1000):
        assert guesses.reserve(SATELLITE, 5.0) == 0.0
        guesses.was_right(SATELLITE)


def test_who_stops_is_forgotten_in_as_many_seconds_as_it_tried_keys() -> None:
    guesses = Guesses()
    for _ in range(1000):
        guesses.reserve(GUESSER, 0.0)
    free = [guesses.reserve(GUESSER, 14.0) for _ in range(MOST_AT_ONCE)]
    assert free == [0.0] * MOST_AT_ONCE


def test_as_many_addresses_as_there_are_fill_no_memory() -> None:
    guesses = Guesses()
    tracemalloc.start()
    for number in range(50_000):
        guesses.reserve(f"10.{number >> 8}.{number & 255}.1", number / 10_000)
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used < 4_000_000


def flood(guesses: Guesses, now: float) -> None:
    """A machine with a thousand of IPv6's addresses tries a key from each."""
    for number in range(1000):
        guesses.reserve(f"2001:db8:1:2:bad::{number:x}", now)


def test_a_satellite_that_was_in_does_not_wait_for_its_neighbor_in_the_subnet() -> None:
    guesses, known, new = Guesses(), "2001:db8:1:2::7", "2001:db8:1:2::8"
    assert guesses.reserve(known, 0.0) == 0.0
    guesses.was_right(known)
    flood(guesses, 1.0)
    assert guesses.reserve(new, 1.0) > 0.0
    for _ in range(MOST_AT_ONCE):
        assert guesses.reserve(known, 1.0) == 0.0
    assert guesses.reserve(known, 1.0) == 1.0, "who guesses there is slowed down, too"


def test_of_satellites_that_were_in_the_last_thousand_are_known() -> None:
    guesses = Guesses()
    hosts = [f"2001:db8:1:2::{number:x}" for number in range(1, 2001)]
    for host in hosts:
        guesses.reserve(host, 0.0)
        guesses.was_right(host)
    assert [guesses.place(host) == host for host in hosts] == [False] * 1000 + (
        [True] * 1000
    )


@pytest.mark.parametrize(
    ("host", "place"),
    [
        ("10.0.0.7", "10.0.0.7"),
        ("::ffff:10.0.0.7", "10.0.0.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("nowhere", "nowhere"),
    ],
)
def test_a_place_is_what_one_machine_can_have(host: str, place: str) -> None:
    assert Guesses().place(host) == place
