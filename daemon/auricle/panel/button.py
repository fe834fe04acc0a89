"""A button on the event loop: what is done with it, as soon as it is known."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from auricle.mqtt.link.message import Message
from auricle.panel.gestures import Gesture, Gestures, GestureSettings
from auricle.panel.scene import SatelliteView
from auricle.system.threads import hand_to_loop

logger = logging.getLogger(__name__)


class Pin(Protocol):
    """Tells whoever opened it of each change, until it is closed."""

    def close(self) -> None:
        """Give it back."""


OpenPin = Callable[[Callable[[bool], None]], Pin]
"""Opens a pin: what it is given hears, in any thread, whether the button is down."""


@dataclass(frozen=True, slots=True)
class ButtonParts:
    """What a button is made of, none of it started."""

    open_pin: OpenPin
    gestures: GestureSettings
    order: Callable[[Gesture, SatelliteView], Message | None]
    """Returns what a gesture orders a satellite."""


class Button:
    """Turns the levels of a pin into gestures."""

    def __init__(
        self,
        parts: ButtonParts,
        view: SatelliteView,
        tell: Callable[[Message], object],
    ) -> None:
        """Call `tell`, on the event loop, with what the satellite in `view` is told."""
        self._parts = parts
        self._gestures = Gestures(parts.gestures)
        self._view = view
        self._tell = tell
        self._loop = asyncio.get_running_loop()
        self._pin: Pin | None = None
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Look at the pin from now on. Raises ConfigError."""
        # When it was is told with it: the event loop may be busy meanwhile.
        loop, changed = self._loop, self._changed
        self._pin = self._parts.open_pin(
            lambda down: hand_to_loop(loop, changed, down, loop.time())
        )

    def stop(self) -> None:
        """Give the pin back."""
        if self._timer is not None:
            self._timer.cancel()
        if self._pin is not None:
            self._pin.close()

    def _changed(self, down: bool, at: float) -> None:  # from a thread
        self._carry_out(self._gestures.level(down=down, at=at))

    def _time_passed(self) -> None:
        self._timer = None
        self._carry_out(self._gestures.pass_time(self._loop.time()))

    def _carry_out(self, gestures: list[Gesture]) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if (due := self._gestures.due) is not None:
            self._timer = self._loop.call_at(due, self._time_passed)
        for gesture in gestures:
            message = self._parts.order(gesture, self._view)
            scene = self._view.scene
            if message is None:
                logger.debug("button, %s: nothing to order, it is %s", gesture, scene)
                continue
            logger.debug("button, %s: %s", gesture, message.topic)
            self._tell(message)
