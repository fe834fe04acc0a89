"""Finals on their way: published at once, or as soon as there is a broker, or never."""

import asyncio
import logging
import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Protocol

from auricle.mqtt.delivery.ledger import (
    DeliveryLedger,
    Due,
    Fate,
    Notice,
    Outbound,
    Purpose,
    Settled,
    report,
)
from auricle.mqtt.delivery.outbox import Outbox
from auricle.mqtt.delivery.outbox_file import Record
from auricle.mqtt.delivery.stored_final import StoredFinal, from_text, to_text
from auricle.mqtt.link.broker import Delivered
from auricle.system.clock import boot_id, since_boot

logger = logging.getLogger(__name__)


class FinalPublisher(Protocol):
    """Publishes at once; None says that the broker takes no more now."""

    def publish_final(self, due: Due) -> set[int] | None:
        """Return the ids of the messages that decide the final's fate."""

    def publish_notice(self, notice: Notice) -> int | None:
        """Return the id of the notice's message."""


class FinalDelivery:
    """Keeps finals on disk, and has them published when the ledger says so.

    A final is accepted when it is on the disk. What a killed process had accepted, the
    next one delivers while its time to live lasts, and reports from then on. How old
    it is, the time since the machine's start tells; what is from before that start is
    too old, since no other clock of a Pi can be trusted.
    """

    def __init__(
        self,
        ledger: DeliveryLedger,
        outbox: Path,
        publisher: FinalPublisher,
        *,
        history: bool,
        ask: Callable[[Outbound, float, Callable[[bool], None]], bool],
        on_sent: Callable[[Outbound, bool], None],
        on_fate: Callable[[Settled], None],
        on_trouble: Callable[[str | None], None],
        on_urgent: Callable[[], None],
    ) -> None:
        """With `history`, every final is told of when its fate is known. `ask` is to
        find out whether another one has told a final that is in time for some seconds
        yet, and to hand over the answer; it returns whether anybody is asked. `on_sent`
        hears of each final that went to the broker, and whether it was asked for before
        that. `on_trouble`
        says why nothing is kept in the file `outbox`, and with None that it is again.
        `on_urgent` asks for a broker soon, in case there is none.
        """
        self._ledger = ledger
        self._outbox = Outbox(outbox, on_found=self._found, on_trouble=on_trouble)
        self._publisher = publisher
        self._history = history
        self._ask = ask
        self._on_sent = on_sent
        self._asked: set[str] = set()
        """The turns that others were asked for."""
        self._on_fate = on_fate
        self._on_urgent = on_urgent
        self._boot = boot_id()
        self._timer: asyncio.TimerHandle | None = None

    async def start(self) -> None:
        """Take up what an earlier run left."""
        await self._outbox.start()

    async def flush(self) -> None:
        """Wait until everything so far is accepted, on disk or in memory."""
        await self._outbox.flush()

    async def stop(self) -> None:
        """Close the outbox: what is open now is for the next run."""
        self._cancel_timer()
        await self._outbox.stop()

    def accept(self, outbound: Outbound) -> None:
        """Take a final; it is published as soon as it is on the disk."""
        spoken = outbound.stamp.spoken
        if spoken is None:
            spoken = since_boot()
        turn = outbound.outcome.turn.id
        self._outbox.keep(
            self._record(turn, Purpose.DELIVERY, StoredFinal(outbound), spoken),
            then=partial(self._accept, outbound, spoken),
        )

    def deliver(self) -> None:
        """Publish what waits, and give up what waited for too long."""
        now = since_boot()
        for due in self._ledger.due(now):
            message_ids = self._publisher.publish_final(due)
            if message_ids is None:
                break
            turn = due.outbound.outcome.turn.id
            self._ledger.sent(turn, message_ids, now)
            self._on_sent(due.outbound, turn in self._asked)
        for settled in self._ledger.expire(now):
            self._settle(settled)
        for notice in self._ledger.due_notices():
            message_id = self._publisher.publish_notice(notice)
            if message_id is None:
                break
            self._ledger.notice_sent(notice, message_id)
        self._set_timer(now)

    def delivered(self, delivered: Delivered) -> None:
        """Take what became of any message that was published."""
        match self._ledger.settle(delivered):
            case Settled() as settled:
                self._settle(settled)
            case Notice() as told:
                self._outbox.remove(*told.key)
        if self._ledger.waits:
            self.deliver()

    def connected(self) -> None:
        """Ask for all that waited for this connection: meanwhile others may have told
        it.
        """
        for outbound, rest in self._ledger.in_time(since_boot()):
            turn = outbound.outcome.turn.id
            self._ledger.hold(turn)
            self._asked.add(turn)
            if not self._ask(outbound, rest, partial(self._answered, turn)):
                self._asked.discard(turn)
                self._ledger.release(turn)

    def listeners_came(self) -> None:
        """Try everything again: whoever did not listen before may do so now."""
        self._ledger.listeners_came()
        self.deliver()

    def hurry(self) -> None:
        """Ask for a broker soon, while a final is open that can still be in time."""
        if self._ledger.is_urgent(since_boot()):
            self._on_urgent()

    def _accept(self, outbound: Outbound, spoken: float) -> None:
        logger.debug("the final of turn %s is accepted", outbound.outcome.turn.id)
        self._ledger.accept(outbound, spoken)
        self.deliver()
        self.hurry()

    def _found(self, records: list[Record]) -> None:
        found: list[tuple[Record, StoredFinal]] = []
        for record in records:
            try:
                found.append((record, from_text(record.body)))
            except ValueError:
                logger.warning("the outbox holds a turn that cannot be read")
                self._outbox.remove(*record.key)
        # Whoever is killed as a fate becomes known may have noted it in one place only.
        fates = {record.turn: stored.fate for record, stored in found if stored.fate}
        for record, stored in found:
            spoken = record.spoken if record.boot == self._boot else -math.inf
            fate = fates.get(record.turn)
            if fate is None:
                self._ledger.accept(stored.outbound, spoken)
                continue
            settled = Settled(stored.outbound, fate, spoken)
            if stored.fate is None:
                self._deliver_no_more(settled)
            else:
                self._add(Notice(settled, record.purpose))
        self.connected()
        self.deliver()
        self.hurry()

    def _answered(self, turn: str, told: bool) -> None:
        if told:
            settled = self._ledger.told_elsewhere(turn)
            if settled is not None:
                logger.info("the final of turn %s was told before", turn)
                self._settle(settled)
            return
        self._ledger.release(turn)
        self.deliver()

    def _settle(self, settled: Settled) -> None:
        turn = settled.outbound.outcome.turn.id
        if settled.fate is Fate.ACKED:
            if settled.was_unheard:
                logger.info("the final of turn %s is heard after all", turn)
        elif not (settled.over and settled.was_unheard):
            logger.warning("the final of turn %s is %s", turn, settled.fate)
        if settled.over:
            self._asked.discard(turn)
            if self._history:
                self._add(Notice(settled, Purpose.HISTORY))
            self._deliver_no_more(settled)
        self._on_fate(settled)

    def _deliver_no_more(self, settled: Settled) -> None:
        if settled.fate is Fate.EXPIRED:
            self._add(report(settled))
        else:
            turn = settled.outbound.outcome.turn.id
            self._outbox.remove(turn, Purpose.DELIVERY)

    def _add(self, notice: Notice) -> None:
        stored = StoredFinal(notice.settled.outbound, notice.settled.fate)
        spoken = notice.settled.spoken
        self._outbox.amend(self._record(*notice.key, stored, spoken))
        forgotten = self._ledger.add_notice(notice)
        if forgotten is not None:
            logger.warning("too much to tell: forgetting turn %s", forgotten.turn)
            self._outbox.remove(*forgotten.key)

    def _record(
        self, turn: str, purpose: Purpose, stored: StoredFinal, spoken: float
    ) -> Record:
        return Record(turn, purpose, self._boot, spoken, to_text(stored))

    def _set_timer(self, now: float) -> None:
        self._cancel_timer()
        look = self._ledger.next_look(now)
        if look is not None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(max(0.0, look - now), self.deliver)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
