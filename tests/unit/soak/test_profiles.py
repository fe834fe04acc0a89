import math
from collections import Counter
from random import Random

import pytest

from rigs.faults.catalogue import CATALOGUE
from rigs.homes.many_satellites import Answer
from rigs.recognizer.open_limit import Attempt, OpenLimit
from soak.burst import Burst, most_within, pauses_after_refusal
from soak.home import ROOMS, Home, plan
from soak.low import Low
from soak.no_wake import NoWake
from soak.samples import Sample, growth, mib_per_hour, percentile

HOUR = 3600.0
FAULTS = [case for case in CATALOGUE if case.id.startswith("F02")]


def samples(
    kib: list[int], *, threads: int = 8, written: int = 0, every: float = HOUR / 10
) -> list[Sample]:
    return [
        Sample(at * every, memory, 12, threads, at * written)
        for at, memory in enumerate(kib)
    ]


def attempts(*log: tuple[float, str, bool]) -> list[Attempt]:
    return [Attempt(*entry) for entry in log]


# --- samples ---


def test_memory_that_grows_by_a_mebibyte_each_tenth_of_an_hour_grows_by_ten() -> None:
    assert mib_per_hour(samples([1024 * n for n in range(20)])) == pytest.approx(10)


def test_what_grows_while_it_warms_up_is_not_counted() -> None:
    kib = [0, 512, *[1024] * 18]
    assert mib_per_hour(samples(kib)) == pytest.approx(0)


def test_a_thread_that_is_never_given_back_is_told() -> None:
    steady, more = samples([1024] * 16), samples([1024] * 4, threads=9)
    assert list(growth(steady)) == []
    assert list(growth([*steady[:-4], *more])) == ["8, then 9 threads"]


def test_a_thread_that_is_there_for_a_moment_is_no_leak() -> None:
    steady, more = samples([1024] * 16), samples([1024], threads=9)
    assert list(growth([*steady[:-1], *more])) == []


def test_a_percentile_is_the_least_that_so_many_are_not_above() -> None:
    delays = [float(n) for n in range(1, 101)]
    assert percentile(delays, 0.5) == 50
    assert percentile(delays, 0.99) == 99
    assert percentile([3.0], 0.99) == 3


# --- low ---


def low(kib: list[int], *, written: int = 0) -> Low:
    return Low("low", samples(kib, written=written, every=120.0))


def test_a_quiet_house_that_stays_as_it_is_is_within_bounds() -> None:
    assert low([1024] * 61).complaints() == []


def test_memory_that_grows_by_the_hour_is_out_of_bounds() -> None:
    kib = [1024 + 60 * n for n in range(61)]
    assert low(kib).complaints() == ["low: +1.76 MiB/h"]


def test_what_is_written_beyond_the_commands_due_is_out_of_bounds() -> None:
    assert low([1024] * 61, written=32_000).complaints() == []
    assert low([1024] * 61, written=40_000).complaints() == ["low: 2400 KB written"]


# --- home ---


def test_every_room_has_a_command_in_each_two_minutes() -> None:
    for commands in plan(2.0, FAULTS, Random(7)).values():
        assert [int(command.at // 120) for command in commands] == list(range(60))


def test_a_twentieth_of_what_is_said_at_home_is_struck_each_fault_as_often() -> None:
    house = plan(2.0, FAULTS, Random(7))
    assert tuple(house) == ROOMS
    struck = [c.fault.id for commands in house.values() for c in commands if c.fault]
    assert len(struck) == 15
    assert set(Counter(struck).values()) == {3}


def test_a_seed_is_a_plan() -> None:
    assert plan(1.0, FAULTS, Random(7)) == plan(1.0, FAULTS, Random(7))
    assert plan(1.0, FAULTS, Random(7)) != plan(1.0, FAULTS, Random(8))


def test_one_slow_command_in_a_hundred_is_allowed_and_two_are_not() -> None:
    assert Home(delays=[0.6] * 99 + [2.0]).complaints() == []
    assert Home(delays=[0.6] * 98 + [2.0, math.inf]).complaints() == [
        "home: p99 2.00 s"
    ]


# --- burst ---


def test_no_more_sessions_open_in_a_second_than_the_limit_allows() -> None:
    limit = OpenLimit(2)
    assert [limit.admits(now) for now in (0.0, 0.1, 0.2, 0.99, 1.0, 1.05, 1.1)] == [
        *(True, True, False, False),
        *(True, False, True),
    ]


def test_the_fullest_second_is_found_wherever_it_begins() -> None:
    assert most_within([], 1.0) == 0
    assert most_within([0.0, 0.9, 1.1, 1.8, 1.85, 3.0], 1.0) == 4
    assert most_within([0.0, 1.0], 1.0) == 1


def test_a_pause_is_from_a_refusal_to_the_same_satellites_next_attempt() -> None:
    log = attempts(
        (0.0, "kitchen", False),
        (0.1, "study", False),
        (0.5, "kitchen", True),
        (0.6, "kitchen", True),
        (60.1, "study", True),
    )
    assert pauses_after_refusal(log) == [0.5]


def test_who_tries_again_at_once_is_out_of_bounds() -> None:
    hasty = Burst(attempts=attempts((0.0, "study", False), (0.05, "study", True)))
    assert list(hasty.complaints()) == ["burst: tried again after 0.050 s"]


def test_those_who_all_try_again_at_the_same_time_are_out_of_bounds() -> None:
    log = [
        entry
        for n in range(30)
        for entry in attempts((0.0, f"{n}", False), (0.5, f"{n}", False))
    ]
    assert list(Burst(attempts=log).complaints()) == [
        "burst: 30 of 30 tried again as one"
    ]


def test_a_command_that_comes_after_its_time_is_late_and_a_late_report_is_told() -> (
    None
):
    burst = Burst(answers=[Answer(0.6, None), Answer(12.0, None)])
    assert burst.late == 1
    assert list(burst.complaints()) == ["burst: an answer after 12.0 s"]
    assert Burst(answers=[Answer(12.0, "rate_limited")]).late == 0


# --- no wake word ---


def test_a_byte_without_a_false_alarm_is_out_of_bounds() -> None:
    assert NoWake(3600.0).complaints() == []
    assert NoWake(3600.0, sent=1).complaints()


def test_a_false_alarm_accounts_for_one_connection() -> None:
    assert NoWake(3600.0, false_alarms=1, connections=1, sent=9000).complaints() == []
    assert NoWake(3600.0, false_alarms=1, connections=2, sent=9000).complaints()
