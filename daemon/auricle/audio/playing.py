"""Sounds that the loudspeaker plays: what a player is told, and what it tells."""

from dataclasses import dataclass
from typing import Protocol

from auricle.audio.echo import OwnSound
from auricle.audio.frame import SAMPLE_BYTES

PLAYED_RATES = (8_000, 192_000)
"""The lowest and the highest sample rate that is played, in hertz."""
MOST_PLAYED_CHANNELS = 2


@dataclass(frozen=True, slots=True)
class SoundFormat:
    """Says what the bytes of a sound are; its samples always have 16 bits (s16le)."""

    rate: int
    """Samples a second for each channel, in hertz."""
    channels: int

    @property
    def frame_bytes(self) -> int:
        """The bytes of one moment, which has a sample for each channel."""
        return SAMPLE_BYTES * self.channels

    def seconds(self, size: int) -> float:
        """Return how long so many bytes sound."""
        return size / self.frame_bytes / self.rate

    def size(self, seconds: float) -> int:
        """Return how many bytes sound so long, in whole frames."""
        return round(seconds * self.rate) * self.frame_bytes


# --- what it tells ---


@dataclass(frozen=True, slots=True)
class SoundStarted:
    """The sound of this id has begun to be played."""

    id: str


@dataclass(frozen=True, slots=True)
class SoundFinished:
    """The last sample of the sound of this id has been played."""

    id: str


@dataclass(frozen=True, slots=True)
class SoundFailed:
    """The loudspeaker does not play the sound of this id, or no longer; the log says
    why.
    """

    id: str


PlayerFact = SoundStarted | SoundFinished | SoundFailed


class Player(Protocol):
    """Plays one sound at a time, on the event loop; every call returns at once.

    Of each sound that began it tells that it started, and then one end: that it
    finished, or failed. Of one that is cancelled nothing more is told.
    """

    def begin(
        self, sound_id: str, sound_format: SoundFormat, *, heard_out: bool = False
    ) -> None:
        """Play the sound of this id, whose bytes follow; another one that still plays
        is cancelled, but for one that is to be `heard_out`: its end is waited for.
        """

    def feed(self, sound_id: str, pcm: bytes) -> None:
        """Take the next bytes of the sound; where none come in time, it is silent
        meanwhile.
        """

    def end(self, sound_id: str) -> None:
        """Note that no more bytes follow: the sound finishes once it was heard."""

    def cancel(self, sound_id: str) -> None:
        """Be silent at once."""


class PlaybackListener(Protocol):
    """Hears our own sounds, and is told of them; every call returns at once."""

    def expect(self, sound: OwnSound) -> None:
        """Note that this short sound, which is known as a whole, is about to be
        played.
        """

    def played(self) -> None:
        """Note that the short sound has been played, or cannot be."""

    def speaking(self, pcm: bytes | None) -> None:
        """Take the next stretch of what is being played, before it can be in the air:
        16 kHz mono s16le, as loud as it is played; None where nobody knows what it is.
        """

    def spoken(self) -> None:
        """Note that what was being played is over."""
