"""Voices are told from all else however low the microphone is set."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.audio.frame import FRAME_SAMPLES, Frame
from auricle.audio.level import dbfs, power
from auricle.qwen_asr.events import ServerVad
from auricle.recognizer.intake import SegmentEnded, SegmentStarted
from auricle.recognizer.segmenter import VadSegmenter
from auricle.vad.leveler import Leveler
from auricle.vad.silero import SileroVoiceDetector
from auricle.vad.voice_detector import VoiceDetector
from auricle.vad.webrtc import WebrtcVoiceDetector
from rigs.audio.speech import frames, mix, noise, say, silence, to_pcm


def echoing(sound: bytes) -> bytes:
    """As in a room where a sound is 60 dB softer after 0.6 s."""
    at = np.arange(round(0.6 * 16_000)) / 16_000
    walls = np.random.default_rng(5).normal(size=len(at)) * 10 ** (-3 * at / 0.6)
    heard = np.convolve(np.frombuffer(sound, "<i2") / 32768, walls)[: len(sound) // 2]
    return to_pcm(heard / np.abs(heard).max() / 2)


SENTENCE = say("turn on the kitchen light")
WORD = mix(echoing(silence(2) + say("okay nabu")), noise(3, dbfs=-62))
COMMAND = mix(
    echoing(silence(0.4) + SENTENCE + silence(1.2)), noise(4, dbfs=-62, seed=2)
)


def softer(sound: bytes, db: float) -> bytes:
    return to_pcm(np.frombuffer(sound, "<i2") / 32768 * 10 ** (-db / 20))


def tone(dbfs: float, seconds: float = 1.0) -> list[Frame]:
    """As loud as that, root mean square."""
    at = np.arange(round(seconds * 16_000)) / 16_000
    sound = np.sin(2 * np.pi * 440 * at) * np.sqrt(2) * 10 ** (dbfs / 20)
    return frames(to_pcm(sound))


def loudness(heard: list[Frame]) -> float:
    return dbfs(max(map(power, heard)))


def leveled(leveler: Leveler, heard: list[Frame]) -> list[Frame]:
    return [leveler.level(frame) for frame in heard]


@pytest.mark.parametrize("db", [20, 30, 36])
@pytest.mark.parametrize("detector", [SileroVoiceDetector, WebrtcVoiceDetector])
def test_behind_the_wake_word_a_command_is_speech_at_any_gain(
    detector: Callable[[], VoiceDetector], db: float
) -> None:
    def spoken(less: float) -> float:
        listening = detector()
        listening.attune(frames(softer(WORD, less)), woken=True)
        heard = frames(softer(COMMAND, less))
        return sum(listening.is_speech(frame) for frame in heard) / len(heard)

    assert spoken(db) == pytest.approx(spoken(0), abs=0.1)


@pytest.mark.parametrize("db", [0, 20, 30, 36])
def test_the_recognizer_finds_a_command_at_any_gain(db: float) -> None:
    segmenter = VadSegmenter(ServerVad(0.0, 400))
    events = segmenter.push(softer(COMMAND, db))
    started, ended = (e for e in events if isinstance(e, SegmentStarted | SegmentEnded))
    assert isinstance(started, SegmentStarted)
    assert started.start <= 0.5 * 16_000
    assert isinstance(ended, SegmentEnded)
    assert ended.end >= len(SENTENCE) / 2 + 0.4 * 16_000


@pytest.mark.parametrize("level", [-24.0, -35.0, -45.0])
def test_all_sound_that_is_not_too_soft_gets_as_loud(level: float) -> None:
    assert loudness(leveled(Leveler(), tone(level))) == pytest.approx(-20, abs=0.2)


def test_what_is_loud_enough_stays_as_it_is() -> None:
    heard = tone(-18)
    assert leveled(Leveler(), heard) == heard


def test_what_follows_something_loud_stays_as_soft_for_seconds() -> None:
    leveler = Leveler()
    leveler.attune(tone(-18))
    behind = tone(-50, seconds=1.5)
    assert leveled(leveler, behind) == behind


def test_attuned_to_a_soft_voice_it_makes_the_next_one_as_loud() -> None:
    leveler = Leveler()
    leveler.attune(tone(-10))
    leveler.attune(tone(-45))
    assert loudness(leveled(leveler, tone(-45))) == pytest.approx(-20, abs=1)


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(1, 32768)), min_size=1),
    st.integers(-32768, 32767),
)
def test_nothing_gets_softer_or_another_shape(
    sounds: list[tuple[int, int]], click: int
) -> None:
    leveler = Leveler()
    for seed, loudest in sounds:
        samples = np.random.default_rng(seed).integers(-loudest, loudest, FRAME_SAMPLES)
        samples[seed] = click
        frame = Frame(samples.astype("<i2").tobytes(), 0)
        louder = np.frombuffer(leveler.level(frame).pcm, "<i2").astype(int)
        assert (np.abs(louder) >= np.abs(samples) - 1).all()
        assert (np.sign(louder) * np.sign(samples) >= 0).all()
