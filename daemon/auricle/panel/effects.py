"""How each scene looks: a color, a pattern, and how the pattern moves.

The effects are data, of a TOML file with a table a scene. Time is an argument: what a
light shows is a matter of how long its scene lasts already.
"""

import math
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, assert_never

from auricle.panel.scene import Scene

FRAME = 0.04
"""Seconds between two pictures of a pattern that moves."""
_PERIOD = (0.2, 60.0)
_SOON = 0.001
# A light that breathes is never so dark that its color is lost.
_DIMMEST = 0.08
_KEYS = ("color", "pattern", "period")


class EffectsError(ValueError):
    """Effects that are none; the message says which, and what to write."""


@dataclass(frozen=True, slots=True)
class Color:
    """A color of 0 to 255 each."""

    red: int
    green: int
    blue: int

    def dimmed(self, share: float) -> "Color":
        """Return the color with so much of its light, 0 to 1."""
        return Color(
            round(self.red * share), round(self.green * share), round(self.blue * share)
        )


DARK = Color(0, 0, 0)
"""No light at all."""
Picture = tuple[Color, ...]
"""The color of each pixel."""


class Pattern(StrEnum):
    """Names what an effect does with its color."""

    OFF = "off"
    STEADY = "steady"
    BREATHE = "breathe"
    BLINK = "blink"
    SPIN = "spin"


@dataclass(frozen=True, slots=True)
class Effect:
    """What a light does while its scene lasts."""

    pattern: Pattern
    color: Color
    period: float
    """Seconds until the pattern begins again."""

    def picture(self, seconds: float, pixels: int) -> Picture:
        """Return what is shown when the scene has lasted for `seconds`.

        A picture at 0 seconds always has the effect's own color in it.
        """
        turn = seconds / self.period % 1.0
        match self.pattern:
            case Pattern.OFF:
                return (DARK,) * pixels
            case Pattern.STEADY:
                return (self.color,) * pixels
            case Pattern.BLINK:
                return (self.color if turn < 0.5 else DARK,) * pixels
            case Pattern.SPIN if pixels > 1:
                return tuple(self._tail(turn, i, pixels) for i in range(pixels))
            case Pattern.BREATHE | Pattern.SPIN:
                # A single light has nowhere to go.
                light = (1 + math.cos(2 * math.pi * turn)) / 2
                share = _DIMMEST + (1 - _DIMMEST) * light
                return (self.color.dimmed(share),) * pixels
            case pattern:
                assert_never(pattern)

    def _tail(self, turn: float, index: int, pixels: int) -> Color:
        """A head that goes round, and half of a circle behind it that fades."""
        behind = (math.floor(turn * pixels) - index) % pixels
        share = max(0.0, 1 - 2 * behind / pixels)
        # The eye takes a quarter of the light for half of it.
        return self.color.dimmed(share**2)

    def next_change(self, seconds: float) -> float | None:
        """Return when, in seconds of the scene, the picture is another one behind that
        at `seconds`; None: never.
        """
        match self.pattern:
            case Pattern.OFF | Pattern.STEADY:
                return None
            case Pattern.BLINK:
                half = self.period / 2
                return (math.floor(seconds / half) + 1) * half
            case Pattern.BREATHE | Pattern.SPIN:
                return seconds + FRAME
            case pattern:
                assert_never(pattern)


Effects = Mapping[Scene, Effect]
"""What is shown in each scene."""


def parse_effects(text: str) -> dict[Scene, Effect]:
    """Return the effects in a TOML file's text, of as many scenes as it has.

    Raises EffectsError, which says what is wrong.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise EffectsError(f"is not TOML: {error}") from error
    return dict(_effects_in(tables))


def _effects_in(tables: Mapping[str, Any]) -> Iterator[tuple[Scene, Effect]]:
    for name, table in tables.items():
        if name not in tuple(Scene):
            raise EffectsError(f"{name}: no such scene; there are {', '.join(Scene)}")
        if not isinstance(table, dict):
            raise EffectsError(f"{name}: must be a table, such as [{name}]")
        for key in table:
            if key not in _KEYS:
                known = ", ".join(_KEYS)
                raise EffectsError(f"{name}.{key}: no such key; there are {known}")
        yield Scene(name), _effect(name, table)


def _effect(name: str, table: Mapping[str, Any]) -> Effect:
    pattern = table.get("pattern", "steady")
    if pattern not in tuple(Pattern):
        raise EffectsError(f"{name}.pattern: use {', '.join(Pattern)}")
    color = table.get("color", "#000000" if pattern == "off" else "")
    if not isinstance(color, str) or not re.fullmatch("#[0-9a-fA-F]{6}", color):
        raise EffectsError(f'{name}.color: use #rrggbb, such as "#0030ff"')
    period = table.get("period", 1.0)
    least, most = _PERIOD
    if type(period) not in (int, float) or not least <= period <= most:
        raise EffectsError(f"{name}.period: use seconds, {least:g} to {most:g}")
    return Effect(Pattern(pattern), Color(*bytes.fromhex(color[1:])), float(period))


class LightShow:
    """What a light shows now, and until when; one scene after the other.

    Times are seconds of any clock that nobody sets.
    """

    def __init__(self, effects: Effects, *, pixels: int, brightness: float) -> None:
        """`effects` has every scene; `brightness` is the share of all light that is
        used, 0 to 1.
        """
        self._effects = effects
        self._pixels = pixels
        self._brightness = brightness
        self._scene = Scene.AWAY
        self._since = 0.0

    def change(self, scene: Scene, now: float) -> bool:
        """Show `scene` from now on; return whether that is another one."""
        if scene is self._scene:
            return False
        self._scene, self._since = scene, now
        return True

    def picture(self, now: float) -> Picture:
        """Return what is to be seen now."""
        effect = self._effects[self._scene]
        picture = effect.picture(max(0.0, now - self._since), self._pixels)
        return tuple(color.dimmed(self._brightness) for color in picture)

    def due(self, now: float) -> float | None:
        """Return when the picture is another one; None: not before the next scene."""
        effect = self._effects[self._scene]
        change = effect.next_change(max(0.0, now - self._since))
        # Rounded, it may be now once more.
        return None if change is None else max(self._since + change, now + _SOON)
