"""The picture that `auricle listen` draws."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.audio.frame import SAMPLE_RATE
from auricle.listen.view import LiveView, Moment, bar, gauge
from auricle.wake.detector import Detection

NOON = datetime(2026, 11, 21, 12, 0, 7, tzinfo=UTC)
THRESHOLDS = {"okay_nabu": 0.85, "alexa": 0.5}


def view(*, recognizer: str | None = None) -> LiveView:
    return LiveView(THRESHOLDS, recognizer=recognizer)


def moment(
    seconds: float = 1.0,
    *,
    level: float = -40.0,
    speech: bool = False,
    score: float = 0.0,
) -> Moment:
    scores = {"okay_nabu": score, "alexa": 0.0}
    return Moment(round(seconds * SAMPLE_RATE), level, -60.0, speech, scores)


def row(view: LiveView, name: str) -> str:
    [line] = [line for line in view.lines(200) if line.startswith(name)]
    return line


# --- what it promises ---


def test_without_being_asked_it_sends_nothing_and_says_so() -> None:
    assert "nothing that is heard leaves this machine" in "\n".join(view().lines(200))


def test_whoever_hears_what_is_said_is_named() -> None:
    shown = view(recognizer="asr.example.org").lines(200)
    assert "what is said behind a wake word is sent to asr.example.org" in shown


# --- what is heard ---


def test_the_level_stands_beside_the_noise_of_the_room() -> None:
    live = view()
    live.hear(moment(level=-40.0))
    assert "-40 dBFS, noise floor -60" in row(live, "level")


def test_before_any_sound_none_is_claimed() -> None:
    assert "no sound yet" in row(view(), "level")


@pytest.mark.parametrize(("speech", "told"), [(True, "yes"), (False, "no")])
def test_speech_is_told_from_noise(speech: bool, told: str) -> None:
    live = view()
    live.hear(moment(speech=speech))
    assert row(live, "speech").split() == ["speech", told]


def test_each_wake_word_has_its_score_and_its_threshold() -> None:
    live = view()
    live.hear(moment(score=0.4))
    assert row(live, "okay_nabu").endswith("0.40, threshold 0.85")
    assert row(live, "alexa").endswith("0.00, threshold 0.5")


def test_a_score_stays_long_enough_to_be_read() -> None:
    live = view()
    live.hear(moment(1.0, score=0.9))
    live.hear(moment(2.0, score=0.0))
    assert "0.90" in row(live, "okay_nabu")
    live.hear(moment(3.0, score=0.1))
    assert "0.10" in row(live, "okay_nabu")


def test_a_microphone_that_was_opened_again_is_listened_to_anew() -> None:
    live = view()
    live.hear(moment(500.0, score=0.9))
    live.hear(moment(0.1, score=0.2))
    assert "0.20" in row(live, "okay_nabu")


def test_the_threshold_of_each_wake_word_is_shown() -> None:
    live = LiveView({"alexa": 0.7}, recognizer=None)
    assert row(live, "alexa").endswith("threshold 0.7")


def test_a_wake_word_that_was_turned_off_is_said_to_be() -> None:
    live = view()
    live.listen_for(("alexa",))
    assert "not listened for" in row(live, "okay_nabu")


def test_the_last_wake_word_is_shown_with_its_score_and_time() -> None:
    live = view()
    assert "none yet" in row(live, "last wake")
    live.wake(Detection("okay_nabu", 0.93, 0), NOON)
    assert row(live, "last wake").endswith("okay_nabu, score 0.93, at 12:00:07")


def test_what_was_understood_is_shown_until_the_next_wake_word() -> None:
    live = view(recognizer="asr")
    live.say("interim", "turn on")
    assert row(live, "interim").endswith("turn on")
    live.wake(Detection("okay_nabu", 0.93, 0), NOON)
    assert not any(line.startswith("interim") for line in live.lines(200))


# --- without a screen ---


def test_one_line_says_the_same() -> None:
    live = view()
    live.hear(moment(score=0.4, speech=True))
    live.be("waiting for a wake word")
    assert live.line() == (
        "-40 dBFS, floor -60; speech yes; okay_nabu 0.40/0.85, alexa 0.00/0.5; "
        "waiting for a wake word"
    )


def test_at_the_end_it_tells_how_nearly_each_wake_word_was_heard() -> None:
    live = view()
    live.hear(moment(1.0, score=0.91))
    live.wake(Detection("okay_nabu", 0.91, 0), NOON)
    live.hear(moment(9.0, score=0.3))
    assert live.summary() == [
        "okay_nabu: detections 1, best score 0.91, threshold 0.85",
        "alexa: detections 0, best score 0.00, threshold 0.5",
    ]


# --- drawing ---


@given(st.integers(1, 300))
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    live = view(recognizer="a.very.long.name.of.a.recognizer.example.org")
    live.hear(moment())
    live.say("final", "words " * 100)
    assert all(len(line) <= width for line in live.lines(width))


@given(st.floats(-200, 20), st.floats(-200, 20))
def test_a_bar_is_always_as_long(level: float, mark: float) -> None:
    assert len(bar(level, width=30, mark=mark)) == 30


@given(st.floats(0, 1), st.floats(0, 1))
def test_more_is_never_drawn_shorter(one: float, other: float) -> None:
    less, more = sorted((one, other))
    assert gauge(less).count("█") <= gauge(more).count("█")


def test_the_mark_shows_on_both_sides_of_the_bar() -> None:
    assert gauge(0.2, width=10, mark=0.5) == "██···|····"
    assert gauge(0.8, width=10, mark=0.5) == "█████|██··"


# --- what others bid ---


def test_a_satellite_that_nobody_else_hears_shows_no_bids() -> None:
    names = [line.split(" ")[0] for line in view().lines(200)]
    assert "group" not in names
    assert "bids" not in names


def test_the_bids_are_shown_on_a_screen_and_in_a_line() -> None:
    live = view()
    live.overhear("hall, kitchen", "hall 14.3 dB, kitchen 9.0 dB: hall answers")
    assert "hall, kitchen" in row(live, "group")
    assert "hall 14.3 dB, kitchen 9.0 dB: hall answers" in row(live, "bids")
    assert "bids hall 14.3 dB" in live.line()
