"""Lights and a button that a person tries: `auricle panel --try`."""

import asyncio
import os
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import gpiozero
import pytest
from gpiozero.pins.mock import MockFactory, MockPWMPin

from auricle.config.panel import ButtonSettings, LightsSettings
from auricle.panel.build import button_trial, lights_trial
from auricle.panel.trial import COLORS, is_pressed
from rigs.homes.program import auricle, write_settings
from rigs.waiting import elapse, eventually

LEDS = (13, 19, 26)


@pytest.fixture
def pins() -> Iterator[MockFactory]:
    gpiozero.Device.pin_factory = factory = MockFactory(pin_class=MockPWMPin)
    yield factory
    factory.reset()
    gpiozero.Device.pin_factory = None


def shows(pins: MockFactory, parts: Sequence[float]) -> bool:
    states: list[float] = [pins.pin(pin).state for pin in LEDS]
    return states == pytest.approx(parts, abs=0.01)


async def test_each_led_of_three_shows_its_color_and_the_pins_are_given_back(
    pins: MockFactory,
) -> None:
    lit = LightsSettings.model_validate({"device": "gpio", "pins": LEDS})
    trial = lights_trial(lit)
    showing = asyncio.create_task(trial.show_colors(0.3))
    for led in LEDS[: len(COLORS)]:
        alone = [lit.brightness * (other == led) for other in LEDS]
        await eventually(partial(shows, pins, alone))
    await showing

    assert [pins.pin(pin).function for pin in LEDS] == ["input"] * 3


async def test_a_button_that_is_pressed_is_known_to_work(pins: MockFactory) -> None:
    open_pin = button_trial(ButtonSettings(pin=17))
    waiting = asyncio.create_task(is_pressed(open_pin, within=30))
    # Whoever presses before it waits does so once more.
    while not waiting.done():
        pins.pin(17).drive_high()
        await elapse(0.05)
        pins.pin(17).drive_low()
        await elapse(0.05)

    assert await waiting


async def test_a_button_that_nobody_presses_is_waited_for_and_let_go(
    pins: MockFactory,
) -> None:
    open_pin = button_trial(ButtonSettings(pin=17))

    assert not await is_pressed(open_pin, within=0.2)
    assert not await is_pressed(open_pin, within=0.2)


@pytest.mark.parametrize("part", ["lights", "button"])
async def test_what_is_not_configured_cannot_be_tried(
    tmp_path: Path, part: str
) -> None:
    config = tmp_path / "config.toml"
    write_settings(config, {"satellite": {"name": "study"}})
    code, _, err = await auricle("panel", "--try", part, "--config", str(config))

    assert code == os.EX_CONFIG
    assert "to try" in err


async def test_an_array_that_is_not_plugged_in_is_told(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    write_settings(config, {"lights": {"device": "xvf3800"}})
    code, _, err = await auricle("panel", "--try", "lights", "--config", str(config))

    # A machine without libusb says that.
    assert code in (os.EX_UNAVAILABLE, os.EX_CONFIG)
    assert "XVF3800" in err
