"""Piped sound, read piece by piece as it comes: 16 kHz mono s16le."""

import math
import os
import select
from typing import Protocol

from auricle.errors import RecordingError


class Sound(Protocol):
    """A stretch of sound that is read once, from its beginning to its end."""

    def read(self, timeout: float = math.inf) -> bytes | None:
        """The next piece; None if none came within `timeout`; empty at the end."""

    def close(self) -> None:
        """Release the file. Closing twice is fine."""


class StandardInput:
    """Raw 16 kHz mono s16le PCM on a file descriptor, such as a pipe's end."""

    def __init__(self, descriptor: int) -> None:
        """Raises RecordingError where nothing is piped in."""
        if os.isatty(descriptor):
            raise RecordingError(
                "standard input is a terminal: pipe raw 16 kHz mono s16le PCM into it"
            )
        self._descriptor = descriptor
        self._begun = False

    def read(self, timeout: float = math.inf) -> bytes | None:
        """What has been piped in. Raises RecordingError for a file with a header."""
        wait = None if math.isinf(timeout) else max(0.0, timeout)
        if not select.select([self._descriptor], [], [], wait)[0]:
            return None
        pcm = os.read(self._descriptor, 1 << 15)
        if not self._begun and pcm.startswith((b"RIFF", b"fLaC", b"OggS")):
            raise RecordingError(
                "standard input is a sound file, and raw 16 kHz mono s16le PCM is "
                "expected there: give the file by its name"
            )
        self._begun = True
        return pcm

    def close(self) -> None:
        """Nothing to do: what is piped in later is not lost."""
