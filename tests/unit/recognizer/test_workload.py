"""Whose turn it is with the engine, and for whom there is no time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.config.services import AsrSettings
from auricle.recognizer.server import ServerSettings
from auricle.recognizer.workload import Decode, DecodeSpeed, Workload

SECONDS = st.floats(0.1, 60.0)
TOOK = st.floats(0.01, 20.0)


def final(seconds: float = 3.0) -> Decode:
    return Decode(seconds, final=True)


def draft(seconds: float = 3.0) -> Decode:
    return Decode(seconds, final=False)


def workload(took: float, deadline: float = 4.0) -> Workload:
    """Of an engine that took so long for a command, and is free."""
    work = Workload(deadline)
    work.join(final())
    work.start(0.0)
    work.done(took, told=True)
    return work


# --- how long a final takes ---


def test_an_engine_that_was_never_used_is_taken_for_a_fast_one() -> None:
    assert DecodeSpeed().takes(60.0) == 0.0


def test_what_costs_the_same_however_long_it_is_is_not_scaled() -> None:
    speed = DecodeSpeed()
    for seconds in (1.0, 2.0, 4.0):
        speed.note(seconds, 0.5)
    assert speed.takes(20.0) == pytest.approx(0.5)


@given(
    st.floats(0.0, 1.0),
    st.floats(0.0, 0.5),
    st.lists(SECONDS, min_size=2, max_size=30, unique=True),
    SECONDS,
)
def test_an_even_engine_is_predicted_exactly(
    base: float, per_second: float, sounds: list[float], asked: float
) -> None:
    speed = DecodeSpeed()
    for seconds in [*sounds, 1.0, 3.0]:
        speed.note(seconds, base + per_second * seconds)
    assert speed.takes(asked) == pytest.approx(base + per_second * asked, abs=1e-6)


def test_one_decode_that_was_held_up_does_not_shut_the_door() -> None:
    speed = DecodeSpeed()
    for seconds in (1.0, 2.0, 3.0, 4.0, 5.0):
        speed.note(seconds, 20.0 if seconds == 2.0 else 0.5)
    assert speed.takes(3.0) == pytest.approx(0.5)


def test_a_machine_that_becomes_slow_is_noticed_and_so_is_the_end_of_it() -> None:
    speed = DecodeSpeed()
    for _ in range(16):
        speed.note(3.0, 0.5)
    for _ in range(5):
        speed.note(3.0, 2.0)
    assert speed.takes(3.0) == 2.0
    for _ in range(16):
        speed.note(3.0, 0.5)
    assert speed.takes(3.0) == 0.5


@given(st.lists(st.tuples(SECONDS, TOOK), max_size=30), SECONDS, SECONDS)
def test_more_sound_never_takes_less(
    measured: list[tuple[float, float]], one: float, other: float
) -> None:
    speed = DecodeSpeed()
    for seconds, took in measured:
        speed.note(seconds, took)
    shorter, longer = sorted((one, other))
    assert 0.0 <= speed.takes(shorter) <= speed.takes(longer)


@given(st.lists(TOOK, min_size=1, max_size=16))
def test_three_of_four_finals_took_no_longer_than_is_said(took: list[float]) -> None:
    speed = DecodeSpeed()
    for one in took:
        speed.note(3.0, one)
    within = sum(one <= speed.takes(3.0) + 1e-9 for one in took)
    assert within >= 0.75 * len(took)


# --- how long a final waits ---


@given(st.lists(SECONDS, max_size=8), st.floats(0.1, 2.0), st.floats(0.0, 5.0))
def test_the_wait_is_never_less_than_what_is_before_it_takes(
    sounds: list[float], took: float, elapsed: float
) -> None:
    work = workload(took)
    for seconds in sounds:
        work.join(final(seconds))
    work.start(100.0)
    wait = work.wait(100.0 + elapsed)
    # Each costs the same here; of the first, some is done.
    assert wait >= max(0.0, len(sounds) * took - elapsed) - 1e-9


def test_a_decode_that_is_overdue_is_expected_to_be_so_for_as_long_again() -> None:
    work = workload(0.5)
    work.join(final())
    work.start(100.0)
    assert work.wait(100.5) == pytest.approx(0.0)
    assert work.wait(103.5) == pytest.approx(3.0)
    assert work.no_time(3.0, 103.5) is None
    assert work.no_time(3.0, 104.5) is not None


@given(
    st.floats(0.05, 6.0),
    st.lists(SECONDS, max_size=20),
    st.floats(1.0, 10.0),
)
def test_whoever_is_let_in_gets_its_final_within_the_deadline(
    took: float, sounds: list[float], deadline: float
) -> None:
    """Where all that were let in end their commands at the same moment."""
    work = workload(took, deadline)
    listening: list[float] = []
    for seconds in sounds:
        if work.no_room(listening, 100.0) is None:
            listening.append(seconds)
    assert len(listening) <= max(1, deadline / took + 1e-6)
    for seconds in listening:
        assert work.no_time(seconds, 100.0) is None
        work.join(final(seconds))
        work.start(100.0)
    assert len(listening) <= 1 or work.wait(100.0) <= deadline + 1e-6


@given(st.floats(0.05, 6.0), st.lists(SECONDS, max_size=20), st.floats(0.5, 10.0))
def test_who_is_told_to_come_again_is_told_when(
    took: float, listening: list[float], deadline: float
) -> None:
    again = workload(took, deadline).no_room(listening, 100.0)
    assert again is None or again >= 1


def test_where_nobody_is_there_the_slowest_engine_lets_one_in() -> None:
    work = workload(60.0)
    assert work.no_room([], 100.0) is None
    assert work.no_time(60.0, 100.0) is None
    assert work.no_room([0.0], 100.0) is not None


def test_eight_at_once_are_let_in_where_each_takes_half_a_second() -> None:
    work = workload(0.5)
    assert work.most_at_once(32) == 8
    assert work.no_room([0.0] * 7, 100.0) is None
    # The first of them will have spoken its command, and have its final, in 3.5 s.
    assert work.no_room([0.0] * 8, 100.0) == 4
    assert work.no_room([2.0, *[0.0] * 7], 100.0) == 2


def test_a_fast_engine_has_room_for_as_many_as_are_allowed() -> None:
    assert Workload(4.0).most_at_once(32) == 32


def test_a_final_that_began_to_wait_gives_up_when_it_would_be_late() -> None:
    assert workload(0.5).patience(3.0) == pytest.approx(3.5)
    assert workload(5.0).patience(3.0) == 0.0


def test_the_deadline_is_that_of_a_satellite() -> None:
    assert ServerSettings().deadline == AsrSettings().final_timeout


# --- who is next ---


@given(
    st.lists(st.integers(0, 10), min_size=2, max_size=6),
    st.lists(st.booleans(), max_size=30),
)
def test_nobody_waits_for_two_of_the_same_session(
    finals: list[int], comes_now: list[bool]
) -> None:
    """Each session asks for so many, one after the other; some begin later."""
    work = Workload(4.0)
    left = dict(enumerate(finals))
    to_come = list(left)
    comes = [*comes_now, *[True] * len(left)]
    asked: dict[Decode, int] = {}
    meanwhile: dict[int, list[int]] = {}
    """For each session that waits: who was begun with since."""
    served: list[int] = []

    def ask(session: int) -> None:
        if left[session]:
            left[session] -= 1
            meanwhile[session] = []
            work.join(decode := final())
            asked[decode] = session

    while to_come or not work.idle:
        if to_come and comes.pop(0):
            ask(to_come.pop())
        if (decode := work.start(0.0)) is None:
            continue
        session = asked[decode]
        waited_for = meanwhile.pop(session)
        assert len(waited_for) == len(set(waited_for))
        for others in meanwhile.values():
            others.append(session)
        work.done(0.0, told=True)
        served.append(session)
        ask(session)
    assert sorted(served) == [one for one, n in enumerate(finals) for _ in range(n)]


def test_a_draft_is_made_only_where_the_engine_is_free() -> None:
    work = Workload(4.0)
    assert work.wants_draft(1.0, [], 0.0)
    work.join(final())
    assert not work.wants_draft(1.0, [], 0.0)
    work.start(0.0)
    assert not work.wants_draft(1.0, [], 0.1)
    work.done(0.1, told=True)
    assert work.wants_draft(1.0, [], 0.1)


def test_behind_a_draft_the_engine_is_free_of_them_for_twice_as_long() -> None:
    work = Workload(4.0)
    work.join(draft())
    work.start(10.0)
    work.done(10.5, told=True)
    assert not work.wants_draft(9.0, [], 11.4)
    assert work.wants_draft(9.0, [], 11.5)


def test_a_draft_that_takes_long_beside_its_sound_is_not_worth_it() -> None:
    work = Workload(4.0)
    work.join(draft())
    work.start(0.0)
    work.done(1.0, told=True)
    assert not work.wants_draft(2.9, [], 3.0)
    assert work.wants_draft(3.0, [], 3.0)
    assert work.command_takes == 0.0


def test_a_draft_is_not_in_the_way_of_finals_that_may_be_due_in_a_moment() -> None:
    work = workload(1.0)
    assert work.wants_draft(3.0, [2.0, 2.0, 2.0], 0.0)
    assert not work.wants_draft(3.0, [2.0, 2.0, 2.0, 2.0], 0.0)


def test_who_has_left_is_passed_over() -> None:
    work = Workload(4.0)
    gone, next_one = final(), final()
    work.join(gone)
    work.join(next_one)
    assert work.leave(gone)
    assert work.start(0.0) is next_one
    assert not work.leave(next_one)


def test_sound_without_a_word_does_not_tell_how_long_words_take() -> None:
    work = workload(0.5)
    work.join(final())
    work.start(10.0)
    work.done(10.001, told=False)
    assert work.command_takes == 0.5


# --- finals of utterances that may go on ---


def ahead(seconds: float = 3.0) -> Decode:
    return Decode(seconds, final=True, ahead=True)


def test_who_waits_for_a_final_goes_before_those_that_may_be_for_nothing() -> None:
    work = workload(0.5)
    foreseen, waited_for = ahead(), final()
    work.join(foreseen)
    work.join(waited_for)
    assert work.wait(100.0) == pytest.approx(0.5)
    assert work.start(100.0) is waited_for
    work.done(100.5, told=True)
    assert work.start(100.5) is foreseen


def test_when_its_utterance_is_over_it_waits_behind_those_that_were_there() -> None:
    work = workload(0.5)
    foreseen, others, later = ahead(), final(), final()
    for decode in (foreseen, others):
        work.join(decode)
    assert work.confirm(foreseen)
    work.join(later)
    order = []
    while not work.idle:
        order.append(work.start(100.0))
        work.done(100.5, told=True)
    assert order == [others, foreseen, later]


def test_what_has_begun_needs_no_confirmation_and_counts_for_those_who_come() -> None:
    work = workload(0.5)
    foreseen = ahead()
    work.join(foreseen)
    work.start(100.0)
    assert not work.confirm(foreseen)
    assert work.wait(100.1) == pytest.approx(0.4)


def test_what_is_foreseen_for_nothing_is_never_begun_once_it_is_left() -> None:
    work = workload(0.5)
    foreseen = ahead()
    work.join(foreseen)
    assert not work.idle
    assert work.leave(foreseen)
    assert work.idle
    assert work.start(100.0) is None


def test_nothing_is_foreseen_where_that_might_cost_others_their_final() -> None:
    work = workload(1.0)
    assert work.has_time_to_spare(3.0, [2.0, 2.0, 2.0])
    assert not work.has_time_to_spare(3.0, [2.0, 2.0, 2.0, 2.0])
    assert not workload(3.0).has_time_to_spare(3.0, [2.0])


def test_what_is_for_nothing_leaves_the_time_that_the_clients_told_of() -> None:
    slow = workload(2.5)
    assert not slow.has_time_to_spare(3.0, [2.0])
    assert slow.has_time_to_spare(3.0, [2.0], 10.0)
    assert slow.wants_draft(3.0, [2.0], 0.0, 10.0)
    fast = workload(0.7)
    assert fast.wants_draft(3.0, [2.0, 2.0], 0.0)
    assert not fast.wants_draft(3.0, [2.0, 2.0], 0.0, 2.0)
    assert not fast.has_time_to_spare(3.0, [2.0, 2.0], 2.0)


def test_the_most_impatient_who_can_be_served_in_time_is_heeded() -> None:
    work = workload(0.7)
    assert work.strictest(None, []) == 4.0
    assert work.strictest(10.0, [20.0]) == 10.0
    assert work.strictest(10.0, [20.0, 2.0, 0.5]) == 2.0
    assert work.strictest(0.5, [2.0]) == 0.5


def test_how_long_it_took_tells_how_long_finals_take() -> None:
    work = Workload(4.0)
    work.join(ahead())
    work.start(100.0)
    work.done(100.5, told=True)
    assert work.command_takes == 0.5
