from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.audio.frame import FRAME_BYTES, FRAME_SAMPLES, FRAME_SECONDS, Frame
from auricle.turns.endpointing import (
    LONGEST_TURN,
    Endpoint,
    Endpointer,
    EndpointingSettings,
)

SETTINGS = EndpointingSettings()
SPEECH = "#"


@dataclass
class Listener:
    """Pushes `#` for a frame of speech and `.` for one without."""

    endpointer: Endpointer
    pushed: int = 0

    def hears(self, sound: str) -> Endpoint | None:
        """The first endpoint, where there is one."""
        for character in sound:
            frame = Frame(bytes(FRAME_BYTES), self.pushed * FRAME_SAMPLES)
            self.pushed += 1
            endpoint = self.endpointer.push(frame, speech=character == SPEECH)
            if endpoint is not None:
                return endpoint
        return None

    @property
    def seconds(self) -> float:
        return self.pushed * FRAME_SECONDS


@pytest.fixture
def listener() -> Listener:
    return Listener(Endpointer(SETTINGS))


def speech(seconds: float) -> str:
    return SPEECH * round(seconds / FRAME_SECONDS)


def silence(seconds: float) -> str:
    return "." * round(seconds / FRAME_SECONDS)


def test_an_utterance_ends_after_the_configured_silence(listener: Listener) -> None:
    assert listener.hears(silence(0.9) + speech(1.5)) is None
    assert listener.hears(silence(3)) is Endpoint.END_OF_SPEECH
    assert listener.seconds == pytest.approx(
        0.9 + 1.5 + SETTINGS.silence, abs=FRAME_SECONDS
    )


def test_the_end_of_speech_is_behind_its_last_frame(listener: Listener) -> None:
    listener.hears(silence(0.9) + speech(1.5) + silence(3))
    assert listener.endpointer.end_of_speech == 2.4 * 16_000


def test_a_pause_for_breath_does_not_end_it(listener: Listener) -> None:
    phrase = speech(0.6) + silence(0.3)
    assert listener.hears(phrase * 5) is None


def test_a_command_under_way_when_listening_begins_counts(listener: Listener) -> None:
    assert listener.hears(speech(0.6) + silence(2)) is Endpoint.END_OF_SPEECH
    assert listener.seconds == pytest.approx(0.6 + SETTINGS.silence, abs=FRAME_SECONDS)


@pytest.mark.parametrize("onset", [0, 0.09, 0.3, 0.81])
def test_a_one_syllable_command_ends_within_two_seconds(
    listener: Listener, onset: float
) -> None:
    heard = listener.hears(silence(onset) + speech(0.24) + silence(15))
    assert heard is Endpoint.END_OF_SPEECH
    assert listener.seconds - onset < 2


def test_a_cough_before_the_command_does_not_end_it(listener: Listener) -> None:
    assert listener.hears(speech(0.24) + silence(0.7) + speech(1.2)) is None
    assert listener.hears(silence(3)) is Endpoint.END_OF_SPEECH


def test_clicks_are_not_speech_however_many(listener: Listener) -> None:
    assert listener.hears((speech(0.06) + silence(0.6)) * 20) is Endpoint.NO_SPEECH
    assert not listener.endpointer.speech_heard
    assert listener.endpointer.end_of_speech is None


def test_who_says_nothing_is_no_longer_listened_to(listener: Listener) -> None:
    assert listener.hears(silence(20)) is Endpoint.NO_SPEECH
    assert listener.seconds == pytest.approx(SETTINGS.no_speech_timeout, abs=0.03)


def test_who_begins_at_the_last_moment_is_heard_out(listener: Listener) -> None:
    late = silence(SETTINGS.no_speech_timeout - 0.06) + speech(1)
    assert listener.hears(late) is None
    assert listener.hears(silence(3)) is Endpoint.END_OF_SPEECH


def test_no_speech_is_said_once_and_listening_may_go_on(listener: Listener) -> None:
    assert listener.hears(silence(20)) is Endpoint.NO_SPEECH
    assert listener.hears(silence(3) + speech(1)) is None
    assert listener.hears(silence(3)) is Endpoint.END_OF_SPEECH


def test_an_endless_utterance_is_cut_at_the_longest(listener: Listener) -> None:
    assert listener.hears(speech(60)) is Endpoint.LONGEST
    assert listener.seconds == pytest.approx(SETTINGS.longest)


def test_the_longest_is_counted_from_the_first_word() -> None:
    listener = Listener(Endpointer(EndpointingSettings(no_speech_timeout=20.0)))
    assert listener.hears(silence(13) + speech(60)) is Endpoint.LONGEST
    assert listener.seconds == pytest.approx(13 + SETTINGS.longest, abs=FRAME_SECONDS)


def test_where_nobody_speaks_only_the_wait_for_speech_ends() -> None:
    listener = Listener(Endpointer(EndpointingSettings(no_speech_timeout=20.0)))
    assert listener.hears(silence(60)) is Endpoint.NO_SPEECH
    assert listener.seconds == pytest.approx(20.0, abs=FRAME_SECONDS)


def test_wait_and_utterance_are_together_no_more_than_a_recognizer_takes() -> None:
    patient = EndpointingSettings(no_speech_timeout=30.0, longest=55.0)
    listener = Listener(Endpointer(patient))
    assert listener.hears(silence(29) + speech(60)) is Endpoint.LONGEST
    assert listener.seconds == pytest.approx(LONGEST_TURN, abs=FRAME_SECONDS)


def test_a_click_before_the_first_word_does_not_shorten_what_may_be_said(
    listener: Listener,
) -> None:
    click, wait = speech(0.06), silence(3)
    assert listener.hears(click + wait + speech(60)) is Endpoint.LONGEST
    assert listener.seconds == pytest.approx(3.06 + SETTINGS.longest, abs=FRAME_SECONDS)


def test_what_was_none_does_not_shorten_the_utterance_that_is_still_to_come(
    listener: Listener,
) -> None:
    listener.hears(speech(1) + silence(1))
    instead = Listener(listener.endpointer.instead())
    assert instead.hears(silence(2) + speech(60)) is Endpoint.LONGEST
    assert instead.seconds == pytest.approx(2 + SETTINGS.longest, abs=FRAME_SECONDS)


def test_however_often_it_was_none_the_turn_comes_to_an_end(listener: Listener) -> None:
    for _ in range(6):
        assert listener.hears(speech(3)) is None
        listener = Listener(listener.endpointer.instead())
    assert listener.hears(speech(3)) is Endpoint.LONGEST


def test_the_end_is_said_until_somebody_speaks_again(listener: Listener) -> None:
    listener.hears(speech(1) + silence(3))
    assert listener.hears(".") is Endpoint.END_OF_SPEECH
    assert listener.hears(speech(1)) is None
    assert listener.hears(silence(3)) is Endpoint.END_OF_SPEECH


def test_behind_an_utterance_another_may_follow_or_none(listener: Listener) -> None:
    listener.hears(speech(1) + silence(3))
    behind = Listener(listener.endpointer.following())
    assert behind.hears(silence(10)) is None
    assert behind.hears(speech(1)) is None
    assert behind.hears(silence(3)) is Endpoint.END_OF_SPEECH


def test_the_longest_is_for_all_utterances_together(listener: Listener) -> None:
    listener.hears(speech(1) + silence(3))
    behind = Listener(listener.endpointer.following())
    assert behind.hears(speech(60)) is Endpoint.LONGEST
    assert listener.seconds + behind.seconds == pytest.approx(SETTINGS.longest)


@pytest.mark.parametrize(
    ("sound", "voice"),
    [
        (".", False),
        ("#", True),
        ("#" + silence(0.21), True),
        ("#" + silence(0.3), False),
        (speech(1) + silence(0.3), False),
    ],
)
def test_a_voice_is_under_way_for_a_moment_behind_its_last_sound(
    listener: Listener, sound: str, *, voice: bool
) -> None:
    listener.hears(sound)
    assert listener.endpointer.voice_now is voice


def test_every_frame_of_speech_is_counted_clicks_included(listener: Listener) -> None:
    listener.hears((speech(0.06) + silence(0.6)) * 3)
    assert listener.endpointer.voiced == pytest.approx(0.18)


sounds = st.lists(
    st.tuples(st.sampled_from("#."), st.integers(1, 60)), min_size=1, max_size=40
).map(lambda runs: "".join(character * length for character, length in runs))


@given(sounds)
def test_nothing_is_listened_to_for_longer_than_the_wait_and_the_longest(
    sound: str,
) -> None:
    listener = Listener(Endpointer(SETTINGS))
    endpoint = listener.hears(sound + silence(60))
    if endpoint is Endpoint.NO_SPEECH:
        endpoint = listener.hears(silence(60))
    assert endpoint in (Endpoint.END_OF_SPEECH, Endpoint.LONGEST)
    most = SETTINGS.no_speech_timeout + SETTINGS.longest
    assert listener.seconds <= most + FRAME_SECONDS


@given(sounds)
def test_an_utterance_never_ends_within_speech_nor_before_its_silence(
    sound: str,
) -> None:
    listener = Listener(Endpointer(SETTINGS))
    if listener.hears(sound) is Endpoint.END_OF_SPEECH:
        heard = sound[: listener.pushed]
        assert heard.endswith(silence(SETTINGS.silence))


@given(sounds, st.integers(14, 60))
def test_long_speech_always_ends_at_the_silence_after_it(
    before: str, frames: int
) -> None:
    listener = Listener(Endpointer(SETTINGS))
    if listener.hears(before) is None and listener.hears(SPEECH * frames) is None:
        start = listener.pushed
        endpoint = listener.hears(silence(SETTINGS.silence))
        assert endpoint in (Endpoint.END_OF_SPEECH, Endpoint.LONGEST)
        assert listener.endpointer.end_of_speech == start * FRAME_SAMPLES
