"""Little memory, for whatever is started in it: a Linux control group."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

_ROOT = Path("/sys/fs/cgroup")


class SmallMemory:
    """A group of processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

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
    first = (_ROOT / "memory").is_dir()
    folder = (_ROOT / "memory" if first else _ROOT) / f"auricle-{os.getpid()}"
    limit = "memory.limit_in_bytes" if first else "memory.max"
    try:
        folder.mkdir()
        (folder / limit).write_text(f"{mib}M")
    except OSError as error:
        with contextlib.suppress(OSError):
            folder.rmdir()
        pytest.skip(f"not allowed to make a control group: {error}")
    try:
        yield SmallMemory(folder)
    finally:
        # Processes that ended a moment ago may still be counted.
        with contextlib.suppress(OSError):
            folder.rmdir()
