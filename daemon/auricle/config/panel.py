"""The settings of lights, buttons and hooks, which `auricle panel` serves."""

import shlex
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from auricle.config.choices import (
    ArrayChannel,
    ButtonAction,
    LightsDevice,
    PressedLevel,
)
from auricle.config.gpio import BUTTON_OF_2MIC
from auricle.config.sections import OptionalPath, Section

Gpio = Annotated[int, Field(ge=0, le=27)]
"""A number of a GPIO on the 40-pin header, which is not the number of its pin."""


def _as_list(value: object) -> object:
    return (value,) if isinstance(value, int | str) else value


def _device_file(value: str) -> str:
    if not value.startswith("/dev/"):
        raise ValueError("use the path of a device, such as /dev/spidev0.0")
    return value


class LightsSettings(Section):
    """Lights that show what the satellite does; `auricle panel` serves them."""

    device: LightsDevice = LightsDevice.NONE
    """What they are: respeaker_2mic or respeaker_4mic, hats with their lights; xvf3800,
    ReSpeaker's array on USB; apa102 or ws2812, a strip of such pixels on SPI; gpio, one
    LED or three for red, green and blue; empty: there are none."""
    pixels: int = Field(12, ge=1, le=300)
    """The pixels of a strip; a hat's are known."""
    pins: Annotated[tuple[Gpio, ...], BeforeValidator(_as_list)] = Field(
        (), max_length=3
    )
    """The GPIO of an LED, or those of red, green and blue; with device = "gpio"."""
    spi: Annotated[str, AfterValidator(_device_file)] = Field(
        "/dev/spidev0.0", max_length=255
    )
    """The SPI device that a strip or a hat is on."""
    brightness: float = Field(0.3, ge=0.01, le=1)
    """The share of all their light that is used."""
    effects: OptionalPath = Field(None, examples=["/etc/auricle/effects.toml"])
    """A TOML file with effects of your own: what is shown in each state, by color and
    pattern; default: ours."""

    @model_validator(mode="after")
    def _pins_are_known(self) -> "LightsSettings":
        if self.device is LightsDevice.GPIO and len(self.pins) not in (1, 3):
            raise ValueError(
                'device = "gpio" needs pins: one GPIO, as [25], or those of red, '
                "green and blue, as [13, 19, 26]"
            )
        if self.pins and self.device is not LightsDevice.GPIO:
            raise ValueError('pins are for device = "gpio"')
        if len(set(self.pins)) < len(self.pins):
            raise ValueError("pins names a GPIO twice")
        return self


class ButtonSettings(Section):
    """A button that gives the satellite orders; `auricle panel` serves it."""

    pin: Gpio | None = Field(None, examples=[BUTTON_OF_2MIC])
    """The GPIO of a button, 17 on ReSpeaker's 2-Mic hat; default: there is none."""
    pressed: PressedLevel = PressedLevel.GROUND
    """What the pressed button connects it to, ground or supply (3.3 V): it is pulled to
    the other one."""
    press: ButtonAction = ButtonAction.TALK
    """What a press orders: talk (listen, and once more: the sentence is over), stop
    (what it hears, plays or rings), mute (close or open the microphone) or nothing."""
    double: ButtonAction = ButtonAction.STOP
    """What two presses order; where that is nothing, a single one is obeyed sooner."""
    long: ButtonAction = ButtonAction.MUTE
    """What holding it orders; with talk, the sentence is over when it is let go."""
    double_within: float = Field(0.4, ge=0.1, le=1)
    """Seconds between two presses, at most."""
    long_after: float = Field(0.8, ge=0.3, le=5)
    """Seconds that it is held, at least."""


class Xvf3800Settings(Section):
    """What is told to a ReSpeaker XVF3800 on USB, beside its lights; `auricle panel`
    does it.
    """

    mute: bool = False
    """Be muted with the satellite, and the satellite with its button."""
    left: ArrayChannel = ArrayChannel.UNCHANGED
    """What its left channel carries (microphone.channel 0): processed (as people want
    to hear it), recognition (as programs do), microphone_0 to microphone_3, reference
    (what the loudspeaker plays) or silence; empty: what it does by itself."""
    right: ArrayChannel = ArrayChannel.UNCHANGED
    """What its right channel carries (microphone.channel 1)."""


def _words(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        # As a shell would, and without one.
        return tuple(shlex.split(value))
    except ValueError as error:
        raise ValueError("has a quotation mark that is not closed") from error


def _program(value: tuple[str, ...]) -> tuple[str, ...]:
    if value and not value[0].strip():
        raise ValueError("begin with the program to run")
    return value


HookCommand = Annotated[
    tuple[str, ...], BeforeValidator(_words), AfterValidator(_program)
]
"""A program and its arguments, as a list or as one text."""


class HooksSettings(Section):
    """Programs of yours that `auricle panel` runs when something happens, without a
    shell and in its own sandbox, with the event as JSON on standard input.
    """

    on_wake: HookCommand = Field((), max_length=64)
    """What to run when a turn begins, such as "/usr/local/bin/dim --to 10", or a list
    of the program and its arguments; empty: nothing."""
    on_final: HookCommand = Field((), max_length=64)
    """What to run for a final transcript."""
    on_outcome: HookCommand = Field((), max_length=64)
    """What to run when a turn ends, whichever way."""
    on_state: HookCommand = Field((), max_length=64)
    """What to run when the satellite does something else than before."""
    timeout: float = Field(10.0, ge=0.1, le=600)
    """Seconds after which a program is killed, with whatever it started."""
    at_once: int = Field(4, ge=1, le=16)
    """Programs that run at the same time; what comes meanwhile is not run."""
    per_minute: int = Field(60, ge=1, le=600)
    """Programs that are started in a minute."""
