"""The apps, as Home Assistant's supervisor would start them; it is a stand-in."""

import asyncio
import contextlib
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from auricle.cli.app_keeper import ProgramKeeper
from auricle.cli.app_unit import SATELLITE
from rigs.audio.recordings import save
from rigs.audio.speech import noise
from rigs.homes.program import clean_environment
from rigs.homes.supervisor import TOKEN, Supervisor, supervisor
from rigs.mqtt.broker import password_file, running_broker
from rigs.mqtt.subscriber import HouseClient
from rigs.recognizer.scripted_recognizer import ScriptedRecognizer
from rigs.waiting import elapse, eventually

NODE = "auricle/study"
PASSWORD = "password-of-the-app"
KEY = "key-of-the-recognizer"


@pytest.fixture
def house() -> Iterator[Supervisor]:
    with supervisor() as here:
        yield here


@contextlib.asynccontextmanager
async def app(
    program: str, options: Mapping[str, Any], folder: Path, house: Supervisor
) -> AsyncIterator[tuple[Process, list[str]]]:
    """As in its container; what it says, line by line."""
    file = folder / "options.json"
    file.write_text(json.dumps(options))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "auricle", "app", program),
        *("--options", str(file), "--supervisor", house.url),
        stdout=PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**clean_environment(), "SUPERVISOR_TOKEN": TOKEN},
    )
    said: list[str] = []

    async def read() -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            said.append(line.decode())

    reading = asyncio.create_task(read())
    try:
        yield process, said
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await asyncio.wait_for(process.wait(), 30)
        await reading


def children(process: Process) -> list[int]:
    path = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return [int(pid) for pid in path.read_text().split()]


async def test_an_app_finds_the_broker_takes_a_turn_and_is_kept_running(
    tmp_path: Path, house: Supervisor
) -> None:
    users = password_file(tmp_path, {"addons": PASSWORD})
    recording = save(tmp_path / "quiet.wav", noise(9, dbfs=-80) * 100)
    with running_broker(tmp_path, (f"password_file {users}",)) as broker:
        async with (
            ScriptedRecognizer("Turn on the light.", api_key=KEY) as recognizer,
            HouseClient(
                broker.port, f"{NODE}/#", username="addons", password=PASSWORD
            ) as home,
        ):
            options = {
                "name": "study",
                "language": "en",
                "recognizer_url": recognizer.url,
                "api_key": KEY,
                "settings": [
                    {"key": "microphone.recording", "value": str(recording)},
                    {"key": "utterance.no_speech_timeout", "value": "30"},
                    {"key": "loudspeaker.device", "value": ""},
                ],
            }
            async with app("satellite", options, tmp_path, house) as (process, said):
                await eventually(lambda: "knows no broker" in "".join(said))
                house.mqtt = {
                    "host": "127.0.0.1",
                    "port": broker.port,
                    "ssl": False,
                    "username": "addons",
                    "password": PASSWORD,
                }
                await home.hears(f"{NODE}/availability", "online", timeout=60)
                home.say(f"{NODE}/listen/set", "START")
                await eventually(
                    lambda: recognizer.heard and recognizer.heard[0].seconds > 0.3
                )
                home.say(f"{NODE}/listen/set", "STOP")
                await home.hears(f"{NODE}/transcript/final", timeout=60)

                [first] = children(process)
                environment = Path(f"/proc/{first}/environ").read_text()
                home.say(f"{NODE}/restart/set", "PRESS")
                await eventually(lambda: first not in children(process))
                await eventually(lambda: children(process))
                process.terminate()
                assert await asyncio.wait_for(process.wait(), 30) == 0
    for secret in (PASSWORD, KEY, TOKEN):
        assert secret not in environment
        assert secret not in "".join(said)


SENDS_SIGNS = """
import os, pathlib, socket, sys, time
starts = pathlib.Path(sys.argv[1])
starts.write_text(starts.read_text() + "x")
signs = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
for number in range(int(sys.argv[2])):
    sign = b"WATCHDOG=1" if number else b"READY=1"
    signs.sendto(sign, os.environ["NOTIFY_SOCKET"])
    time.sleep(0.05)
sys.exit(int(sys.argv[3])) if len(sys.argv) > 3 else time.sleep(3600)
"""
SILENCE = 1.0
LIMITS = replace(SATELLITE, starting=30.0, silence=SILENCE, restart=0.05)


def keeper(starts: Path, *arguments: str) -> ProgramKeeper:
    """Of a program that counts its `starts`, gives so many signs of life, and hangs, or
    ends with an exit code.
    """
    starts.write_text("")
    command = [sys.executable, "-c", SENDS_SIGNS, str(starts), *arguments]
    return ProgramKeeper(command, os.environ, {}, LIMITS)


async def test_a_program_that_hangs_is_killed_and_started_anew(tmp_path: Path) -> None:
    stopped, starts = asyncio.Event(), tmp_path / "starts"
    running = asyncio.create_task(keeper(starts, "1").run(stopped))
    await eventually(lambda: len(starts.read_text()) > 1)
    stopped.set()

    assert await asyncio.wait_for(running, 30) == 0


async def test_a_program_that_gives_signs_of_life_is_let_alone(tmp_path: Path) -> None:
    stopped, starts = asyncio.Event(), tmp_path / "starts"
    running = asyncio.create_task(keeper(starts, "1000").run(stopped))
    await eventually(lambda: starts.read_text())
    await elapse(2 * SILENCE)
    stopped.set()

    assert await asyncio.wait_for(running, 30) == 0
    assert starts.read_text() == "x"


@pytest.mark.parametrize("code", [66, 73, 78])
async def test_what_only_a_person_can_mend_is_not_tried_again(
    tmp_path: Path, code: int
) -> None:
    starts = tmp_path / "starts"

    assert await keeper(starts, "0", str(code)).run(asyncio.Event()) == code
    assert starts.read_text() == "x"


async def test_a_wrong_option_ends_the_app_and_is_named(
    tmp_path: Path, house: Supervisor
) -> None:
    house.mqtt = {"host": "127.0.0.1", "port": 9, "ssl": False}
    options = {
        "name": "study",
        "recognizer_url": "ws://127.0.0.1:9",
        "settings": [{"key": "utterance.silnce", "value": "1"}],
    }
    async with app("satellite", options, tmp_path, house) as (process, said):
        code = await asyncio.wait_for(process.wait(), 60)

    assert code == os.EX_CONFIG
    assert "AURICLE_UTTERANCE__SILNCE" in "".join(said)


async def test_a_supervisor_that_refuses_is_told_of(
    tmp_path: Path, house: Supervisor
) -> None:
    house.refuses = True
    async with app("satellite", {"name": "study"}, tmp_path, house) as (process, said):
        code = await asyncio.wait_for(process.wait(), 60)

    assert code == os.EX_CONFIG
    assert "set mqtt_host" in "".join(said)


async def test_an_app_that_waits_for_the_broker_can_be_stopped(
    tmp_path: Path, house: Supervisor
) -> None:
    async with app("satellite", {"name": "study"}, tmp_path, house) as (process, said):
        await eventually(lambda: "knows no broker" in "".join(said))
        process.terminate()

        assert await asyncio.wait_for(process.wait(), 30) == 0


async def test_the_recognizer_s_app_asks_the_supervisor_for_nothing(
    tmp_path: Path, house: Supervisor
) -> None:
    options = {"model": "/config/nothing"}
    async with app("recognizer", options, tmp_path, house) as (process, said):
        code = await asyncio.wait_for(process.wait(), 60)

    assert code == os.EX_CONFIG
    assert "/config/nothing" in "".join(said)
    assert house.asked == 0
