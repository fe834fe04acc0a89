import math
from datetime import UTC, datetime

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from auricle.mqtt.broker import Delivered, DeliveryResult
from auricle.mqtt.delivery import Fate, Ledger, Outbound
from auricle.turn import Mode, Outcome, OutcomeKind, Stamp, Transcript, Turn

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def final(turn: str) -> Outbound:
    outcome = Outcome(
        Turn(turn, Mode.MANUAL, None),
        OutcomeKind.TRANSCRIPT,
        transcript=Transcript("lights on"),
    )
    return Outbound(outcome, Stamp(NOW, NOW, None), seq=1, boot_id="b")


def test_a_final_is_due_at_once_with_all_of_its_time() -> None:
    ledger = Ledger(10)
    ledger.accept(final("a"), 100)

    [due] = ledger.due(100)

    assert (due.age, due.expiry) == (0, 10)


def test_the_time_to_live_counts_from_the_end_of_speech() -> None:
    ledger = Ledger(10)
    ledger.accept(final("a"), 97)

    [due] = ledger.due(102)

    assert (due.age, due.expiry) == (5, 5)


def test_what_is_under_way_is_not_due_again() -> None:
    ledger = Ledger(10)
    ledger.accept(final("a"), 0)
    ledger.sent("a", {1, 2})

    assert ledger.due(1) == []


def test_a_final_is_acked_when_anybody_heard_it() -> None:
    ledger = Ledger(10)
    ledger.accept(final("a"), 0)
    ledger.sent("a", {1, 2})

    assert ledger.settle(Delivered(1, DeliveryResult.NO_LISTENER)) is None
    settled = ledger.settle(Delivered(2, DeliveryResult.ACKED))

    assert settled is not None
    assert settled.fate is Fate.ACKED


def test_a_final_that_nobody_heard_has_no_listener() -> None:
    ledger = Ledger(10)
    ledger.accept(final("a"), 0)
    ledger.sent("a", {1, 2})

    ledger.settle(Delivered(1, DeliveryResult.NO_LISTENER))
    settled = ledger.settle(Delivered(2, DeliveryResult.REJECTED))

    assert settled is not None
    assert settled.fate is Fate.NO_LISTENER


def test_a_final_that_may_not_be_written_is_rejected() -> None:
    ledger = Ledger(10)
    ledger.accept(final("a"), 0)
    ledger.sent("a", {1})

    settled = ledger.settle(Delivered(1, DeliveryResult.REJECTED))

    assert settled is not None
    assert settled.fate is Fate.REJECTED


def test_a_final_lost_under_way_is_due_again_in_time() -> None:
    ledger = Ledger(10)
    ledger.accept(final("a"), 0)
    ledger.sent("a", {1, 2})
    ledger.settle(Delivered(1, DeliveryResult.ACKED))
    ledger.settle(Delivered(2, DeliveryResult.LOST))

    assert len(ledger.due(9)) == 1
    assert ledger.due(10) == []


def test_a_final_too_old_expires_and_is_never_due() -> None:
    ledger = Ledger(10)
    ledger.accept(final("a"), 0)

    assert ledger.next_expiry() == 10
    assert [settled.fate for settled in ledger.expire(10)] == [Fate.EXPIRED]
    assert ledger.due(10) == []
    assert ledger.expire(11) == []


def test_a_recognizer_slower_than_the_time_to_live_makes_no_command() -> None:
    ledger = Ledger(10)
    ledger.accept(final("a"), 89)

    assert ledger.due(100) == []
    assert len(ledger.expire(100)) == 1


def test_a_final_from_before_the_machines_start_expires_at_once() -> None:
    ledger = Ledger(10)
    ledger.accept(final("a"), -math.inf)

    assert ledger.due(0) == []
    assert len(ledger.expire(0)) == 1


def test_the_latest_fate_is_known() -> None:
    ledger = Ledger(10)
    ledger.accept(final("a"), 0)
    [settled] = ledger.expire(10)

    assert ledger.latest == settled


def test_what_is_not_ours_settles_nothing() -> None:
    ledger = Ledger(10)

    assert ledger.settle(Delivered(7, DeliveryResult.ACKED)) is None


class AnyOrder(RuleBasedStateMachine):
    """Whatever happens in whatever order, every final ends once."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger(10)
        self.now = 0.0
        self.turns = 0
        self.message_id = 0
        self.under_way: set[int] = set()
        self.settled: list[str] = []

    @rule(latency=st.floats(0, 15))
    def accept(self, latency: float) -> None:
        self.turns += 1
        self.ledger.accept(final(str(self.turns)), self.now - latency)

    @rule(parts=st.integers(1, 2))
    def publish(self, parts: int) -> None:
        for due in self.ledger.due(self.now):
            assert due.expiry > 0
            ids = {self.message_id + 1 + i for i in range(parts)}
            self.message_id += parts
            self.under_way |= ids
            self.ledger.sent(due.outbound.outcome.turn.id, ids)

    @rule(result=st.sampled_from(DeliveryResult))
    def settle(self, result: DeliveryResult) -> None:
        if self.under_way:
            settled = self.ledger.settle(Delivered(self.under_way.pop(), result))
            if settled is not None:
                self.settled.append(settled.outbound.outcome.turn.id)

    @rule(seconds=st.floats(0, 6))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.settled += [
            settled.outbound.outcome.turn.id for settled in self.ledger.expire(self.now)
        ]

    @invariant()
    def the_sum_is_right(self) -> None:
        ended = self.ledger.fates.total()
        assert self.ledger.accepted == self.turns == ended + self.ledger.open
        assert len(self.settled) == len(set(self.settled)) == ended


AnyOrder.TestCase.settings = settings(max_examples=100, deadline=None)
TestAnyOrder = AnyOrder.TestCase
