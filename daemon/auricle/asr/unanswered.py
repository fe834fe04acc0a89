"""A turn's audio that has to be said again if its session is lost."""

from collections import deque
from collections.abc import Iterator
from enum import Enum, auto

from auricle.audio.frame import SAMPLE_BYTES, SAMPLE_RATE

# No utterance is longer than a minute, none waits for its final behind more than half a
# minute of others, and a server that has read a voice tells of it at once: what left
# longer ago than this is answered, or was silence.
_LONGEST = 120.0
_SECOND = SAMPLE_RATE * SAMPLE_BYTES


class End(Enum):
    """Among the audio, it marks where the client ended an utterance."""

    OF_UTTERANCE = auto()


class Unanswered:
    """It keeps a turn's audio, less what is answered or is too old to be awaited.

    Iterating yields what is kept: PCM (mono, s16le, 16 kHz), and the ends among it. All
    positions are seconds. A server counts them from its session's first sample, which
    after a loss is the oldest that was kept: `origin`.
    """

    def __init__(self) -> None:
        self._pieces: deque[bytes | End] = deque()
        self._bytes = 0
        self._begin = 0
        self._origin = 0

    def __iter__(self) -> Iterator[bytes | End]:
        return iter(self._pieces)

    @property
    def seconds(self) -> float:
        """How much audio is kept."""
        return self._bytes / _SECOND

    @property
    def origin(self) -> float:
        """Where this session's audio begins in the turn's."""
        return self._origin / _SECOND

    def push(self, pcm: bytes) -> None:
        """Keep what is said now."""
        self._pieces.append(pcm)
        self._bytes += len(pcm)

    def end_utterance(self) -> None:
        """Mark the end of an utterance: it is ended there when it goes again, too."""
        self._pieces.append(End.OF_UTTERANCE)

    def forget_answered(self, *, sent: float, answered: float) -> None:
        """Forget what is answered, or too old.

        Of this session, `sent` seconds were sent, and the first `answered` answered.
        """
        done = self.origin + max(min(answered, sent), sent - _LONGEST)
        while self._pieces:
            piece = self._pieces[0]
            gone = len(piece) if isinstance(piece, bytes) else 0
            if self._begin + gone > done * _SECOND:
                break
            self._pieces.popleft()
            self._begin += gone
            self._bytes -= gone

    def session_lost(self) -> None:
        """Count from the oldest audio kept, which goes first in a fresh session."""
        self._origin = self._begin

    def clear(self) -> None:
        """Forget all that was kept."""
        self._pieces.clear()
        self._bytes = 0
