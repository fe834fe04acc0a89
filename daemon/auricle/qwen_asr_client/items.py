"""The items of a session: which utterance an event of the server belongs to.

Known servers leave `item_id` out here and there, send the events of an item in
several orders, and repeat finals. An event without an id belongs to the oldest item
it can belong to: items are committed and answered first in, first out.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import assert_never

from auricle.qwen_asr.decoding import InterimDelta
from auricle.qwen_asr.events import (
    Committed,
    FinalTranscript,
    InterimTranscript,
    ItemCreated,
    SpeechStarted,
    SpeechStopped,
    TranscriptionFailed,
)
from auricle.qwen_asr_client.errors import ViolationError
from auricle.text import LONGEST_TRANSCRIPT

MOST_ITEMS = 200
"""A session's first minute has no more: no voice makes as many utterances of it."""
_MOST_A_SECOND = 3

ItemEvent = (
    SpeechStarted
    | SpeechStopped
    | Committed
    | ItemCreated
    | InterimTranscript
    | FinalTranscript
    | TranscriptionFailed
)


@dataclass(slots=True)
class _Item:
    id: str
    start_ms: int | None = None
    """Milliseconds from the session's first sound to where it begins; None where the
    server does not tell."""
    end_ms: int | None = None
    stopped: bool = False
    committed: bool = False
    committed_seconds: float = 0.0
    """How long it is where we have ended it; 0 where the server has."""
    ended_unasked: bool = False
    """Whether the server ended it while no commit of ours was on its way."""
    overtaken: bool = False
    """Whether an item that began later has had its final: this one's may be lost."""
    interim: str = ""
    """What the `.delta` dialect has told so far."""


class Items:
    """It gives every event its item, and lets each item end once."""

    def __init__(self) -> None:
        self._open: dict[str, _Item] = {}
        self._ended: set[str] = set()
        self._unnamed = 0
        self._answered_ms = 0
        self.most: float = MOST_ITEMS
        """How many items there can be by now."""
        self.commits_unanswered = 0
        """Commits sent whose final has not come."""
        self._commits: deque[float] = deque()
        """How many seconds each commit ends whose item is not known yet."""

    @property
    def unanswered_seconds(self) -> float:
        """How long the utterances are together that are over, and whose finals are to
        be expected.
        """
        expected = (item for item in self._open.values() if not item.overtaken)
        return sum(map(_seconds, expected))

    @property
    def answered_seconds(self) -> float:
        """Where the newest utterance ends that has its final, as have all before it."""
        starts = [item.start_ms or 0 for item in self._open.values()]
        return min([self._answered_ms, *starts]) / 1000

    def audio_sent(self, seconds: float) -> None:
        """Allow for the items that may come of so much audio more."""
        self.most += _MOST_A_SECOND * seconds

    def commit_sent(self, seconds: float) -> None:
        """Expect one final more, for so much audio."""
        self.most += 1
        self.commits_unanswered += 1
        self._commits.append(seconds)

    def skip(self) -> str:
        """Return the id for an item that the server never hears of."""
        return self._unnamed_id()

    def end_oldest(self) -> str:
        """End the item that the oldest commit without an answer was for, known by now
        or not; return its id.
        """
        item = self._item("", lambda item: not item.committed)
        self._end(item)
        return item.id

    def take(self, event: ItemEvent | InterimDelta) -> ItemEvent | None:
        """Return the event with its item's id; None where that item has ended already.

        Raises ViolationError where there are more items than there can be.
        """
        if event.item_id in self._ended:
            return None
        match event:
            case SpeechStarted():
                item = self._named(event.item_id) or self._new(event.item_id)
                item.start_ms = event.audio_start_ms
            case SpeechStopped():
                item = self._item(event.item_id, lambda item: not item.stopped)
                item.stopped = True
                if not item.committed:
                    item.ended_unasked = not self._commits
                item.end_ms = event.audio_end_ms
            case Committed():
                item = self._item(event.item_id, lambda item: not item.committed)
                if not item.committed:
                    item.ended_unasked = not self._commits
                    if not item.stopped and self._commits:
                        item.committed_seconds = self._commits.popleft()
                item.committed = True
            case ItemCreated():
                # Named by other keys than the rest, at another time, and no result.
                return event if event.item_id else None
            case InterimTranscript():
                item = self._item(event.item_id)
            case InterimDelta():
                item = self._item(event.item_id)
                item.interim = (item.interim + event.delta)[:LONGEST_TRANSCRIPT]
                event = InterimTranscript(
                    item.id, item.interim, "", event.language, event.emotion
                )
            case FinalTranscript() | TranscriptionFailed():
                if not event.item_id and self._nothing_is_awaited:
                    return None
                item = self._item(event.item_id)
                self._end(item)
            case _:
                assert_never(event)
        return event if event.item_id else replace(event, item_id=item.id)

    def _item(
        self, item_id: str, fits: Callable[[_Item], bool] = lambda item: True
    ) -> _Item:
        """The item of that id, the oldest that fits where there is no id, or a new."""
        if item_id:
            return self._named(item_id) or self._new(item_id)
        oldest = next(filter(fits, self._open.values()), None)
        return oldest or self._new("")

    def _named(self, item_id: str) -> _Item | None:
        return self._open.get(item_id)

    def _new(self, item_id: str) -> _Item:
        item_id = item_id or self._unnamed_id()
        if len(self._open) + len(self._ended) >= self.most:
            raise ViolationError(f"the session has more than {self.most:.0f} items")
        item = self._open[item_id] = _Item(item_id)
        return item

    def _unnamed_id(self) -> str:
        self._unnamed += 1
        return f"unnamed_{self._unnamed}"

    def _end(self, item: _Item) -> None:
        for earlier in takewhile(lambda each: each is not item, self._open.values()):
            earlier.overtaken = True
        if not item.committed and not item.stopped and self._commits:
            # A server that answers does not tell of the commit any more.
            self._commits.popleft()
        del self._open[item.id]
        self._ended.add(item.id)
        self._answered_ms = max(self._answered_ms, item.end_ms or 0)
        if not item.ended_unasked:
            self.commits_unanswered = max(0, self.commits_unanswered - 1)

    @property
    def _nothing_is_awaited(self) -> bool:
        # A final without an id is then the last one, said again.
        return not self._open and not self.commits_unanswered and bool(self._ended)


def _seconds(item: _Item) -> float:
    """How long it was; 0 where it is not over, or nobody knows."""
    if item.start_ms is None or item.end_ms is None:
        return item.committed_seconds
    return max(0, item.end_ms - item.start_ms) / 1000
