"""A terminal with a program in it, and somebody who reads and types."""

import fcntl
import os
import select
import struct
import subprocess
import termios
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from rigs.homes.program import clean_environment
from rigs.waiting import until


class Terminal:
    """A context manager; the program is killed at the end, if it has not ended."""

    def __init__(
        self, command: Sequence[str], *, columns: int = 100, rows: int = 30
    ) -> None:
        self._command = command
        self._ours, self._theirs = os.openpty()
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(self._theirs, termios.TIOCSWINSZ, size)
        self._shown = bytearray()
        self._closing = False
        self._reader = threading.Thread(target=self._read)

    @property
    def shown(self) -> str:
        """All that was ever written to it."""
        return bytes(self._shown).decode(errors="replace")

    @property
    def modes(self) -> list[Any]:
        """As tcgetattr tells them."""
        return termios.tcgetattr(self._theirs)

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            # In a session of its own, so that Ctrl-C reaches it and nobody else.
            ["setsid", "--ctty", *self._command],
            stdin=self._theirs,
            stdout=self._theirs,
            stderr=self._theirs,
            env=clean_environment() | {"TERM": "xterm"},
        )
        self._reader.start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait(10)
        self._closing = True
        self._reader.join(10)
        os.close(self._theirs)
        os.close(self._ours)

    def type(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def shows(self, text: str, timeout: float = 60.0) -> None:
        """Wait until it has shown `text`."""
        until(lambda: text in self.shown, timeout)

    def ended(self, timeout: float = 30.0) -> int:
        """Wait for the exit code."""
        return self._process.wait(timeout)

    def _read(self) -> None:
        while not self._closing:
            if select.select([self._ours], [], [], 0.05)[0]:
                self._shown += os.read(self._ours, 1 << 16)
