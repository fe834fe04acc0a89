"""Lights and a button beside a real broker, and beside a real satellite."""

import asyncio
import contextlib
import itertools
import os
import signal
from collections.abc import AsyncIterator, Iterator, Sequence
from importlib.resources import as_file
from pathlib import Path
from typing import Any

import gpiozero
import pytest
from gpiozero.pins.mock import MockFactory, MockPWMPin

from auricle.assets import lights
from auricle.assets.recordings import OKAY_NABU
from auricle.config.settings import Settings
from auricle.errors import ConfigError
from auricle.mqtt.messages import Messages
from auricle.mqtt.topics import Topics
from auricle.panel.build import build
from auricle.panel.effects import DARK, Color, parse_effects
from auricle.panel.scene import Scene
from rigs.hardware.spi_wire import SpiWire
from rigs.homes.program import Program
from rigs.mqtt.broker import Broker
from rigs.mqtt.subscriber import HouseClient
from rigs.recognizer.scripted_recognizer import ScriptedRecognizer
from rigs.uninstalled import without
from rigs.waiting import elapse, eventually

NODE = "auricle/study"
EFFECTS = parse_effects(lights.effects())
LED = 25
PIN = 17


@pytest.fixture
def pins() -> Iterator[MockFactory]:
    """gpiozero's own stand-in for the pins of a Raspberry Pi."""
    gpiozero.Device.pin_factory = factory = MockFactory(pin_class=MockPWMPin)
    yield factory
    factory.reset()
    gpiozero.Device.pin_factory = None


def settings(broker: Broker, **sections: Any) -> dict[str, Any]:
    return {
        "satellite": {"name": "study"},
        "mqtt": {"host": "127.0.0.1", "port": broker.port},
        **sections,
    }


@contextlib.asynccontextmanager
async def panel(broker: Broker, **sections: Any) -> AsyncIterator[None]:
    running = asyncio.create_task(
        build(Settings.model_validate(settings(broker, **sections))).run()
    )
    try:
        yield
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


@contextlib.asynccontextmanager
async def satellite(broker: Broker, state: str) -> AsyncIterator[HouseClient]:
    """Says what a satellite in that state does, and hears what it is told."""
    messages = Messages(Topics("auricle", "study"))
    muted = state == "muted"
    said = messages.state(state, muted=muted, ringing=False)
    async with HouseClient(broker.port, f"{NODE}/+/set", f"{NODE}/state") as house:
        for message in (*said, messages.availability(online=True)):
            house.say(message.topic, message.payload, retain=True)
        await house.hears(f"{NODE}/state", state)
        yield house


def scenes(pictures: Sequence[tuple[Color, ...]]) -> list[Scene | None]:
    """Whose color each picture has, without those that repeat it; None: it is dark."""
    return [scene for scene, _ in itertools.groupby(map(scene_of, pictures))]


def scene_of(picture: tuple[Color, ...]) -> Scene | None:
    brightest = max(picture, key=sum_of)
    if brightest == DARK:
        return None
    return min(
        (scene for scene in Scene if scene is not Scene.IDLE),
        key=lambda scene: distance(share(brightest), share(EFFECTS[scene].color)),
    )


def sum_of(color: Color) -> int:
    return color.red + color.green + color.blue


def share(color: Color) -> tuple[float, float, float]:
    whole = sum_of(color)
    return color.red / whole, color.green / whole, color.blue / whole


def distance(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True))


async def test_a_spoken_turn_shows_its_colors_in_their_order(
    broker: Broker, tmp_path: Path
) -> None:
    """The satellite, the panel and spidev are the real ones, and so is the broker."""
    wire = SpiWire(tmp_path)
    lit = {"lights": {"device": "respeaker_2mic", "brightness": 1.0}}
    async with (
        ScriptedRecognizer("Turn on the light.", decode_seconds=0.3) as server,
        HouseClient(broker.port, "#") as house,
        Program(
            tmp_path,
            settings(broker, **lit),
            command="panel",
            environment=wire.environment,
        ) as shown,
    ):
        await eventually(lambda: scenes(wire.pictures) == [Scene.AWAY])
        asked = {
            "asr": {"url": server.url, "language": "en"},
            "utterance": {"mode": "manual"},
        }
        with as_file(OKAY_NABU) as recording:
            async with Program(
                tmp_path, settings(broker, **asked), "--recording", str(recording)
            ) as heard:
                await house.hears(f"{NODE}/event/utterance", timeout=60)
                await house.hears(f"{NODE}/state", "idle")
                turn = [None, Scene.LISTENING, Scene.PROCESSING, None]
                await eventually(lambda: scenes(wire.pictures) == [Scene.AWAY, *turn])
                assert await heard.stop() == 0
        await eventually(lambda: scenes(wire.pictures)[-1] is Scene.AWAY)
        assert await shown.stop(signal.SIGTERM) == 0

    assert all(len(picture) == 3 for picture in wire.pictures)
    assert scene_of(wire.pictures[-1]) is None


async def test_a_light_of_one_led_is_as_bright_as_its_color(
    broker: Broker, pins: MockFactory
) -> None:
    async with (
        satellite(broker, "muted"),
        panel(broker, lights={"device": "gpio", "pins": 25, "brightness": 0.5}),
    ):
        # Red, of which half is used.
        await eventually(lambda: pins.pin(25).state == pytest.approx(0.5, abs=0.01))
    # Nothing drives it any more.
    assert pins.pin(25).function == "input"


async def test_a_light_of_three_leds_mixes_its_color(
    broker: Broker, pins: MockFactory
) -> None:
    lit = {"device": "gpio", "pins": [13, 19, 26], "brightness": 1.0}

    def mixed() -> list[float]:
        return [pins.pin(pin).state for pin in (13, 19, 26)]

    async with satellite(broker, "listening"), panel(broker, lights=lit):
        blue = EFFECTS[Scene.LISTENING].color
        expected = [part / 255 for part in (blue.red, blue.green, blue.blue)]
        await eventually(lambda: mixed() == pytest.approx(expected))


@contextlib.asynccontextmanager
async def pressable(
    broker: Broker, pins: MockFactory, state: str, **button: Any
) -> AsyncIterator[HouseClient]:
    """A satellite in that state, and a panel that has heard of it."""
    effects = broker.directory / "effects.toml"
    effects.write_text(f'[{state}]\ncolor = "#ffffff"\n[away]\npattern = "off"\n')
    lit = {"device": "gpio", "pins": LED, "brightness": 1.0, "effects": str(effects)}
    async with (
        satellite(broker, state) as house,
        panel(broker, lights=lit, button={"pin": PIN, **button}),
    ):
        await eventually(lambda: pins.pin(LED).state == 1)
        yield house


async def press(pins: MockFactory, times: int = 1, seconds: float = 0.05) -> None:
    for _ in range(times):
        pins.pin(PIN).drive_low()
        await elapse(seconds)
        pins.pin(PIN).drive_high()
        await elapse(0.05)


@pytest.mark.parametrize(("state", "order"), [("idle", "START"), ("listening", "STOP")])
async def test_a_press_makes_it_listen_and_the_next_one_ends_the_sentence(
    broker: Broker, pins: MockFactory, state: str, order: str
) -> None:
    async with pressable(broker, pins, state) as house:
        await press(pins)
        await house.hears(f"{NODE}/listen/set", order)


async def test_two_presses_silence_what_plays(
    broker: Broker, pins: MockFactory
) -> None:
    async with pressable(broker, pins, "responding", double_within=1.0) as house:
        await press(pins, 2)
        await house.hears(f"{NODE}/play/set", '{"cancel":true}')

        assert house.on(f"{NODE}/listen/set") == []


async def test_a_long_press_closes_the_microphone(
    broker: Broker, pins: MockFactory
) -> None:
    async with pressable(broker, pins, "idle", long_after=0.3) as house:
        await press(pins, seconds=0.6)
        await house.hears(f"{NODE}/mute/set", "ON")


async def test_a_button_that_goes_to_the_supply_is_pressed_when_it_is_high(
    broker: Broker, pins: MockFactory
) -> None:
    async with pressable(
        broker, pins, "idle", pressed="supply", double="nothing"
    ) as house:
        pins.pin(PIN).drive_high()
        await elapse(0.05)
        pins.pin(PIN).drive_low()
        await house.hears(f"{NODE}/listen/set", "START")


async def test_the_lights_say_when_the_broker_is_gone_and_come_back_with_it(
    broker: Broker, pins: MockFactory
) -> None:
    lit = {"device": "gpio", "pins": [13, 19, 26], "brightness": 1.0}

    def looks(scene: Scene) -> bool:
        color = EFFECTS[scene].color
        mixed = [pins.pin(pin).state * 255 for pin in (13, 19, 26)]
        seen = Color(*map(round, mixed))
        return seen != DARK and distance(share(seen), share(color)) < 0.05

    async with satellite(broker, "listening"), panel(broker, lights=lit):
        await eventually(lambda: looks(Scene.LISTENING))
        broker.stop()
        await eventually(lambda: looks(Scene.AWAY))
        broker.start(remember=True)
        await eventually(lambda: looks(Scene.LISTENING))


async def test_a_panel_without_lights_or_button_says_so(broker: Broker) -> None:
    with pytest.raises(ConfigError, match=r"set lights\.device, button\.pin"):
        build(Settings.model_validate(settings(broker)))


async def test_an_spi_device_that_is_missing_is_named_with_the_remedy(
    broker: Broker, tmp_path: Path
) -> None:
    lit = {"device": "apa102", "spi": "/dev/spidev7.7"}
    async with Program(
        tmp_path, settings(broker, lights=lit), command="panel"
    ) as program:
        assert await program.ended(30) == os.EX_CONFIG

    assert (
        "lights.spi: /dev/spidev7.7: no such file or directory; switch" in program.log
    )


async def test_a_missing_library_is_named_with_the_remedy(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    without(monkeypatch, "gpiozero", "auricle.panel.devices.gpio")

    with pytest.raises(ConfigError, match=r"gpiozero.*panel\.txt"):
        build(Settings.model_validate(settings(broker, button={"pin": PIN})))
