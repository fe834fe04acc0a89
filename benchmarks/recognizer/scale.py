"""How much is measured, and beside what."""

import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Scale:
    """What all parts are told."""

    short: bool = False
    """For a first look: the figures say little."""
    beside: str | None = None
    """The commit that is measured in the same run."""


@contextmanager
def source_of(commit: str) -> Iterator[Path]:
    """The packages of that commit, in a folder for PYTHONPATH."""
    command = ["git", "-C", str(_ROOT), "archive", commit, "daemon"]
    archive = subprocess.run(command, capture_output=True, check=False)
    if archive.returncode:
        raise SystemExit(f"--beside {commit}: {archive.stderr.decode().strip()}")
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=BytesIO(archive.stdout)) as files:
            files.extractall(folder, filter="data")
        yield Path(folder) / "daemon"
