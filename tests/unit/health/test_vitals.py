"""When a satellite lives, when it is ready, and how it says so."""

from dataclasses import replace

import pytest

from auricle.capture.hearing_state import HearingState
from auricle.health.vitals import HearingWatch, Pulse, Vitals

LISTENING = Vitals(
    hearing=HearingState.LISTENING,
    rounds=100,
    frames=90,
    inferences=90,
    broker_rounds=10,
    wanted=True,
    wishes=1,
    wake_words=["okay_nabu"],
)
LATER = replace(LISTENING, rounds=133, frames=123, inferences=123, broker_rounds=11)
LOST = replace(LISTENING, hearing=HearingState.LOST, microphone_problem="no device")
MUTED = replace(LISTENING, hearing=HearingState.CLOSED, wanted=False, wishes=2)


def beats(before: Vitals, now: Vitals, *, lag: float = 0.0) -> tuple[str, ...]:
    pulse = Pulse()
    assert pulse.beat(before, lag=0.0) == ()
    return pulse.beat(now, lag=lag)


# --- alive ---


def test_all_parts_at_work_are_a_beat() -> None:
    assert beats(LISTENING, LATER) == ()


@pytest.mark.parametrize(
    ("stands_still", "named"),
    [
        ("frames", "microphone"),
        ("inferences", "wake word engine"),
        ("broker_rounds", "broker connection"),
        ("rounds", "capture thread"),
    ],
)
def test_one_part_that_stands_still_is_no_beat(stands_still: str, named: str) -> None:
    stuck = replace(LATER, **{stands_still: getattr(LISTENING, stands_still)})
    assert beats(LISTENING, stuck) == (named,)


def test_an_event_loop_that_lags_is_no_beat() -> None:
    assert beats(LISTENING, LATER, lag=0.9) == ()
    assert beats(LISTENING, LATER, lag=1.1) == ("event loop",)


def test_progress_counts_from_the_last_beat_not_the_last_look() -> None:
    pulse = Pulse()
    pulse.beat(LISTENING, lag=0.0)
    assert pulse.beat(replace(LATER, broker_rounds=10), lag=0.0) != ()
    assert pulse.beat(LATER, lag=0.0) == ()


@pytest.mark.parametrize("silent", [LOST, MUTED])
def test_without_a_microphone_the_thread_that_has_none_must_turn(
    silent: Vitals,
) -> None:
    assert beats(silent, replace(silent, rounds=101, broker_rounds=11)) == ()
    assert beats(silent, replace(silent, broker_rounds=11)) == ("capture thread",)


CLOSED = replace(LISTENING, hearing=HearingState.CLOSED)
STILL_OPEN = replace(LISTENING, wanted=False, wishes=2)


@pytest.mark.parametrize(
    ("at_odds", "later"),
    [
        pytest.param(CLOSED, CLOSED, id="wanted, and closed"),
        pytest.param(STILL_OPEN, STILL_OPEN, id="not wanted, and open"),
        pytest.param(
            replace(LOST, wanted=False), replace(LOST, wanted=False), id="and lost"
        ),
    ],
)
def test_a_microphone_that_is_not_as_it_is_wanted_is_no_beat(
    at_odds: Vitals, later: Vitals
) -> None:
    at_work = replace(
        later, rounds=133, frames=later.frames + 33, inferences=123, broker_rounds=11
    )
    assert beats(at_odds, at_work) == ("microphone",)


def test_a_microphone_that_is_about_to_obey_is_given_the_time() -> None:
    assert beats(LISTENING, replace(LATER, wanted=False, wishes=2)) == ()
    assert beats(MUTED, replace(CLOSED, rounds=133, broker_rounds=11, wishes=3)) == ()


def test_who_changes_their_mind_all_the_time_stops_nobodys_heart() -> None:
    changed = replace(CLOSED, rounds=133, broker_rounds=11, wishes=3)
    assert beats(CLOSED, changed) == ()


def test_a_broker_that_is_away_is_no_failure_of_ours() -> None:
    away = replace(LISTENING, broker_rounds=None)
    assert beats(away, replace(LATER, broker_rounds=None)) == ()


def test_hearing_that_has_failed_never_beats() -> None:
    failed = replace(LATER, hearing=HearingState.FAILED)
    assert Pulse().beat(failed, lag=0.0) == ("hearing",)


# --- deaf ---


def stuck_for(looks: int, at_last: Vitals) -> list[bool]:
    """What is said of ears that did their work once, and then nothing."""
    hearing_watch = HearingWatch()
    hearing_watch.fail(LISTENING)
    return [hearing_watch.fail(vitals) for vitals in [LATER] + [at_last] * looks]


def test_ears_that_do_nothing_for_seconds_have_failed() -> None:
    assert stuck_for(6, LATER) == [False] * 4 + [True] * 3


def test_ears_that_do_not_close_for_seconds_have_failed() -> None:
    closing = replace(LATER, wanted=False, wishes=2)
    assert stuck_for(6, closing)[-1]


def test_a_broker_that_hangs_is_no_matter_of_the_ears() -> None:
    hearing_watch = HearingWatch()
    at_work = [
        replace(LATER, rounds=n, frames=n, inferences=n, broker_rounds=11)
        for n in range(9)
    ]
    assert not any(hearing_watch.fail(vitals) for vitals in at_work)


def test_ears_that_go_on_are_well_again() -> None:
    hearing_watch = HearingWatch()
    failed = [hearing_watch.fail(LISTENING) for _ in range(9)]
    assert failed[-1]
    assert not hearing_watch.fail(LATER)


# --- ready ---


@pytest.mark.parametrize(
    ("vitals", "ready"),
    [
        (LISTENING, True),
        (MUTED, True),
        (LOST, False),
        (replace(LISTENING, hearing=HearingState.OPENING), False),
        (replace(LISTENING, hearing=HearingState.CLOSED), False),
    ],
)
def test_ready_is_who_hears_or_is_told_not_to(vitals: Vitals, ready: bool) -> None:
    assert vitals.ready is ready


# --- said to people ---


@pytest.mark.parametrize(
    ("vitals", "status"),
    [
        (LISTENING, "listening for okay_nabu"),
        (replace(LISTENING, wake_words=["a", "b"]), "listening for a, b"),
        (
            replace(LISTENING, wake_words=[]),
            "listening for nothing: no wake word is chosen",
        ),
        (
            replace(LISTENING, microphone_problem="only zeros come from it"),
            "listening for okay_nabu; only zeros come from it",
        ),
        (LOST, "microphone lost: no device"),
        (MUTED, "muted: the microphone is closed"),
        (STILL_OPEN, "mute is ordered: closing the microphone"),
        (
            replace(LISTENING, hearing=HearingState.OPENING),
            "opening the microphone",
        ),
        (
            replace(MUTED, broker_problem="pi:1883 refuses the connection"),
            "muted: the microphone is closed; "
            "no broker: pi:1883 refuses the connection",
        ),
    ],
)
def test_the_status_is_a_sentence(vitals: Vitals, status: str) -> None:
    assert vitals.status == status
