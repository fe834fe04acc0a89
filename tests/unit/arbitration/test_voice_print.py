import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auricle.arbitration.voice_print import COMMAND, WORD, print_of, same_person
from auricle.audio.frame import SAMPLE_RATE, Frame
from rigs.audio.speech import frames, noise, say, silence, to_pcm

LONGEST = 480


def said(command: str, *, voice: str = "en-us", pace: int = 150) -> np.ndarray:
    word = say("Alexa", voice=voice, words_per_minute=pace) + silence(0.3)
    whole = word + say(command, voice=voice, words_per_minute=pace)
    return np.frombuffer(whole, "<i2") / 32768


def heard(
    voice: np.ndarray,
    *,
    gain: float = 0.0,
    late: float = 0.0,
    reverberation: float = 0.0,
    seed: int = 1,
) -> list[Frame]:
    """As a satellite hears it that is sure 0.8 s after the word began, or `late`."""
    sound = np.frombuffer(noise(WORD + COMMAND, dbfs=-60.0, seed=seed), "<i2") / 32768
    begins = round((WORD - 0.8 - late) * SAMPLE_RATE)
    if reverberation:
        times = np.arange(round(reverberation * SAMPLE_RATE)) / SAMPLE_RATE
        random = np.random.default_rng(seed).normal(0, 1, len(times))
        room = random * 10 ** (-3 * times / reverberation)
        # As loud as what comes straight.
        room /= np.sqrt(room @ room)
        room[0] += 1
        voice = np.convolve(voice, room)
    part = voice[: len(sound) - begins]
    sound[begins : begins + len(part)] += part / 4
    return frames(to_pcm(sound * 10 ** (gain / 20)))


LAMP = said("turn on the lamp in the office")
BLIND = said("close the blinds, please", voice="en-gb+f3", pace=170)


def test_a_print_fits_into_a_message() -> None:
    assert len(print_of(heard(LAMP))) == LONGEST


@given(st.floats(-18, 6))
@settings(max_examples=10, deadline=None)
def test_a_voice_is_the_same_at_another_gain(gain: float) -> None:
    assert same_person(print_of(heard(LAMP)), print_of(heard(LAMP, gain=gain, seed=2)))


@given(st.floats(-0.4, 0.4))
@settings(max_examples=10, deadline=None)
def test_a_voice_is_the_same_for_whoever_was_sure_sooner_or_later(late: float) -> None:
    assert same_person(print_of(heard(LAMP)), print_of(heard(LAMP, late=late, seed=2)))


@pytest.mark.parametrize("reverberation", [0.2, 0.4, 0.6])
def test_a_voice_is_the_same_in_a_room_that_reverberates(reverberation: float) -> None:
    far = print_of(heard(LAMP, reverberation=reverberation, seed=2))
    assert same_person(print_of(heard(LAMP)), far)


def test_two_people_who_say_two_things_are_two() -> None:
    assert not same_person(print_of(heard(LAMP)), print_of(heard(BLIND, seed=2)))


def test_two_people_are_two_in_rooms_that_reverberate_and_however_late() -> None:
    lamp = print_of(heard(LAMP, reverberation=0.4))
    for late in (-0.2, 0.2):
        blind = print_of(heard(BLIND, reverberation=0.4, late=late, seed=2))
        assert not same_person(lamp, blind)


def test_both_find_the_same_out() -> None:
    lamp, blind = print_of(heard(LAMP)), print_of(heard(BLIND, late=0.2, seed=2))
    assert same_person(lamp, blind) == same_person(blind, lamp)


def test_what_is_too_short_to_tell_passes_for_the_same() -> None:
    short = print_of(heard(BLIND)[:30])
    assert same_person(print_of(heard(LAMP)), short)
    assert same_person(b"", print_of(heard(LAMP)))


def test_where_nothing_was_heard_nothing_tells_two_people_apart() -> None:
    nothing = print_of(frames(silence(WORD + COMMAND)))
    assert same_person(nothing, print_of(heard(LAMP)))


@given(st.binary(max_size=600), st.binary(max_size=600))
@settings(deadline=None)
def test_any_bytes_can_be_compared_in_either_order(one: bytes, other: bytes) -> None:
    assert same_person(one, other) == same_person(other, one)


@given(st.lists(st.binary(max_size=960), max_size=12))
@settings(deadline=None)
def test_any_sound_has_a_print(pieces: list[bytes]) -> None:
    printed = print_of([Frame(pcm, 0) for pcm in pieces])
    assert len(printed) <= LONGEST
    assert same_person(printed, printed)


def test_a_voice_that_hardly_stands_out_of_the_noise_is_not_another_person() -> None:
    faint = LAMP / 40
    assert same_person(print_of(heard(LAMP)), print_of(heard(faint, seed=2)))
