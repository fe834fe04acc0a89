"""The array on USB: pyusb is the real one, what it finds on the bus is the rig's."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from auricle.config.settings import Settings
from auricle.errors import ConfigError, DeviceError
from auricle.mqtt.messages import Messages
from auricle.mqtt.topics import Topics
from auricle.panel.array import ArrayParts, ArrayWatch, ChannelRoute
from auricle.panel.build import build
from auricle.panel.devices.xvf3800 import Xvf3800
from auricle.panel.effects import DARK, Color
from auricle.panel.xvf3800 import Channel
from rigs.hardware.usb_array import UsbArray
from rigs.mqtt.broker import Broker
from rigs.mqtt.subscriber import HouseClient
from rigs.waiting import eventually

NODE = "auricle/study"
MESSAGES = Messages(Topics("auricle", "study"))
ORANGE = Color(0xFF, 0xA0, 0x01)
RING = (20, 19)


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> UsbArray:
    """What pyusb finds by itself, as it finds libusb's."""
    array = UsbArray()
    monkeypatch.setattr("usb.backend.libusb1.get_backend", lambda *_, **__: array)
    return array


@contextlib.asynccontextmanager
async def panel(broker: Broker, **sections: Any) -> AsyncIterator[None]:
    settings = {
        "satellite": {"name": "study"},
        "mqtt": {"host": "127.0.0.1", "port": broker.port},
        **sections,
    }
    running = asyncio.create_task(build(Settings.model_validate(settings)).run())
    try:
        yield
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


def says(house: HouseClient, state: str, *, muted: bool = False) -> None:
    said = MESSAGES.state(state, muted=muted, ringing=False)
    for message in (*said, MESSAGES.availability(online=True)):
        house.say(message.topic, message.payload, retain=True)


def test_each_light_of_the_ring_has_its_color() -> None:
    bus = UsbArray()
    array = Xvf3800(bus)

    array.show((ORANGE, *(DARK,) * 11))
    array.show((DARK,) * 12)

    # The ring's own effects are switched off once: 5 is a color for each light.
    assert bus.told_to(20, 12) == [b"\x05"]
    assert bus.told_to(*RING) == [
        bytes.fromhex("01a0ff00") + bytes(44),
        bytes(48),
    ]


def test_older_firmware_shows_the_brightest_color() -> None:
    bus = UsbArray(version=(2, 0, 6))

    Xvf3800(bus).show((DARK, ORANGE, *(DARK,) * 10))

    assert bus.told_to(20, 12) == [b"\x03"]
    assert bus.told_to(20, 16) == [bytes.fromhex("01a0ff00")]
    assert bus.told_to(*RING) == []


def test_mute_is_the_pin_that_cuts_the_microphones_off() -> None:
    bus = UsbArray()
    array = Xvf3800(bus)

    array.mute(muted=True)
    assert bus.told == [(20, 1, bytes((30, 1)))]
    assert array.muted
    bus.press_mute()
    assert not array.muted


def test_a_channel_carries_what_it_is_told() -> None:
    bus = UsbArray()

    Xvf3800(bus).route(Channel.RIGHT, 7, 3)

    assert bus.told == [(35, 19, bytes((7, 3)))]


def test_an_answer_that_is_not_ready_is_asked_for_again() -> None:
    bus = UsbArray()
    bus.busy = 5

    assert not Xvf3800(bus).muted
    bus.busy = 1000
    with pytest.raises(DeviceError, match="does not answer"):
        _ = Xvf3800(bus).muted


def test_an_array_that_was_gone_is_opened_again_and_its_lights_taken_over() -> None:
    bus = UsbArray()
    array = Xvf3800(bus)
    array.show((ORANGE,) * 12)
    bus.unplug()
    with pytest.raises(DeviceError, match="disconnected"):
        array.show((ORANGE,) * 12)
    with pytest.raises(DeviceError, match="no ReSpeaker XVF3800 on USB"):
        array.show((ORANGE,) * 12)
    bus.plug_in()

    array.show((ORANGE,) * 12)

    assert bus.told_to(20, 12) == [b"\x05", b"\x05"]


def test_without_libusb_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for library in ("libusb1", "libusb0", "openusb"):
        monkeypatch.setattr(f"usb.backend.{library}.get_backend", lambda *_, **__: None)

    with pytest.raises(ConfigError, match=r"apt install libusb-1\.0-0"):
        Xvf3800().mute(muted=True)


async def test_the_ring_shows_the_state_and_the_channels_what_is_configured(
    broker: Broker, bus: UsbArray
) -> None:
    async with (
        HouseClient(broker.port, f"{NODE}/state") as house,
        panel(
            broker,
            lights={"device": "xvf3800", "brightness": 1.0},
            xvf3800={"left": "recognition"},
        ),
    ):
        says(house, "listening")
        blue = bytes.fromhex("ff400000")
        await eventually(lambda: bus.told_to(*RING)[-1:] == [blue * 12])
        assert bus.told_to(35, 15) == [bytes((7, 3))]
        assert bus.told_to(35, 19) == []
    # It goes dark.
    assert bus.told_to(*RING)[-1] == bytes(48)


async def test_its_button_closes_the_satellites_microphone_and_home_assistant_its_own(
    broker: Broker, bus: UsbArray
) -> None:
    async with (
        HouseClient(broker.port, f"{NODE}/mute/set") as house,
        panel(broker, xvf3800={"mute": True}),
    ):
        says(house, "muted", muted=True)
        await eventually(lambda: bus.muted)
        says(house, "idle", muted=False)
        await eventually(lambda: not bus.muted)
        assert house.on(f"{NODE}/mute/set") == []

        bus.press_mute()
        await house.hears(f"{NODE}/mute/set", "ON")


async def test_an_array_that_is_plugged_in_again_is_told_again() -> None:
    bus = UsbArray()
    bus.unplug()
    parts = ArrayParts(
        Xvf3800(bus), [ChannelRoute(Channel.RIGHT, 3, 2)], mirrors_mute=True
    )
    muted: list[bool | None] = []
    watch = ArrayWatch(parts, muted.append, reopen=0.05)
    watch.start()
    for times in (1, 2):
        bus.plug_in()
        await eventually(lambda: muted[-1:] == [False])
        assert bus.told_to(35, 19) == [bytes((3, 2))] * times
        bus.unplug()
        await eventually(lambda: muted[-1] is None)
    await watch.stop()
