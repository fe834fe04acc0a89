"""LEDs, buttons and switches on GPIOs, through gpiozero and lgpio."""

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence

# lgpio makes a pipe in the folder that it is started in, as soon as it is imported.
os.environ.setdefault("LG_WD", tempfile.gettempdir())
# gpiozero would try one library after the other, and warn of each.
os.environ.setdefault("GPIOZERO_PIN_FACTORY", "lgpio")

import gpiozero  # it reads them

from auricle.assets.requirements import remedy
from auricle.errors import ConfigError, DeviceError
from auricle.panel.effects import Color, Picture


class GpioLamp:
    """Is one LED, or one for each of red, green and blue."""

    def __init__(self, pins: Sequence[int]) -> None:
        """Take `pins`, of one or of three GPIOs, dark. Raises ConfigError."""
        self._leds: list[gpiozero.PWMLED] = []
        for pin in pins:
            with _told(pin, "lights.pins"):
                self._leds.append(gpiozero.PWMLED(pin))

    def show(self, picture: Picture) -> None:
        """Show the first color of `picture`; a single LED its brightest part. Raises
        DeviceError.
        """
        try:
            for led, value in zip(self._leds, self._values(picture[0]), strict=True):
                led.value = value / 255
        except _failures() as error:
            raise DeviceError(f"GPIO: {error}") from error

    def close(self) -> None:
        """Give the pins back."""
        for led in self._leds:
            led.close()

    def _values(self, color: Color) -> Sequence[int]:
        each = (color.red, color.green, color.blue)
        return each if len(self._leds) > 1 else (max(each),)


class GpioButton:
    """Is a button that is looked at."""

    def __init__(
        self, pin: int, *, to_ground: bool, changed: Callable[[bool], None]
    ) -> None:
        """Take `pin`, which the button connects to ground or to supply. `changed`
        learns whether it is down, each time that changes, in a thread of lgpio's.

        Raises ConfigError.
        """
        with _told(pin, "button.pin"):
            self._button = gpiozero.Button(pin, pull_up=to_ground)
        self._button.when_pressed = lambda: changed(True)
        self._button.when_released = lambda: changed(False)

    def close(self) -> None:
        """Give the pin back."""
        self._button.close()


class PowerSwitch:
    """Lets something have power while it is open."""

    def __init__(self, pin: int) -> None:
        """Take `pin` and switch it on. Raises ConfigError."""
        with _told(pin, "lights.device"):
            self._output = gpiozero.DigitalOutputDevice(pin, initial_value=True)

    def close(self) -> None:
        """Switch it off, and give the pin back."""
        self._output.off()
        self._output.close()


@contextlib.contextmanager
def _told(pin: int, key: str) -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise ConfigError(
            f"{key}: GPIO {pin} needs lgpio, which is not installed; {remedy('panel')}"
        ) from error
    except _failures() as error:
        raise ConfigError(
            f"{key}: GPIO {pin} cannot be used ({error}): is this a Raspberry Pi, may "
            "this user use /dev/gpiochip0 (group gpio), and has no other program or "
            "overlay the pin?"
        ) from error


def _failures() -> tuple[type[Exception], ...]:
    failures: list[type[Exception]] = [OSError, gpiozero.GPIOZeroError]
    with contextlib.suppress(ImportError):
        import lgpio

        failures.append(lgpio.error)
    return tuple(failures)
