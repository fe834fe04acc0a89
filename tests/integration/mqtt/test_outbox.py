"""The outbox with its thread and a real disk."""

import asyncio
import contextlib
import logging
import os
import shutil
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path, PosixPath

import pytest

from auricle.mqtt.delivery.ledger import Purpose
from auricle.mqtt.delivery.outbox import Outbox
from auricle.mqtt.delivery.outbox_file import Record
from rigs.waiting import eventually


def record(turn: str, body: str = '{"text":"turn on the light"}') -> Record:
    return Record(turn, Purpose.DELIVERY, "boot", 100.5, body)


class Desk:
    """An outbox, and what it called back."""

    def __init__(self, path: Path, patience: float = 5.0, retry: float = 0.02) -> None:
        self.found: list[Record] = []
        self.troubles: list[str | None] = []
        self.kept: list[str] = []
        self.outbox = Outbox(
            path,
            on_found=self.found.extend,
            on_trouble=self.troubles.append,
            patience=patience,
            retry=retry,
        )

    def keep(self, turn: str) -> None:
        self.outbox.keep(record(turn), then=lambda: self.kept.append(turn))


@contextlib.asynccontextmanager
async def desk(
    path: Path, *, patience: float = 5.0, retry: float = 0.02
) -> AsyncIterator[Desk]:
    desk = Desk(path, patience, retry)
    await desk.outbox.start()
    try:
        yield desk
    finally:
        await desk.outbox.stop()


async def left_in(path: Path) -> list[str]:
    async with desk(path) as reader:
        # An outbox that waits for no disk may still be closing its file.
        await eventually(lambda: reader.troubles[-1:] in ([], [None]))
        return [record.turn for record in reader.found]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "outbox.db"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own that can be filled up."""
    mount = tmp_path / "small"
    mount.mkdir()
    mounted = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(mount)]
    if os.geteuid() or subprocess.run(mounted, capture_output=True).returncode:
        pytest.skip("needs root, to mount a small disk")
    yield mount
    subprocess.run(["umount", str(mount)], check=True)


async def test_what_was_kept_is_found_by_the_next_run(path: Path) -> None:
    async with desk(path) as first:
        first.keep("a")
        first.keep("b")
        await first.outbox.flush()
        assert first.kept == ["a", "b"]

    assert await left_in(path) == ["a", "b"]


async def test_what_was_removed_is_not_found(path: Path) -> None:
    async with desk(path) as first:
        first.keep("a")
        first.outbox.remove("a", Purpose.DELIVERY)

    assert await left_in(path) == []


async def test_it_is_on_the_disk_before_it_is_said_to_be_kept(path: Path) -> None:
    async with desk(path) as first:
        copies: list[bytes] = []
        log = Path(f"{path}-wal")
        first.outbox.keep(record("a"), then=lambda: copies.append(log.read_bytes()))
        await first.outbox.flush()

    assert b"turn on the light" in copies[0]


async def test_a_command_goes_where_there_is_no_disk_at_all(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "auricle.mqtt.delivery.outbox")
    (tmp_path / "state").write_text("a file where the directory should be")
    async with desk(tmp_path / "state" / "outbox.db") as first:
        first.keep("a")
        first.keep("b")
        await eventually(lambda: first.kept == ["a", "b"])
        await eventually(lambda: "still fails" in caplog.text)

    assert len(first.troubles) == 1
    assert [r.levelname for r in caplog.records].count("WARNING") == 1


async def test_all_that_is_open_goes_to_the_disk_when_it_is_back(
    tmp_path: Path,
) -> None:
    state = tmp_path / "state"
    state.write_text("a file where the directory should be")
    async with desk(state / "outbox.db") as first:
        first.keep("a")
        first.keep("b")
        first.outbox.remove("a", Purpose.DELIVERY)
        state.unlink()
        await eventually(lambda: first.troubles[-1] is None)

    assert await left_in(state / "outbox.db") == ["b"]


async def test_a_disk_that_takes_too_long_does_not_hold_up_a_command(
    path: Path,
) -> None:
    async with desk(path, patience=0.0) as first:
        first.keep("a")
        await eventually(lambda: first.kept == ["a"])
        assert "no answer within 0 s" in str(first.troubles[0])
        await eventually(lambda: first.troubles[-1] is None)

    assert await left_in(path) == ["a"]


async def test_a_disk_that_hangs_from_the_start_is_not_waited_for_at_the_end(
    path: Path,
) -> None:
    answers = threading.Event()

    class Hanging(PosixPath):
        def mkdir(
            self, mode: int = 0o777, parents: bool = False, exist_ok: bool = False
        ) -> None:
            answers.wait()
            super().mkdir(mode, parents, exist_ok)

    hanging = Desk(Hanging(path), patience=0.01)
    await hanging.outbox.start()
    hanging.keep("a")
    try:
        async with asyncio.timeout(10):
            await hanging.outbox.stop()
    finally:
        answers.set()

    assert hanging.kept == ["a"]


async def test_a_full_disk_degrades_and_recovers(small_disk: Path) -> None:
    async with desk(small_disk / "outbox.db") as first:
        filler = small_disk / "filler"
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))

        turns = [f"{i:02}" for i in range(20)]
        for turn in turns:
            first.keep(turn)
        await eventually(lambda: first.kept == turns)
        assert "full" in str(first.troubles[0])

        filler.unlink()
        await eventually(lambda: first.troubles[-1] is None)

    assert await left_in(small_disk / "outbox.db") == turns


async def test_a_read_only_disk_degrades_and_loses_nothing(small_disk: Path) -> None:
    path = small_disk / "outbox.db"
    async with desk(path) as first:
        first.keep("a")
        await first.outbox.flush()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    async with desk(path) as second:
        second.keep("b")
        await eventually(lambda: second.kept == ["b"])
        assert second.found == []

        subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
        await eventually(lambda: second.troubles[-1] is None)
        assert [r.turn for r in second.found] == ["a"]

    assert await left_in(path) == ["a", "b"]


async def test_the_event_loop_goes_on_while_the_disk_works(path: Path) -> None:
    async with desk(path) as first:
        longest = 0.0
        for i in range(50):
            started = time.monotonic()
            first.keep(str(i))
            longest = max(longest, time.monotonic() - started)
            await asyncio.sleep(0)
        await first.outbox.flush()

    assert longest < 0.1


async def test_a_command_costs_the_card_no_more_than_32_kib(path: Path) -> None:
    async with desk(path) as first:
        if shutil.disk_usage(path).total == 0 or _written() is None:
            pytest.skip("the kernel does not count what is written")
        first.keep("warm up")
        first.outbox.remove("warm up", Purpose.DELIVERY)
        await first.outbox.flush()
        before = _written()
        for i in range(20):
            first.outbox.keep(record(f"{i:032}", "x" * 600))
            await first.outbox.flush()
            first.outbox.remove(f"{i:032}", Purpose.DELIVERY)
            await first.outbox.flush()
        after = _written()

    assert before is not None
    assert after is not None
    assert (after - before) / 20 <= 32 * 1024


def _written() -> int | None:
    """Bytes this process has caused to be written to any disk, so far."""
    try:
        counters = Path("/proc/self/io").read_text()
    except OSError:
        return None
    return int(counters.split("\nwrite_bytes: ")[1].split()[0])
