"""Lights and a button, tried by a person: colors to be seen, and one press."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from auricle.panel.button import OpenPin
from auricle.panel.effects import DARK, Color
from auricle.panel.lamp import Lamp
from auricle.system.threads import hand_to_loop

COLORS: Mapping[str, Color] = MappingProxyType(
    {
        "red": Color(255, 0, 0),
        "green": Color(0, 255, 0),
        "blue": Color(0, 0, 255),
    }
)
"""What is shown, one behind the other: whoever mixes them up is seen."""
SHOWN = 1.0
"""Seconds that each color is to be seen."""
_BETWEEN = 0.3
PATIENCE = 15.0
"""Seconds in which the button is to be pressed."""


@dataclass(frozen=True, slots=True)
class LightsTrial:
    """Has lights that are not open yet."""

    open_lamp: Callable[[], Lamp]
    pixels: int
    brightness: float
    """The share of all their light that is used."""

    async def show_colors(self, shown: float = SHOWN) -> None:
        """Show each color for so many seconds, dark in between and in the end.

        Raises ConfigError, DeviceError.
        """
        dark = (DARK,) * self.pixels
        lamp = self.open_lamp()
        try:
            for color in COLORS.values():
                lamp.show((color.dimmed(self.brightness),) * self.pixels)
                await asyncio.sleep(shown)
                lamp.show(dark)
                await asyncio.sleep(min(shown, _BETWEEN))
        finally:
            lamp.close()


async def is_pressed(open_pin: OpenPin, within: float = PATIENCE) -> bool:
    """Return whether the button goes down within so many seconds. Raises
    ConfigError.
    """
    loop, pressed = asyncio.get_running_loop(), asyncio.Event()

    def changed(down: bool) -> None:
        if down:
            hand_to_loop(loop, pressed.set)

    pin = open_pin(changed)
    try:
        async with asyncio.timeout(within):
            await pressed.wait()
    except TimeoutError:
        return False
    finally:
        pin.close()
    return True
