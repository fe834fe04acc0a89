"""The satellite and the delivery together: no command is lost, and none is late.

The machine plays the world: voices, the recognizer, a broker that comes and goes, time,
and somebody who kills the process or cuts the power. Beside it stands a model of what
was promised: every accepted final ends in exactly one way, none is published too old.
"""

import itertools
import math
import os
from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from auricle.audio.frame import FRAME_BYTES, FRAME_SAMPLES, Frame
from auricle.errors import Reason
from auricle.mqtt.delivery.ledger import (
    DeliveryLedger,
    Fate,
    Notice,
    Outbound,
    Purpose,
    Settled,
    report,
)
from auricle.mqtt.delivery.outbox_file import Record
from auricle.mqtt.delivery.stored_final import StoredFinal, from_text, to_text
from auricle.mqtt.link.broker import Delivered, DeliveryResult
from auricle.qwen_asr.events import FinalTranscript, InterimTranscript, SessionFinished
from auricle.turns.endpointing import EndpointingSettings
from auricle.turns.events import (
    CancelRequested,
    Event,
    Heard,
    MuteRequested,
    PublishOutcome,
    RecognizerFailed,
    RecognizerSaid,
    WakeWordHeard,
)
from auricle.turns.factory import TurnFactory
from auricle.turns.satellite import Satellite
from auricle.turns.turn import Mode, Outcome, OutcomeKind, Stamp
from auricle.wake.detector import Detection

TIME_TO_LIVE = 10.0
NOW = datetime(2026, 11, 21, tzinfo=UTC)
# The soak takes its time: 300 runs of 100 steps.
LONG = bool(os.environ.get("AURICLE_SOAK"))


class World(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        numbers = itertools.count(1)
        self.new_turn_id = lambda: f"turn-{next(numbers)}"
        self.message_ids = itertools.count(1)
        self.now = 100.0
        self.boot = "boot-1"
        self.frame = 0
        self.connected = True
        self.disk: dict[tuple[str, Purpose], Record] = {}
        # The model.
        self.spoken: dict[str, float] = {}
        self.from_before_the_boot: set[str] = set()
        self.settled: Counter[str] = Counter()
        self.reported: Counter[str] = Counter()
        self.start()

    def start(self) -> None:
        """A new process, with nothing but what is on the disk."""
        turns = TurnFactory(
            mode=Mode.MANUAL,
            endpointing=EndpointingSettings(),
            new_turn_id=self.new_turn_id,
        )
        self.satellite = Satellite(turns)
        self.ledger = DeliveryLedger(TIME_TO_LIVE)
        self.in_flight: dict[int, tuple[str, Purpose | None]] = {}
        self.answers: dict[str, list[DeliveryResult]] = {}
        for record in list(self.disk.values()):
            stored = from_text(record.body)
            spoken = record.spoken if record.boot == self.boot else -math.inf
            if stored.fate is None:
                self.ledger.accept(stored.outbound, spoken)
            else:
                settled = Settled(stored.outbound, stored.fate, spoken)
                self.ledger.add_notice(Notice(settled, record.purpose))

    # --- what a room and a recognizer do ---

    @rule()
    def wake(self) -> None:
        self.step(WakeWordHeard(Detection("okay_nabu", 0.9, self.frame), ()))

    @rule()
    def command(self) -> None:
        """A turn as it should be."""
        self.mute(muted=False)
        self.cancel()
        self.wake()
        self.recognize(said=FinalTranscript("item", "Turn it on."))

    @rule(speech=st.booleans(), times=st.integers(1, 40))
    def hear(self, speech: bool, times: int) -> None:
        for _ in range(times):
            frame = Frame(bytes(FRAME_BYTES), self.frame)
            self.frame += FRAME_SAMPLES
            self.step(Heard(frame, speech))

    @rule(
        said=st.sampled_from(
            [
                InterimTranscript("item", "turn", ""),
                FinalTranscript("item", "Turn it on."),
                FinalTranscript("item", "Turn it on."),
                FinalTranscript("item", " "),
                SessionFinished(),
            ]
        )
    )
    def recognize(self, said: FinalTranscript) -> None:
        if self.satellite.turn is not None:
            self.step(RecognizerSaid(self.satellite.turn.id, said))

    @rule(transient=st.booleans())
    def fail(self, transient: bool) -> None:
        if self.satellite.turn is not None:
            turn = self.satellite.turn.id
            self.step(RecognizerFailed(turn, Reason.ASR_FAILED, transient=transient))

    @rule(muted=st.booleans())
    def mute(self, muted: bool) -> None:
        self.step(MuteRequested(muted))

    @rule()
    def cancel(self) -> None:
        self.step(CancelRequested())

    # --- what a broker does ---

    @rule()
    def broker_comes(self) -> None:
        """And with it those who listen: they are told all that they missed."""
        self.connected = True
        self.ledger.listeners_came()
        self.deliver()
        told = {turn for turn, purpose in self.in_flight.values() if purpose}
        assert told == {
            record.turn
            for record in self.disk.values()
            if from_text(record.body).fate is Fate.EXPIRED
        }

    @rule()
    def broker_goes(self) -> None:
        self.connected = False
        for message_id in list(self.in_flight):
            self.answer(message_id, DeliveryResult.LOST)

    @rule(
        results=st.lists(
            st.sampled_from(
                [
                    DeliveryResult.ACKED,
                    DeliveryResult.NO_LISTENER,
                    DeliveryResult.REJECTED,
                    DeliveryResult.FAILED,
                ]
            ),
            min_size=1,
            max_size=6,
        )
    )
    def broker_answers(self, results: list[DeliveryResult]) -> None:
        """What was sent first is answered first; the rest is still on its way."""
        for message_id, result in zip(list(self.in_flight), results, strict=False):
            self.answer(message_id, result)

    # --- time, and the end of it ---

    @rule(seconds=st.floats(0.0, 6.0))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.deliver()

    @rule()
    def kill(self) -> None:
        self.start()
        self.deliver()

    @rule(seconds=st.floats(0.0, 200.0))
    def cut_the_power(self, seconds: float) -> None:
        """The machine starts anew, and its clock with it: all seems young."""
        self.boot += "'"
        self.from_before_the_boot = set(self.spoken)
        self.now = seconds
        self.start()
        self.deliver()

    # --- the daemon ---

    def step(self, event: Event) -> None:
        for effect in self.satellite.step(event):
            if isinstance(effect, PublishOutcome):
                self.end_turn(effect.outcome)

    def end_turn(self, outcome: Outcome) -> None:
        if outcome.kind is not OutcomeKind.TRANSCRIPT:
            return
        turn = outcome.turn.id
        outbound = Outbound(outcome, Stamp(NOW, NOW, 0.0), len(self.spoken), "run")
        self.keep((turn, Purpose.DELIVERY), StoredFinal(outbound), self.now)
        assert turn not in self.spoken
        self.spoken[turn] = self.now
        self.ledger.accept(outbound, self.now)
        self.deliver()

    def deliver(self) -> None:
        if self.connected:
            for due in self.ledger.due(self.now):
                turn = due.outbound.outcome.turn.id
                said = due.outbound.outcome.transcript
                assert said is not None
                assert said.text == "Turn it on."
                assert due.age == self.now - self.spoken[turn]
                assert due.age < TIME_TO_LIVE
                assert due.expiry == pytest.approx(TIME_TO_LIVE - due.age)
                self.answers[turn] = []
                assert turn not in self.from_before_the_boot
                ids = {self.send(turn), self.send(turn)}
                self.ledger.sent(turn, ids, self.now)
        for settled in self.ledger.expire(self.now):
            self.settle(settled)
        if self.connected:
            for notice in self.ledger.due_notices():
                assert notice.settled.outbound.outcome.transcript is None
                self.ledger.notice_sent(notice, self.send(*notice.key))

    def send(self, turn: str, purpose: Purpose | None = None) -> int:
        """Publish a part of the final of `turn`, or else a notice."""
        message_id = next(self.message_ids)
        self.in_flight[message_id] = (turn, purpose)
        return message_id

    def answer(self, message_id: int, result: DeliveryResult) -> None:
        turn, purpose = self.in_flight.pop(message_id)
        if purpose is None:
            self.answers[turn].append(result)
        delivered = Delivered(message_id, result)
        match self.ledger.settle(delivered):
            case Settled() as settled:
                self.settle(settled)
            case Notice() as told:
                self.reported[told.turn] += 1
                del self.disk[told.key]
        self.deliver()

    def settle(self, settled: Settled) -> None:
        turn = settled.outbound.outcome.turn.id
        assert settled.fate is self.promised_fate(turn)
        if not settled.over:
            # It is tried again, also by the next run.
            return
        self.settled[turn] += 1
        if settled.fate is Fate.EXPIRED:
            notice = report(settled)
            stored = StoredFinal(notice.settled.outbound, settled.fate)
            self.keep(notice.key, stored, settled.spoken)
            self.ledger.add_notice(notice)
        else:
            del self.disk[turn, Purpose.DELIVERY]

    def promised_fate(self, turn: str) -> Fate:
        """By what the broker answered to the latest attempt."""
        answers = set(self.answers.get(turn, ()))
        doubtful = {DeliveryResult.LOST, DeliveryResult.FAILED} & answers
        if doubtful or not answers:
            return Fate.EXPIRED
        for result in (DeliveryResult.ACKED, DeliveryResult.NO_LISTENER):
            if result in answers:
                return Fate(result.value)
        return Fate.REJECTED

    def keep(
        self, key: tuple[str, Purpose], stored: StoredFinal, spoken: float
    ) -> None:
        self.disk[key] = Record(*key, self.boot, spoken, to_text(stored))

    # --- what was promised ---

    @invariant()
    def every_final_ends_once_or_is_on_the_disk(self) -> None:
        for turn in self.spoken:
            pending = (turn, Purpose.DELIVERY) in self.disk
            assert self.settled[turn] <= 1
            assert self.reported[turn] <= 1
            assert pending or self.settled[turn] == 1

    @invariant()
    def the_ledger_balances(self) -> None:
        ended = self.ledger.fates.total()
        assert self.ledger.accepted == ended + self.ledger.open

    @invariant()
    def nothing_that_waits_is_too_old_to_be_acted_on(self) -> None:
        for due in self.ledger.due(self.now):
            assert due.age < TIME_TO_LIVE

    @invariant()
    def no_word_of_an_expired_command_is_on_the_disk(self) -> None:
        for record in self.disk.values():
            if from_text(record.body).fate is Fate.EXPIRED:
                assert "Turn it on." not in record.body


World.TestCase.settings = settings(
    max_examples=300 if LONG else 40,
    stateful_step_count=100 if LONG else 50,
)
TestWorld = World.TestCase
