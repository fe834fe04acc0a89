"""What a session needs from outside: ears for the end of speech, and an engine.

All sound here is mono s16le PCM at 16 kHz.
"""

from dataclasses import dataclass
from typing import Protocol

from auricle.errors import AuricleError
from auricle.turns.turn import Transcript


class Engine(Protocol):
    """A speech model. Blocking, and called by one thread at a time."""

    @property
    def name(self) -> str:
        """The model's, for logs and `auricle recognizer`."""

    @property
    def languages(self) -> frozenset[str]:
        """The protocol's codes that it knows; others are refused before they come."""

    def transcribe(
        self, pcm: bytes, *, language: str | None, corpus: str | None, final: bool
    ) -> Transcript:
        """What is said in `pcm`, of 0.1 to 60 s; an empty text where nothing is.

        `language` is the speaker's where known, `corpus` words to expect. What is not
        `final` is wanted sooner rather than better. The answer's language is that of
        its words, its emotion what was heard of one: None where it cannot tell. May
        raise anything: the item fails then, and the session goes on.
        """

    def usable(self, corpus: str) -> str | None:
        """How much of `corpus` it heeds, in words, where that is not all of it."""


@dataclass(frozen=True, slots=True)
class SegmentStarted:
    start: int
    """Sample position, counted since the segmenter's first sample."""


@dataclass(frozen=True, slots=True)
class SegmentEnded:
    end: int


SegmentEvent = SegmentStarted | SegmentEnded

LOOK_BACK = 2.0
"""Seconds: no segment starts, when it is reported, further back than this."""


class Segmenter(Protocol):
    """Finds the utterances in one session's audio: the server's VAD."""

    def push(self, pcm: bytes) -> list[SegmentEvent]:
        """What `pcm` (whole samples, any length) tells; starts and ends alternate."""

    def flush(self) -> list[SegmentEvent]:
        """End an open segment here. More audio may follow, its positions go on."""


class CodecError(AuricleError):
    """Audio of this format cannot be decoded; the message goes to the client."""


class Decoder(Protocol):
    """Turns one session's audio, as sent, into PCM. Cut anywhere."""

    def decode(self, audio: bytes) -> bytes:
        """The samples that are complete by now. Raises CodecError."""

    def flush(self) -> bytes:
        """The samples held back, at the end of an utterance. More audio may follow."""
