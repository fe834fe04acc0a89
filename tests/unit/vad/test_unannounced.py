"""Speech in a stream of which nothing is known, told by what a network makes of it."""

from collections.abc import Iterable

import pytest

from auricle.audio.frame import FRAME_SAMPLES, Frame
from auricle.audio.level import dbfs, power
from auricle.vad.unannounced import UnannouncedVoice, hiss
from rigs.audio.speech import frames, noise

QUIET = frames(noise(20, dbfs=-60))
LOUD = frames(noise(20, dbfs=-30, seed=2))
SOMEWHAT_LOUDER = frames(noise(20, dbfs=-54, seed=3))
LOUDER = frames(noise(20, dbfs=-46, seed=5))


class ScriptedVoice:
    """A network that was told what it will hear behind the hiss."""

    def __init__(self, probabilities: Iterable[float]) -> None:
        self._probabilities = iter(probabilities)
        self.heard: list[Frame] = []

    def hear(self, frame: Frame) -> float:
        self.heard.append(frame)
        return 0.0 if len(self.heard) <= len(hiss()) else next(self._probabilities)


def detector_of(probabilities: Iterable[float]) -> UnannouncedVoice:
    return UnannouncedVoice(ScriptedVoice(probabilities), probable=0.7, sure=0.9)


def hear(*parts: tuple[float, float, list[Frame]]) -> list[float]:
    """Each part lasts so many seconds, is so probable a voice, and sounds so; returns
    the share of each that is speech.
    """
    probabilities = [p for seconds, p, _ in parts for _ in range(count(seconds))]
    detector = detector_of(probabilities)
    shares = []
    for seconds, _, sound in parts:
        speech = [detector.is_speech(frame) for frame in sound[: count(seconds)]]
        shares.append(sum(speech) / len(speech))
    return shares


def count(seconds: float) -> int:
    return round(seconds * 16_000 / FRAME_SAMPLES)


def test_a_voice_counts_from_the_first_frame_on() -> None:
    assert hear((1.5, 0.95, LOUD)) == [1.0]


def test_what_is_no_voice_is_none_however_loud() -> None:
    assert hear((3.0, 0.1, QUIET), (3.0, 0.4, LOUD)) == [0.0, 0.0]


def test_where_the_room_is_far_below_half_a_belief_in_a_voice_is_enough() -> None:
    assert hear((3.0, 0.0, QUIET), (1.0, 0.5, LOUD))[-1] == 1.0
    assert hear((3.0, 0.0, QUIET), (1.0, 0.5, SOMEWHAT_LOUDER))[-1] == 0.0


def test_who_begins_softly_has_to_be_surely_a_voice_and_then_goes_on() -> None:
    pan, voice = (0.5, 0.8, SOMEWHAT_LOUDER), (0.1, 0.95, SOMEWHAT_LOUDER)
    assert hear((3.0, 0.0, QUIET), pan)[-1] == 0.0
    assert hear((3.0, 0.0, QUIET), voice, pan)[-2:] == [1.0, 1.0]


def test_behind_a_speaker_a_voice_as_loud_is_theirs_and_a_softer_sound_is_nobodys() -> (
    None
):
    room, command, pause = (3.0, 0.0, QUIET), (1.0, 0.95, LOUDER), (0.6, 0.0, QUIET)
    assert hear(room, command, pause, (0.3, 0.8, LOUDER))[-1] == 1.0
    assert hear(room, command, pause, (0.3, 0.8, SOMEWHAT_LOUDER))[-1] == 0.0


def test_a_voice_that_has_sunk_into_the_room_ends_soon() -> None:
    _, command, after = hear((3.0, 0.0, QUIET), (2.0, 0.9, LOUD), (4.0, 0.9, QUIET))
    assert command == 1.0
    assert 0.0 < after < 0.15


def test_a_soft_end_of_a_word_is_one_of_which_the_network_is_all_but_certain() -> None:
    room, command = (3.0, 0.0, QUIET), (2.0, 0.99, LOUD)
    soft_end = hear(room, command, (4.0, 0.97, QUIET))[-1] * 4.0
    noise_behind = hear(room, command, (4.0, 0.93, QUIET))[-1] * 4.0
    assert soft_end == pytest.approx(0.3, abs=0.04)
    assert noise_behind == pytest.approx(0.09, abs=0.04)


def test_who_is_hardly_louder_than_the_room_may_be_softer_for_longer() -> None:
    room, word = (3.0, 0.0, QUIET), (0.6, 0.99, SOMEWHAT_LOUDER)
    assert hear(room, word, (0.3, 0.93, QUIET))[-1] == 1.0


@pytest.mark.parametrize("loud", [SOMEWHAT_LOUDER, LOUDER, LOUD])
def test_who_was_softer_for_half_a_second_is_heard_again(loud: list[Frame]) -> None:
    room, soft, word = (3.0, 0.0, QUIET), (0.51, 0.93, QUIET), (0.6, 0.99, loud)
    assert hear(room, word, soft, word)[-1] == 1.0


def test_a_television_that_goes_on_behind_a_speaker_does_not_hold_their_word() -> None:
    television = frames(noise(20, dbfs=-48, seed=4))
    talk, command = (4.0, 0.6, QUIET), (2.0, 0.95, LOUD)
    assert hear(talk, command, (4.0, 0.95, television))[-1] < 0.15


def test_where_voices_go_on_all_the_time_a_new_one_has_to_stand_out_far() -> None:
    talk = (4.0, 0.6, QUIET)
    assert hear(talk, (1.0, 0.95, SOMEWHAT_LOUDER))[-1] == 0.0
    assert hear(talk, (1.0, 0.95, LOUD))[-1] == 1.0
    assert hear((4.0, 0.0, QUIET), (1.0, 0.95, SOMEWHAT_LOUDER))[-1] == 1.0


def test_a_speaker_who_goes_on_does_not_have_to_stand_out_far_again() -> None:
    talk, begins = (4.0, 0.6, QUIET), (0.5, 0.95, LOUDER)
    assert hear(talk, begins, (2.0, 0.9, SOMEWHAT_LOUDER))[-1] == 1.0


def test_the_network_hears_a_second_of_hiss_first_and_then_all_without_a_break() -> (
    None
):
    network = ScriptedVoice([0.95] * 20 + [0.0] * 200)
    detector = UnannouncedVoice(network, probable=0.7, sure=0.9)
    for frame in LOUD[:220]:
        detector.is_speech(frame)
    assert len(network.heard) == len(hiss()) + 220
    assert sum(frame.seconds for frame in hiss()) == pytest.approx(1.0, abs=0.03)
    assert [dbfs(power(frame)) for frame in hiss()] == [
        pytest.approx(-40, abs=1.0) for _ in hiss()
    ]


def begun(*parts: tuple[float, float, list[Frame]]) -> float | None:
    """The seconds behind which speech is somebody's."""
    probabilities = [p for seconds, p, _ in parts for _ in range(count(seconds))]
    detector = detector_of(probabilities)
    for number, frame in enumerate(f for s, _, fs in parts for f in fs[: count(s)]):
        detector.is_speech(Frame(frame.pcm, number * FRAME_SAMPLES))
    since = detector.speaker_since
    return None if since is None else since / 16_000


def test_talk_without_a_pause_belongs_to_the_room_once_that_is_known() -> None:
    assert begun((1.9, 0.9, LOUD)) is None
    assert begun((2.5, 0.9, LOUD)) == pytest.approx(2.0, abs=0.05)
    assert hear((2.0, 0.9, LOUD), (2.0, 0.9, LOUD))[-1] < 0.1


def test_who_stands_out_from_the_room_is_somebody_at_once() -> None:
    assert begun((0.5, 0.0, QUIET), (0.3, 0.9, LOUD)) == 0.0
    assert begun((1.0, 0.9, LOUD), (0.2, 0.1, QUIET)) == 0.0
