"""Which moments may have been a wake word: each is one candidate, however long.

An engine is as sure as it gets in the middle of a word's end, and not sure for long. So
a candidate lasts for as long as a score stays up, and for a moment longer.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from auricle.audio.frame import SAMPLE_RATE

FLOOR = 0.5
"""Below that, a score resembles nothing; candidates come a few times an hour."""
BEHIND = 1.5
"""Seconds until one is over: a second word, or an echo of the first, comes later or
belongs to it."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Reports what may have been a wake word, once it is over."""

    wake_word: str
    score: float
    """The best one, 0 to 1."""
    detected: bool
    """Whether the satellite took it for the wake word."""


@dataclass(slots=True)
class _Open:
    score: float
    detected: bool
    up: int
    """The sample position where the score was up last."""


class Candidates:
    """Is told the scores of each frame; finds what may have been a wake word."""

    def __init__(self) -> None:
        self._open: dict[str, _Open] = {}
        self._now = 0

    def hear(
        self, end: int, scores: Mapping[str, float], detected: Mapping[str, float]
    ) -> list[Candidate]:
        """Take the scores behind the sample position `end`, and those of wake words
        that were detected there; return what is over by now.
        """
        if end < self._now:
            # Positions begin anew with a microphone that was opened again.
            self._open.clear()
        self._now = end
        for name, score in scores.items():
            if score >= FLOOR:
                self._raise(name, score, detected=False)
        for name, score in detected.items():
            self._raise(name, score, detected=True)
        behind = round(BEHIND * SAMPLE_RATE)
        over = [n for n, each in self._open.items() if end - each.up >= behind]
        return [self._close(name) for name in over]

    def end(self) -> list[Candidate]:
        """Return those that are not over, for nothing more is heard."""
        return [self._close(name) for name in list(self._open)]

    def forget(self) -> None:
        """Let go of those that are not over."""
        self._open.clear()

    def _raise(self, name: str, score: float, *, detected: bool) -> None:
        known = self._open.setdefault(name, _Open(score, detected, self._now))
        known.score = max(known.score, score)
        known.detected |= detected
        known.up = self._now

    def _close(self, name: str) -> Candidate:
        done = self._open.pop(name)
        return Candidate(name, done.score, done.detected)
