"""What makes sound of a text."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

from auricle.audio.playing import SoundFormat

PATIENCE = 15.0
"""Seconds that a synthesizer may think, before its first sound and behind any other."""


@dataclass(frozen=True, slots=True)
class SpokenSound:
    """The next piece of a text's sound."""

    format: SoundFormat
    """What its samples are: the same for all pieces of one text that have any."""
    pcm: bytes


class Synthesizer(Protocol):
    """Makes sound of texts, one at a time; whoever closes its generator has it stop."""

    def synthesize(self, text: str) -> AsyncGenerator[SpokenSound, None]:
        """Yield the sound of `text` as it is made: one piece at least, which may be
        empty.

        Raises SynthesisError, which says why there is none, and repeats nothing of the
        text.
        """
