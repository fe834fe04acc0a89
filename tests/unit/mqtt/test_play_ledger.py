"""Each sound is told to end, and in one way, whichever run of ours tells it."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from auricle.mqtt.link.broker import Delivered, DeliveryResult
from auricle.mqtt.play_ledger import MOST_REPORTS, PlayLedger
from auricle.turns.sounds import PlayReason, PlayReport, PlayState

SONG = PlayReport("song", PlayState.FINISHED)
NEWS = PlayReport("news", PlayState.CANCELLED, PlayReason.WAKE)
AGAIN = (DeliveryResult.LOST, DeliveryResult.OVER_QUOTA, DeliveryResult.FAILED)


def ledger(*accepted: str) -> PlayLedger:
    made = PlayLedger()
    for sound_id in accepted:
        made.accept(sound_id)
    return made


def next_run(before: PlayLedger) -> PlayLedger:
    after = PlayLedger()
    after.take_up(before.text)
    return after


def add(made: PlayLedger, report: PlayReport) -> None:
    """Add it, where the disk takes all at once."""
    made.add(report)
    made.noted(made.changes)


def told(made: PlayLedger, result: DeliveryResult, *, late: bool = False) -> None:
    for message_id, report in enumerate(made.due):
        made.sent(report, message_id)
    for message_id in range(MOST_REPORTS):
        made.settle(Delivered(message_id, result), listeners_are_late=late)


def test_an_end_is_told_once() -> None:
    made = ledger("song")
    add(made, SONG)
    assert made.due == [SONG]

    made.sent(SONG, 7)

    assert made.due == []


def test_an_end_is_told_once_it_is_kept() -> None:
    made = ledger("song")
    made.noted(made.changes)
    made.add(SONG)
    assert made.due == []

    made.noted(made.changes)

    assert made.due == [SONG]


def test_that_a_sound_started_is_told_once_its_end_is_certain_to_be() -> None:
    started = PlayReport("song", PlayState.STARTED)
    made = ledger("song")
    before = made.changes
    made.accept("news")
    made.add(started)
    assert made.due == []

    made.noted(before)

    assert made.due == [started]


def test_what_was_acknowledged_is_kept_no_longer() -> None:
    made = ledger("song")
    add(made, SONG)
    told(made, DeliveryResult.ACKED)

    assert (made.due, made.text) == ([], "")


def test_a_sound_that_was_open_when_the_process_was_killed_has_failed() -> None:
    restarted = next_run(ledger("song"))

    assert restarted.due == [PlayReport("song", PlayState.FAILED, PlayReason.RESTARTED)]


def test_an_end_that_nobody_was_told_is_told_by_the_next_run_as_it_was() -> None:
    made = ledger("song", "news")
    add(made, NEWS)
    made.sent(NEWS, 7)

    assert next_run(made).due == [
        NEWS,
        PlayReport("song", PlayState.FAILED, PlayReason.RESTARTED),
    ]


def test_what_even_the_next_run_cannot_tell_is_for_the_one_behind_it() -> None:
    assert next_run(next_run(ledger("song"))).due == next_run(ledger("song")).due


def test_a_sound_that_was_refused_costs_no_card_anything() -> None:
    made = ledger()
    add(made, SONG)

    assert (made.due, made.text) == ([SONG], "")


@pytest.mark.parametrize("result", AGAIN, ids=str)
def test_what_the_broker_did_not_take_is_told_when_it_is_back(
    result: DeliveryResult,
) -> None:
    made = ledger("song")
    add(made, SONG)
    told(made, result)
    assert made.due == []

    made.listeners_came()

    assert made.due == [SONG]


def test_who_comes_back_later_than_we_is_told_then() -> None:
    made = ledger("song")
    add(made, SONG)
    told(made, DeliveryResult.NO_LISTENER, late=True)

    made.listeners_came()

    assert made.due == [SONG]


def test_that_a_sound_started_is_told_before_its_end_and_never_behind_it() -> None:
    started = PlayReport("song", PlayState.STARTED)
    made = ledger("song", "news")
    add(made, started)
    add(made, SONG)
    assert made.due == [started, SONG]

    add(made, PlayReport("news", PlayState.STARTED))
    told(made, DeliveryResult.NO_LISTENER, late=True)
    add(made, NEWS)
    made.listeners_came()

    assert made.due == [started, SONG, NEWS]


def test_where_nobody_ever_listens_nothing_is_kept() -> None:
    made = ledger("song")
    add(made, SONG)
    told(made, DeliveryResult.NO_LISTENER)
    made.listeners_came()

    assert (made.due, made.text) == ([], "")


def test_of_too_many_ends_the_first_are_forgotten() -> None:
    made = PlayLedger()
    ends = [PlayReport(f"{n}", PlayState.FINISHED) for n in range(MOST_REPORTS + 1)]
    for end in ends:
        add(made, end)

    assert made.due == ends[1:]


def test_a_flood_of_what_was_refused_costs_no_sound_that_was_accepted_its_end() -> None:
    made = ledger("song")
    add(made, SONG)
    for number in range(MOST_REPORTS):
        refused = PlayReport(f"{number}", PlayState.FAILED, PlayReason.TOO_LONG)
        add(made, refused)

    assert SONG in made.due
    assert len(made.due) == MOST_REPORTS


@pytest.mark.parametrize(
    "text",
    [
        *("{", "[]", "{}", '{"open": 7, "ended": []}', '{"open": [7], "ended": []}'),
        *('{"open": ["\\ud800"], "ended": []}', '{"open": [], "ended": [7]}'),
        '{"open": [], "ended": [{"id": "a", "state": "sung", "reason": null}]}',
        '{"open": [], "ended": [{"id": "a", "state": "failed", "reason": "rain"}]}',
    ],
)
def test_a_file_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        PlayLedger().take_up(text)


class AnyOrder(RuleBasedStateMachine):
    """Accepts and ends sounds, loses messages, and kills the process now and then. The
    disk is behind.
    """

    def __init__(self) -> None:
        super().__init__()
        self.ledger = PlayLedger()
        self.disk = ""
        self.open: list[str] = []
        self.under_way: dict[int, PlayReport] = {}
        self.started: set[str] = set()
        self.heard: dict[str, PlayReport] = {}
        self.over: set[str] = set()
        """The sounds whose ends nobody needs to be told any more."""
        self.accepted = 0
        self.messages = 0

    @rule()
    def accept(self) -> None:
        if len(self.open) + len(self.heard) < MOST_REPORTS:
            self.accepted += 1
            self.open.append(f"sound-{self.accepted}")
            self.ledger.accept(self.open[-1])

    @rule(which=st.integers(0, 5))
    def start(self, which: int) -> None:
        if which < len(self.open):
            self.ledger.add(PlayReport(self.open[which], PlayState.STARTED))

    @rule(reason=st.none() | st.sampled_from(PlayReason), which=st.integers(0, 5))
    def end(self, reason: PlayReason | None, which: int) -> None:
        if which < len(self.open):
            state = PlayState.FAILED if reason else PlayState.FINISHED
            self.ledger.add(PlayReport(self.open.pop(which), state, reason))

    @rule()
    def write(self) -> None:
        self.disk = self.ledger.text
        self.ledger.noted(self.ledger.changes)

    @rule()
    def tell(self) -> None:
        for report in self.ledger.due:
            self.messages += 1
            self.under_way[self.messages] = report
            self.ledger.sent(report, self.messages)

    @rule(result=st.sampled_from(DeliveryResult), late=st.booleans())
    def settle(self, result: DeliveryResult, *, late: bool) -> None:
        if not self.under_way:
            return
        message_id, report = self.under_way.popitem()
        if result is DeliveryResult.ACKED:
            self.hear(report)
        again = result in AGAIN or (late and result is DeliveryResult.NO_LISTENER)
        if report.state is not PlayState.STARTED and not again:
            self.over.add(report.id)
        delivered = Delivered(message_id, result)
        self.ledger.settle(delivered, listeners_are_late=late)

    @rule()
    def listeners_come(self) -> None:
        self.ledger.listeners_came()

    @rule(arrives=st.booleans())
    def kill(self, *, arrives: bool) -> None:
        """What was under way may have arrived, and nobody knows."""
        if arrives:
            for report in self.under_way.values():
                self.hear(report)
        self.under_way.clear()
        self.open.clear()
        self.ledger = PlayLedger()
        self.ledger.take_up(self.disk)

    def hear(self, report: PlayReport) -> None:
        if report.state is PlayState.STARTED:
            self.started.add(report.id)
        else:
            assert self.heard.setdefault(report.id, report) == report

    @invariant()
    def nothing_that_is_open_is_told_to_have_ended(self) -> None:
        ends = {r.id for r in self.ledger.due if r.state is not PlayState.STARTED}
        assert not ends & {*self.open}
        assert not {*self.heard} & {*self.open}

    @invariant()
    def what_may_have_been_heard_is_what_the_next_run_says(self) -> None:
        after = PlayLedger()
        after.take_up(self.disk)
        ends = {end.id: end for end in after.due}
        for report in self.under_way.values():
            if report.state is PlayState.STARTED:
                assert report.id in {*ends, *self.over}
            else:
                assert ends[report.id] == report
        assert all(ends.get(end.id, end) == end for end in self.heard.values())
        assert self.started <= {*ends, *self.over}


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=60, stateful_step_count=40)
