"""A session's audio, cut into the utterances that are to be recognized."""

from dataclasses import dataclass

from auricle.audio.frame import SAMPLE_BYTES, SAMPLE_RATE
from auricle.errors import AuricleError
from auricle.qwen_asr.events import LONGEST_UTTERANCE
from auricle.recognizer.engine import LOOK_BACK, Segmenter, SegmentStarted

# The service's limit in manual mode, ours for a segment as well.
_MOST_SAMPLES = round(LONGEST_UTTERANCE * SAMPLE_RATE)
# What is pushed at once is small enough for the limit to be met in time.
_PIECE = SAMPLE_RATE * SAMPLE_BYTES


@dataclass(frozen=True, slots=True)
class UtteranceStarted:
    start: int
    """Sample position in the session's audio."""


@dataclass(frozen=True, slots=True)
class UtteranceEnded:
    end: int
    pcm: bytes


@dataclass(frozen=True, slots=True)
class UtteranceLeft:
    """What a client said and did not commit."""

    pcm: bytes


class UtteranceTooLongError(AuricleError):
    """The client commits too late; the message goes to it."""


UtteranceEvent = UtteranceStarted | UtteranceEnded | UtteranceLeft


class SegmentedInput:
    """The server decides where utterances start and end."""

    def __init__(self, segmenter: Segmenter, position: int) -> None:
        """`position`: samples of the session that came before."""
        self._segmenter = segmenter
        self._origin = position
        self._kept = bytearray()
        self._kept_from = position
        self._open: int | None = None

    def push(self, pcm: bytes) -> list[UtteranceEvent]:
        events: list[UtteranceEvent] = []
        for at in range(0, len(pcm), _PIECE):
            piece = pcm[at : at + _PIECE]
            self._kept += piece
            for event in self._segmenter.push(piece):
                if isinstance(event, SegmentStarted):
                    events.append(self._started(event.start))
                else:
                    events.append(self._ended(event.end))
            if self._open is not None and self._position - self._open >= _MOST_SAMPLES:
                events += self.flush()
            self._forget()
        return events

    def flush(self) -> list[UtteranceEvent]:
        """End an utterance that is open."""
        return [
            self._started(event.start)
            if isinstance(event, SegmentStarted)
            else self._ended(event.end)
            for event in self._segmenter.flush()
        ]

    @property
    def open_audio(self) -> bytes:
        """What has been said of the utterance that is open; empty where none is."""
        return b"" if self._open is None else self._cut(self._open, self._position)

    @property
    def _position(self) -> int:
        return self._kept_from + len(self._kept) // SAMPLE_BYTES

    def _started(self, start: int) -> UtteranceStarted:
        assert self._open is None
        self._open = max(self._origin + start, self._kept_from)
        return UtteranceStarted(self._open)

    def _ended(self, end: int) -> UtteranceEnded:
        assert self._open is not None
        start, self._open = self._open, None
        end = max(start, min(self._origin + end, self._position))
        return UtteranceEnded(end, self._cut(start, end))

    def _cut(self, start: int, end: int) -> bytes:
        first = (start - self._kept_from) * SAMPLE_BYTES
        return bytes(self._kept[first : (end - self._kept_from) * SAMPLE_BYTES])

    def _forget(self) -> None:
        if self._open is not None:
            return
        spare = len(self._kept) // SAMPLE_BYTES - round(LOOK_BACK * SAMPLE_RATE)
        # Seldom, and much at once: each time moves what stays.
        if spare > SAMPLE_RATE:
            del self._kept[: spare * SAMPLE_BYTES]
            self._kept_from += spare


class CommittedInput:
    """The client decides: all audio up to a commit is one utterance."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._overflowing = False

    def push(self, pcm: bytes) -> list[UtteranceEvent]:
        """Raises UtteranceTooLongError, once, where the limit is exceeded."""
        room = _MOST_SAMPLES * SAMPLE_BYTES - len(self._kept)
        self._kept += pcm[:room]
        before, self._overflowing = self._overflowing, len(pcm) > room
        if self._overflowing and not before:
            raise UtteranceTooLongError(
                f"audio beyond {LONGEST_UTTERANCE:g} seconds is not taken before "
                "what there is has been committed"
            )
        return []

    def commit(self) -> bytes:
        """The utterance; empty where nothing was said."""
        pcm = bytes(self._kept)
        self._kept.clear()
        self._overflowing = False
        return pcm

    def flush(self) -> list[UtteranceEvent]:
        """Hand out what was not committed."""
        pcm = self.commit()
        return [UtteranceLeft(pcm)] if pcm else []

    @property
    def open_audio(self) -> bytes:
        """What has been said since the last commit."""
        return bytes(self._kept)
