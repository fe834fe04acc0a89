"""What becomes of finals: each is accepted once and ends in exactly one fate.

```
accepted -> pending -> under way -> acked | rejected
               ^            |
               +-- lost ----+        pending -> expired
               +-- failed --+
               +-- unheard -+        pending, unheard -> no_listener
                                     pending -> held -> pending | acked
```

A final is two messages, the event for Home Assistant and the plain one for anybody
else: it is acked when one of them was heard. What was under way when the connection
died goes out again, under the same turn id, while its time to live lasts. So does what
the broker could not pass on just now, as a cluster that has lost a node; and what
nobody heard: after an outage of the broker, Home Assistant is back later than we are.
That is told at once, and no repetition of a command: the broker passed none on.

A final is held while the other satellites of the group are asked whether one of them
has told it: then it is acked, and does not go out.

What became of a final is told by notices, each until somebody heard it or may never
hear it: that it expired, and, where that is wanted, its entry in the history.
"""

import math
from collections import Counter
from dataclasses import dataclass, field, replace
from enum import StrEnum

from auricle.errors import Reason
from auricle.mqtt.link.broker import Delivered, DeliveryResult
from auricle.turns.turn import Outcome, OutcomeKind, Stamp

RETRY = 1.0
"""Seconds from one attempt to the next, where nobody listens."""
RETRY_FAILED = 0.25
"""The same, where the broker could not pass it on: a cluster recovers in moments. If
this one does not, it doubles up to the other."""
MOST_NOTICES = 1000
"""So many notices wait; beyond it the oldest is forgotten: nobody has listened for a
very long time."""

_UNHEARD = (
    DeliveryResult.NO_LISTENER,
    DeliveryResult.OVER_QUOTA,
    DeliveryResult.LOST,
    DeliveryResult.FAILED,
)
# For all that we know, it was heard, and by those who matter it was not.
_DOUBTFUL = {DeliveryResult.LOST, DeliveryResult.FAILED}


@dataclass(frozen=True, slots=True)
class Outbound:
    """An outcome on its way out."""

    outcome: Outcome
    stamp: Stamp
    seq: int
    """Counts the outcomes of one run."""
    run_id: str
    """Names this run of the daemon."""


class Fate(StrEnum):
    """How the delivery of a final ended."""

    ACKED = "acked"
    """Somebody heard it."""
    NO_LISTENER = "no_listener"
    """Nobody listened as long as it was in time."""
    EXPIRED = "expired"
    """It could not be sent as long as it was in time."""
    REJECTED = "rejected"
    """The broker does not let us publish it."""


class Purpose(StrEnum):
    """Why something is kept of a final, on disk and in the ledger."""

    DELIVERY = "delivery"
    """It is kept until its fate is known and, where it expired, reported."""
    HISTORY = "history"
    """It is kept until the broker has it for the history topic."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A final whose fate is known, or about to be."""

    outbound: Outbound
    fate: Fate
    spoken: float
    """The time when the utterance ended, in seconds since the machine's start; -inf
    where that was before it."""
    over: bool = True
    """Whether the fate is final. False: nobody listens so far; it is tried again, and
    settled once more."""
    was_unheard: bool = False
    """It was told before that nobody listened."""


@dataclass(slots=True)
class _Entry:
    outbound: Outbound
    spoken: float
    under_way: dict[int, DeliveryResult | None] = field(default_factory=dict)
    """What is known so far of each message that was sent, by its id; empty while it
    waits."""
    unheard: bool = False
    """The broker said of the latest attempt that nobody listened."""
    not_before: float = -math.inf
    """The time of the next attempt, in seconds since the machine's start."""
    sent: float | None = None
    """The time of the latest attempt."""
    held: bool = False
    """Whether others are asked for it."""
    pause: float = RETRY_FAILED
    """The seconds from an attempt that the broker could not pass on to the next."""


@dataclass(frozen=True, slots=True)
class Due:
    """A final that is to be published now."""

    outbound: Outbound
    age: float
    expiry: float
    """The rest of its time to live, in seconds."""
    not_after: float
    """The time when it is too old, in seconds since the machine's start."""
    again: bool = False
    """It was sent before."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told of a final whose fate is known."""

    settled: Settled
    purpose: Purpose
    """`delivery` is the report of an expired final."""

    @property
    def turn(self) -> str:
        """The id of the turn."""
        return self.settled.outbound.outcome.turn.id

    @property
    def key(self) -> tuple[str, Purpose]:
        """Where it is kept: one of each purpose for a turn."""
        return self.turn, self.purpose


def report(expired: Settled) -> Notice:
    """Return the notice that `expired` did expire, without a word of it."""
    outcome = replace(
        expired.outbound.outcome,
        kind=OutcomeKind.ERROR,
        transcript=None,
        reason=Reason.EXPIRED,
    )
    outbound = replace(expired.outbound, outcome=outcome)
    return Notice(replace(expired, outbound=outbound), Purpose.DELIVERY)


class DeliveryLedger:
    """Knows of every final what is to be done for it, and what became of it.

    accepted = acked + no_listener + expired + rejected + open, always. Times are
    seconds of any clock that nobody sets.
    """

    def __init__(self, time_to_live: float) -> None:
        """`time_to_live` is in seconds, from the end of the utterance."""
        self._time_to_live = time_to_live
        self._entries: dict[str, _Entry] = {}
        self.accepted = 0
        self.fates: Counter[Fate] = Counter()
        self.latest: Settled | None = None
        self._notices: dict[tuple[str, Purpose], Notice] = {}
        self._notices_under_way: dict[int, Notice] = {}
        self._nobody_listens_for: set[Purpose] = set()

    @property
    def open(self) -> int:
        """How many finals have no fate yet."""
        return len(self._entries)

    @property
    def waits(self) -> bool:
        """Whether a final is open, or a notice is not under way."""
        return bool(self._entries or self._notices)

    def is_urgent(self, now: float) -> bool:
        """Whether a final is open that can still be in time."""
        return any(self._rest(entry, now) > 0 for entry in self._entries.values())

    def accept(self, outbound: Outbound, spoken: float) -> None:
        """Take a final whose utterance ended at `spoken`, seconds of the ledger's
        clock.
        """
        self._entries[outbound.outcome.turn.id] = _Entry(outbound, spoken)
        self.accepted += 1

    def due(self, now: float) -> list[Due]:
        """Return what is pending and still in time, oldest first."""
        return [
            Due(
                entry.outbound,
                now - entry.spoken,
                rest,
                now + rest,
                entry.sent is not None,
            )
            for entry in self._entries.values()
            if not entry.under_way
            and not entry.held
            and entry.not_before <= now
            and (rest := self._rest(entry, now)) > 0
        ]

    def in_time(self, now: float) -> list[tuple[Outbound, float]]:
        """Return what is pending, with the seconds in which it is in time yet."""
        return [
            (entry.outbound, rest)
            for entry in self._entries.values()
            if not entry.under_way and (rest := self._rest(entry, now)) > 0
        ]

    def hold(self, turn: str) -> None:
        """Let the turn's final wait until others have answered for it."""
        self._entries[turn].held = True

    def release(self, turn: str) -> None:
        """Nobody has told it, as far as is known."""
        entry = self._entries.get(turn)
        if entry is not None:
            entry.held = False

    def told_elsewhere(self, turn: str) -> Settled | None:
        """The broker has the turn's final; None where its fate was known before."""
        return self._close(turn, Fate.ACKED) if turn in self._entries else None

    def sent(self, turn: str, message_ids: set[int], now: float) -> None:
        """Note that the turn's final was handed to the broker, as these messages."""
        entry = self._entries[turn]
        entry.under_way = dict.fromkeys(message_ids)
        entry.sent = now
        entry.not_before = now + RETRY

    def listeners_came(self) -> None:
        """Try everything again: whoever did not listen before may do so now."""
        for entry in self._entries.values():
            entry.not_before = -math.inf
        self._nobody_listens_for.clear()

    def settle(self, delivered: Delivered) -> Settled | Notice | None:
        """Take what became of one message.

        A final is returned when that decides its fate, or is the first to say that
        nobody listens; a notice when that was its end.
        """
        for turn, entry in self._entries.items():
            if delivered.id in entry.under_way:
                entry.under_way[delivered.id] = delivered.result
                return self._decide(turn, entry)
        notice = self._notices_under_way.pop(delivered.id, None)
        if notice is None or delivered.result not in _UNHEARD:
            return notice
        # After an outage we are back sooner than Home Assistant is.
        self._nobody_listens_for.add(notice.purpose)
        self._notices[notice.key] = notice
        return None

    def expire(self, now: float) -> list[Settled]:
        """Give up what is pending and too old to be acted on, and return it."""
        late = [
            turn
            for turn, entry in self._entries.items()
            if not entry.under_way and self._rest(entry, now) <= 0
        ]
        return [
            self._close(
                turn,
                Fate.NO_LISTENER if self._entries[turn].unheard else Fate.EXPIRED,
            )
            for turn in late
        ]

    def next_look(self, now: float) -> float | None:
        """Return when a pending final is to be tried again, or becomes too old."""
        looks = [
            min(
                entry.spoken + self._time_to_live,
                # What is due already waits for the broker, and not for its time.
                entry.not_before if entry.not_before > now else math.inf,
            )
            for entry in self._entries.values()
            if not entry.under_way
        ]
        return min(looks, default=None)

    def add_notice(self, notice: Notice) -> Notice | None:
        """Take one more; return the one that is forgotten for it, if any."""
        self._notices[notice.key] = notice
        if len(self._notices) + len(self._notices_under_way) <= MOST_NOTICES:
            return None
        return self._notices.pop(next(iter(self._notices)))

    def due_notices(self) -> list[Notice]:
        """Return the notices to be published now, oldest first."""
        return [
            notice
            for notice in self._notices.values()
            if notice.purpose not in self._nobody_listens_for
        ]

    def notice_sent(self, notice: Notice, message_id: int) -> None:
        """Note that `notice` was handed to the broker, as this message."""
        del self._notices[notice.key]
        self._notices_under_way[message_id] = notice

    def _rest(self, entry: _Entry, now: float) -> float:
        return entry.spoken + self._time_to_live - now

    def _decide(self, turn: str, entry: _Entry) -> Settled | None:
        results = set(entry.under_way.values())
        if None in results:
            return None
        entry.under_way = {}
        if results & _DOUBTFUL:
            entry.unheard = False
            entry.not_before = -math.inf
            if DeliveryResult.FAILED in results and entry.sent is not None:
                entry.not_before = entry.sent + entry.pause
                entry.pause = min(entry.pause * 2, RETRY)
            return None
        if DeliveryResult.ACKED in results:
            return self._close(turn, Fate.ACKED)
        if DeliveryResult.NO_LISTENER not in results:
            return self._close(turn, Fate.REJECTED)
        if entry.unheard:
            return None
        entry.unheard = True
        self.latest = Settled(
            entry.outbound, Fate.NO_LISTENER, entry.spoken, over=False
        )
        return self.latest

    def _close(self, turn: str, fate: Fate) -> Settled:
        self.fates[fate] += 1
        entry = self._entries.pop(turn)
        self.latest = Settled(
            entry.outbound, fate, entry.spoken, was_unheard=entry.unheard
        )
        return self.latest
