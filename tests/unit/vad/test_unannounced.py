"""Speech in a stream of which nothing is known, told by what a network makes of it."""

from collections.abc import Iterable

import pytest

from auricle.audio.frame import FRAME_SAMPLES, Frame
from auricle.vad.unannounced import UnannouncedVoice
from rigs.audio.speech import frames, noise

QUIET = frames(noise(20, dbfs=-60))
LOUD = frames(noise(20, dbfs=-30, seed=2))


class ScriptedVoice:
    """A network that was told what it will hear."""

    def __init__(self, probabilities: Iterable[float]) -> None:
        self._probabilities = iter(probabilities)
        self.asked_anew = 0

    def hear(self, frame: Frame) -> float:
        return next(self._probabilities)

    def reset(self) -> None:
        self.asked_anew += 1


def hear(*parts: tuple[float, float, list[Frame]]) -> list[float]:
    """Each part lasts so many seconds, is so probable a voice, and sounds so; returns
    the share of each that is speech.
    """
    probabilities = [p for seconds, p, _ in parts for _ in range(count(seconds))]
    detector = UnannouncedVoice(ScriptedVoice(probabilities), probable=0.7)
    shares = []
    for seconds, _, sound in parts:
        speech = [detector.is_speech(frame) for frame in sound[: count(seconds)]]
        shares.append(sum(speech) / len(speech))
    return shares


def count(seconds: float) -> int:
    return round(seconds * 16_000 / FRAME_SAMPLES)


def test_a_voice_counts_from_the_first_frame_on() -> None:
    assert hear((1.5, 0.9, LOUD)) == [1.0]


def test_what_is_no_voice_is_none_however_loud() -> None:
    assert hear((3.0, 0.1, QUIET), (3.0, 0.6, LOUD)) == [0.0, 0.0]


def test_a_voice_that_has_sunk_into_the_room_ends_soon() -> None:
    _, command, after = hear((3.0, 0.0, QUIET), (2.0, 0.9, LOUD), (4.0, 0.9, QUIET))
    assert command == 1.0
    assert 0.0 < after < 0.15


def test_where_voices_go_on_all_the_time_a_new_one_has_to_stand_out_far() -> None:
    somewhat_louder = frames(noise(20, dbfs=-54, seed=3))
    talk = (4.0, 0.6, QUIET)
    assert hear(talk, (1.0, 0.9, somewhat_louder))[-1] == 0.0
    assert hear(talk, (1.0, 0.9, LOUD))[-1] == 1.0
    assert hear((4.0, 0.0, QUIET), (1.0, 0.9, somewhat_louder))[-1] == 1.0


def test_a_speaker_who_goes_on_does_not_have_to_stand_out_far_again() -> None:
    somewhat_louder = frames(noise(20, dbfs=-54, seed=3))
    talk, begins = (4.0, 0.6, QUIET), (0.5, 0.9, LOUD)
    assert hear(talk, begins, (2.0, 0.9, somewhat_louder))[-1] == 1.0


def test_behind_a_voice_the_network_is_asked_anew_once() -> None:
    network = ScriptedVoice([0.9] * 20 + [0.0] * 200)
    detector = UnannouncedVoice(network, probable=0.7)
    for frame in LOUD[:220]:
        detector.is_speech(frame)
    assert network.asked_anew == 1


def begun(*parts: tuple[float, float, list[Frame]]) -> float | None:
    """The seconds behind which speech is somebody's."""
    probabilities = [p for seconds, p, _ in parts for _ in range(count(seconds))]
    detector = UnannouncedVoice(ScriptedVoice(probabilities), probable=0.7)
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
