"""Commands of the user's, as processes, beside a real broker."""

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from auricle.config.settings import Settings
from auricle.errors import ConfigError
from auricle.mqtt.messages import Messages
from auricle.mqtt.topics import Topics
from auricle.panel.build import build
from auricle.panel.commands import HookCommands
from auricle.panel.hooks import Hook, HookEvent, HookLimits
from rigs.mqtt.broker import Broker
from rigs.mqtt.subscriber import HouseClient
from rigs.waiting import eventually

TOPICS = Topics("auricle", "study")
MESSAGES = Messages(TOPICS)
EVENT = HookEvent(Hook.ON_FINAL, b'{"text":"open the door"}\n')


def script(folder: Path, *lines: str, name: str = "hook") -> str:
    path = folder / name
    path.write_text("\n".join(["#!/bin/sh", *lines]) + "\n")
    path.chmod(0o700)
    return str(path)


def lines_of(path: Path) -> list[Any]:
    text = path.read_text() if path.exists() else ""
    return [json.loads(line) for line in text.splitlines()]


def alive(pid: int) -> bool:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 0)
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    return False


@contextlib.asynccontextmanager
async def hooking(
    argv: Sequence[str], limits: HookLimits | None = None, *, timeout: float = 30.0
) -> AsyncIterator[HookCommands]:
    commands = HookCommands(
        {Hook.ON_FINAL: argv}, limits or HookLimits(), timeout=timeout
    )
    try:
        yield commands
    finally:
        await commands.stop()


async def test_each_event_runs_its_command_with_the_event_as_json(
    broker: Broker, tmp_path: Path
) -> None:
    told = tmp_path / "told.jsonl"
    hook = script(tmp_path, 'cat >>"$1"')
    settings = Settings.model_validate(
        {
            "satellite": {"name": "study"},
            "mqtt": {"host": "127.0.0.1", "port": broker.port},
            "hooks": {"on_state": [hook, str(told)], "on_wake": f"'{hook}' '{told}'"},
        }
    )
    async with HouseClient(broker.port, "nothing") as house:
        running = asyncio.create_task(build(settings).run())
        for state in ("idle", "listening"):
            said = MESSAGES.state(state, muted=False, ringing=False)
            for message in (*said, MESSAGES.availability(online=True)):
                house.say(message.topic, message.payload, retain=True)
        await eventually(lambda: lines_of(told))
        house.say(TOPICS.wake, '{"event_type":"push_to_talk"}')
        await eventually(lambda: any(e["event"] == "wake" for e in lines_of(told)))
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running

    states = [e["data"]["state"] for e in lines_of(told) if e["event"] == "state"]
    assert states[-1] == "listening"
    assert {event["satellite"] for event in lines_of(told)} == {"study"}


async def test_two_panels_of_one_satellite_leave_each_other_alone(
    broker: Broker, tmp_path: Path
) -> None:
    told = [tmp_path / "one.jsonl", tmp_path / "other.jsonl"]
    hook = script(tmp_path, 'cat >>"$1"')
    both = [
        Settings.model_validate(
            {
                "satellite": {"name": "study"},
                "mqtt": {"host": "127.0.0.1", "port": broker.port},
                "hooks": {"on_wake": [hook, str(file)]},
            }
        )
        for file in told
    ]
    async with HouseClient(broker.port, "nothing") as house:
        running = [asyncio.create_task(build(settings).run()) for settings in both]

        def wakes(times: int) -> bool:
            house.say(TOPICS.wake, '{"event_type":"push_to_talk"}')
            return min(len(lines_of(file)) for file in told) >= times

        for times in (1, 2, 3):
            await eventually(partial(wakes, times))
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    assert "already connected" not in (tmp_path / "mosquitto.log").read_text()


async def test_what_is_said_is_data_and_never_run(tmp_path: Path) -> None:
    """Neither a shell nor an argument ever sees it."""
    told, trap = tmp_path / "told", tmp_path / "trap"
    said = HookEvent(Hook.ON_FINAL, f'{{"text":"$(touch {trap}); `id`"}}\n'.encode())
    hook = script(tmp_path, f'{{ echo "$#"; cat; }} >"{told}"')
    async with hooking([hook, "$(id)"]) as commands:
        commands.run(said)
        await eventually(lambda: told.exists() and "text" in told.read_text())

    assert told.read_text() == f"1\n{said.given.decode()}"
    assert not trap.exists()


async def test_a_command_that_hangs_is_killed_with_what_it_started(
    tmp_path: Path,
) -> None:
    started = tmp_path / "started"
    hook = script(tmp_path, f'sleep 600 & echo "$$ $!" >"{started}"', "wait")
    async with hooking([hook], timeout=0.5) as commands:
        commands.run(EVENT)
        await eventually(lambda: started.exists() and started.read_text())
        pids = [int(pid) for pid in started.read_text().split()]
        await eventually(lambda: not any(map(alive, pids)))


async def test_what_a_command_leaves_behind_ends_with_it(tmp_path: Path) -> None:
    left = tmp_path / "left"
    hook = script(tmp_path, f'sleep 600 & echo "$!" >"{left}"')
    async with hooking([hook]) as commands:
        commands.run(EVENT)
        await eventually(lambda: left.exists() and left.read_text().strip())
        await eventually(lambda: not alive(int(left.read_text())))


async def test_a_flood_of_events_runs_no_more_than_may(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ran = tmp_path / "ran"
    hook = script(tmp_path, f'echo x >>"{ran}"', "sleep 600")
    async with hooking([hook], HookLimits(at_once=2)) as commands:
        for _ in range(50):
            commands.run(EVENT)
        await eventually(lambda: ran.exists() and ran.read_text() == "x\nx\n")

    told = [r for r in caplog.records if r.levelname == "WARNING"]
    assert len(told) == 1
    assert "hooks.at_once" in told[0].getMessage()


async def test_a_command_that_fails_is_told_without_what_was_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    hook = script(tmp_path, "cat >&2", "exit 3")
    async with hooking([hook]) as commands:
        commands.run(EVENT)
        await eventually(lambda: "exit status 3" in caplog.text)

    loud = [r.getMessage() for r in caplog.records if r.levelname != "DEBUG"]
    assert not any("open the door" in line for line in loud)


async def test_a_command_that_somebody_kills_is_told_by_the_signals_name(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    hook = script(tmp_path, "kill -KILL $$")
    async with hooking([hook]) as commands:
        commands.run(EVENT)
        await eventually(lambda: "failed, with SIGKILL" in caplog.text)


async def test_a_script_that_does_not_say_what_reads_it_is_told_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    hook = tmp_path / "hook"
    hook.write_text("echo no first line\n")
    hook.chmod(0o700)
    async with hooking([str(hook)]) as commands:
        commands.run(EVENT)
        await eventually(lambda: "a script begins with #!" in caplog.text)


async def test_a_commands_environment_has_nothing_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AURICLE_MQTT__PASSWORD", "secret")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/run/credentials/x")
    told = tmp_path / "told"
    hook = script(tmp_path, f'env >"{told}.new"; mv "{told}.new" "{told}"')
    async with hooking([hook]) as commands:
        commands.run(EVENT)
        await eventually(told.exists)

    names = {line.partition("=")[0] for line in told.read_text().splitlines()}
    assert "PATH" in names
    assert not any(name.startswith(("AURICLE_", "CREDENTIALS")) for name in names)


@pytest.mark.parametrize("command", ["/nowhere/at/all --now", ["no-such-program"]])
def test_a_program_that_is_not_there_is_named(command: object) -> None:
    settings = Settings.model_validate({"hooks": {"on_final": command}})

    with pytest.raises(ConfigError, match=r"hooks\.on_final: .* is no program"):
        build(settings)
