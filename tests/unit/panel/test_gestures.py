"""A button: what a person does with it, whatever its contact does."""

from hypothesis import given
from hypothesis import strategies as st

from auricle.panel.gestures import BOUNCE, Gesture, Gestures, GestureSettings

SETTINGS = GestureSettings(double_within=0.4, long_after=0.8)
SINGLES = GestureSettings(doubles=False, long_after=0.8)


def done(
    levels: list[tuple[float, bool]],
    settings: GestureSettings = SETTINGS,
    until: float = 60.0,
) -> list[Gesture]:
    """What is told of the levels, each from its time on, to the end of time."""
    gestures = Gestures(settings)
    told = []
    for at, down in levels:
        told += gestures.level(down=down, at=at)
    return told + gestures.pass_time(until)


def test_a_press_is_one() -> None:
    assert done([(1.0, True), (1.1, False)]) == [Gesture.PRESS]


def test_two_presses_are_a_double_one_and_nothing_else() -> None:
    levels = [(1.0, True), (1.1, False), (1.3, True), (1.4, False)]

    assert done(levels) == [Gesture.DOUBLE]


def test_two_slow_presses_are_two() -> None:
    levels = [(1.0, True), (1.1, False), (2.0, True), (2.1, False)]

    assert done(levels) == [Gesture.PRESS, Gesture.PRESS]


def test_a_long_press_is_told_while_it_is_held_and_when_it_is_let_go() -> None:
    gestures = Gestures(SETTINGS)
    gestures.level(down=True, at=1.0)

    assert gestures.pass_time(1.79) == []
    assert gestures.pass_time(1.81) == [Gesture.LONG]
    gestures.level(down=False, at=5.0)
    assert gestures.pass_time(5.0 + BOUNCE) == [Gesture.LET_GO]


def test_where_two_presses_mean_nothing_one_is_told_at_once() -> None:
    gestures = Gestures(SINGLES)
    gestures.level(down=True, at=1.0)
    gestures.level(down=False, at=1.1)

    assert gestures.pass_time(1.1 + BOUNCE) == [Gesture.PRESS]
    assert gestures.due is None


def test_a_second_press_that_is_held_is_no_long_one() -> None:
    levels = [(1.0, True), (1.1, False), (1.3, True), (4.0, False)]

    assert done(levels) == [Gesture.DOUBLE]


def test_a_button_at_rest_waits_for_nothing() -> None:
    assert Gestures(SETTINGS).due is None


bounces = st.lists(st.floats(0.0001, BOUNCE * 0.9), max_size=6, unique=True).map(sorted)


@given(bounces, bounces)
def test_a_contact_that_bounces_is_pressed_once(
    down: list[float], up: list[float]
) -> None:
    """Each edge is followed by any number of others, all within a bounce."""
    levels = [(1.0, True)]
    levels += [(1.0 + at, index % 2 == 1) for index, at in enumerate(down)]
    levels += [(1.0 + BOUNCE, True), (1.3, False)]
    levels += [(1.3 + at, index % 2 == 0) for index, at in enumerate(up)]
    levels += [(1.3 + BOUNCE, False)]

    assert done(levels) == [Gesture.PRESS]


@given(st.lists(st.tuples(st.floats(0, 100), st.booleans()), max_size=40))
def test_whatever_comes_every_long_press_is_let_go(
    levels: list[tuple[float, bool]],
) -> None:
    ordered = [*sorted(levels), (101.0, False)]
    told = [g for g in done(ordered, until=200) if g in (Gesture.LONG, Gesture.LET_GO)]

    assert told == [Gesture.LONG, Gesture.LET_GO] * (len(told) // 2)


@given(st.lists(st.tuples(st.floats(0, 100), st.booleans()), max_size=40))
def test_time_passes_in_any_steps_and_the_gestures_are_the_same(
    levels: list[tuple[float, bool]],
) -> None:
    ordered = sorted(levels)
    gestures = Gestures(SETTINGS)
    told = []
    for at, down in ordered:
        while (due := gestures.due) is not None and due <= at:
            told += gestures.pass_time(due)
        told += gestures.level(down=down, at=at)

    assert told + gestures.pass_time(200.0) == done(ordered, until=200.0)
