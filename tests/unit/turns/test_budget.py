"""What a day may cost, and how often an hour may wake us."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.turns.budget import Budget, Limits, Usage
from auricle.turns.turn import Mode, Outcome, OutcomeKind, Turn

TODAY = date(2026, 11, 21)
TOMORROW = TODAY + timedelta(days=1)


def test_without_limits_nothing_is_ever_spent() -> None:
    budget = Budget(Limits(), price=1.0)
    for now in range(1000):
        budget.count_turn(float(now))
    budget.used(1e6, TODAY)

    assert not budget.limit_reached(1000.0, TODAY)


def test_the_hour_is_full_and_empties_again() -> None:
    budget = Budget(Limits(turns_per_hour=2), price=None)
    budget.count_turn(0.0)
    budget.count_turn(60.0)

    assert budget.limit_reached(61.0, TODAY)
    assert not budget.limit_reached(3600.0, TODAY)


@pytest.mark.parametrize("most", [0, 3])
def test_no_more_turns_are_remembered_than_the_limit_needs(most: int) -> None:
    budget = Budget(Limits(turns_per_hour=most), price=None)
    for now in range(1000):
        budget.count_turn(float(now))

    assert len(budget.used(1.0, TODAY).turns) == most
    assert budget.limit_reached(1000.0, TODAY) is bool(most)


def test_the_day_is_full_until_tomorrow() -> None:
    budget = Budget(Limits(seconds_per_day=10.0), price=None)
    budget.used(10.0, TODAY)

    assert budget.limit_reached(0.0, TODAY)
    assert not budget.limit_reached(0.0, TOMORROW)


def test_money_is_seconds_times_the_price() -> None:
    budget = Budget(Limits(cost_per_day=0.01), price=0.00009)
    budget.used(100.0, TODAY)
    before = budget.limit_reached(0.0, TODAY)
    budget.used(12.0, TODAY)

    assert budget.cost_on(TODAY) == pytest.approx(0.01008)
    assert (before, budget.limit_reached(0.0, TODAY)) == (False, True)


def test_no_price_is_no_cost() -> None:
    budget = Budget(Limits(cost_per_day=0.01), price=None)
    budget.used(1e6, TODAY)

    assert budget.cost_on(TODAY) is None
    assert not budget.limit_reached(0.0, TODAY)


def test_a_restart_does_not_reset_the_day() -> None:
    limits = Limits(seconds_per_day=10.0)
    usage = Budget(limits, price=None).used(10.0, TODAY)

    budget = Budget(limits, None, usage)

    assert budget.limit_reached(0.0, TODAY)
    assert not budget.limit_reached(0.0, TOMORROW)


def test_a_clock_that_is_behind_after_a_restart_does_not_reset_the_day() -> None:
    limits = Limits(seconds_per_day=10.0)
    budget = Budget(limits, None, Usage(TOMORROW, 8.0))

    usage = budget.used(2.0, TODAY)

    assert usage == Usage(TOMORROW, 10.0)
    assert budget.limit_reached(0.0, TODAY)
    assert budget.limit_reached(0.0, TOMORROW)


def test_a_day_far_ahead_was_a_clock_set_wrong() -> None:
    budget = Budget(Limits(), None, Usage(TODAY + timedelta(days=400), 8.0))

    assert budget.used(2.0, TODAY) == Usage(TODAY, 2.0)


def test_a_restart_does_not_reset_the_hour() -> None:
    limits = Limits(turns_per_hour=2)
    before = Budget(limits, None, boot_id="this")
    before.count_turn(100.0)
    before.count_turn(200.0)
    usage = before.used(1.0, TODAY)

    assert Budget(limits, None, usage, boot_id="this").limit_reached(300.0, TODAY)


def test_another_start_of_the_machine_has_another_clock() -> None:
    limits = Limits(turns_per_hour=1)
    usage = Usage(TODAY, 1.0, "that", (100.0,))

    assert not Budget(limits, None, usage, boot_id="this").limit_reached(300.0, TODAY)


@given(st.lists(st.floats(0, 7200), max_size=300), st.integers(1, 20))
def test_no_hour_ever_has_more_turns_than_its_limit(
    wakes: list[float], limit: int
) -> None:
    budget = Budget(Limits(turns_per_hour=limit), price=None)
    admitted = []
    for now in sorted(wakes):
        if not budget.limit_reached(now, TODAY):
            budget.count_turn(now)
            admitted.append(now)

    for start in admitted:
        assert sum(start <= now < start + 3600 for now in admitted) <= limit


@given(st.integers(0, 5), st.integers(0, 60), st.integers(0, 60), st.booleans())
def test_what_is_left_is_spent_when_the_outcome_reaches_a_limit(
    turns: int, before: int, billed: int, follow_up: bool
) -> None:
    limits = Limits(turns_per_hour=5, seconds_per_day=50.0, cost_per_day=20.0)
    budget = Budget(limits, price=0.5)
    for now in range(turns):
        budget.count_turn(float(now))
    budget.used(before, TODAY)
    turn = Turn("turn", Mode.MANUAL, None, follow_up=follow_up)
    outcome = Outcome(turn, OutcomeKind.TRANSCRIPT, billed_seconds=billed)
    spent = budget.left(60.0, TODAY).is_spent_by(outcome)

    if follow_up:
        budget.count_turn(60.0)
    budget.used(billed, TODAY)

    assert spent is budget.limit_reached(60.0, TODAY)
