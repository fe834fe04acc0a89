"""What a voice detector does."""

from collections.abc import Sequence
from typing import Protocol

from auricle.audio.frame import Frame


class VoiceDetector(Protocol):
    """Hears a stream of 30 ms frames; what it says of one depends on those before."""

    def attune(self, memory: Sequence[Frame], *, woken: bool) -> None:
        """Start again, having heard `memory`; if `woken`, a wake word is at its end."""

    def is_speech(self, frame: Frame) -> bool:
        """Take the next frame; tell whether somebody speaks in it."""


class VoiceProbability(Protocol):
    """Hears a stream of 30 ms frames, and knows nothing of rooms and speakers."""

    def hear(self, frame: Frame) -> float:
        """Take the next frame; return how probable a voice is in it: 0 to 1."""
