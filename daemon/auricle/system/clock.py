"""The machine's clocks: the one that nobody sets, and whether the other one was set.

Time since the machine's start is the same for every process that comes and goes.
"""

import time
import uuid
from pathlib import Path

BUILT = 2026
"""The year this was written in. A Pi has no battery-backed clock: one that says an
earlier year is not set at all."""
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def boot_id() -> str:
    """Return the name of this start of the machine, which lasts for as long as
    `since_boot` counts on.
    """
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        # No two processes then share a boot: what one left is old to the next.
        return str(uuid.uuid4())


def since_boot() -> float:
    """Return the seconds since the machine's start, those in suspend included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
