"""What a recording reads: sound that is stored, or comes by itself."""

import math
from typing import Protocol

from auricle.audio.frame import FrameCutter


class Sound(Protocol):
    """A stretch of sound that is read once, from its beginning to its end."""

    @property
    def remarks(self) -> tuple[str, ...]:
        """What differs from what was promised: whole sentences, of which none is taken
        back.
        """

    @property
    def cancels(self) -> bool:
        """Whether its channels, mixed, cancel each other out."""

    @property
    def peak(self) -> float:
        """The largest sample so far, before it is limited to full scale, which is 1."""

    @property
    def waiting(self) -> float:
        """How many seconds of it came by themselves and are not read yet; infinity
        where nobody knows.
        """

    def cutter(self) -> FrameCutter:
        """Return what cuts into frames what is read."""

    def read(self, timeout: float = math.inf) -> bytes | None:
        """Return the next piece as 16 kHz s16le, mono or of an array that is to be
        aimed; None if none came within `timeout` seconds; empty at the end.

        Raises RecordingError.
        """

    def close(self) -> None:
        """Release the file; closing twice is fine."""
