"""What a person does with a button, by when it goes down and up.

| state | down | up | time |
|---|---|---|---|
| RESTS | DOWN | | |
| DOWN | | PRESS, RESTS; where a double press means something: RELEASED | `long_after`: LONG, HELD |
| RELEASED | DOUBLE, SECOND | | `double_within`: PRESS, RESTS |
| SECOND | | RESTS | |
| HELD | | LET_GO, RESTS | |

A contact bounces: what does not last for BOUNCE seconds did not happen. Times are
seconds of any clock that nobody sets.
"""  # noqa: E501  # a table's row

import math
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import assert_never

BOUNCE = 0.02
"""Seconds that a level has to last: contacts bounce for up to 10 ms."""


class Gesture(StrEnum):
    """What was done with the button."""

    PRESS = "press"
    DOUBLE = "double"
    LONG = "long"
    """It is held down, and still is."""
    LET_GO = "let_go"
    """It was held down, and is no more."""


@dataclass(frozen=True, slots=True)
class GestureSettings:
    """How quick a person is."""

    doubles: bool = True
    """Whether two presses are something else than one twice: one is then known late."""
    double_within: float = 0.4
    """Seconds from one press to the next, for both to be a double one."""
    long_after: float = 0.8
    """Seconds that a long press lasts at least."""


class _State(Enum):
    RESTS = auto()
    DOWN = auto()
    RELEASED = auto()
    SECOND = auto()
    HELD = auto()


class Gestures:
    """Takes the button's level each time it changes; no clock and no pin."""

    def __init__(self, settings: GestureSettings) -> None:
        """Expect a button that is not pressed."""
        self._settings = settings
        self._state = _State.RESTS
        self._since = -math.inf
        """The time when the state began."""
        self._down = False
        """The level that counts."""
        self._level = False
        """The level that came last, which may be a bounce."""
        self._level_since = -math.inf

    @property
    def due(self) -> float | None:
        """When `pass_time` is to be called, though nothing comes; None: not at all."""
        dues = []
        if self._level is not self._down:
            dues.append(self._level_since + BOUNCE)
        match self._state:
            case _State.DOWN:
                dues.append(self._since + self._settings.long_after)
            case _State.RELEASED:
                dues.append(self._since + self._settings.double_within)
            case _State.RESTS | _State.SECOND | _State.HELD:
                pass
            case state:
                assert_never(state)
        return min(dues, default=None)

    def level(self, *, down: bool, at: float) -> list[Gesture]:
        """Take what the pin says from `at` on, in the order of time."""
        gestures = self.pass_time(at)
        if down is not self._level:
            self._level, self._level_since = down, at
        return gestures

    def pass_time(self, now: float) -> list[Gesture]:
        """Return what time has decided by `now`."""
        gestures = []
        while (due := self.due) is not None and due <= now:
            bounced = self._level is not self._down
            if bounced and due == self._level_since + BOUNCE:
                self._down = self._level
                gestures += self._changed(self._level_since)
            else:
                gestures += self._timed_out(due)
        return gestures

    def _changed(self, at: float) -> list[Gesture]:
        match self._state:
            case _State.RESTS:
                return self._go(_State.DOWN, at)
            case _State.DOWN if self._settings.doubles:
                return self._go(_State.RELEASED, at)
            case _State.DOWN:
                return self._go(_State.RESTS, at, Gesture.PRESS)
            case _State.RELEASED:
                return self._go(_State.SECOND, at, Gesture.DOUBLE)
            case _State.SECOND:
                return self._go(_State.RESTS, at)
            case _State.HELD:
                return self._go(_State.RESTS, at, Gesture.LET_GO)
            case state:
                assert_never(state)

    def _timed_out(self, at: float) -> list[Gesture]:
        held = self._state is _State.DOWN
        state = _State.HELD if held else _State.RESTS
        return self._go(state, at, Gesture.LONG if held else Gesture.PRESS)

    def _go(self, state: _State, at: float, *gestures: Gesture) -> list[Gesture]:
        self._state, self._since = state, at
        return list(gestures)
