"""Whatever is wished for, the latest counts."""

import itertools
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from auricle.capture.wishes import Wishes

SLOTS = ("attend", "wake words", "threshold")
# What is wished for, the sounds among it, and looks of the capture thread.
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(SLOTS), st.integers()),
        st.tuples(st.just("sound"), st.integers()),
        st.tuples(st.just("microphone"), st.booleans()),
        st.just(("look", 0)),
    ),
    max_size=60,
)


@given(STEPS)
def test_any_wishes_in_any_order_end_in_the_last_of_each(
    steps: list[tuple[str, int]],
) -> None:
    wishes = Wishes()
    granted: dict[str, int] = {}
    sounds: list[int] = []
    for what, value in steps:
        match what:
            case "look":
                wishes.grant()
            case "sound":
                wishes.add(partial(sounds.append, value))
            case "microphone":
                wishes.want_microphone(wanted=bool(value))
            case _:
                wishes.wish(what, partial(granted.__setitem__, what, value))

    wanted = wishes.grant()

    microphone = [bool(value) for what, value in steps if what == "microphone"]
    assert wanted is wishes.microphone_wanted is ([False, *microphone][-1])
    assert granted == {what: value for what, value in steps if what in SLOTS}
    assert sounds == [value for what, value in steps if what == "sound"]


@given(st.lists(st.sampled_from(SLOTS), min_size=1, max_size=40))
def test_between_two_looks_each_is_carried_out_once_and_in_the_order_of_the_last(
    whats: list[str],
) -> None:
    wishes = Wishes()
    done: list[tuple[str, int]] = []
    for number, what in enumerate(whats):
        wishes.wish(what, partial(done.append, (what, number)))

    wishes.grant()
    wishes.grant()

    last = {what: number for number, what in enumerate(whats)}
    assert done == sorted(last.items(), key=lambda item: item[1])


def test_ten_thousand_wishes_leave_one_order_behind() -> None:
    wishes = Wishes()
    done: list[int] = []
    for number in range(10_000):
        wishes.wish("threshold", partial(done.append, number))

    wishes.grant()

    assert done == [9_999]


def test_what_is_withdrawn_is_not_carried_out() -> None:
    wishes = Wishes()
    done: list[str] = []
    wishes.wish("attend", partial(done.append, "attend"))
    wishes.withdraw("attend")
    wishes.withdraw("attend")

    wishes.grant()

    assert done == []


def test_what_was_never_unwanted_is_opened_at_once() -> None:
    wishes = Wishes()
    assert wishes.opening_in == float("inf")

    wishes.want_microphone(wanted=True)

    assert wishes.opening_in == 0


def test_what_was_unwanted_just_now_is_opened_in_a_moment() -> None:
    wishes = Wishes()
    for wanted in itertools.islice(itertools.cycle((True, False)), 9):
        wishes.want_microphone(wanted=wanted)

    assert 0 < wishes.opening_in <= 0.5
    assert wishes.changes == 9


def test_who_stops_wants_nothing_more() -> None:
    wishes = Wishes()
    wishes.want_microphone(wanted=True)

    wishes.stop()

    assert not wishes.grant()
    assert wishes.stopping
