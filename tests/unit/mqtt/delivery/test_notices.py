from datetime import UTC, datetime

import pytest

from auricle.errors import Reason
from auricle.mqtt.delivery.ledger import (
    MOST_NOTICES,
    DeliveryLedger,
    Fate,
    Notice,
    Outbound,
    Purpose,
    Settled,
    report,
)
from auricle.mqtt.link.broker import Delivered, DeliveryResult
from auricle.turns.turn import Mode, Outcome, OutcomeKind, Stamp, Transcript, Turn

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def settled(turn: str) -> Settled:
    outcome = Outcome(
        Turn(turn, Mode.MANUAL, None),
        OutcomeKind.TRANSCRIPT,
        transcript=Transcript("open the garage"),
    )
    outbound = Outbound(outcome, Stamp(NOW, NOW, None), seq=1, run_id="b")
    return Settled(outbound, Fate.EXPIRED, 100.0)


def notice(turn: str, purpose: Purpose = Purpose.HISTORY) -> Notice:
    return Notice(settled(turn), purpose)


def test_a_report_says_that_it_expired_and_no_word_of_it() -> None:
    told = report(settled("a"))

    outcome = told.settled.outbound.outcome
    assert outcome.kind is OutcomeKind.ERROR
    assert outcome.reason is Reason.EXPIRED
    assert outcome.transcript is None
    assert told.key == ("a", Purpose.DELIVERY)


def test_what_was_added_is_due_in_order() -> None:
    ledger = DeliveryLedger(10)
    ledger.add_notice(notice("a"))
    ledger.add_notice(notice("b"))

    assert [due.turn for due in ledger.due_notices()] == ["a", "b"]


@pytest.mark.parametrize("result", [DeliveryResult.ACKED, DeliveryResult.REJECTED])
def test_it_ends_when_it_was_heard_or_may_never_be(result: DeliveryResult) -> None:
    ledger = DeliveryLedger(10)
    ledger.add_notice(notice("a"))
    ledger.notice_sent(notice("a"), 1)

    assert ledger.settle(Delivered(1, result)) == notice("a")
    assert not ledger.waits


@pytest.mark.parametrize(
    "result", [DeliveryResult.NO_LISTENER, DeliveryResult.LOST, DeliveryResult.FAILED]
)
def test_what_nobody_heard_is_told_again_when_somebody_may_listen(
    result: DeliveryResult,
) -> None:
    ledger = DeliveryLedger(10)
    ledger.add_notice(notice("a"))
    ledger.notice_sent(notice("a"), 1)

    assert ledger.settle(Delivered(1, result)) is None
    assert ledger.due_notices() == []
    ledger.listeners_came()
    assert ledger.due_notices() == [notice("a")]


def test_who_listens_to_the_one_kind_need_not_listen_to_the_other() -> None:
    ledger = DeliveryLedger(10)
    ledger.add_notice(notice("a"))
    ledger.add_notice(notice("a", Purpose.DELIVERY))
    ledger.notice_sent(notice("a"), 1)
    ledger.settle(Delivered(1, DeliveryResult.NO_LISTENER))

    assert [due.purpose for due in ledger.due_notices()] == [Purpose.DELIVERY]


def test_the_oldest_is_forgotten_before_memory_is_full() -> None:
    ledger = DeliveryLedger(10)
    forgotten = [ledger.add_notice(notice(str(i))) for i in range(MOST_NOTICES + 2)]

    assert [gone.turn for gone in forgotten if gone] == ["0", "1"]


def test_what_is_not_ours_settles_nothing() -> None:
    assert DeliveryLedger(10).settle(Delivered(7, DeliveryResult.ACKED)) is None
