"""How far a light is said to be behind, by what went over its wire."""

import pytest

from auricle.assets import lights
from auricle.panel.effects import DARK, Picture, parse_effects
from auricle.panel.scene import Scene
from benchmarks.panel.__main__ import rows
from benchmarks.panel.lateness import Change, Drawn, Shown, shown

EFFECTS = parse_effects(lights.effects())
LISTENS, WAITS = EFFECTS[Scene.LISTENING], EFFECTS[Scene.PROCESSING]
TURN = [
    Change(1.0, Scene.LISTENING),
    Change(3.0, Scene.PROCESSING),
    Change(4.0, Scene.IDLE),
]


def picture(scene: Scene, seconds: float = 0.0) -> Picture:
    return EFFECTS[scene].picture(seconds, 3)


def late(*drawn: Drawn) -> list[float | None]:
    return [each.late for each in shown(TURN, drawn, EFFECTS, until=5.0)]


def test_each_state_is_shown_from_its_own_first_picture_on() -> None:
    assert late(
        Drawn(0.5, (DARK,) * 3),
        Drawn(1.01, picture(Scene.LISTENING)),
        Drawn(3.02, picture(Scene.PROCESSING)),
        Drawn(3.06, picture(Scene.PROCESSING, 0.04)),
        Drawn(4.04, (DARK,) * 3),
    ) == pytest.approx([0.01, 0.02, 0.04])


def test_a_color_that_comes_when_the_state_is_over_was_not_shown() -> None:
    assert late(Drawn(3.5, picture(Scene.LISTENING)), Drawn(4.5, (DARK,) * 3)) == [
        None,
        None,
        0.5,
    ]


def test_another_state_s_color_is_not_taken_for_its_own() -> None:
    assert late(Drawn(1.01, picture(Scene.MUTED))) == [None, None, None]


def test_a_pattern_that_has_moved_on_while_it_was_sent_is_the_state_s() -> None:
    moved = EFFECTS[Scene.RESPONDING].picture(0.005, 300)
    answers = [Change(1.0, Scene.RESPONDING)]
    drawn = [Drawn(1.006, moved)]

    [told] = shown(answers, drawn, EFFECTS, until=2.0)
    assert told.late == pytest.approx(0.006)


@pytest.mark.parametrize(
    ("times", "met"),
    [([0.001, 0.05], [True, True]), ([0.06], [True, False]), ([None], [False, False])],
)
def test_the_targets_are_that_all_are_shown_and_none_is_late(
    times: list[float | None], met: list[bool]
) -> None:
    found = [Shown(Scene.LISTENING, late) for late in times]
    assert [row.met for row in rows(found, "turns") if row.counts] == met


def test_where_nothing_was_heard_no_target_is_met() -> None:
    assert not any(row.met for row in rows([], "turns"))
