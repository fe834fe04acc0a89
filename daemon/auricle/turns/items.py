"""What the recognizer makes of one turn: an item an utterance, in their order.

A turn has one utterance, or several where the person goes on before the final is there.
In server VAD the server finds them, and some of what it finds is noise; in manual mode
each of our commits is one, whose id is learned later. Finals may overtake each other.

After a replay what was not answered comes again, under new ids. What was understood of
it before is kept until then, for the second link may die as well.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from auricle.qwen_asr.events import (
    FinalTranscript,
    InterimTranscript,
    SpeechStarted,
    SpeechStopped,
)
from auricle.qwen_asr.wording import has_words, joined

# A server begins an utterance a moment before its first sound, and ends it in the
# silence behind: by so many milliseconds two of them may seem to overlap.
_PADDING_MS = 350


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Where an utterance is in the audio, in milliseconds."""

    start_ms: int
    end_ms: int

    @classmethod
    def told(cls, start_ms: int | None, end_ms: int | None) -> "Span":
        """Guess what the server does not tell: a short one."""
        if start_ms is None:
            start_ms = max(0, (end_ms or 0) - 2 * _PADDING_MS)
        return cls(start_ms, start_ms + 2 * _PADDING_MS if end_ms is None else end_ms)

    def overlaps(self, other: "Span") -> bool:
        """Whether they have more in common than what is around a voice."""
        return (
            self.start_ms + _PADDING_MS < other.end_ms
            and other.start_ms + _PADDING_MS < self.end_ms
        )


@dataclass(slots=True, eq=False)
class _Item:
    id: str
    """What the server calls it; empty until it has a name."""
    link: int
    """The number of the link that it was told on: ids are unique within one only."""
    start_ms: int | None = None
    end_ms: int | None = None
    """Milliseconds of the session's audio up to its end, as `start_ms` up to its start;
    None where the server does not tell."""
    over: bool = False
    due: bool = False
    """It is an utterance of the turn's, and over: its final is waited for."""
    voiced: float | None = None
    """Seconds of voice that were heard here until it was over."""
    interim: str = ""
    final: FinalTranscript | None = None
    before: list[FinalTranscript] = field(default_factory=list)
    """What was understood of the same sound on a link that died."""

    @property
    def under_way(self) -> bool:
        return not self.over and self.final is None

    @property
    def finals(self) -> list[FinalTranscript]:
        return self.before if self.final is None else [self.final]

    @property
    def span(self) -> Span:
        return Span.told(self.start_ms, self.end_ms)


class TurnItems:
    """Learns of items by what is said of them."""

    def __init__(self) -> None:
        self._items: list[_Item] = []
        self._dropped: set[str] = set()
        self._closed = False
        self._link = 0

    @property
    def awaited(self) -> bool:
        """Whether an utterance of the turn's is over, and its final is not there."""
        return any(item.due and item.final is None for item in self._items)

    @property
    def under_way(self) -> bool:
        """Whether the recognizer hears an utterance that is not over."""
        return any(item.under_way for item in self._items)

    @property
    def finals(self) -> list[FinalTranscript]:
        """Those with words, in the order in which they were spoken."""
        return [
            final
            for item in self._valid()
            for final in item.finals
            if has_words(final.text)
        ]

    def text(self, *, drafts: bool) -> str:
        """All that is understood so far; `drafts`: of what is under way as well."""
        return joined(filter(has_words, self._texts(drafts=drafts)))

    def start_ms(self, item_id: str) -> int | None:
        """Where it begins in the session's audio; None where nobody tells."""
        item = self._known(item_id)
        return item.start_ms if item is not None else None

    def voiced(self, item_id: str) -> float | None:
        """Seconds of voice that were heard until it was over; None where it is not."""
        item = self._known(item_id)
        return item.voiced if item is not None else None

    # --- what the recognizer tells ---

    def known(self, item_id: str) -> None:
        """There is such an item: what is told of first was spoken first."""
        self._item(item_id)

    def started(self, event: SpeechStarted) -> None:
        """Learn when an utterance began."""
        item = self._item(event.item_id)
        if item is not None:
            item.start_ms = event.audio_start_ms

    def stopped(self, event: SpeechStopped, *, voiced: float | None) -> None:
        """It is over. It is the turn's own where `voiced` tells for how many seconds a
        voice was heard in it; otherwise it may be noise, and nobody waits for it.
        """
        item = self._item(event.item_id)
        if item is not None:
            item.end_ms = event.audio_end_ms
            item.over = True
            if voiced is not None:
                item.due, item.voiced = True, voiced

    def interim(self, event: InterimTranscript) -> None:
        """Take what an utterance is understood as for now."""
        item = self._item(event.item_id)
        if item is not None:
            item.interim = event.text

    def final(self, event: FinalTranscript) -> bool:
        """Whether it is the turn's."""
        item = self._item(event.item_id)
        if item is not None:
            item.final = event
        return item is not None

    # --- what the turn decides ---

    def committed(self, *, voiced: float) -> None:
        """We ended an utterance: the one under way, or one that will be named."""
        under_way = [item for item in self._items if item.under_way]
        if not under_way:
            under_way = [_Item("", self._link)]
            self._items += under_way
        for item in under_way:
            item.over = item.due = True
            item.voiced = voiced

    def finishing(self, *, voiced: float) -> None:
        """We ended the session in the server's stead: what it has under way is due, or
        else whatever it finds.
        """
        if self.under_way or not self.awaited:
            self.committed(voiced=voiced)

    def drop(self, item_id: str) -> None:
        """It is none of the turn's."""
        self._dropped.add(item_id)
        self._items = [item for item in self._items if item.id != item_id]

    def close(self) -> None:
        """What is not over, and what begins from now on, is none of the turn's."""
        for item in [item for item in self._items if item.under_way]:
            self.drop(item.id)
        self._closed = True

    def again(self, *, committed: bool) -> None:
        """The link died, and what is not answered is said again, on a fresh one.

        Of what we `committed`, that is all, with its ends. Of what the server found, it
        is whatever overlaps with what it finds now, or all where it tells no times.
        """
        self._link += 1
        self._dropped.clear()
        if committed:
            self._items = [
                _Item(
                    "",
                    self._link,
                    over=item.over,
                    due=item.due,
                    voiced=item.voiced,
                    before=item.finals,
                )
                for item in self._items
                if item.due
            ]
            return
        awaited = [item for item in self._items if item.due and item.final is None]
        self._items = [item for item in self._items if item.finals]
        if self._closed:
            self._items += [
                _Item("", self._link, over=True, due=True, voiced=item.voiced)
                for item in awaited
            ]
            return
        timeless = [i for i in self._items if i.start_ms is None and i.end_ms is None]
        if timeless:
            before = [final for item in timeless for final in item.finals]
            self._items = [item for item in self._items if item not in timeless]
            self._items.append(_Item("", self._link, before=before))

    def _valid(self) -> list[_Item]:
        """Order them as they were spoken; what was understood of a sound counts until
        it is understood again.
        """
        if not self._link:
            return self._items
        again = [
            item.span
            for item in self._items
            if item.link == self._link and item.final is not None
        ]
        valid = (
            item
            for item in self._items
            if item.link == self._link or not any(map(item.span.overlaps, again))
        )
        return sorted(valid, key=lambda item: item.span)

    def _texts(self, *, drafts: bool) -> Iterator[str]:
        for item in self._valid():
            if item.finals:
                yield from (final.text for final in item.finals)
            elif item.due or drafts:
                yield item.interim

    def _item(self, item_id: str) -> _Item | None:
        """The one that is known, or a new one; None where it is none of the turn's."""
        known = self._known(item_id)
        if known is not None or item_id in self._dropped:
            return known
        if self._closed:
            self._dropped.add(item_id)
            return None
        self._items.append(_Item(item_id, self._link))
        return self._items[-1]

    def _known(self, item_id: str) -> _Item | None:
        """The one of that name, or the oldest of none; None where there is neither."""
        if item_id in self._dropped:
            return None
        for item in self._items:
            if item.id == item_id and item.link == self._link:
                return item
        for item in self._items:
            if not item.id:
                item.id = item_id
                return item
        return None
