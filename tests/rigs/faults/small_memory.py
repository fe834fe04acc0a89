"""Little memory, for whatever is started in it: a Linux control group."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

_ROOT = Path("/sys/fs/cgroup")


_V1 = _ROOT / "memory"


class SmallMemory:
    """A group of processes."""

    def __init__(self, folder: Path, mib: int) -> None:
        self._folder = folder
        self._mib = mib
        first = folder.parent == _V1
        self._limit = folder / ("memory.limit_in_bytes" if first else "memory.max")
        self._used = folder / ("memory.usage_in_bytes" if first else "memory.current")
        self._events = folder / ("memory.oom_control" if first else "memory.events")
        self.widen()

    @property
    def kills(self) -> int:
        """How many processes the kernel ended for want of memory."""
        counts = dict(line.split() for line in self._events.read_text().splitlines())
        return int(counts["oom_kill"])

    def squeeze(self) -> None:
        """Leave nothing but what is in use now: whoever asks for more is killed."""
        # The first version refuses a limit below what has come into use meanwhile.
        with contextlib.suppress(OSError):
            self._limit.write_text(self._used.read_text())

    def widen(self) -> None:
        """All of it again."""
        self._limit.write_text(f"{self._mib}M")

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """What is started meanwhile stays in it."""
        home = self._folder.parent / "cgroup.procs"
        (self._folder / "cgroup.procs").write_text(str(os.getpid()))
        try:
            yield
        finally:
            home.write_text(str(os.getpid()))


@contextlib.contextmanager
def small_memory(mib: int) -> Iterator[SmallMemory]:
    if os.geteuid() != 0:
        pytest.skip("needs root, to make a control group")
    folder = (_V1 if _V1.is_dir() else _ROOT) / f"auricle-{os.getpid()}"
    try:
        folder.mkdir()
        memory = SmallMemory(folder, mib)
    except OSError as error:
        with contextlib.suppress(OSError):
            folder.rmdir()
        pytest.skip(f"not allowed to make a control group: {error}")
    try:
        yield memory
    finally:
        # Processes that ended a moment ago may still be counted.
        with contextlib.suppress(OSError):
            folder.rmdir()
