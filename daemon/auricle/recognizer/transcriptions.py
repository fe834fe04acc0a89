"""What a session wants recognized, in which order, one piece at a time.

Finals go first in, first out. An interim is wanted only while nothing else is: it is
worth nothing late.
"""

from collections import deque
from dataclasses import dataclass

from auricle.audio.frame import SAMPLE_BYTES, SAMPLE_RATE

_BYTES_PER_SECOND = SAMPLE_RATE * SAMPLE_BYTES


@dataclass(frozen=True, slots=True)
class Transcribe:
    """An order for the engine."""

    item_id: str
    pcm: bytes
    final: bool
    language: str | None
    corpus: str | None

    @property
    def seconds(self) -> float:
        return len(self.pcm) / _BYTES_PER_SECOND


class Transcriptions:
    """The orders of one session; at most one of them is with the engine."""

    def __init__(self) -> None:
        self._finals: deque[Transcribe] = deque()
        self._with_engine: Transcribe | None = None

    @property
    def idle(self) -> bool:
        return self._with_engine is None and not self._finals

    @property
    def backlog(self) -> float:
        """Seconds of audio that wait for the engine."""
        return sum(final.seconds for final in self._finals)

    def want(self, work: Transcribe) -> None:
        assert work.final or self.idle
        self._finals.append(work)

    def next(self) -> Transcribe | None:
        """What the engine is to do now."""
        if self._with_engine is not None or not self._finals:
            return None
        self._with_engine = self._finals.popleft()
        return self._with_engine

    def done(self, work: Transcribe) -> None:
        assert work is self._with_engine
        self._with_engine = None
