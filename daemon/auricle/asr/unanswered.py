"""A session's audio that has to be said again if its connection is lost."""

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
    """Among the audio: here the client ended an utterance."""

    OF_UTTERANCE = auto()


class Unanswered:
    """Audio in; out goes what is answered, and what is too old to be awaited.

    All positions are seconds. A server counts them from its connection's first sample,
    which after a loss is the oldest that is kept: `origin`.
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
        return self._bytes / _SECOND

    @property
    def origin(self) -> float:
        """Where this connection's audio begins in the session's."""
        return self._origin / _SECOND

    def push(self, pcm: bytes) -> None:
        self._pieces.append(pcm)
        self._bytes += len(pcm)

    def end_utterance(self) -> None:
        """What was pushed since the last end is one: it is ended again when it goes
        again.
        """
        self._pieces.append(End.OF_UTTERANCE)

    def told(self, *, sent: float, answered: float) -> None:
        """So much was sent on this connection, and answered of that from its start."""
        done = self.origin + max(min(answered, sent), sent - _LONGEST)
        while self._pieces:
            piece = self._pieces[0]
            gone = len(piece) if isinstance(piece, bytes) else 0
            if self._begin + gone > done * _SECOND:
                break
            self._pieces.popleft()
            self._begin += gone
            self._bytes -= gone

    def connection_lost(self) -> None:
        """What is kept goes again, on a fresh one."""
        self._origin = self._begin

    def clear(self) -> None:
        self._pieces.clear()
        self._bytes = 0
