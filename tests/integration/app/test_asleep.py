"""What was due while the machine slept."""

import subprocess
import sys
from pathlib import Path

from rigs.faults.wrong_clock import WrongClock
from rigs.homes.program import clean_environment

SLEEP = """
import asyncio
import time

from auricle.system.event_loop import run


async def main() -> None:
    night = asyncio.create_task(asyncio.sleep(3600))
    await asyncio.sleep(0)  # the night has begun
    deadline = asyncio.timeout(7200)
    async with deadline:
        print("asleep", flush=True)
        before = time.monotonic()
        while not night.done():
            await asyncio.sleep(0.01)
        assert time.monotonic() - before < 60
        assert not deadline.expired()
        print("awake", flush=True)


run(main())
"""


def test_what_was_due_while_the_machine_slept_is_due_when_it_wakes(
    tmp_path: Path,
) -> None:
    clock = WrongClock(tmp_path)
    program = subprocess.Popen(
        [sys.executable, "-c", SLEEP],
        env={**clean_environment(), **clock.environment},
        stdout=subprocess.PIPE,
        text=True,
    )
    with program:
        assert program.stdout is not None
        assert program.stdout.readline() == "asleep\n"
        clock.sleep(3600)
        try:
            told, _ = program.communicate(timeout=30)
        finally:
            program.kill()
    assert told == "awake\n"
    assert program.returncode == 0
