"""The power fails, and with it goes what the disk had not yet written."""

import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random
from types import ModuleType

import pytest

from rigs.faults import settings_program as settings_at_work
from rigs.faults import setup_program as setup_at_work
from rigs.faults.marks import MARKS, Kept
from rigs.faults.recorded_disk import Change, Disk, RecordedDisk
from rigs.mqtt import outbox_program as outbox_at_work

TESTS = Path(__file__).parents[1]

pytestmark = pytest.mark.quick


def recorded(program: ModuleType, folder: Path) -> list[Change]:
    disk = RecordedDisk(folder)
    subprocess.run(
        [sys.executable, "-m", program.__name__, str(disk.directory)],
        cwd=TESTS,
        env={**os.environ, **disk.environment},
        check=True,
        timeout=60,
    )
    return list(disk.changes())


@pytest.mark.parametrize("program", [outbox_at_work, settings_at_work, setup_at_work])
def test_whenever_the_power_fails_what_was_accepted_is_there(
    program: ModuleType, tmp_path: Path
) -> None:
    disk, random = Disk(), Random(7)
    before: Kept | None = {}
    after: Kept | None = {}
    images = 0
    for change in recorded(program, tmp_path):
        if change.name == MARKS:
            if change.kind == "W":
                before, after = json.loads(change.data)
            continue
        disk.take(change)
        for image in disk.after_power_loss(random):
            images += 1
            directory = tmp_path / str(images)
            directory.mkdir()
            for name, content in image.items():
                (directory / name).write_bytes(content)
            found = program.kept_in(directory)
            if before is not None:
                assert found in (before, after), f"image {images}"

    assert images > 300
