"""Channels made one: what is heard of them, and when they cancel each other out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.audio.mixing import Mixer
from auricle.audio.samples import Samples, to_pcm

RATE = 16_000
BLOCK = 480


def voice(seconds: float, *, seed: int = 1, dbfs: float = -30.0) -> Samples:
    rng = np.random.default_rng(seed)
    return rng.normal(0, 10 ** (dbfs / 20), round(seconds * RATE)).astype(np.float32)


def mixed(*channels: Samples, channel: int | None = None) -> Mixer:
    """All of it, in the blocks that a microphone delivers."""
    mixer = Mixer(len(channels), RATE, channel=channel, gain=0.0)
    rows = np.stack(channels, axis=1)
    for at in range(0, len(rows), BLOCK):
        mixer.mix(rows[at : at + BLOCK])
    return mixer


def test_a_voice_in_opposite_phase_is_noticed_within_a_second_or_two() -> None:
    sound = voice(2)
    assert mixed(sound, -sound).cancels


@pytest.mark.parametrize("rest", [0.05, 0.2])
def test_it_need_not_cancel_to_the_last_bit(rest: float) -> None:
    sound = voice(3)
    hiss = [voice(3, seed=seed, dbfs=-50) for seed in (2, 3)]
    assert mixed(sound + hiss[0], -(1 - rest) * sound + hiss[1]).cancels


@given(st.integers(2, 8), st.integers(0, 99))
def test_channels_of_their_own_do_not_cancel_each_other(
    channels: int, seed: int
) -> None:
    assert not mixed(*(voice(2, seed=seed + n) for n in range(channels))).cancels


@given(st.integers(2, 8), st.floats(0.0, 1.0))
def test_nor_do_microphones_that_hear_the_same_some_of_them_hardly(
    channels: int, weakest: float
) -> None:
    sound = voice(2)
    heard = [sound, *([sound * np.float32(weakest)] * (channels - 1))]
    assert not mixed(*heard).cancels


@given(st.integers(1, 4))
def test_pairs_in_opposite_phase_cancel_in_any_number(pairs: int) -> None:
    sound = voice(2)
    assert mixed(*[sound, -sound] * pairs).cancels


def test_the_offsets_of_converters_are_no_sound() -> None:
    sound = voice(3, dbfs=-50)
    offset = np.float32(0.2)
    assert not mixed(sound + offset, sound - offset).cancels


def test_what_is_too_soft_to_tell_is_not_told() -> None:
    sound = voice(5, dbfs=-70)
    assert not mixed(sound, -sound).cancels


def test_one_channel_cancels_nothing() -> None:
    sound = voice(2)
    assert not mixed(sound, -sound, channel=0).cancels
    assert not mixed(sound).cancels


def test_it_is_over_when_the_plug_is_turned_round() -> None:
    wrong, right = voice(10), voice(30)
    left, other = np.concatenate([wrong, right]), np.concatenate([-wrong, right])
    assert not mixed(left, other).cancels


def test_what_goes_beyond_full_scale_is_limited_at_the_end_alone() -> None:
    loud = np.array([[4.0], [-4.0], [0.5]], np.float32)
    quarter = Mixer(1, RATE, channel=None, gain=-20 * np.log10(8))
    samples = np.frombuffer(to_pcm(quarter.mix(loud)), "<i2")
    assert samples.tolist() == [16384, -16384, 2048]
    assert np.frombuffer(to_pcm(loud[:, 0]), "<i2").tolist() == [32767, -32768, 16384]
