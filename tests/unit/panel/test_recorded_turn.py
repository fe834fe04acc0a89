"""A recorded turn, and any other: the right colors, and how far behind the state.

The satellite's words are those of a real one, with the moment in which each came. The
light is drawn as `panel/lights.py` does it: at once where it is idle, else behind the
picture that is on the wire, which takes as long as its bits do.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from auricle.assets import lights
from auricle.mqtt.topics import Topics
from auricle.panel.effects import LightShow, Picture, parse_effects
from auricle.panel.pixels import MOST_PIXELS, Strip, encode
from auricle.panel.scene import SatelliteView, Scene

RECORDED = Path(__file__).parents[2] / "data" / "panel" / "turn.jsonl"
EFFECTS = parse_effects(lights.effects())
LATEST = 0.050
"""Seconds that a light may be behind the state."""
STRIPS = [
    *((Strip.APA102, pixels) for pixels in (3, 12, MOST_PIXELS)),
    (Strip.WS2812, MOST_PIXELS),
]


@dataclass(frozen=True)
class Drawn:
    """A picture, when it was made, and when the last of its bits had left."""

    began: float
    ended: float
    picture: Picture


def scenes_of(path: Path) -> Iterator[tuple[float, Scene]]:
    """What was to be seen, each from its moment on."""
    view = SatelliteView(Topics("auricle", "study"))
    shown = None
    for line in path.read_text().splitlines():
        at, topic, payload = json.loads(line)
        if view.heard(topic, payload.encode()) and view.scene is not shown:
            shown = view.scene
            yield at, shown


def drawn(
    scenes: Iterable[tuple[float, Scene]], strip: Strip, pixels: int, until: float
) -> list[Drawn]:
    show = LightShow(EFFECTS, pixels=pixels, brightness=1.0)
    coming = list(scenes)
    done: list[Drawn] = []
    shown, now = None, 0.0
    while now < until:
        while coming and coming[0][0] <= now:
            at, scene = coming.pop(0)
            # What came while a picture was on the wire begins when it is looked at.
            show.change(scene, at)
        picture, due, began = show.picture(now), show.due(now), now
        if picture != shown:
            now += encode(strip, picture).seconds
            shown = picture
            done.append(Drawn(began, now, picture))
        waits = [until if due is None else due, *(at for at, _ in coming[:1])]
        now = max(now, min(waits))
    return done


def assert_shown_in_time(
    scenes: list[tuple[float, Scene]], strip: Strip, pixels: int
) -> None:
    """LATEST behind each scene, if it lasts so long, its own picture is there."""
    end = scenes[-1][0] + 0.2
    pictures = drawn(scenes, strip, pixels, end)
    for (at, scene), (over, _) in pairwise([*scenes, (end, scenes[-1][1])]):
        if over - at >= LATEST:
            seen = [known for known in pictures if known.ended <= at + LATEST][-1]
            since = max(0.0, seen.began - at)
            assert seen.picture == EFFECTS[scene].picture(since, pixels)


def test_the_recorded_turn_is_a_whole_one() -> None:
    assert [scene for _, scene in scenes_of(RECORDED)] == [
        Scene.AWAY,
        Scene.IDLE,
        Scene.LISTENING,
        Scene.PROCESSING,
        Scene.IDLE,
        Scene.AWAY,
    ]


@pytest.mark.parametrize(("strip", "pixels"), STRIPS)
def test_a_recorded_turn_shows_the_right_colors_at_the_right_time(
    strip: Strip, pixels: int
) -> None:
    assert_shown_in_time(list(scenes_of(RECORDED)), strip, pixels)


@given(
    st.lists(
        st.tuples(st.floats(0.001, 0.3), st.sampled_from(list(Scene))),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from(STRIPS),
)
def test_whatever_comes_and_however_fast_the_light_is_not_further_behind(
    steps: list[tuple[float, Scene]], strip: tuple[Strip, int]
) -> None:
    moments = accumulate(pause for pause, _ in steps)
    scenes = list(zip(moments, (scene for _, scene in steps), strict=True))
    changes = [
        new
        for old, new in pairwise([(0.0, Scene.AWAY), *scenes])
        if old[1] is not new[1]
    ]
    assume(changes)

    assert_shown_in_time(changes, *strip)
