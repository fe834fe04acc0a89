"""A disk that never answers keeps no satellite from ending."""

import subprocess
import sys
from pathlib import Path

import pytest

HANGING = """
import asyncio
import threading
from pathlib import PosixPath

asked = threading.Event()

class Hanging(PosixPath):
    def mkdir(self, *args, **more):
        asked.set()
        threading.Event().wait()
"""
A_MUTE = """
from auricle.app.remembered import Remembered
from auricle.app.state_file import Memory, StateFile

async def run():
    memory = Memory(StateFile(Hanging("state/state.json")), patience=0.01)
    memory.remember(Remembered(muted=True))
    await memory.flush()
"""
A_SOUND = """
from auricle.mqtt.messages import Messages
from auricle.mqtt.play_reports import PlayReports
from auricle.mqtt.topics import Topics

async def run():
    messages = Messages(Topics("auricle", "study"))
    # Nothing is published while no sound ends.
    reports = PlayReports(None, messages, Hanging("state/sounds.json"))
    reports.accepted("song")
    await reports.stop()
"""
END = """
asyncio.run(run())
assert asked.wait(5)
"""


@pytest.mark.parametrize("keep", [A_MUTE, A_SOUND])
def test_who_writes_to_a_disk_that_hangs_ends_all_the_same(
    keep: str, tmp_path: Path
) -> None:
    program = HANGING + keep + END
    subprocess.run(
        [sys.executable, "-c", program], timeout=30, check=True, cwd=tmp_path
    )
