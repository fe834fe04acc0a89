"""What a satellite of a group does about a word that another one may answer."""

from random import Random

import pytest

from auricle.arbitration.messages import Alive, Bid, Claim, Done, Take
from auricle.audio.frame import SAMPLE_RATE
from auricle.errors import Reason
from auricle.qwen_asr.events import FinalTranscript
from auricle.turns.arbitrated_satellite import LONGEST_HELD
from auricle.turns.events import (
    BudgetChanged,
    CancelRequested,
    CommandTold,
    Event,
    FinalSettled,
    GroupChanged,
    GroupSaid,
    ListenRequested,
    MicrophoneClosed,
    MicrophoneFound,
    MicrophoneLost,
    MuteRequested,
    RecognizerFailed,
    RecognizerSaid,
    Stopping,
)
from auricle.turns.satellite import SatelliteState
from auricle.turns.turn import OutcomeKind
from rigs.homes.earshot import Earshot, Network

NEAR, FAR, FARTHEST = 12.0, 3.0, -4.0


def house(
    *names: str, slowest: float = 0.02, drop_unconfirmed: bool = False
) -> Earshot:
    network = Network(Random(1), slowest=slowest)
    return Earshot(list(names), network, drop_unconfirmed=drop_unconfirmed)


def kinds(earshot: Earshot, name: str) -> list[OutcomeKind]:
    return [outcome.kind for outcome in earshot.members[name].outcomes]


def told(earshot: Earshot, name: str) -> list[str]:
    return [type(message).__name__ for message in earshot.members[name].told]


def both_wake(earshot: Earshot) -> None:
    earshot.members["kitchen"].wakes(NEAR)
    earshot.members["study"].wakes(FAR)


def test_the_nearer_one_answers_and_the_other_tells_who_did() -> None:
    earshot = house("kitchen", "study")
    both_wake(earshot)
    earshot.run(10.0)

    (answered,) = earshot.members["kitchen"].outcomes
    (yielded,) = earshot.members["study"].outcomes
    assert answered.kind is OutcomeKind.TRANSCRIPT
    assert answered.heard_by == yielded.heard_by == ("kitchen", "study")
    assert yielded.kind is OutcomeKind.YIELDED
    assert yielded.answered_by == "kitchen"
    assert earshot.members["study"].sessions == 0


def test_who_stands_by_shows_nothing_of_it() -> None:
    earshot = house("kitchen", "study")
    both_wake(earshot)
    earshot.run(1.0)

    assert earshot.members["kitchen"].machine.state is SatelliteState.LISTENING
    assert earshot.members["study"].machine.state is SatelliteState.IDLE


def test_of_two_that_hear_as_well_the_name_decides() -> None:
    earshot = house("kitchen", "study")
    earshot.members["kitchen"].wakes(FAR + 0.01)
    earshot.members["study"].wakes(FAR)
    earshot.run(10.0)

    assert [name for name, _ in earshot.published] == ["study"]


def test_who_has_nobody_in_earshot_waits_for_nobody_and_says_nothing() -> None:
    earshot = house("kitchen")
    earshot.members["kitchen"].wakes(NEAR)

    assert earshot.members["kitchen"].sessions == 1
    earshot.run(10.0)
    assert told(earshot, "kitchen") == []
    assert [o.heard_by for _, o in earshot.published] == [("kitchen",)]


def test_one_that_becomes_known_in_the_middle_of_a_turn_is_told_of_it() -> None:
    earshot = house("kitchen", "study")
    kitchen, study = earshot.members.values()
    kitchen.happens(GroupChanged(frozenset()))
    kitchen.wakes(FAR)
    study.wakes(FARTHEST)
    earshot.run(10.0)

    assert kinds(earshot, "kitchen") == [OutcomeKind.TRANSCRIPT]
    assert kinds(earshot, "study") == [OutcomeKind.YIELDED]


def test_where_the_winner_dies_another_one_answers_with_the_whole_sentence() -> None:
    earshot = house("kitchen", "study")
    both_wake(earshot)
    earshot.kill("kitchen", 0.5)
    earshot.run(10.0)

    ((name, final),) = earshot.published
    assert name == "study"
    assert final.stands_in_for == "kitchen-1"
    # Pre-roll, command, and the silence behind it.
    assert final.sent_seconds == pytest.approx(0.3 + 1.5 + 0.5, abs=0.07)


def test_a_stand_in_of_a_stand_in_names_the_first_turn() -> None:
    earshot = house("kitchen", "study", "attic")
    both_wake(earshot)
    earshot.members["attic"].wakes(FARTHEST)
    earshot.kill("kitchen", 0.1)
    earshot.kill("study", 2.0)
    earshot.run(15.0)

    ((name, final),) = earshot.published
    assert (name, final.stands_in_for) == ("attic", "kitchen-1")


def fail(earshot: Earshot, name: str, reason: Reason = Reason.AUTH_FAILED) -> None:
    turn = earshot.members[name].machine.turn
    assert turn is not None
    failed = RecognizerFailed(turn.id, reason, transient=False)
    earshot.members[name].happens(failed)


def test_where_the_winner_fails_another_one_answers_at_once() -> None:
    earshot = house("kitchen", "study")
    both_wake(earshot)
    earshot.run(1.0)
    fail(earshot, "kitchen")
    earshot.run(0.1)

    assert kinds(earshot, "kitchen") == [OutcomeKind.ERROR]
    assert earshot.members["study"].machine.state is SatelliteState.LISTENING
    earshot.run(10.0)
    assert [name for name, _ in earshot.published] == ["study"]


def test_a_busy_recognizer_is_not_asked_again_by_each_satellite_in_turn() -> None:
    earshot = house("kitchen", "study", "attic")
    both_wake(earshot)
    earshot.members["attic"].wakes(FARTHEST)
    earshot.run(1.0)
    fail(earshot, "kitchen", Reason.RATE_LIMITED)
    earshot.run(10.0)

    assert kinds(earshot, "kitchen") == [OutcomeKind.ERROR]
    for other in ("study", "attic"):
        assert kinds(earshot, other) == [OutcomeKind.YIELDED]
        assert earshot.members[other].sessions == 0


def test_nobody_stands_in_behind_the_failure_of_a_stand_in() -> None:
    earshot = house("kitchen", "study", "attic")
    both_wake(earshot)
    earshot.members["attic"].wakes(FARTHEST)
    earshot.run(1.0)
    fail(earshot, "kitchen")
    earshot.run(0.2)
    fail(earshot, "study")
    earshot.run(10.0)

    assert kinds(earshot, "study") == [OutcomeKind.ERROR]
    assert kinds(earshot, "attic") == [OutcomeKind.YIELDED]
    assert earshot.members["attic"].sessions == 0


def test_where_nobody_speaks_nobody_stands_in() -> None:
    earshot = house("kitchen", "study")
    earshot.members["kitchen"].wakes(NEAR, said=0.0)
    earshot.members["study"].wakes(FAR, said=0.0)
    earshot.run(10.0)

    assert kinds(earshot, "kitchen") == [OutcomeKind.NO_SPEECH]
    assert kinds(earshot, "study") == [OutcomeKind.YIELDED]


def test_where_the_winner_hears_nobody_another_one_that_does_answers() -> None:
    earshot = house("kitchen", "study", "attic")
    earshot.members["kitchen"].wakes(NEAR, said=0.0)
    earshot.members["study"].wakes(FAR)
    earshot.members["attic"].wakes(FARTHEST)
    earshot.run(10.0)

    ((name, final),) = earshot.published
    assert (name, final.stands_in_for) == ("study", "kitchen-1")
    assert kinds(earshot, "kitchen") == [OutcomeKind.NO_SPEECH]
    assert kinds(earshot, "attic") == [OutcomeKind.YIELDED]
    assert earshot.members["attic"].sessions == 0


def test_where_the_winners_recognizer_understands_nothing_another_one_answers() -> None:
    earshot = house("kitchen", "study")
    earshot.members["kitchen"].wakes(NEAR, text="")
    earshot.members["study"].wakes(FAR)
    earshot.run(10.0)

    assert [name for name, _ in earshot.published] == ["study"]


def test_who_heard_nobody_leaves_it_to_the_next_that_did() -> None:
    earshot = house("kitchen", "study", "attic")
    earshot.members["kitchen"].wakes(NEAR, said=0.0)
    earshot.members["study"].wakes(FAR, said=0.0)
    earshot.members["attic"].wakes(FARTHEST)
    earshot.run(10.0)

    assert [name for name, _ in earshot.published] == ["attic"]
    assert kinds(earshot, "study") == [OutcomeKind.YIELDED]


def test_of_a_command_that_a_stand_in_does_not_understand_nobody_makes_a_third() -> (
    None
):
    earshot = house("kitchen", "study", "attic")
    earshot.members["kitchen"].wakes(NEAR, text="")
    earshot.members["study"].wakes(FAR, text="")
    earshot.members["attic"].wakes(FARTHEST)
    earshot.run(15.0)

    assert earshot.published == []
    assert [earshot.members[name].sessions for name in earshot.members] == [1, 1, 0]


def test_the_end_of_the_wake_word_is_nobody_who_speaks() -> None:
    earshot = house("kitchen", "study")
    earshot.members["kitchen"].wakes(NEAR, said=0.0)
    earshot.members["study"].wakes(FAR, said=0.4)
    earshot.run(10.0)

    assert earshot.members["study"].sessions == 0


def test_words_without_the_wake_phrase_are_dropped_by_one_for_all() -> None:
    earshot = house("kitchen", "study", drop_unconfirmed=True)
    both_wake(earshot)
    earshot.run(10.0)

    assert kinds(earshot, "kitchen") == [OutcomeKind.NO_SPEECH]
    assert earshot.members["study"].sessions == 0


def test_the_wake_sound_is_made_once_whoever_stands_in() -> None:
    earshot = house("kitchen", "study")
    earshot.members["kitchen"].wakes(NEAR, text="")
    earshot.members["study"].wakes(FAR)
    earshot.run(10.0)

    assert [member.announced for member in earshot.members.values()] == [1, 0]


def test_a_command_that_is_cancelled_is_obeyed_by_nobody() -> None:
    earshot = house("kitchen", "study")
    both_wake(earshot)
    earshot.run(1.0)
    earshot.members["kitchen"].happens(CancelRequested())
    earshot.run(10.0)

    assert kinds(earshot, "kitchen") == [OutcomeKind.CANCELLED]
    assert kinds(earshot, "study") == [OutcomeKind.YIELDED]


def test_who_is_stopped_leaves_the_command_to_another_one() -> None:
    earshot = house("kitchen", "study")
    both_wake(earshot)
    earshot.run(1.0)
    earshot.members["kitchen"].happens(Stopping())
    earshot.run(10.0)

    assert [name for name, _ in earshot.published] == ["study"]


@pytest.mark.parametrize("moment", [0.1, 1.0], ids=["bidding", "standing by"])
@pytest.mark.parametrize(
    "event",
    [
        MuteRequested(muted=True),
        MicrophoneClosed(),
        MicrophoneLost(),
        Stopping(),
        ListenRequested(),
    ],
    ids=lambda event: type(event).__name__,
)
def test_who_cannot_answer_any_more_leaves_it_to_the_others(
    event: Event, moment: float
) -> None:
    earshot = house("kitchen", "study")
    both_wake(earshot)
    earshot.run(moment)
    study = earshot.members["study"]
    study.happens(event)

    assert [outcome.answered_by for outcome in study.outcomes] == ["kitchen"]
    assert isinstance(study.told[-1], Done)
    if not isinstance(event, ListenRequested):
        earshot.run(10.0)
        assert kinds(earshot, "study") == [OutcomeKind.YIELDED]
        assert not study.attending


def test_the_best_one_that_loses_its_microphone_while_it_bids_is_replaced_at_once() -> (
    None
):
    earshot = house("kitchen", "study")
    both_wake(earshot)
    earshot.run(0.1)
    earshot.members["kitchen"].happens(MicrophoneLost())
    earshot.run(0.3)

    assert kinds(earshot, "kitchen") == [OutcomeKind.YIELDED]
    assert earshot.members["study"].machine.state is SatelliteState.LISTENING


def test_a_microphone_lost_where_nobody_else_heard_the_word_is_told() -> None:
    earshot = house("kitchen", "study")
    earshot.members["kitchen"].wakes(NEAR)
    earshot.run(0.1)
    earshot.members["kitchen"].happens(MicrophoneLost())

    (outcome,) = earshot.members["kitchen"].outcomes
    assert outcome.reason is Reason.MICROPHONE


def test_who_may_spend_nothing_answers_only_where_nobody_else_heard_the_word() -> None:
    earshot = house("kitchen", "study")
    earshot.members["kitchen"].happens(BudgetChanged(limit_reached=True))
    both_wake(earshot)
    earshot.run(10.0)
    assert [name for name, _ in earshot.published] == ["study"]
    assert kinds(earshot, "kitchen") == [OutcomeKind.YIELDED]

    earshot.members["kitchen"].wakes(NEAR)
    earshot.run(1.0)
    assert earshot.members["kitchen"].outcomes[-1].reason is Reason.BUDGET


@pytest.mark.parametrize("nearer", ["kitchen", "study"])
@pytest.mark.parametrize("dies", [False, True])
def test_who_only_stops_what_one_of_them_plays_gives_no_command(
    nearer: str, *, dies: bool
) -> None:
    earshot = house("kitchen", "study", "attic")
    study = earshot.members["study"]
    for sound in ("news", "weather"):
        study.plays(sound)
    for name in ("kitchen", "study"):
        earshot.members[name].wakes(NEAR if name == nearer else FAR, "Stop.")
    earshot.members["attic"].wakes(FARTHEST, "Stop.")
    assert study.silenced == ["news"]
    if dies and nearer == "kitchen":
        earshot.kill("kitchen", 0.5)
    earshot.run(10.0)

    assert earshot.published == []
    # Nor does it go on with what waited.
    assert study.silenced == ["news", "weather"]


def test_who_interrupts_one_and_says_a_command_is_obeyed_by_the_nearest() -> None:
    earshot = house("kitchen", "study")
    study = earshot.members["study"]
    for sound in ("news", "weather"):
        study.plays(sound)
    both_wake(earshot)
    earshot.run(10.0)

    assert [name for name, _ in earshot.published] == ["kitchen"]
    assert study.silenced == ["news"]


def test_where_nothing_was_interrupted_stop_is_a_command() -> None:
    earshot = house("kitchen", "study")
    for name, level in (("kitchen", NEAR), ("study", FAR)):
        earshot.members[name].wakes(level, "Stop.")
    earshot.run(10.0)

    assert [name for name, _ in earshot.published] == ["kitchen"]


def test_a_word_said_again_is_a_new_one_for_all() -> None:
    earshot = house("kitchen", "study")
    both_wake(earshot)
    earshot.run(1.2)
    both_wake(earshot)
    earshot.run(10.0)

    assert [o.turn.id for _, o in earshot.published] == ["kitchen-2"]
    assert kinds(earshot, "kitchen")[0] is OutcomeKind.CANCELLED
    assert kinds(earshot, "study") == [OutcomeKind.YIELDED] * 2


def test_a_word_that_is_left_to_another_one_still_ends_what_was_said_before() -> None:
    earshot = house("kitchen", "study")
    kitchen, study = earshot.members.values()
    study.wakes(FAR, said=9.0)
    earshot.run(3.0)
    assert study.machine.state is SatelliteState.LISTENING
    both_wake(earshot)

    assert kinds(earshot, "study") == [OutcomeKind.CANCELLED]
    earshot.run(10.0)
    assert [name for name, _ in earshot.published] == ["kitchen"]
    assert not kitchen.attending


def test_other_wake_words_are_none_of_its_business() -> None:
    earshot = house("kitchen", "study")
    kitchen = earshot.members["kitchen"]
    kitchen.wakes(FAR)
    claim = Claim("study", "study-1", "hey_jarvis", NEAR, after=0.0)
    kitchen.happens(GroupSaid(Take(claim), kitchen.position))
    earshot.run(10.0)

    assert [o.heard_by for _, o in earshot.published] == [("kitchen",)]


def test_who_asks_for_a_word_that_is_over_is_told_so() -> None:
    earshot = house("kitchen", "study")
    kitchen = earshot.members["kitchen"]
    at = kitchen.position
    kitchen.wakes(NEAR)
    earshot.run(5.0)
    kitchen.told.clear()
    after = (kitchen.position - at) / SAMPLE_RATE
    late = Take(Claim("study", "study-1", "okay_nabu", FAR, after), "kitchen-1")
    kitchen.happens(GroupSaid(late, kitchen.position))

    assert [type(message) for message in kitchen.told] == [Done]


def test_a_final_is_called_done_only_behind_it() -> None:
    earshot = house("kitchen", "study")
    earshot.sending = 3.0
    both_wake(earshot)
    earshot.run(4.0)
    assert [name for name, _ in earshot.published] == ["kitchen"]
    assert not any(isinstance(m, Done) for m in earshot.members["kitchen"].told)
    assert kinds(earshot, "study") == []
    earshot.run(2.0)

    done = [m for m in earshot.members["kitchen"].told if isinstance(m, Done)]
    assert [message.outcome for message in done] == ["transcript"] * 3
    assert [message.text for message in done] == [None] * 3


@pytest.mark.parametrize("ended", ["transcript", "cancelled"])
def test_who_hears_a_word_late_that_another_has_finished_leaves_it_alone(
    ended: str,
) -> None:
    earshot = house("kitchen", "study")
    kitchen, study = earshot.members.values()
    kitchen.wakes(NEAR, said=9.0 if ended == "cancelled" else 1.0)
    earshot.run(2.3)
    if ended == "cancelled":
        kitchen.happens(CancelRequested())
    earshot.run(0.3)
    study.wakes(FAR, lag=2.6)
    earshot.run(0.1)

    (yielded,) = study.outcomes
    assert yielded.kind is OutcomeKind.YIELDED
    assert yielded.answered_by == "kitchen"
    assert study.sessions == 0
    assert not study.attending
    study.plays("dinner")
    assert study.machine.state is SatelliteState.RESPONDING


def test_who_hears_a_word_late_whose_first_session_failed_answers_it() -> None:
    earshot = house("kitchen", "study")
    kitchen, study = earshot.members.values()
    kitchen.wakes(NEAR)
    earshot.run(1.0)
    fail(earshot, "kitchen")
    earshot.run(0.3)
    study.wakes(FAR, lag=1.3)
    earshot.run(10.0)

    ((name, final),) = earshot.published
    assert (name, final.stands_in_for) == ("study", "kitchen-1")
    assert kinds(earshot, "study") == [OutcomeKind.TRANSCRIPT]


def test_who_hears_a_word_late_that_only_stopped_its_sound_plays_no_other() -> None:
    earshot = house("kitchen", "study")
    kitchen, study = earshot.members.values()
    for sound in ("news", "weather"):
        study.plays(sound)
    kitchen.plays("news")
    kitchen.wakes(NEAR, "Stop.", said=0.5)
    earshot.run(1.5)
    study.wakes(FAR, "Stop.", lag=1.5)
    earshot.run(10.0)

    assert earshot.published == []
    assert study.silenced == ["news", "weather"]


def test_who_is_killed_before_the_broker_has_answered_is_not_stood_in_for() -> None:
    earshot = house("kitchen", "study")
    earshot.settling = 3.0
    both_wake(earshot)
    earshot.run(3.0)
    assert [name for name, _ in earshot.published] == ["kitchen"]
    earshot.kill("kitchen", 0.0)
    earshot.run(10.0)

    assert [name for name, _ in earshot.published] == ["kitchen"]
    assert kinds(earshot, "study") == [OutcomeKind.YIELDED]


def test_a_final_that_the_broker_never_gets_is_told_by_nobody() -> None:
    earshot = house("kitchen", "study")
    earshot.sending = 30.0
    both_wake(earshot)
    earshot.run(4.0)
    kitchen = earshot.members["kitchen"]
    kitchen.happens(FinalSettled("kitchen-1", told=False))
    earshot.run(10.0)

    done = [m for m in kitchen.told if isinstance(m, Done)]
    assert [message.outcome for message in done] == ["cancelled"] * 2
    assert [name for name, _ in earshot.published] == ["kitchen"]


@pytest.mark.parametrize("moment", [1.0, 1.9], ids=["standing by", "standing in"])
def test_who_stands_in_for_one_that_comes_back_with_its_command_leaves_it_alone(
    moment: float,
) -> None:
    earshot = house("kitchen", "study")
    both_wake(earshot)
    earshot.kill("kitchen", 0.5)
    earshot.run(moment)
    study = earshot.members["study"]
    study.happens(CommandTold("kitchen-1"))

    (yielded,) = study.outcomes
    assert yielded.answered_by == "kitchen"
    assert study.machine.turn is None
    earshot.run(10.0)
    assert kinds(earshot, "study") == [OutcomeKind.YIELDED]
    assert not study.attending


def test_what_comes_back_of_another_word_changes_nothing() -> None:
    earshot = house("kitchen", "study")
    both_wake(earshot)
    earshot.kill("kitchen", 0.5)
    earshot.run(2.5)
    earshot.members["study"].happens(CommandTold("kitchen-0"))
    earshot.run(10.0)

    assert [name for name, _ in earshot.published] == ["study"]


def test_what_was_taken_while_the_broker_was_away_is_said_when_it_is_back() -> None:
    earshot = house("kitchen", "study")
    kitchen, study = earshot.members.values()
    for member in (kitchen, study):
        member.happens(GroupChanged(frozenset()))
    both_wake(earshot)
    earshot.run(0.5)
    assert told(earshot, "kitchen") == told(earshot, "study") == []
    for member in (kitchen, study):
        member.happens(GroupChanged(frozenset({"kitchen", "study"})))

    assert told(earshot, "kitchen") == told(earshot, "study") == ["Take"]
    earshot.run(10.0)
    assert [name for name, _ in earshot.published] == ["kitchen"]
    assert kinds(earshot, "study") == [OutcomeKind.YIELDED]


def test_two_that_both_took_the_word_end_in_one_session() -> None:
    earshot = house("kitchen", "study")
    study = earshot.members["study"]
    at = study.position
    study.wakes(FAR)
    earshot.run(0.6)
    assert study.sessions == 1
    after = (study.position - at) / SAMPLE_RATE
    better = Claim("kitchen", "kitchen-1", "okay_nabu", NEAR, after)
    study.happens(GroupSaid(Bid(better), study.position))
    assert study.machine.turn is not None
    study.happens(GroupSaid(Alive(better), study.position))

    assert study.machine.turn is None
    assert kinds(earshot, "study") == [OutcomeKind.YIELDED]
    # The better one is never heard of again, and the command is not lost.
    earshot.run(10.0)
    assert [(o.turn.id, o.stands_in_for) for _, o in earshot.published] == [
        ("study-2", "kitchen-1")
    ]


@pytest.mark.parametrize("late", [Take, Alive])
@pytest.mark.parametrize("next_one", ["attic", None])
def test_a_sign_that_comes_behind_the_end_of_its_turn_changes_nothing(
    late: type[Take | Alive], next_one: str | None
) -> None:
    earshot = house("kitchen", "study", "attic")
    study = earshot.members["study"]
    at = study.position
    study.wakes(FARTHEST)
    if next_one is not None:
        bid = Bid(Claim(next_one, "attic-1", "okay_nabu", FAR, 0.0))
        study.happens(GroupSaid(bid, study.position))
    earshot.run(1.0)
    after = (study.position - at) / SAMPLE_RATE
    claim = Claim("kitchen", "kitchen-1", "okay_nabu", NEAR, after)
    study.happens(GroupSaid(Take(claim), study.position))
    study.happens(GroupSaid(Done(claim, "no_speech"), study.position))
    sessions = study.sessions
    study.happens(GroupSaid(late(claim), study.position))
    assert study.sessions == sessions
    assert (study.machine.turn is None) == (next_one is not None)
    earshot.run(10.0)

    assert [name for name, _ in earshot.published] == ["study"]
    assert study.sessions <= 2


def test_what_a_closed_session_says_of_a_yielded_turn_is_nothing() -> None:
    earshot = house("kitchen", "study")
    both_wake(earshot)
    earshot.run(1.0)
    said = FinalTranscript("item", "toggle", None, None)
    earshot.members["study"].happens(RecognizerSaid("study-1", said))

    assert not earshot.published


def test_a_word_that_is_yielded_without_sound_is_left_for_good() -> None:
    earshot = house("kitchen", "study")
    study = earshot.members["study"]
    earshot.kill("kitchen", 0.0)
    study.wakes(FAR, said=1.0)
    earshot.run(1.6)
    assert study.machine.state is SatelliteState.PROCESSING
    study.happens(MicrophoneLost())
    study.happens(MicrophoneFound())
    kitchens = Claim("kitchen", "kitchen-1", "okay_nabu", NEAR, after=1.6)
    study.happens(GroupSaid(Take(kitchens), study.position))

    # It could not stand in, for it would not hear, and announcements would wait.
    assert kinds(earshot, "study") == [OutcomeKind.YIELDED]
    assert not study.machine.disputed
    study.happens(GroupSaid(Done(kitchens, "error"), study.position))
    assert study.machine.turn is None


def test_what_is_held_for_a_word_is_bounded() -> None:
    earshot = house("kitchen", "study")
    study = earshot.members["study"]
    at = study.position
    study.wakes(FAR, said=100.0)
    for _ in range(900):
        earshot.run(0.1)
        after = (study.position - at) / SAMPLE_RATE
        alive = Alive(Claim("kitchen", "kitchen-1", "okay_nabu", NEAR, after))
        study.happens(GroupSaid(alive, study.position))
    earshot.run(20.0)

    (final,) = [outcome for _, outcome in earshot.published]
    assert final.sent_seconds <= LONGEST_HELD / SAMPLE_RATE
