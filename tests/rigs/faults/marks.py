"""What a program that works on a recorded disk says it has done so far."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MARKS = "marks"
"""A file on that disk, which is no part of what may get lost: JSON lines."""

Kept = dict[str, str]
"""What the disk is to keep, by name."""


class Marks:
    """From line to line: what was kept before, and what may be from now on."""

    def __init__(self, directory: Path) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC
        self._file = os.open(directory / MARKS, flags, 0o600)
        self._kept: Kept | None = {}

    def forget(self) -> None:
        """What is kept from now on is anybody's guess."""
        self._kept = None
        self._mark(None, None)

    @contextmanager
    def keeping(self, kept: Kept) -> Iterator[None]:
        """Within it, it comes to be kept; behind it, it is."""
        self._mark(self._kept, kept)
        yield
        self._kept = kept
        self._mark(kept, kept)

    def _mark(self, before: Kept | None, after: Kept | None) -> None:
        os.write(self._file, json.dumps([before, after]).encode() + b"\n")
