"""An utterance from across a room that echoes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auricle.audio.frame import SAMPLE_RATE
from auricle.audio.samples import Samples, to_pcm
from auricle.recognizer.engines.dereverberation import (
    DereverberatingEngine,
    dereverberated,
)
from auricle.recognizer.engines.engine import Engine
from auricle.recognizer.transcriptions import RecognizedText

seeds = st.integers(0, 2**16)
# Of syllables there are so many a second, and each fills half of its time.
_RATE = 3
# Sound is the voice's own until so many samples behind it, and the room's afterwards.
_EARLY = round(0.05 * SAMPLE_RATE)


def syllables(seconds: float, seed: int) -> Samples:
    rng = np.random.default_rng(seed)
    at = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    swell = np.maximum(np.sin(2 * np.pi * _RATE * at), 0) ** 2
    return np.asarray(0.1 * swell * rng.standard_normal(len(at)), np.float32)


def in_a_room(sound: Samples, seed: int, reverberation: float = 0.6) -> Samples:
    """It is said three meters away: most of what arrives comes from the walls."""
    rng = np.random.default_rng(seed + 1)
    at = np.arange(round(reverberation * SAMPLE_RATE)) / SAMPLE_RATE
    response = 0.03 * rng.standard_normal(len(at)) * 10 ** (-3 * at / reverberation)
    response[0] = 1.0
    size = len(sound) + len(response)
    spectrum = np.fft.rfft(sound, size) * np.fft.rfft(response, size)
    return np.asarray(np.fft.irfft(spectrum, size)[: len(sound)], np.float32)


def power(sound: Samples) -> float:
    return float(np.mean(sound.astype(float) ** 2)) + 1e-20


def pauses(sound: Samples) -> Samples:
    """What is heard between syllables, but for the room's first answer."""
    at = (np.arange(len(sound)) * _RATE / SAMPLE_RATE) % 1
    return sound[at > 0.5 + _RATE * _EARLY / SAMPLE_RATE]


@settings(max_examples=10, deadline=None)
@given(seeds)
def test_between_syllables_the_room_is_fainter_and_the_voice_is_as_loud(
    seed: int,
) -> None:
    dry = syllables(4, seed)
    echoing = in_a_room(dry, seed)
    heard = dereverberated(echoing)
    assert power(pauses(heard)) < 0.4 * power(pauses(echoing))
    voice = np.vdot(heard, dry) / np.vdot(dry, dry)
    assert 0.85 < voice < 1.15


@settings(max_examples=10, deadline=None)
@given(seeds, st.floats(0.1, 5.0))
def test_a_voice_nearby_is_heard_as_it_is(seed: int, seconds: float) -> None:
    sound = syllables(seconds, seed)
    assert dereverberated(sound) is sound


def test_hum_is_no_echo() -> None:
    sound = syllables(3, 1)
    at = np.arange(len(sound)) / SAMPLE_RATE
    hum = np.asarray(0.1 * np.sin(2 * np.pi * 50 * at), np.float32)
    humming = sound + hum
    assert dereverberated(humming) is humming


@settings(deadline=None)
@given(st.integers(0, 3000), seeds)
def test_what_is_too_short_to_tell_is_heard_as_it_is(length: int, seed: int) -> None:
    sound = in_a_room(syllables(3, seed), seed)[SAMPLE_RATE:][: min(length, 1500)]
    assert dereverberated(sound) is sound


@pytest.mark.parametrize("seconds", [0.7, 1.0, 2.0, 4.013, 20.0])
def test_nothing_is_longer_or_shorter_without_its_echo(seconds: float) -> None:
    sound = in_a_room(syllables(seconds, 2), 2, reverberation=1.0)
    heard = dereverberated(sound)
    assert heard.shape == sound.shape
    assert heard.dtype == np.float32
    assert np.isfinite(heard).all()


def test_silence_stays_silence() -> None:
    assert not dereverberated(np.zeros(3 * SAMPLE_RATE, np.float32)).any()


class Listener(Engine):
    """It keeps what it is given."""

    name = "a listener"
    languages = frozenset({"en", "de"})

    def __init__(self) -> None:
        self.given: list[tuple[bytes, str | None, str | None, bool]] = []

    def transcribe(
        self, pcm: bytes, *, language: str | None, corpus: str | None, final: bool
    ) -> RecognizedText:
        self.given.append((pcm, language, corpus, final))
        return RecognizedText("heard", "de")

    def usable(self, corpus: str) -> str | None:
        return f"half of {corpus}"


def test_a_final_is_made_without_the_echo_and_an_interim_is_not_kept_waiting() -> None:
    sound = in_a_room(syllables(4, 3), 3)
    pcm = to_pcm(sound)
    listener = Listener()
    engine = DereverberatingEngine(listener)
    for final in (False, True):
        said = engine.transcribe(pcm, language="de", corpus="Licht", final=final)
        assert said == RecognizedText("heard", "de")
    (interim, *told), (heard, *told_of_final) = listener.given
    assert interim == pcm
    assert heard != pcm
    assert len(heard) == len(pcm)
    assert told == ["de", "Licht", False]
    assert told_of_final == ["de", "Licht", True]


def test_a_final_of_a_voice_nearby_is_made_of_every_bit_of_it() -> None:
    pcm = to_pcm(syllables(4, 5))
    listener = Listener()
    DereverberatingEngine(listener).transcribe(
        pcm, language="en", corpus=None, final=True
    )
    assert listener.given == [(pcm, "en", None, True)]


def test_the_engine_behind_it_says_who_it_is() -> None:
    engine = DereverberatingEngine(Listener())
    assert engine.name == "a listener"
    assert engine.languages == {"en", "de"}
    assert engine.usable("Licht") == "half of Licht"
