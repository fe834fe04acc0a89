"""A disk that fails: commands go all the same, and the house is told."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from rigs.faults.failing_disk import FailingDisk
from rigs.faults.ledgers import End
from rigs.homes.scene import Scene


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small one of its own."""
    mount = tmp_path / "disk"
    mount.mkdir()
    mounted = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(mount)]
    if os.geteuid() or subprocess.run(mounted, capture_output=True).returncode:
        pytest.skip("needs root, to mount a small disk")
    yield mount
    subprocess.run(["umount", str(mount)], check=True)


def house_on(disk: Path, folder: Path) -> Scene:
    satellite = {"name": "study", "state_directory": str(disk)}
    settings = {"satellite": satellite}
    return Scene(folder, speed=2.0, time_to_live=60.0, settings=settings)


def fill(disk: Path) -> Path:
    filler = disk / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    return filler


async def test_a_full_disk_is_said_and_costs_no_command(
    disk: Path, tmp_path: Path
) -> None:
    async with house_on(disk, tmp_path) as scene:
        await scene.recovery()
        filler = fill(disk)
        for _ in range(3):
            assert await scene.end(await scene.speak()) is End.EXECUTED
        # Nobody may write the log full, either.
        warnings = scene.program.log.count("WARNING")
        filler.unlink()
        await scene.recovery()
        scene.check()

    assert warnings <= 2


async def test_a_read_only_disk_is_said_and_costs_no_command(
    disk: Path, tmp_path: Path
) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    async with house_on(disk, tmp_path) as scene:
        assert await scene.end(await scene.speak()) is End.EXECUTED
        assert scene.delivery()["storage"] == "degraded_storage"
        scene.check()


async def test_a_damaged_outbox_is_moved_aside_and_costs_no_command(
    disk: Path, tmp_path: Path
) -> None:
    async with house_on(disk, tmp_path) as scene:
        scene.broker.kill()
        number = await scene.speak()
        await scene.until(lambda: scene.ledgers.accepted, 10)
        await scene.kill()
        for file in disk.glob("outbox.sqlite*"):
            file.write_bytes(os.urandom(4000))
        scene.broker.start()
        await scene.restart()
        await scene.is_connected()
        await scene.recovery()

        # Its command is gone; but that is said, and everything else works.
        assert scene.ledgers.lost() == [number]
        assert "the outbox was damaged" in scene.program.log
        assert [*disk.glob("*.corrupt-1")]


async def test_a_disk_that_answers_with_errors_is_said_and_costs_no_command(
    tmp_path: Path,
) -> None:
    disk = FailingDisk(tmp_path)
    async with Scene(tmp_path, speed=2.0, environment=disk.environment) as scene:
        await scene.recovery()
        disk.fail()
        assert await scene.end(await scene.speak()) is End.EXECUTED
        await scene.until(
            lambda: scene.delivery()["storage"] == "degraded_storage", 10.0
        )
        disk.work()
        await scene.recovery()
        scene.check()
