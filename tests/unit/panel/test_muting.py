"""The satellite and an array: one is muted as the other is."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from auricle.panel.muting import Mute, MuteMirror, Side

SATELLITE, ARRAY = Side.SATELLITE, Side.ARRAY


def met(*, satellite: bool, array: bool) -> MuteMirror:
    mirror = MuteMirror()
    mirror.said(SATELLITE, satellite)
    mirror.said(ARRAY, array)
    return mirror


def test_where_they_meet_and_differ_nobody_is_heard() -> None:
    for first, muted in product(Side, (False, True)):
        second = ARRAY if first is SATELLITE else SATELLITE
        mirror = MuteMirror()

        assert mirror.said(first, muted) is None
        # Whichever is not muted.
        other = first if muted is False else second
        assert mirror.said(second, not muted) == Mute(other, True)


def test_the_arrays_button_is_the_satellites_as_well() -> None:
    mirror = met(satellite=False, array=False)

    assert mirror.said(ARRAY, True) == Mute(SATELLITE, True)
    assert mirror.said(SATELLITE, True) is None
    assert mirror.said(ARRAY, False) == Mute(SATELLITE, False)


def test_what_home_assistant_mutes_the_array_shows() -> None:
    mirror = met(satellite=False, array=False)

    assert mirror.said(SATELLITE, True) == Mute(ARRAY, True)
    assert mirror.said(ARRAY, True) is None


def test_one_that_is_away_is_no_reason_to_do_anything() -> None:
    mirror = met(satellite=False, array=False)

    assert mirror.said(ARRAY, None) is None
    assert mirror.said(SATELLITE, True) is None
    assert mirror.said(ARRAY, False) == Mute(ARRAY, True)


@given(st.lists(st.tuples(st.sampled_from(Side), st.booleans()), max_size=30))
def test_if_all_orders_are_obeyed_both_are_the_same_in_the_end(
    steps: list[tuple[Side, bool]],
) -> None:
    mirror = met(satellite=False, array=False)
    state = {SATELLITE: False, ARRAY: False}
    for side, muted in steps:
        state[side] = muted
        order = mirror.said(side, muted)
        for _ in range(3):
            if order is None:
                break
            state[order.side] = order.muted
            order = mirror.said(order.side, order.muted)
        assert order is None
        assert state[SATELLITE] is state[ARRAY] is muted
