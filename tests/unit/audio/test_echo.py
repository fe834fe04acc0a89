"""Our own sound in what is heard, and what is left of it and of everybody else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from auricle.audio.echo import EchoHold
from auricle.audio.frame import FRAME_BYTES, FRAME_SAMPLES, SAMPLE_RATE, Frame
from auricle.audio.known_sound import KnownSound
from rigs.audio.speech import frames, mix, noise, silence, to_pcm

Samples = NDArray[np.float64]


def chime_pcm() -> bytes:
    time = np.arange(round(0.2 * SAMPLE_RATE)) / SAMPLE_RATE
    return to_pcm(0.25 * np.sin(2 * np.pi * 1500 * time) * np.hanning(len(time)))


@pytest.fixture(scope="module")
def chime() -> KnownSound:
    return KnownSound(chime_pcm())


def energy(pcm: bytes) -> float:
    samples = np.frombuffer(pcm, "<i2").astype(float)
    return float(samples @ samples)


def difference(one: bytes, other: bytes) -> bytes:
    a, b = (np.frombuffer(pcm, "<i2").astype(int) for pcm in (one, other))
    return bytes((a - b).astype("<i2").tobytes())


def decibels(part: bytes, whole: bytes) -> float:
    return float(10 * np.log10(energy(part) / energy(whole) + 1e-12))


def in_a_hall(pcm: bytes, *, reverberation: float, seed: int) -> bytes:
    """As it comes back: a direct sound, and as much again from all around."""
    rng = np.random.default_rng(seed)
    times = np.arange(round(reverberation * SAMPLE_RATE)) / SAMPLE_RATE
    response = rng.normal(0, 1, len(times)) * 10 ** (-3 * times / reverberation)
    response /= np.sqrt(response @ response)
    response[0] += 1
    return to_pcm(np.convolve(np.frombuffer(pcm, "<i2") / 32768, response))


@given(
    delay=st.floats(0, 0.6),
    loudness=st.sampled_from([0.05, 0.5, 1.0, 2.0]),
)
def test_an_echo_is_removed_wherever_and_however_loud_it_is(
    chime: KnownSound, delay: float, loudness: float
) -> None:
    samples = np.frombuffer(chime.pcm, "<i2") / 32768
    echo = silence(delay) + to_pcm(loudness * samples) + silence(0.3)
    assert decibels(chime.remove_from(echo), echo) < -30


@pytest.mark.parametrize(
    ("reverberation", "left"), [(0.1, -30), (0.2, -20), (0.4, -10)]
)
def test_what_a_room_makes_of_it_is_removed_but_for_late_reverberation(
    chime: KnownSound, reverberation: float, left: float
) -> None:
    for seed in range(5):
        echo = in_a_hall(chime.pcm, reverberation=reverberation, seed=seed)
        heard = silence(0.1) + echo + silence(0.3)
        assert decibels(chime.remove_from(heard), heard) < left


def test_another_sound_at_the_same_time_stays(chime: KnownSound) -> None:
    other = noise(0.9, dbfs=-30)
    heard = mix(silence(0.2) + chime.pcm, other)
    clean = chime.remove_from(heard)
    assert decibels(difference(clean, other), other) < -15


def test_where_nothing_of_it_is_heard_next_to_nothing_is_changed(
    chime: KnownSound,
) -> None:
    other = noise(0.9, dbfs=-30)
    assert decibels(difference(chime.remove_from(other), other), other) < -15


def test_silence_stays_silent(chime: KnownSound) -> None:
    assert chime.remove_from(silence(0.9)) == silence(0.9)


@given(st.binary(min_size=2, max_size=3000))
def test_as_much_comes_out_as_went_in(chime: KnownSound, heard: bytes) -> None:
    heard = heard[: len(heard) // 2 * 2]
    assert len(chime.remove_from(heard)) == len(heard)


def positions(released: list[Frame]) -> list[int]:
    return [frame.start // FRAME_SAMPLES for frame in released]


def test_while_no_sound_is_expected_frames_go_on_as_they_are() -> None:
    (frame,) = frames(noise(0.03, dbfs=-30))
    assert EchoHold().push(frame) == [frame]


def test_frames_wait_until_the_sound_is_over_and_then_go_on_without_it(
    chime: KnownSound,
) -> None:
    hold = EchoHold()
    assert hold.begin(chime) == []
    heard = frames(silence(0.1) + chime.pcm + silence(2))
    released: list[list[Frame]] = []
    for number, frame in enumerate(heard):
        if number == 12:
            hold.end()
        released.append(hold.push(frame))
    waiting = [bool(out) for out in released].index(True)
    # 0.3 s for what is still on its way.
    assert waiting == 21
    assert positions([frame for out in released for frame in out]) == [
        frame.start // FRAME_SAMPLES for frame in heard
    ]
    clean = b"".join(frame.pcm for frame in released[waiting])
    assert decibels(clean, chime.pcm) < -30
    assert {len(frame.pcm) for frame in released[waiting]} == {FRAME_BYTES}


def test_a_player_that_never_ends_does_not_keep_words_for_ever(
    chime: KnownSound,
) -> None:
    hold = EchoHold()
    hold.begin(chime)
    released = [hold.push(frame) for frame in frames(silence(3))]
    assert [bool(out) for out in released].index(True) * 0.03 < 1.3


def test_a_sound_that_cannot_be_played_holds_nothing_up_for_long(
    chime: KnownSound,
) -> None:
    hold = EchoHold()
    hold.begin(chime)
    hold.end()
    released = [hold.push(frame) for frame in frames(silence(1))]
    assert [bool(out) for out in released].index(True) == 9
