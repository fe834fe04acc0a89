"""Which satellites may run side by side, as processes on one broker."""

import json
import platform
import signal
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from rigs.audio.recordings import save
from rigs.audio.speech import noise, silence
from rigs.faults.fault_proxy import FaultProxy
from rigs.homes.program import Program, auricle, told_here
from rigs.mqtt.broker import Broker
from rigs.mqtt.subscriber import HouseClient
from rigs.recognizer.scripted_recognizer import ScriptedRecognizer
from rigs.waiting import eventually

EX_CANTCREAT = 73
"""As the unit has it under RestartPreventExitStatus."""
# Exact zeros would be warned of, ten seconds later.
QUIET_ROOM = 300 * noise(3, dbfs=-75)
UNIT = Path(__file__).parents[3] / "systemd/auricle.service"


def settings(
    broker: Broker, folder: Path, url: str, **satellite: str
) -> dict[str, Mapping[str, Any]]:
    return {
        "satellite": {"name": "study", **satellite},
        "microphone": {"recording": str(save(folder / "quiet.wav", QUIET_ROOM))},
        "asr": {"url": url, "language": "en"},
        "utterance": {"mode": "manual"},
        "mqtt": {"host": "127.0.0.1", "port": broker.port},
    }


def another(folder: Path, name: str) -> Path:
    directory = folder / name
    directory.mkdir()
    return directory


async def test_a_second_one_with_the_same_settings_ends_and_names_the_first(
    broker: Broker, tmp_path: Path
) -> None:
    async with (
        HouseClient(broker.port, "auricle/#") as house,
        ScriptedRecognizer("Turn on the kitchen light.") as server,
        Program(tmp_path, settings(broker, tmp_path, server.url)) as first,
    ):
        await house.hears("auricle/study/state", "idle")
        second = Program(
            another(tmp_path, "second"),
            settings(broker, tmp_path, server.url, state_directory=str(tmp_path)),
        )
        async with second:
            assert await second.ended() == EX_CANTCREAT
        assert f"process {first.pid} (auricle run --config {first.config}" in second.log
        assert "Traceback" not in second.log

        house.say("auricle/study/listen/set", "START")
        await house.until(lambda: server.heard and server.heard[0].seconds > 0.3)
        house.say("auricle/study/listen/set", "STOP")
        await house.hears("auricle/study/event/utterance")
        assert await first.stop() == 0

    assert len(house.on("auricle/study/event/utterance")) == 1
    assert house.on("auricle/study/availability") == ["online", "offline"]
    assert "WARNING" not in first.log


def test_systemd_does_not_try_again_what_only_a_person_can_mend() -> None:
    (line,) = [
        line
        for line in UNIT.read_text().splitlines()
        if line.startswith("RestartPreventExitStatus=")
    ]
    assert str(EX_CANTCREAT) in line.partition("=")[2].split()


async def test_a_satellite_that_was_killed_keeps_nobody_from_starting(
    broker: Broker, tmp_path: Path
) -> None:
    async with (
        HouseClient(broker.port, "auricle/#") as house,
        Program(tmp_path, settings(broker, tmp_path, "ws://127.0.0.1:9")) as program,
    ):
        await house.hears("auricle/study/state", "idle")
        await program.stop(signal.SIGKILL)
        house.heard.clear()
        await program.start()
        await house.hears("auricle/study/availability", "online")
        assert await program.stop() == 0


async def test_two_satellites_of_their_own_run_on_one_machine(
    broker: Broker, tmp_path: Path
) -> None:
    url = "ws://127.0.0.1:9"
    kitchen_folder = another(tmp_path, "kitchen")
    async with (
        HouseClient(broker.port, "auricle/#") as house,
        Program(tmp_path, settings(broker, tmp_path, url)) as study,
        Program(
            kitchen_folder,
            settings(broker, kitchen_folder, url, name="kitchen"),
        ) as kitchen,
    ):
        for name in ("study", "kitchen"):
            await house.hears(f"auricle/{name}/state", "idle")
            await house.hears(f"auricle/{name}/availability", "online")
            house.say(f"auricle/{name}/mute/set", "ON")
            await house.hears(f"auricle/{name}/mute", "ON")
        assert await study.stop() == 0
        assert await kitchen.stop() == 0
        for name in ("study", "kitchen"):
            await house.hears(f"auricle/{name}/availability", "offline")

    for name in ("study", "kitchen"):
        assert house.on(f"auricle/{name}/availability") == ["online", "offline"]


async def test_of_two_with_one_name_the_one_that_runs_stays_and_is_not_disturbed(
    broker: Broker, tmp_path: Path
) -> None:
    async with (
        HouseClient(broker.port, "auricle/#") as house,
        ScriptedRecognizer("Turn on the kitchen light.") as server,
        Program(tmp_path, settings(broker, tmp_path, server.url)) as first,
    ):
        await house.hears("auricle/study/availability", "online")
        folder = another(tmp_path, "second")
        async with Program(folder, settings(broker, folder, server.url)) as second:
            assert await second.ended() == EX_CANTCREAT
        assert f"with the name 'study' runs on {platform.node()}, since 2" in second.log
        assert "Traceback" not in second.log

        house.say("auricle/study/listen/set", "START")
        await house.until(lambda: server.heard and server.heard[0].seconds > 0.3)
        house.say("auricle/study/listen/set", "STOP")
        await house.hears("auricle/study/event/utterance")
        assert await first.stop() == 0

    runs = set(house.on("auricle/study/run/set"))
    assert len(runs) == len(house.on("auricle/study/event/utterance")) == 1
    assert house.on("auricle/study/availability") == ["online", "offline"]
    assert "WARNING" not in first.log


async def test_of_two_with_one_name_that_start_at_once_one_stays(
    broker: Broker, tmp_path: Path
) -> None:
    folders = [another(tmp_path, name) for name in ("first", "second")]
    async with HouseClient(broker.port, "auricle/#") as house, AsyncExitStack() as both:
        programs = [
            await both.enter_async_context(
                Program(folder, settings(broker, folder, "ws://127.0.0.1:9"))
            )
            for folder in folders
        ]
        await eventually(lambda: not all(program.running for program in programs))
        (loser,) = [program for program in programs if not program.running]
        (winner,) = [program for program in programs if program.running]
        assert await loser.ended() == EX_CANTCREAT
        house.say("auricle/study/mute/set", "ON")
        await house.hears("auricle/study/mute", "ON")
        await house.hears("auricle/study/availability", "online")
        assert await winner.stop() == 0

    assert "with the name 'study' runs on" in loser.log


async def test_who_was_cut_off_leaves_the_name_to_the_one_that_took_it_meanwhile(
    broker: Broker, tmp_path: Path
) -> None:
    url = "ws://127.0.0.1:9"
    async with (
        HouseClient(broker.port, "auricle/#") as house,
        FaultProxy(broker.port) as proxy,
    ):
        by_proxy = settings(broker, tmp_path, url)
        by_proxy["mqtt"] = {**by_proxy["mqtt"], "port": proxy.port}
        async with Program(tmp_path, by_proxy) as first:
            await house.hears("auricle/study/availability", "online")
            proxy.refuse()
            proxy.reset()
            await eventually(lambda: "no broker" in first.log)
            folder = another(tmp_path, "second")
            async with Program(folder, settings(broker, folder, url)) as second:
                await house.until(
                    lambda: len(set(house.on("auricle/study/run/set"))) == 2
                )
                proxy.heal()
                assert await first.ended() == EX_CANTCREAT
                assert await second.stop() == 0

    assert "with the name 'study' runs on" in first.log
    assert "no broker" not in second.log


async def test_a_satellite_is_not_forgotten_while_it_runs(
    broker: Broker, tmp_path: Path
) -> None:
    async with (
        HouseClient(broker.port, "auricle/#") as house,
        Program(tmp_path, settings(broker, tmp_path, "ws://127.0.0.1:9")) as program,
    ):
        await house.hears("auricle/study/state", "idle")
        forget = ("forget", "--config", str(program.config))
        code, out, err = await told_here(*forget)
        assert (code, out) == (69, "")
        assert f"process {program.pid} " in err
        assert "" not in house.on("auricle/study/state")

        assert await program.stop() == 0
        code, out, err = await told_here(*forget)

    assert (code, err) == (0, "")
    assert "the device removed" in out


async def test_what_a_renamed_satellite_left_is_cleared_while_it_runs(
    broker: Broker, tmp_path: Path
) -> None:
    url = "ws://127.0.0.1:9"
    async with Program(tmp_path, settings(broker, tmp_path, url)) as study:
        async with HouseClient(broker.port, "auricle/#") as house:
            await house.hears("auricle/study/availability", "online")
            renamed = settings(broker, tmp_path, url, name="office")
            office = Program(another(tmp_path, "office"), renamed)
            forget = ("forget", "--name", "study", "--config", str(office.config))
            code, out, err = await told_here(*forget)
            assert (code, out) == (69, "")
            assert "the broker says that 'study' is online: stop that" in err
            assert house.on("auricle/study/availability") == ["online"]
        assert await study.stop() == 0

    async with office, HouseClient(broker.port, "#") as house:
        await house.hears("auricle/office/availability", "online")
        code, out, err = await told_here(*forget)
        async with HouseClient(broker.port, "#") as newcomer:
            newcomer.say("test/end", "now")
            await newcomer.hears("test/end")
            left = {heard.topic for heard in newcomer.heard}

    assert (code, err) == (0, "")
    assert out.startswith("auricle/study at ")
    assert not {topic for topic in left if "study" in topic}
    assert {
        "homeassistant/device/auricle_office/config",
        "auricle/office/availability",
    } <= left


async def test_a_satellite_that_is_renamed_says_once_how_the_old_name_is_cleared(
    broker: Broker, tmp_path: Path
) -> None:
    names = ["study", "office", "office"]
    told = []
    for i, name in enumerate(names):
        ours = settings(broker, tmp_path, "ws://127.0.0.1:9", name=name)
        ours["satellite"] = {**ours["satellite"], "state_directory": str(tmp_path)}
        program = Program(another(tmp_path, f"{i}"), ours)
        async with HouseClient(broker.port, "auricle/#") as house, program:
            await house.hears(f"auricle/{name}/availability", "online")
            await house.hears(f"auricle/{name}/state", "idle")
            assert await program.stop() == 0
        told.append("auricle forget --name study" in program.log)

    assert told == [False, True, False]


@pytest.mark.parametrize("look", ["doctor", "listen"])
async def test_looking_on_does_not_disturb_a_satellite(
    broker: Broker, tmp_path: Path, look: str
) -> None:
    short = save(tmp_path / "short.wav", silence(1))
    async with (
        HouseClient(broker.port, "auricle/#") as house,
        ScriptedRecognizer() as server,
        Program(tmp_path, settings(broker, tmp_path, server.url)) as program,
    ):
        await house.hears("auricle/study/state", "idle")
        await eventually(lambda: house.on("auricle/study/diag"))
        arguments = {"doctor": ["--json"], "listen": ["--recording", str(short)]}
        _, out, _ = await auricle(
            look, "--config", str(program.config), *arguments[look], timeout=120
        )
        if look == "doctor":
            assert json.loads(out)
        assert await program.stop() == 0
        await house.hears("auricle/study/availability", "offline")

    assert house.on("auricle/study/availability") == ["online", "offline"]
    assert "WARNING" not in program.log
