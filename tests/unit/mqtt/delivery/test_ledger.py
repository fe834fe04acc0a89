import math
from collections import Counter
from datetime import UTC, datetime

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from auricle.mqtt.delivery.ledger import DeliveryLedger, Fate, Notice, Outbound, Settled
from auricle.mqtt.link.broker import Delivered, DeliveryResult
from auricle.turns.turn import Mode, Outcome, OutcomeKind, Stamp, Transcript, Turn

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def final(turn: str) -> Outbound:
    outcome = Outcome(
        Turn(turn, Mode.MANUAL, None),
        OutcomeKind.TRANSCRIPT,
        transcript=Transcript("lights on"),
    )
    return Outbound(outcome, Stamp(NOW, NOW, None), seq=1, run_id="b")


def test_a_final_is_due_at_once_with_all_of_its_time() -> None:
    ledger = DeliveryLedger(10)
    ledger.accept(final("a"), 100)

    [due] = ledger.due(100)

    assert (due.age, due.expiry) == (0, 10)


def test_the_time_to_live_counts_from_the_end_of_speech() -> None:
    ledger = DeliveryLedger(10)
    ledger.accept(final("a"), 97)

    [due] = ledger.due(102)

    assert (due.age, due.expiry) == (5, 5)


def test_what_is_under_way_is_not_due_again() -> None:
    ledger = DeliveryLedger(10)
    ledger.accept(final("a"), 0)
    ledger.sent("a", {1, 2}, 0)

    assert ledger.due(1) == []


def test_a_final_is_urgent_until_it_is_decided_or_too_old() -> None:
    ledger = DeliveryLedger(10)
    assert not ledger.is_urgent(100)
    ledger.accept(final("a"), 100)
    assert ledger.is_urgent(109.9)
    assert not ledger.is_urgent(110)

    ledger.sent("a", {1}, 101)
    settle(ledger, Delivered(1, DeliveryResult.LOST))
    assert ledger.is_urgent(101)
    ledger.sent("a", {2}, 102)
    settle(ledger, Delivered(2, DeliveryResult.ACKED))
    assert not ledger.is_urgent(102)


def test_a_final_is_acked_when_anybody_heard_it() -> None:
    ledger = DeliveryLedger(10)
    ledger.accept(final("a"), 0)
    ledger.sent("a", {1, 2}, 0)

    assert settle(ledger, Delivered(1, DeliveryResult.NO_LISTENER)) is None
    settled = settle(ledger, Delivered(2, DeliveryResult.ACKED))

    assert settled is not None
    assert settled.fate is Fate.ACKED


def settle(ledger: DeliveryLedger, delivered: Delivered) -> Settled | None:
    settled = ledger.settle(delivered)
    assert not isinstance(settled, Notice)
    return settled


def unheard() -> DeliveryLedger:
    """Of a final from time 0, of which the broker said that nobody listens."""
    ledger = DeliveryLedger(10)
    ledger.accept(final("a"), 0)
    ledger.sent("a", {1, 2}, 0)
    settle(ledger, Delivered(1, DeliveryResult.NO_LISTENER))
    settle(ledger, Delivered(2, DeliveryResult.NO_LISTENER))
    return ledger


def test_that_nobody_heard_a_final_is_told_at_once() -> None:
    ledger = DeliveryLedger(10)
    ledger.accept(final("a"), 0)
    ledger.sent("a", {1, 2}, 0)

    settle(ledger, Delivered(1, DeliveryResult.NO_LISTENER))
    settled = settle(ledger, Delivered(2, DeliveryResult.REJECTED))

    assert settled is not None
    assert settled == ledger.latest
    assert (settled.fate, settled.over) == (Fate.NO_LISTENER, False)


def test_what_nobody_heard_is_tried_again_a_second_later() -> None:
    ledger = unheard()

    assert ledger.due(0.9) == []
    assert ledger.next_look(0.9) == 1
    [due] = ledger.due(1)
    assert (due.again, due.age, due.expiry) == (True, 1, 9)


def test_what_nobody_heard_is_tried_again_at_once_when_somebody_came() -> None:
    ledger = unheard()
    ledger.listeners_came()

    assert len(ledger.due(0.1)) == 1


def test_whoever_came_in_time_hears_it_and_that_is_its_end() -> None:
    ledger = unheard()
    ledger.sent("a", {3, 4}, 1)

    settle(ledger, Delivered(3, DeliveryResult.NO_LISTENER))
    settled = settle(ledger, Delivered(4, DeliveryResult.ACKED))

    assert settled is not None
    assert (settled.fate, settled.over, settled.was_unheard) == (Fate.ACKED, True, True)
    assert ledger.due(5) == []
    assert ledger.fates == {Fate.ACKED: 1}


def test_what_is_unheard_again_is_not_told_again() -> None:
    ledger = unheard()
    ledger.sent("a", {3}, 1)

    assert settle(ledger, Delivered(3, DeliveryResult.NO_LISTENER)) is None
    assert len(ledger.due(2)) == 1


def test_what_nobody_heard_in_its_time_had_no_listener() -> None:
    ledger = unheard()

    assert ledger.next_look(9.5) == 10
    [settled] = ledger.expire(10)

    assert (settled.fate, settled.over) == (Fate.NO_LISTENER, True)
    assert ledger.fates == {Fate.NO_LISTENER: 1}


def test_what_may_have_been_heard_after_all_expires() -> None:
    ledger = unheard()
    ledger.sent("a", {3}, 1)
    settle(ledger, Delivered(3, DeliveryResult.LOST))

    assert len(ledger.due(1.5)) == 1
    assert [settled.fate for settled in ledger.expire(10)] == [Fate.EXPIRED]


def test_a_final_that_may_not_be_written_is_rejected() -> None:
    ledger = DeliveryLedger(10)
    ledger.accept(final("a"), 0)
    ledger.sent("a", {1}, 0)

    settled = settle(ledger, Delivered(1, DeliveryResult.REJECTED))

    assert settled is not None
    assert settled.fate is Fate.REJECTED


def test_a_final_lost_under_way_is_due_again_in_time() -> None:
    ledger = DeliveryLedger(10)
    ledger.accept(final("a"), 0)
    ledger.sent("a", {1, 2}, 0)
    settle(ledger, Delivered(1, DeliveryResult.ACKED))
    settle(ledger, Delivered(2, DeliveryResult.LOST))

    assert len(ledger.due(9)) == 1
    assert ledger.due(10) == []


def test_what_the_broker_could_not_pass_on_goes_out_again_in_a_moment() -> None:
    ledger = DeliveryLedger(10)
    ledger.accept(final("a"), 0)
    ledger.sent("a", {1}, 3)

    assert settle(ledger, Delivered(1, DeliveryResult.FAILED)) is None
    assert ledger.due(3.1) == []
    assert ledger.next_look(3.1) == 3.25
    [due] = ledger.due(3.25)
    assert (due.again, due.expiry) == (True, 6.75)


def test_a_cluster_that_takes_its_time_is_not_asked_ever_so_often() -> None:
    ledger = DeliveryLedger(10)
    ledger.accept(final("a"), 0)
    now, attempts = 0.0, list[float]()
    while ledger.due(now):
        attempts.append(now)
        ledger.sent("a", {len(attempts)}, now)
        settle(ledger, Delivered(len(attempts), DeliveryResult.FAILED))
        now = ledger.next_look(now) or 0

    assert attempts == [0, 0.25, 0.75, *(1.75 + second for second in range(9))]


def test_what_only_some_could_be_passed_is_for_the_others_as_well() -> None:
    ledger = DeliveryLedger(10)
    ledger.accept(final("a"), 0)
    ledger.sent("a", {1, 2}, 0)
    settle(ledger, Delivered(1, DeliveryResult.ACKED))

    assert settle(ledger, Delivered(2, DeliveryResult.FAILED)) is None
    assert len(ledger.due(1)) == 1


def test_a_broker_that_never_can_has_the_command_expire() -> None:
    ledger = DeliveryLedger(10)
    ledger.accept(final("a"), 0)
    for attempt in range(40):
        ledger.sent("a", {attempt}, attempt / 4)
        settle(ledger, Delivered(attempt, DeliveryResult.FAILED))

    assert ledger.due(10) == []
    assert [settled.fate for settled in ledger.expire(10)] == [Fate.EXPIRED]


def test_a_final_too_old_expires_and_is_never_due() -> None:
    ledger = DeliveryLedger(10)
    ledger.accept(final("a"), 0)

    assert ledger.next_look(0) == 10
    assert [settled.fate for settled in ledger.expire(10)] == [Fate.EXPIRED]
    assert ledger.due(10) == []
    assert ledger.expire(11) == []


def test_a_recognizer_slower_than_the_time_to_live_makes_no_command() -> None:
    ledger = DeliveryLedger(10)
    ledger.accept(final("a"), 89)

    assert ledger.due(100) == []
    assert len(ledger.expire(100)) == 1


def test_a_final_from_before_the_machines_start_expires_at_once() -> None:
    ledger = DeliveryLedger(10)
    ledger.accept(final("a"), -math.inf)

    assert ledger.due(0) == []
    assert len(ledger.expire(0)) == 1


def test_the_latest_fate_is_known() -> None:
    ledger = DeliveryLedger(10)
    ledger.accept(final("a"), 0)
    [settled] = ledger.expire(10)

    assert ledger.latest == settled


def test_what_is_not_ours_settles_nothing() -> None:
    ledger = DeliveryLedger(10)

    assert settle(ledger, Delivered(7, DeliveryResult.ACKED)) is None


class AnyOrder(RuleBasedStateMachine):
    """Whatever happens in whatever order, every final ends once, and is obeyed once."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = DeliveryLedger(10)
        self.now = 0.0
        self.turns = 0
        self.message_id = 0
        self.under_way: dict[int, str] = {}
        self.ended: list[str] = []
        self.said_unheard: Counter[str] = Counter()
        # What somebody heard, and what nobody can tell of.
        self.heard: set[str] = set()
        self.lost: set[str] = set()

    @rule(latency=st.floats(0, 15))
    def accept(self, latency: float) -> None:
        self.turns += 1
        self.ledger.accept(final(str(self.turns)), self.now - latency)

    @rule(parts=st.integers(1, 2))
    def publish(self, parts: int) -> None:
        for due in self.ledger.due(self.now):
            turn = due.outbound.outcome.turn.id
            assert due.expiry > 0
            assert turn not in self.heard - self.lost
            ids = {self.message_id + 1 + i for i in range(parts)}
            self.message_id += parts
            self.under_way |= dict.fromkeys(ids, turn)
            self.ledger.sent(turn, ids, self.now)

    @rule(result=st.sampled_from(DeliveryResult))
    def settle(self, result: DeliveryResult) -> None:
        if self.under_way:
            message_id, turn = self.under_way.popitem()
            if result is DeliveryResult.ACKED:
                self.heard.add(turn)
            if result in (DeliveryResult.LOST, DeliveryResult.FAILED):
                self.lost.add(turn)
            self.take(settle(self.ledger, Delivered(message_id, result)))

    @rule()
    def listeners_came(self) -> None:
        self.ledger.listeners_came()

    @rule(seconds=st.floats(0, 6))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        for settled in self.ledger.expire(self.now):
            self.take(settled)

    def take(self, settled: Settled | None) -> None:
        if settled is None:
            return
        turn = settled.outbound.outcome.turn.id
        if settled.over:
            self.ended.append(turn)
            # Who was told that nobody listens is told how it ended.
            assert settled.fate is not Fate.NO_LISTENER or self.said_unheard[turn]
        else:
            assert settled.fate is Fate.NO_LISTENER
            assert turn not in self.ended
            self.said_unheard[turn] += 1

    @invariant()
    def the_sum_is_right(self) -> None:
        ended = self.ledger.fates.total()
        assert self.ledger.accepted == self.turns == ended + self.ledger.open
        assert len(self.ended) == len(set(self.ended)) == ended

    @invariant()
    def whatever_was_heard_is_acked(self) -> None:
        assert self.ledger.fates[Fate.NO_LISTENER] <= len(self.said_unheard)
        for turn in self.heard - self.lost - set(self.under_way.values()):
            assert turn in self.ended

    @invariant()
    def somebody_looks_again_in_time(self) -> None:
        waits = self.ledger.open > len(set(self.under_way.values()))
        look = self.ledger.next_look(self.now)
        assert (look is not None) == waits
        if look is not None:
            assert look <= self.now + 10


AnyOrder.TestCase.settings = settings(max_examples=100)
TestAnyOrder = AnyOrder.TestCase
