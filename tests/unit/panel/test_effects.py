"""What lights show: data, and pictures made of it."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.assets import lights
from auricle.panel.effects import (
    DARK,
    FRAME,
    Color,
    Effect,
    EffectsError,
    LightShow,
    Pattern,
    parse_effects,
)
from auricle.panel.scene import Scene

EFFECTS = parse_effects(lights.effects())
BLUE = Color(0, 0, 255)
patterns = st.sampled_from(list(Pattern))
pixels = st.integers(1, 40)


def shown(scene: Scene, *, at: float = 0.0, count: int = 3) -> set[Color]:
    return set(EFFECTS[scene].picture(at, count))


def test_ours_have_every_scene() -> None:
    assert EFFECTS.keys() == set(Scene)


def test_no_two_scenes_look_the_same() -> None:
    assert len(set(EFFECTS.values())) == len(Scene)


def test_a_satellite_that_waits_is_dark() -> None:
    assert shown(Scene.IDLE) == {DARK}


@given(st.sampled_from(list(Scene)), pixels)
def test_every_scene_shows_its_color_from_its_first_moment(
    scene: Scene, count: int
) -> None:
    effect = EFFECTS[scene]

    assert effect.color in effect.picture(0.0, count)


@given(patterns, pixels, st.floats(0, 1e6), st.floats(0.2, 60))
def test_a_picture_has_every_pixel_and_no_more_light_than_its_color(
    pattern: Pattern, count: int, seconds: float, period: float
) -> None:
    picture = Effect(pattern, BLUE, period).picture(seconds, count)

    assert len(picture) == count
    assert all(c.red == c.green == 0 <= c.blue <= 255 for c in picture)


@given(patterns, pixels, st.floats(0, 1e4), st.floats(0.2, 60), st.floats(0, 0.999))
def test_a_picture_lasts_until_the_next_change(
    pattern: Pattern, count: int, seconds: float, period: float, share: float
) -> None:
    """But for those that move all the time: they are looked at 25 times a second."""
    effect = Effect(pattern, BLUE, period)
    due = effect.next_change(seconds)
    if due is None:
        assert effect.picture(seconds, count) == effect.picture(seconds + 1e3, count)
    elif pattern is Pattern.BLINK:
        between = seconds + (due - seconds) * share
        assert effect.picture(between, count) == effect.picture(seconds, count)
    else:
        assert due == pytest.approx(seconds + FRAME)


def test_what_spins_goes_round_once_a_period() -> None:
    effect = Effect(Pattern.SPIN, BLUE, 1.2)

    heads = [effect.picture(at * 0.1 + 0.01, 12).index(BLUE) for at in range(12)]

    assert heads == list(range(12))


def test_what_blinks_is_dark_for_half_of_the_time() -> None:
    effect = Effect(Pattern.BLINK, BLUE, 1.0)

    assert [effect.picture(at, 1) for at in (0.0, 0.4, 0.6, 1.1)] == [
        (BLUE,),
        (BLUE,),
        (DARK,),
        (BLUE,),
    ]


def test_what_breathes_keeps_its_color() -> None:
    effect = Effect(Pattern.BREATHE, Color(255, 0, 0), 2.0)
    pictures = [effect.picture(at / 50, 1)[0] for at in range(100)]

    assert all(color.red > 0 for color in pictures)
    assert max(color.red for color in pictures) == 255


def test_brightness_dims_all() -> None:
    show = LightShow(EFFECTS, pixels=2, brightness=0.5)
    show.change(Scene.MUTED, 10.0)

    assert show.picture(10.0) == (Color(128, 0, 0),) * 2


def test_a_pattern_begins_with_its_scene() -> None:
    show = LightShow(EFFECTS, pixels=1, brightness=1.0)
    show.change(Scene.ERROR, 100.3)

    assert show.picture(100.3) == (EFFECTS[Scene.ERROR].color,)
    assert show.due(100.3) == pytest.approx(100.8)


@given(st.sampled_from(list(Scene)), st.floats(0, 1e6), st.floats(0, 100))
def test_nobody_is_asked_for_the_same_picture_again_and_again(
    scene: Scene, since: float, seconds: float
) -> None:
    show = LightShow(EFFECTS, pixels=1, brightness=1.0)
    show.change(scene, since)

    due = show.due(since + seconds)
    assert due is None or due > since + seconds


def test_the_same_scene_again_is_no_new_one() -> None:
    show = LightShow(EFFECTS, pixels=1, brightness=1.0)

    assert show.change(Scene.ERROR, 1.0)
    assert not show.change(Scene.ERROR, 2.0)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[sleeping]", "sleeping: no such scene; there are idle, listening"),
        ("idle = 1", "idle: must be a table, such as [idle]"),
        ('[idle]\ncolour = "#000000"', "idle.colour: no such key; there are color"),
        ('[idle]\ncolor = "blue"', "idle.color: use #rrggbb"),
        ("[idle]\ncolor = 3", "idle.color: use #rrggbb"),
        ('[idle]\npattern = "dance"', "idle.pattern: use off, steady"),
        ('[idle]\ncolor = "#0000ff"\nperiod = 0.01', "idle.period: use seconds, 0.2"),
        ('[idle]\ncolor = "#0000ff"\nperiod = true', "idle.period: use seconds, 0.2"),
        ("[idle", "is not TOML"),
    ],
)
def test_a_mistake_in_effects_is_named(text: str, told: str) -> None:
    with pytest.raises(EffectsError) as error:
        parse_effects(text)
    assert str(error.value).startswith(told)


@given(st.text(max_size=80))
def test_whatever_is_in_the_file_it_is_taken_or_refused_in_words(text: str) -> None:
    with contextlib.suppress(EffectsError):
        assert parse_effects(text).keys() <= set(Scene)
