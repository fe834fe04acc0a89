"""The whole program and its microphone: what the house is told, and that it goes on."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterator
from importlib.resources import as_file
from pathlib import Path
from typing import Any

import pytest

from auricle.assets.recordings import OKAY_NABU
from auricle.audio.files.recording import read_recording
from rigs.audio.speech import noise
from rigs.audio.virtual_microphone import VirtualMicrophone
from rigs.homes.program import Program, local_recognizer
from rigs.mqtt.broker import Broker, running_broker
from rigs.mqtt.subscriber import HouseClient
from rigs.recognizer.scripted_recognizer import ScriptedRecognizer
from rigs.waiting import eventually

NODE = "auricle/study"
# Of a machine that has much else to do.
PATIENCE = 60.0
# Opened twice: PortAudio does it three times each, to find a format that is taken.
A_FEW = 6


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    folder = tmp_path / "broker"
    folder.mkdir()
    with running_broker(folder) as broker:
        yield broker


@contextlib.asynccontextmanager
async def satellite(
    folder: Path, broker: Broker, room: VirtualMicrophone, url: str
) -> AsyncIterator[tuple[HouseClient, Program]]:
    settings: dict[str, dict[str, Any]] = {
        "satellite": {"name": "study"},
        "mqtt": {"host": "127.0.0.1", "port": broker.port},
        "asr": {"url": url, "language": "en", "final_timeout": 30.0},
    }
    async with (
        HouseClient(broker.port, f"{NODE}/#") as house,
        Program(folder, settings, environment=room.environment) as program,
    ):
        await eventually(lambda: "listening to" in program.log, PATIENCE)
        yield house, program


async def says(house: HouseClient, problem: str | None) -> None:
    """Wait until this is what the house is told of the satellite's health."""

    def said() -> bool:
        told = house.on(f"{NODE}/diag")
        return bool(told) and json.loads(told[-1])["problem"] == problem

    await eventually(said, PATIENCE)


async def command(house: HouseClient, room: VirtualMicrophone) -> str:
    """Say the bundled one, as often as people would; the final transcript."""
    topic = f"{NODE}/transcript/final"
    before = len(house.on(topic))
    with as_file(OKAY_NABU) as path:
        spoken = read_recording(path)
    for _ in range(3):
        await asyncio.to_thread(room.play, spoken)
        # A machine that has much else to do loses a sound, or is late with the words.
        with contextlib.suppress(AssertionError):
            await eventually(lambda: len(house.on(topic)) > before, 40)
            break
    assert len(house.on(topic)) > before
    text: str = json.loads(house.on(topic)[-1])["text"]
    return text


async def test_a_command_that_is_played_into_the_microphone_is_transcribed(
    room: VirtualMicrophone, broker: Broker, tmp_path: Path
) -> None:
    async with (
        local_recognizer() as url,
        satellite(tmp_path, broker, room, url) as (house, program),
    ):
        assert "kitchen light" in (await command(house, room)).lower()
        assert await program.stop(timeout=30) == 0


@pytest.mark.parametrize(
    ("outage", "remedy"),
    [
        pytest.param(
            VirtualMicrophone.unplug, VirtualMicrophone.plug_in, id="unplugged"
        ),
        pytest.param(
            VirtualMicrophone.kill, VirtualMicrophone.start, id="server killed"
        ),
        pytest.param(
            VirtualMicrophone.freeze, VirtualMicrophone.thaw, id="server frozen"
        ),
    ],
)
async def test_the_house_is_told_of_an_outage_and_the_next_command_arrives(
    room: VirtualMicrophone,
    broker: Broker,
    tmp_path: Path,
    outage: Callable[[VirtualMicrophone], None],
    remedy: Callable[[VirtualMicrophone], None],
) -> None:
    async with (
        ScriptedRecognizer("Turn on the kitchen light.") as server,
        satellite(tmp_path, broker, room, server.url) as (house, program),
    ):
        await says(house, None)
        outage(room)
        await says(house, "mic_lost")
        await house.hears(f"{NODE}/state", "error")
        remedy(room)
        await says(house, None)
        await house.hears(f"{NODE}/state", "idle")
        assert await command(house, room) == "Turn on the kitchen light."
        assert await program.stop(timeout=30) == 0


async def test_the_house_is_told_of_zeros_and_of_a_wrong_gain(
    room: VirtualMicrophone, broker: Broker, tmp_path: Path
) -> None:
    async with (
        ScriptedRecognizer() as server,
        satellite(tmp_path, broker, room, server.url) as (house, program),
    ):
        # Nobody makes a sound here, and a null sink has no noise of its own.
        await says(house, "mic_suspect")
        await asyncio.to_thread(room.play, noise(3, dbfs=0))
        await says(house, "mic_clipping")
        assert await program.stop(timeout=30) == 0
        # Who has no Home Assistant reads the journal.
        assert program.log.count("nothing but zeros: it is muted or suspended") == 1
        assert program.log.count("microphone.channel = 0 hears one of them") == 1
        assert program.log.count("too loud to understand: lower its gain") == 1


async def mutes(house: HouseClient, count: int, *, last: str) -> None:
    """So many, on and off in turn, as fast as a broker passes them on; returns when
    the last one has been sent to the satellite.
    """
    topic = f"{NODE}/mute/set"
    heard = len(house.on(topic))
    first = {"ON": "OFF", "OFF": "ON"}[last]
    for number in range(1, count + 1):
        house.say(topic, last if number % 2 == count % 2 else first, qos=0)
        # More than a broker queues for anybody (1000) would be thrown away.
        if number % 250 == 0:
            behind = heard + number - 250
            await eventually(lambda behind=behind: len(house.on(topic)) >= behind)  # type: ignore[misc]  # mypy wants a plain lambda
    await eventually(lambda: len(house.on(topic)) == heard + count)


@pytest.mark.parametrize("count", [60, 10_000])
async def test_whatever_came_before_it_is_closed_behind_the_last_mute(
    room: VirtualMicrophone, broker: Broker, tmp_path: Path, count: int
) -> None:
    async with (
        ScriptedRecognizer("Turn on the kitchen light.") as server,
        satellite(tmp_path, broker, room, server.url) as (house, program),
    ):
        await house.hears(f"{NODE}/state", "idle")
        assert house.on(f"{NODE}/mute") == ["OFF"]
        with room.openings() as openings:
            await mutes(house, count, last="ON")
            # The promise; what was told meanwhile must have been true as well.
            await eventually(lambda: not room.captured, 0.5)
            await house.hears(f"{NODE}/state", "muted")
            await house.hears(f"{NODE}/mute", "ON")
            opened = openings()
            assert opened <= A_FEW
            state = tmp_path / "state.json"
            await eventually(lambda: json.loads(state.read_text())["muted"] is True)

            await mutes(house, 60, last="OFF")
            await house.hears(f"{NODE}/state", "idle")
            assert room.captured
            await house.hears(f"{NODE}/mute", "OFF")
            assert openings() - opened <= A_FEW
        assert await command(house, room) == "Turn on the kitchen light."
        assert len(house.on(f"{NODE}/mute")) < 20
        assert "no progress" not in program.log
        assert await program.stop(timeout=30) == 0


async def test_a_device_that_does_not_open_is_told_and_not_called_idle(
    room: VirtualMicrophone, broker: Broker, tmp_path: Path
) -> None:
    async with (
        ScriptedRecognizer() as server,
        satellite(tmp_path, broker, room, server.url) as (house, _),
    ):
        house.say(f"{NODE}/mute/set", "ON")
        await house.hears(f"{NODE}/state", "muted")
        room.freeze()
        house.say(f"{NODE}/mute/set", "OFF")
        await says(house, "mic_lost")
        await house.hears(f"{NODE}/state", "error")
        room.thaw()
        await says(house, None)
        await house.hears(f"{NODE}/state", "idle")
        assert house.on(f"{NODE}/state") == ["idle", "muted", "error", "idle"]


async def test_a_device_that_does_not_close_is_told_and_ends_the_program(
    room: VirtualMicrophone, broker: Broker, tmp_path: Path
) -> None:
    async with (
        ScriptedRecognizer() as server,
        satellite(tmp_path, broker, room, server.url) as (house, program),
    ):
        await house.hears(f"{NODE}/state", "idle")
        room.freeze()
        house.say(f"{NODE}/mute/set", "ON")
        await says(house, "mic_open")
        await house.hears(f"{NODE}/state", "error")
        # The kernel closes it then, and the next start leaves it closed.
        assert await program.ended(PATIENCE) == 1
        assert "muted" not in house.on(f"{NODE}/state")
        assert "ON" not in house.on(f"{NODE}/mute")
        room.thaw()
        await eventually(lambda: not room.captured)
        await program.start()
        await house.hears(f"{NODE}/state", "muted")
        assert not room.captured


async def test_a_sound_server_that_never_comes_back_ends_the_program(
    room: VirtualMicrophone, broker: Broker, tmp_path: Path
) -> None:
    async with (
        ScriptedRecognizer() as server,
        satellite(tmp_path, broker, room, server.url) as (house, program),
    ):
        room.freeze()
        # As systemd restarts it; a hanging library cannot keep it from that.
        assert await program.ended(PATIENCE) == 1
        await house.hears(f"{NODE}/availability", "offline")
        assert "the sound system has not answered" in program.log
