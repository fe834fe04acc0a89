"""A recording of any length: cut into stretches, and what was said in each."""

from dataclasses import dataclass, replace
from typing import assert_never

from auricle.audio.frame import SAMPLE_RATE, Frame
from auricle.qwen_asr.events import (
    Committed,
    FinalTranscript,
    InterimTranscript,
    SessionFinished,
    SpeechStarted,
    SpeechStopped,
)
from auricle.qwen_asr.wording import has_words, joined, repeats_hints
from auricle.turns.events import Recognition
from auricle.turns.items import Span

# Manual mode takes 60 s of audio; the pause is looked for before that.
LONGEST = 55.0
_LOOK_FOR_PAUSE = 40.0
_PAUSE = 0.3


class Cutter:
    """Finds where to cut: in a pause after 40 s, or else at 55 s."""

    def __init__(self) -> None:
        self._seconds = self._silence = 0.0

    def push(self, frame: Frame, *, speech: bool) -> bool:
        """Take the next frame; tell whether a stretch ends with it."""
        self._seconds += frame.seconds
        self._silence = 0.0 if speech else self._silence + frame.seconds
        in_pause = self._seconds >= _LOOK_FOR_PAUSE and self._silence >= _PAUSE
        ends = in_pause or self._seconds >= LONGEST
        if ends:
            self._seconds = self._silence = 0.0
        return ends


@dataclass(frozen=True, slots=True)
class Said:
    """Holds one utterance of a recording."""

    start: float
    """Seconds from the beginning of the recording."""
    end: float
    text: str
    language: str | None
    emotion: str | None


@dataclass(slots=True)
class _Item:
    connection: int
    start: int | None = None
    """Milliseconds since the stretch began; not told in manual mode."""
    end: int | None = None
    interim: str = ""
    final: FinalTranscript | None = None

    @property
    def is_placed(self) -> bool:
        return self.start is not None or self.end is not None

    @property
    def span(self) -> Span:
        return Span.told(self.start, self.end)

    def is_said_again_by(self, other: "_Item") -> bool:
        """Whether a connection behind its own has understood its sound as `other`."""
        if other.final is None or other.connection <= self.connection:
            return False
        # Where no times are told, nothing is known to be answered, and all of it goes
        # again.
        return not self.is_placed or (
            other.is_placed and self.span.overlaps(other.span)
        )


class Stretch:
    """Collects what the recognizer says of a part of a recording, utterance by
    utterance.
    """

    def __init__(self, start: int) -> None:
        """Begin at the sample position `start` of the recording."""
        self._start = start
        self._end = start
        # By connection and item: another connection may use the same names again.
        self._items: dict[tuple[int, str], _Item] = {}
        self._connections = 0
        self.finished = False
        """Whether the session has said all that it ever will."""

    @property
    def has_final(self) -> bool:
        """Whether an utterance is recognized for good."""
        return any(item.final is not None for item in self._items.values())

    @property
    def text(self) -> str:
        """All that is understood so far, drafts included."""
        texts = (
            item.interim if item.final is None else item.final.text
            for item in self._valid()
        )
        return joined(texts)

    def push(self, frame: Frame) -> None:
        """Take the next frame that is sent."""
        self._end = frame.end

    def connection_lost(self) -> None:
        """Forget what had no final: the recognizer will say it again, by
        other names, and some of what had one as well.
        """
        self._connections += 1
        self._items = {
            key: item for key, item in self._items.items() if item.final is not None
        }

    def take(self, said: Recognition, hints: str = "") -> None:
        """Take what the recognizer says; `hints` are the words that it was told to
        expect.
        """
        match said:
            case SpeechStarted(item_id, start):
                self._item(item_id).start = start
            case SpeechStopped(item_id, end):
                self._item(item_id).end = end
            case InterimTranscript(item_id):
                self._item(item_id).interim = said.text
            case Committed(item_id):
                self._item(item_id)
            case FinalTranscript(item_id):
                item = self._item(item_id)
                item.final = replace(said, text=self._understood(said, item, hints))
            case SessionFinished():
                self.finished = True
            case _:
                assert_never(said)

    def utterances(self) -> list[Said]:
        """Return the utterances in the order in which they were spoken; that of noise
        has an empty text.
        """
        return [
            Said(
                *self._bounds(item),
                item.final.text,
                item.final.language,
                item.final.emotion,
            )
            for item in self._valid()
            if item.final is not None
        ]

    def _valid(self) -> list[_Item]:
        """Order them as they were spoken; what was understood of a sound counts until
        it is understood again.
        """
        items = list(self._items.values())
        if not self._connections:
            return items
        valid = (item for item in items if not any(map(item.is_said_again_by, items)))
        return sorted(valid, key=lambda item: item.span)

    def _understood(self, said: FinalTranscript, item: _Item, hints: str) -> str:
        start, end = self._bounds(item)
        # Nobody listened here: all of it may be a voice.
        if not has_words(said.text) or repeats_hints(said.text, hints, end - start):
            return ""
        return said.text.strip()

    def _bounds(self, item: _Item) -> tuple[float, float]:
        """Say where its sound is; that of the whole stretch where nobody tells."""
        start = self._seconds(item.start, self._start)
        return start, self._seconds(item.end, self._end)

    def _item(self, item_id: str) -> _Item:
        connection = self._connections
        return self._items.setdefault((connection, item_id), _Item(connection))

    def _seconds(self, ms: int | None, otherwise: int) -> float:
        samples = otherwise if ms is None else self._start + ms * SAMPLE_RATE // 1000
        return round(min(samples, self._end) / SAMPLE_RATE, 2)
