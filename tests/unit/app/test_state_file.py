import asyncio
import errno
import json
import os
import threading
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auricle.app.remembered import Remembered
from auricle.app.state_file import PAUSE, Memory, StateFile
from auricle.mqtt.settings import Setting
from auricle.turns.budget import Usage
from rigs.waiting import eventually

CHANGED = Remembered(
    muted=False,
    changed={
        Setting.LANGUAGE: "de",
        Setting.WAKE_WORD: "off",
        Setting.CONTEXT: "Möhrchen",
        Setting.CONTINUE_CONVERSATION: 8.0,
        Setting.GROUP: "upstairs",
    },
    thresholds={"okay_nabu": 0.7},
    usage=Usage(date(2026, 11, 21), 61.5, "boot", (17.5, 300.0)),
    name="study",
)


def test_what_was_saved_is_remembered(tmp_path: Path) -> None:
    file = StateFile(tmp_path / "state" / "state.json")
    file.save(CHANGED)

    assert file.load() == CHANGED


def test_as_many_turns_as_an_hour_may_have_are_remembered(tmp_path: Path) -> None:
    # A machine that has been up for years.
    turns = tuple(100_000_000.5 + second for second in range(3600))
    busy = replace(CHANGED, usage=Usage(date(2026, 11, 21), 61.5, "boot", turns))
    file = StateFile(tmp_path / "state.json")
    file.save(busy)

    assert file.load() == busy


def test_a_new_satellite_remembers_nothing_and_is_not_muted(tmp_path: Path) -> None:
    assert StateFile(tmp_path / "state.json").load() == Remembered()


def test_the_muted_stay_muted(tmp_path: Path) -> None:
    file = StateFile(tmp_path / "state.json")
    file.save(Remembered(muted=True))

    assert file.load().muted


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "null",
        "[]",
        "[" * 5000,
        '{"muted": 0}',
        '{"muted": "false"}',
        '{"muted": false, "language": 7}',
        '{"muted": false, "group": "up/stairs"}',
        '{"muted": false, "group": "#"}',
        '{"muted": false, "continue_conversation": "long"}',
        '{"muted": false, "continue_conversation": -1}',
        '{"muted": false, "thresholds": [0.5]}',
        '{"muted": false, "thresholds": {"okay_nabu": NaN}}',
        '{"muted": false, "thresholds": {"okay_nabu": "high"}}',
        '{"muted": false, "thresholds": {"okay_nabu": 1' + "0" * 400 + "}}",
        '{"muted": false, "continue_conversation": 1' + "0" * 5000 + "}",
        '{"muted": false, "context": "\\ud800"}',
        '{"muted": false, "spent": 7}',
        '{"muted": false, "name": "st/udy"}',
        '{"muted": false, "spent": {"day": "2026-11-21"}}',
        '{"muted": false, "spent": {"day": "x", "seconds": 1, "turns": []}}',
        '{"muted": false, "spent": {"day": "2026-11-21", "seconds": 1, "turns": [""]}}',
    ],
)
def test_a_file_that_cannot_be_understood_means_muted(
    tmp_path: Path, content: str
) -> None:
    path = tmp_path / "state.json"
    path.write_text(content)

    assert StateFile(path).load() == Remembered(muted=True, name=None)


def test_a_directory_in_its_place_means_muted(tmp_path: Path) -> None:
    assert StateFile(tmp_path).load().muted


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, 200), flipped=st.integers(0, 255))
def test_no_damage_makes_it_raise(tmp_path: Path, cut: int, flipped: int) -> None:
    path = tmp_path / "state.json"
    file = StateFile(path)
    file.save(Remembered(muted=True))
    content = bytearray(path.read_bytes()[:cut])
    if content:
        content[cut % len(content)] ^= flipped
    path.write_bytes(content)

    file.load()


def test_a_save_that_fails_leaves_the_last_one(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    file = StateFile(path)
    file.save(CHANGED)
    (tmp_path / ".state.json.new").mkdir()

    with pytest.raises(OSError, match=r"state\.json\.new"):
        file.save(Remembered(muted=True))

    assert file.load() == CHANGED


async def test_of_many_changes_the_last_is_kept(tmp_path: Path) -> None:
    file = StateFile(tmp_path / "state.json")
    memory = Memory(file)

    for i in range(1000):
        memory.remember(Remembered(muted=i % 2 == 0))
    memory.remember(CHANGED)
    await memory.flush()

    assert file.load() == CHANGED
    assert not memory.failed


class CountedFile(StateFile):
    saves = 0

    def save(self, remembered: Remembered) -> None:
        self.saves += 1
        super().save(remembered)


async def test_a_flood_of_changes_costs_few_writes_and_ends_in_the_last(
    tmp_path: Path,
) -> None:
    file = CountedFile(tmp_path / "state.json")
    memory = Memory(file)
    flood = asyncio.get_running_loop().time() + 2 * PAUSE

    while asyncio.get_running_loop().time() < flood:
        memory.remember(Remembered(muted=not file.saves % 2))
        await asyncio.sleep(0)
    memory.remember(CHANGED)
    await eventually(lambda: file.load() == CHANGED)

    # Those that mute do not wait for the others.
    assert file.saves <= 6


async def test_a_mute_is_saved_at_once_whatever_was_saved_before(
    tmp_path: Path,
) -> None:
    file = StateFile(tmp_path / "state.json")
    memory = Memory(file, pause=3600.0)
    memory.remember(CHANGED)
    await eventually(lambda: file.load() == CHANGED)

    memory.remember(replace(CHANGED, muted=True))

    await eventually(lambda: file.load().muted)
    await memory.flush()


async def test_what_can_wait_is_saved_with_what_cannot(tmp_path: Path) -> None:
    file = StateFile(tmp_path / "state.json")
    memory = Memory(file)

    memory.remember(Remembered(changed={Setting.LANGUAGE: "de"}), within=60.0)
    await asyncio.sleep(0)
    assert not (tmp_path / "state.json").exists()

    memory.remember(CHANGED)
    await memory.flush()
    assert file.load() == CHANGED


async def test_what_can_wait_is_saved_when_its_time_has_come(tmp_path: Path) -> None:
    file = StateFile(tmp_path / "state.json")
    memory = Memory(file)

    memory.remember(CHANGED, within=0.01)
    await eventually(lambda: file.load() == CHANGED)


async def test_what_can_wait_is_saved_at_the_end(tmp_path: Path) -> None:
    file = StateFile(tmp_path / "state.json")
    memory = Memory(file)

    memory.remember(CHANGED, within=60.0)
    await memory.flush()

    assert file.load() == CHANGED


async def test_no_thread_stays_behind(tmp_path: Path) -> None:
    memory = Memory(StateFile(tmp_path / "state.json"))
    before = set(threading.enumerate())

    memory.remember(CHANGED)
    await memory.flush()

    await eventually(lambda: set(threading.enumerate()) <= before)


async def test_a_disk_that_takes_nothing_is_warned_of_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / ".state.json.new").mkdir()
    memory = Memory(StateFile(tmp_path / "state.json"))

    for muted in (True, False, True):
        memory.remember(Remembered(muted=muted))
        await memory.flush()

    assert memory.failed
    assert caplog.text.count("will not outlive a restart") == 1


async def test_a_disk_that_recovers_is_used_again(tmp_path: Path) -> None:
    blocker = tmp_path / ".state.json.new"
    blocker.mkdir()
    file = StateFile(tmp_path / "state.json")
    memory = Memory(file)
    memory.remember(Remembered(muted=True))
    await memory.flush()
    blocker.rmdir()

    memory.remember(CHANGED)
    await memory.flush()

    assert not memory.failed
    assert json.loads((tmp_path / "state.json").read_text())["language"] == "de"


async def test_what_a_full_disk_did_not_take_is_saved_when_it_has_room(
    tmp_path: Path,
) -> None:
    blocker = tmp_path / ".state.json.new"
    blocker.mkdir()
    file = StateFile(tmp_path / "state.json")
    memory = Memory(file, retry=0.01)
    memory.remember(Remembered(muted=True))
    await eventually(lambda: memory.failed)

    blocker.rmdir()

    await eventually(lambda: file.load().muted)
    await eventually(lambda: not memory.failed)


class FullDisk(StateFile):
    full = True
    refused = 0

    def save(self, remembered: Remembered) -> None:
        if self.full:
            self.refused += 1
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        super().save(remembered)


async def test_a_mute_that_a_full_disk_did_not_take_waits_for_nothing_that_can_wait(
    tmp_path: Path,
) -> None:
    disk = FullDisk(tmp_path / "state.json")
    memory = Memory(disk, retry=0.01)
    memory.remember(Remembered(muted=True))
    await eventually(lambda: disk.refused >= 1)
    memory.remember(replace(CHANGED, muted=True), within=600.0)
    await eventually(lambda: disk.refused >= 2)

    disk.full = False

    await eventually(lambda: disk.load().muted, timeout=10.0)


async def test_what_a_full_disk_did_not_take_is_saved_at_the_end(
    tmp_path: Path,
) -> None:
    blocker = tmp_path / ".state.json.new"
    blocker.mkdir()
    file = StateFile(tmp_path / "state.json")
    memory = Memory(file)
    memory.remember(Remembered(muted=True))
    await eventually(lambda: memory.failed)

    blocker.rmdir()
    await memory.flush()

    assert file.load().muted
    assert not memory.failed
