"""What is told until somebody heard it: reports of expired finals, and the history."""

from dataclasses import dataclass, replace

from auricle.errors import Reason
from auricle.mqtt.delivery.ledger import Settled
from auricle.mqtt.delivery.outbox_file import Purpose
from auricle.mqtt.link.broker import Delivered, DeliveryResult
from auricle.turns.turn import OutcomeKind

MOST_WAITING = 1000
"""Beyond it the oldest is forgotten: nobody has listened for a very long time."""

_UNHEARD = (
    DeliveryResult.NO_LISTENER,
    DeliveryResult.OVER_QUOTA,
    DeliveryResult.LOST,
)


@dataclass(frozen=True, slots=True)
class Notice:
    settled: Settled
    purpose: Purpose
    """`delivery` is the report of an expired final."""

    @property
    def turn(self) -> str:
        return self.settled.outbound.outcome.turn.id

    @property
    def key(self) -> tuple[str, Purpose]:
        return self.turn, self.purpose


def report(expired: Settled) -> Notice:
    """That it expired, without a word of it."""
    outcome = replace(
        expired.outbound.outcome,
        kind=OutcomeKind.ERROR,
        transcript=None,
        reason=Reason.EXPIRED,
    )
    outbound = replace(expired.outbound, outcome=outcome)
    return Notice(replace(expired, outbound=outbound), Purpose.DELIVERY)


class Notices:
    """Whoever does not listen is told again when that may have changed."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, Purpose], Notice] = {}
        self._under_way: dict[int, Notice] = {}
        self._nobody_listens_for: set[Purpose] = set()

    def add(self, notice: Notice) -> Notice | None:
        """Take one more; return the one that is forgotten for it, if any."""
        self._waiting[notice.key] = notice
        if len(self._waiting) + len(self._under_way) <= MOST_WAITING:
            return None
        return self._waiting.pop(next(iter(self._waiting)))

    def __bool__(self) -> bool:
        """Whether anything waits."""
        return bool(self._waiting)

    def due(self) -> list[Notice]:
        """What is to be told now, oldest first."""
        return [
            notice
            for notice in self._waiting.values()
            if notice.purpose not in self._nobody_listens_for
        ]

    def sent(self, notice: Notice, message_id: int) -> None:
        del self._waiting[notice.key]
        self._under_way[message_id] = notice

    def settle(self, delivered: Delivered) -> Notice | None:
        """Take what became of one message; the notice, where that was its end."""
        notice = self._under_way.pop(delivered.id, None)
        if notice is None or delivered.result not in _UNHEARD:
            return notice
        # After an outage we are back sooner than Home Assistant is.
        self._nobody_listens_for.add(notice.purpose)
        self._waiting[notice.key] = notice
        return None

    def listeners_came(self) -> None:
        """Whoever did not listen before may do so now."""
        self._nobody_listens_for.clear()
