"""The power fails, and with it goes what the disk had not yet written."""

import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from auricle.mqtt.outbox_file import OutboxFile
from rigs.outbox_at_work import MARKS, OUTBOX, Turns
from rigs.recorded_disk import Change, Disk, RecordedDisk

TESTS = Path(__file__).parents[1]


@pytest.fixture
def recorded(tmp_path: Path) -> list[Change]:
    disk = RecordedDisk(tmp_path)
    subprocess.run(
        [sys.executable, "-m", "rigs.outbox_at_work", str(disk.directory)],
        cwd=TESTS,
        env={**os.environ, **disk.environment},
        check=True,
        timeout=60,
    )
    return list(disk.changes())


@pytest.mark.quick
def test_whenever_the_power_fails_what_was_accepted_is_there(
    recorded: list[Change], tmp_path: Path
) -> None:
    disk, random = Disk(), Random(7)
    before: Turns | None = {}
    after: Turns | None = {}
    images = 0
    for change in recorded:
        if change.name == MARKS:
            if change.kind == "W":
                before, after = json.loads(change.data)
            continue
        disk.take(change)
        for image in disk.after_power_loss(random):
            images += 1
            found = reopened(tmp_path / str(images), image)
            if before is not None:
                assert found in (before, after), f"image {images}"

    assert images > 500


def reopened(directory: Path, image: dict[str, bytes]) -> Turns:
    """What the next run finds in an outbox of these files."""
    directory.mkdir()
    for name, content in image.items():
        (directory / name).write_bytes(content)
    outbox = OutboxFile(directory / OUTBOX)
    found = {record.turn: record.body for record in outbox.open()}
    outbox.close()
    return found
