import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auricle.arbitration.word_level import word_level
from auricle.audio.frame import FRAME_SAMPLES, SAMPLE_RATE, Frame
from rigs.audio.speech import frames, noise, say, silence, to_pcm

SECONDS = 3.0
WORD = np.frombuffer(say("Alexa"), "<i2") / 32768
ROOM = np.frombuffer(noise(SECONDS, dbfs=-60.0), "<i2") / 32768


def heard(
    voice: np.ndarray, *, room: np.ndarray = ROOM, gain: float = 0.0
) -> list[Frame]:
    """A word that ends 0.2 s before the detection; gains are in dB."""
    sound = room.copy()
    end = len(sound) - round(0.2 * SAMPLE_RATE)
    sound[end - len(voice) : end] += voice
    return frames(to_pcm(sound * 10 ** (gain / 20)))


def at(meters: float) -> np.ndarray:
    return WORD / meters / 4


def test_the_nearer_the_voice_the_higher_its_level() -> None:
    levels = [word_level(heard(at(meters))) for meters in (0.5, 1, 2, 4)]
    assert levels == sorted(levels, reverse=True)
    assert levels[0] - levels[1] == pytest.approx(6, abs=1)


@given(st.floats(-12, 6))
@settings(max_examples=20, deadline=None)
def test_the_gain_of_the_microphone_does_not_matter(gain: float) -> None:
    amplified = word_level(heard(at(1), gain=gain))
    assert amplified == pytest.approx(word_level(heard(at(1))), abs=1)


def test_a_room_that_is_louder_has_a_lower_level_of_the_same_voice() -> None:
    levels = [
        word_level(heard(at(1), room=ROOM * 10 ** (db / 20))) for db in (0, 6, 12)
    ]
    assert levels == sorted(levels, reverse=True)


def test_a_voice_without_its_high_tones_is_further_away() -> None:
    smooth = np.hanning(9) / np.hanning(9).sum()
    muffled = np.convolve(at(1), smooth, mode="same")
    muffled *= np.sqrt(np.sum(at(1) ** 2) / np.sum(muffled**2))
    assert word_level(heard(muffled)) < word_level(heard(at(1))) - 3


def test_neither_rumble_nor_a_constant_offset_changes_it() -> None:
    times = np.arange(len(ROOM)) / SAMPLE_RATE
    rumble = 0.003 * np.sin(2 * math.pi * 20 * times) + 0.02
    without = word_level(heard(at(1)))
    assert word_level(heard(at(1), room=ROOM + rumble)) == pytest.approx(without, abs=1)


def test_somebody_who_talked_before_does_not_pass_for_the_noise_of_the_room() -> None:
    talk = np.frombuffer(say("so I told him"), "<i2") / 32768 / 4
    room = ROOM.copy()
    room[: min(len(talk), 24_000)] += talk[:24_000]
    without = word_level(heard(at(1)))
    assert word_level(heard(at(1), room=room)) == pytest.approx(without, abs=3)


def test_a_word_right_after_the_microphone_was_opened_has_a_level() -> None:
    near = word_level(heard(at(0.5))[-30:])
    assert near > word_level(heard(at(4))[-30:])


@pytest.mark.parametrize(
    "sound", [b"", silence(3), noise(3, dbfs=0), noise(0.05, dbfs=-20)]
)
def test_what_is_no_voice_has_a_level_all_the_same(sound: bytes) -> None:
    assert math.isfinite(word_level(frames(sound)))


@given(
    st.lists(
        st.one_of(
            st.binary(max_size=40),
            st.binary(min_size=2 * FRAME_SAMPLES, max_size=2 * FRAME_SAMPLES),
            st.sampled_from([bytes(2 * FRAME_SAMPLES), b"\xff\x7f" * FRAME_SAMPLES]),
        ),
        max_size=60,
    )
)
@settings(deadline=None)
def test_a_level_is_finite_whatever_is_heard(pieces: list[bytes]) -> None:
    level = word_level([Frame(pcm, 0) for pcm in pieces])
    assert math.isfinite(level)
    assert abs(level) < 200
