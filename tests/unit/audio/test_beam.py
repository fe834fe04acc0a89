"""An array that is aimed at who said the wake word."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auricle.audio.beam import DELAY, Beam
from auricle.audio.frame import FRAME_SAMPLES, SAMPLE_RATE, Frame
from auricle.audio.samples import Samples, from_pcm, to_pcm

_HISS = 1e-4
_WORD = slice(round(3.0 * SAMPLE_RATE), round(3.6 * SAMPLE_RATE))
_COMMAND = slice(round(3.9 * SAMPLE_RATE), round(5.4 * SAMPLE_RATE))
_LENGTH = round(6.0 * SAMPLE_RATE)


def arriving(sound: Samples, delays: Sequence[float]) -> Samples:
    """A row for each microphone: the sound, so many samples later."""
    spectrum = np.fft.rfft(sound)
    turns = np.fft.rfftfreq(len(sound)) * 2 * np.pi
    rows = [np.fft.irfft(spectrum * np.exp(-1j * turns * d)) for d in delays]
    return np.array(rows, np.float32)


def speech(rng: np.random.Generator, *when: slice) -> Samples:
    """Noise that swells and fades as syllables do."""
    sound = np.zeros(_LENGTH, np.float32)
    for each in when:
        at = np.arange(each.stop - each.start) / SAMPLE_RATE
        syllables = np.sin(2 * np.pi * 2.5 * at) ** 2
        sound[each] = rng.standard_normal(len(at)) * syllables * 0.05
    return sound


def frames_of(array: Samples) -> list[Frame]:
    return [
        Frame(
            to_pcm(piece.mean(axis=0)),
            at,
            to_pcm(np.ascontiguousarray(piece.T).ravel()),
        )
        for at in range(0, array.shape[1] - FRAME_SAMPLES + 1, FRAME_SAMPLES)
        for piece in [array[:, at : at + FRAME_SAMPLES]]
    ]


def through(beam: Beam, frames: list[Frame], word_end: int | None) -> Samples:
    """What is heard of them, aimed 0.15 s behind the word; in its own time."""
    heard = []
    for frame in frames:
        heard.append(beam.hear(frame).pcm)
        if word_end is not None and frame.start <= word_end + 2400 < frame.end:
            assert beam.aim(word_end + DELAY)
    return np.concatenate([from_pcm(b"".join(heard))[DELAY:], np.zeros(DELAY)])


def power_db(samples: Samples) -> float:
    return float(10 * np.log10(np.mean(samples.astype(float) ** 2) + 1e-12))


@settings(max_examples=15, deadline=None)
@given(
    st.integers(2, 4),
    st.integers(0, 2**16),
    st.booleans(),
)
def test_noise_from_elsewhere_is_fainter_and_the_speaker_is_as_loud_as_before(
    microphones: int, seed: int, dead_channel: bool
) -> None:
    rng = np.random.default_rng(seed)
    towards = rng.uniform(-3, 3, microphones)
    away = towards + np.linspace(-2.5, 2.5, microphones)
    voice = speech(rng, _WORD, _COMMAND)
    noise = rng.standard_normal(_LENGTH).astype(np.float32) * 0.01
    voices, noises = arriving(voice, list(towards)), arriving(noise, list(away))
    hiss = rng.standard_normal(voices.shape) * _HISS
    array = (voices + noises + hiss).astype(np.float32)
    if dead_channel:
        array = np.concatenate([array, np.zeros((1, _LENGTH), np.float32)])
    heard = through(Beam(), frames_of(array), _WORD.stop)
    behind = slice(_COMMAND.stop + 800, _LENGTH - 1600)
    before = slice(8000, _WORD.start)
    single = power_db(array[0][before])
    assert power_db(heard[behind]) < single - 8
    # The loudest microphone is what the others are added to.
    loudness = power_db(heard[_COMMAND]) - power_db(voices[0][_COMMAND])
    assert abs(loudness) < 1.5


def test_who_talked_before_the_wake_word_is_not_taken_for_noise() -> None:
    rng = np.random.default_rng(3)
    talk = slice(8_000, 36_000)
    voice = speech(rng, talk, _WORD, _COMMAND)
    array = arriving(voice, (0.0, 1.5)) + rng.standard_normal((2, _LENGTH)).astype(
        np.float32
    ) * (10 * _HISS)
    heard = through(Beam(), frames_of(array.astype(np.float32)), _WORD.stop)
    assert abs(power_db(heard[_COMMAND]) - power_db(array[0][_COMMAND])) < 1.0


def test_the_mix_is_heard_until_it_is_aimed_and_again_once_it_is_let_go() -> None:
    rng = np.random.default_rng(1)
    array = rng.standard_normal((4, _LENGTH)).astype(np.float32) * 0.01
    beam, frames = Beam(), frames_of(array)
    mixed = b"".join(frame.pcm for frame in frames)
    first = b"".join(beam.hear(frame).pcm for frame in frames[:130])
    assert first == (bytes(2 * DELAY) + mixed)[: len(first)]
    assert beam.aim(frames[129].start)
    assert beam.aimed
    beam.hear(frames[130])
    beam.let_go()
    assert not beam.aimed
    at = frames[131].start
    assert beam.hear(frames[131]).pcm == mixed[2 * (at - DELAY) :][: 2 * FRAME_SAMPLES]


def test_what_was_said_before_it_was_aimed_can_be_heard_again_as_if_it_had_been() -> (
    None
):
    rng = np.random.default_rng(2)
    array = arriving(speech(rng, _WORD, _COMMAND), (0.0, 2.0, 1.0))
    array = array + rng.standard_normal(array.shape).astype(np.float32) * _HISS
    frames = frames_of(array.astype(np.float32))
    beam = Beam()
    mixed = [beam.hear(frame) for frame in frames[:140]]
    assert beam.aim(_WORD.stop + DELAY)
    again = [beam.again(frame) for frame in mixed[100:]]
    assert [frame.start for frame in again] == [frame.start for frame in mixed[100:]]
    assert all(
        one.pcm != other.pcm for one, other in zip(again, mixed[100:], strict=True)
    )
    longer = Frame(bytes(2), 10**9)
    assert beam.again(longer) is longer


def test_without_a_room_to_compare_with_nothing_is_aimed() -> None:
    beam = Beam()
    assert not beam.aim(0)
    frames = frames_of(np.ones((2, _LENGTH), np.float32) * 0.1)
    for frame in frames[:40]:
        beam.hear(frame)
    assert not beam.aim(40 * FRAME_SAMPLES)


@pytest.mark.parametrize("level", [0.0, 0.5])
def test_digital_silence_and_the_same_sound_everywhere_make_no_numbers_but_numbers(
    level: float,
) -> None:
    rng = np.random.default_rng(4)
    array = np.repeat(rng.standard_normal((1, _LENGTH)) * level, 4, axis=0)
    heard = through(Beam(), frames_of(array.astype(np.float32)), _WORD.stop)
    assert np.isfinite(heard).all()
    assert power_db(heard) <= power_db(array.mean(axis=0)) + 1


def test_one_microphone_is_heard_as_it_is() -> None:
    frames = [Frame(bytes([n % 200]) * (2 * FRAME_SAMPLES), n * 480) for n in range(9)]
    beam = Beam()
    assert [beam.hear(frame) for frame in frames] == frames
    assert not beam.aim(4000)


@given(st.integers(1, 400), st.integers(1, 6))
def test_frames_keep_their_places(count: int, channels: int) -> None:
    beam = Beam()
    array = np.zeros((channels, count * FRAME_SAMPLES), np.float32)
    frames = frames_of(array)
    assert [beam.hear(f).start for f in frames] == [f.start for f in frames]
