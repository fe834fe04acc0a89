import itertools
from collections.abc import Iterator

import pytest

from auricle.mqtt.link.broker import BrokerSettings, Disconnected, Problem
from auricle.mqtt.link.route import SETTLED, TAKEOVERS, Route, refusal_delays

AWAY = Disconnected(Problem.UNREACHABLE, "nothing listens")
REFUSED = Disconnected(Problem.AUTH_FAILED, "not authorized")
TAKEN_OVER = Disconnected(Problem.TAKEN_OVER, "another one has our name")
LOST = Disconnected(Problem.LOST, "it hung up")
HANGS = Disconnected(Problem.UNREACHABLE, "no answer in time", silent=True)


def route(*hosts: str) -> Route:
    brokers = [BrokerSettings(host, 1883, "auricle_study") for host in hosts]
    return Route(brokers, lambda: itertools.count(1.0), refusal_delays)


def visits(
    route: Route, ends: Iterator[Disconnected], times: int
) -> list[tuple[str, float]]:
    """The hosts that were tried, and when."""
    now, tried = 0.0, list[tuple[str, float]]()
    for _ in range(times):
        now += route.next(now)
        tried.append((route.current.host, now))
        route.ended(next(ends), None, now)
    return tried


def test_brokers_are_tried_in_order_and_then_all_anew() -> None:
    assert visits(route("a", "b", "c"), itertools.repeat(AWAY), 7) == [
        ("a", 0.0),
        ("b", 0.0),
        ("c", 0.0),
        ("a", 1.0),
        ("b", 1.0),
        ("c", 1.0),
        ("a", 3.0),
    ]


def test_after_any_connection_the_first_has_its_chance_again() -> None:
    brokers = route("a", "b")
    brokers.next(0.0)
    brokers.ended(AWAY, None, 0.0)
    brokers.next(0.0)
    brokers.ended(LOST, 60.0, 60.0)

    assert brokers.next(60.0) == 1.0
    assert brokers.current.host == "a"


def test_behind_a_broker_that_hangs_the_next_one_is_tried_first_and_at_once() -> None:
    brokers = route("a", "b", "c")
    brokers.next(0.0)
    brokers.ended(HANGS, 60.0, 60.0)

    assert visits(brokers, itertools.repeat(AWAY), 3) == [
        ("b", 0.0),
        ("c", 0.0),
        # The one that hung is the last of each round.
        ("b", 1.0),
    ]


def test_a_broker_that_hung_is_the_last_of_all_until_it_answers() -> None:
    brokers = route("a", "b")
    brokers.next(0.0)
    brokers.ended(HANGS, None, 15.0)
    brokers.next(15.0)
    brokers.ended(LOST, 60.0, 75.0)

    brokers.next(75.0)
    assert brokers.current.host == "b"
    brokers.ended(AWAY, None, 76.0)
    brokers.next(76.0)
    assert brokers.current.host == "a"

    brokers.ended(LOST, 60.0, 136.0)
    brokers.next(136.0)
    assert brokers.current.host == "a"


def test_a_broker_that_hung_and_answers_again_is_gone_back_to() -> None:
    brokers = route("a", "b")
    brokers.next(0.0)
    brokers.ended(HANGS, 60.0, 60.0)
    brokers.next(60.0)
    [first] = brokers.before_current(90.0)

    brokers.probed(first, None, 90.0)
    brokers.start_over()

    assert brokers.next(90.0) == 0.0
    assert brokers.current.host == "a"


def test_the_only_broker_is_tried_again_although_it_hangs() -> None:
    broker = route("a")
    broker.next(0.0)
    broker.ended(HANGS, 60.0, 60.0)

    assert broker.next(60.0) == 1.0


def test_a_connection_that_lasted_makes_the_next_attempt_quick_again() -> None:
    broker = route("a")
    waits = []
    for lasted in (1.0, 1.0, SETTLED):
        broker.next(0.0)
        broker.ended(LOST, lasted, 0.0)
        waits.append(broker.next(0.0))

    assert waits == [1.0, 2.0, 1.0]


def test_what_cannot_wait_cuts_a_long_wait_to_the_first_delay() -> None:
    broker = route("a")
    _, tried = visits(broker, itertools.repeat(AWAY), 20)[-1]
    waits = [broker.next(tried)]

    for later in (5.0, 5.75):
        broker.hurry(tried + later)
        waits.append(broker.wait(tried + later))

    assert waits == [20.0, 1.0, 0.25]


def test_while_something_cannot_wait_no_wait_is_longer_than_the_first_delay() -> None:
    broker = route("a")
    now, waits = 0.0, []
    for hurried in (False,) * 3 + (True,) * 3 + (False,) * 3:
        now += broker.next(now)
        broker.ended(AWAY, None, now)
        if hurried:
            broker.hurry(now)
        waits.append(broker.next(now))

    assert waits == [1.0, 2.0, 3.0, 1.0, 1.0, 1.0, 2.0, 3.0, 4.0]


@pytest.mark.parametrize("end", [REFUSED, TAKEN_OVER])
def test_a_broker_that_refuses_is_left_alone_whatever_cannot_wait(
    end: Disconnected,
) -> None:
    broker = route("a")
    for _ in range(TAKEOVERS):
        broker.next(0.0)
        broker.ended(end, 0.5 if end is TAKEN_OVER else None, 0.0)
    refused_for = broker.next(0.0)

    broker.hurry(0.0)

    assert broker.wait(0.0) == refused_for >= 120.0


def test_a_refusal_is_tried_at_most_three_times_in_any_hour() -> None:
    tried = visits(route("a"), itertools.repeat(REFUSED), 50)
    times = [at for _, at in tried]

    for at in times:
        assert sum(at <= other < at + 3600 for other in times) <= 3


def test_a_broker_that_refuses_is_passed_over() -> None:
    ends = itertools.chain([REFUSED], itertools.repeat(AWAY))

    assert visits(route("a", "b"), ends, 4) == [
        ("a", 0.0),
        ("b", 0.0),
        ("b", 1.0),
        ("b", 3.0),
    ]


def test_where_all_refuse_nobody_is_asked_in_a_hurry() -> None:
    tried = visits(route("a", "b"), itertools.repeat(REFUSED), 6)

    assert tried == [
        ("a", 0.0),
        ("b", 0.0),
        ("a", 120.0),
        ("b", 120.0),
        ("a", 1920.0),
        ("b", 1920.0),
    ]


def test_a_password_that_was_good_once_makes_a_refusal_short_again() -> None:
    broker = route("a")
    for _ in range(3):
        broker.next(0.0)
        broker.ended(REFUSED, None, 0.0)
    broker.next(0.0)
    broker.ended(LOST, 60.0, 10_000.0)
    broker.next(10_000.0)
    broker.ended(REFUSED, None, 10_000.0)

    assert broker.next(10_000.0) == 120.0


def test_who_is_thrown_out_again_and_again_leaves_the_broker_to_the_other() -> None:
    broker = route("a")
    waits = []
    for lasted in (3600.0, 0.5, 0.5, 0.5):
        broker.next(0.0)
        broker.ended(TAKEN_OVER, lasted, 0.0)
        waits.append(broker.next(0.0))

    assert waits == [1.0, 2.0, 120.0, 1800.0]


def test_who_is_thrown_out_once_in_a_while_comes_back_at_once() -> None:
    broker = route("a")
    waits = []
    for end, lasted in ((TAKEN_OVER, 60.0), (LOST, 60.0)) * 5:
        broker.next(0.0)
        broker.ended(end, lasted, 0.0)
        waits.append(broker.next(0.0))

    assert waits == [1.0] * 10


def test_an_earlier_broker_that_refuses_is_not_asked_again_for_a_while() -> None:
    brokers = route("a", "b")
    brokers.next(0.0)
    brokers.ended(AWAY, None, 0.0)
    brokers.next(0.0)
    [first] = brokers.before_current(0.0)

    brokers.probed(first, REFUSED, 0.0)

    assert brokers.before_current(119.0) == []
    assert brokers.before_current(120.0) == [first]


@pytest.mark.parametrize(("current", "expected"), [(0, []), (1, ["a"]), (2, ["a"])])
def test_what_is_rather_used_is_before_the_current_and_does_not_refuse(
    current: int, expected: list[str]
) -> None:
    brokers = route("a", "b", "c")
    ends = [AWAY, REFUSED]
    brokers.next(0.0)
    for end in ends[:current]:
        brokers.ended(end, None, 0.0)
        brokers.next(0.0)

    assert [broker.host for broker in brokers.before_current(0.0)] == expected
