"""An utterance from across a room, without the room's late echo.

What a room adds to a voice can be foretold from what the microphone heard a moment ago,
and what the voice itself says now cannot. A filter for each frequency foretells as much
as it can, and the rest is the voice (weighted prediction error). Each moment counts the
more the quieter it is, for between syllables the echo is all there is.
"""

import numpy as np
from numpy.typing import NDArray

from auricle.audio.samples import Samples, to_pcm
from auricle.recognizer.engines.engine import Engine
from auricle.recognizer.engines.sound import samples_of
from auricle.recognizer.transcriptions import RecognizedText

_Spectra = NDArray[np.complex64]

_WINDOW = 512
_HOP = _WINDOW // 2
# What is heard within 32 ms belongs to the voice: it makes it louder, not blurred.
_DELAY = 2
# Of 16 ms each. What comes later than all of them is faint.
_TAPS = 20
# With fewer moments for each tap, it would foretell speech as well.
_MOMENTS_A_TAP = 8
_ITERATIONS = 2
# Below the loudest moment of a frequency by 20 dB, all are alike: there may be noise.
_FLOOR = 0.01
_LOADING = 1e-6
_NOTHING = 1e-20
# Of a voice nearby, 2 to 10 % of the power can be foretold, for vowels last; across a
# room that echoes for 0.6 s, 16 to 31 %.
_ECHOES = 0.13
_VOICE = slice(6, 200)
"""The frequencies of 190 to 6200 Hz: hum can be foretold as well, and is no echo."""
# A minute of sound, and all that it is foretold from, would take 150 MB at once.
_FREQUENCIES_AT_ONCE = 16
# OpenBLAS has several threads multiply what is larger, which wait for each other: on a
# busy machine for a thousand times as long as the product takes.
_MOMENTS_AT_ONCE = 128


class DereverberatingEngine(Engine):
    """It gives an engine finals without the room's late echo."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def name(self) -> str:
        return self._engine.name

    @property
    def languages(self) -> frozenset[str]:
        return self._engine.languages

    def transcribe(
        self, pcm: bytes, *, language: str | None, corpus: str | None, final: bool
    ) -> RecognizedText:
        if final:
            samples = samples_of(pcm)
            voice = dereverberated(samples)
            if voice is not samples:
                pcm = to_pcm(voice)
        return self._engine.transcribe(
            pcm, language=language, corpus=corpus, final=final
        )

    def usable(self, corpus: str) -> str | None:
        return self._engine.usable(corpus)


def dereverberated(samples: Samples) -> Samples:
    """Return the same utterance without the late echo of its room; as it is where
    there is hardly any, or where it is too short to tell.
    """
    window = np.sqrt(np.hanning(_WINDOW + 1)[:-1]).astype(np.float32)
    behind = -len(samples) % _HOP + _HOP
    padded = np.pad(samples, (_HOP, behind))
    pieces = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP]
    taps = min(_TAPS, len(pieces) // _MOMENTS_A_TAP)
    if not taps:
        return samples
    spectra = np.fft.rfft(pieces * window, axis=1).T.astype(np.complex64)
    voice = np.empty_like(spectra)
    loud = _loudness(spectra)
    beyond_doubt = (1 - _ECHOES) * loud.sum()
    firsts = range(0, len(spectra), _FREQUENCIES_AT_ONCE)
    several = [slice(first, first + _FREQUENCIES_AT_ONCE) for first in firsts]
    # The loudest tell most: of a voice nearby, a third of them is enough.
    said = 0.0
    for some in sorted(several, key=lambda some: -loud[some].sum()):
        voice[some] = _without_echo(spectra[some], taps)
        said += _loudness(voice[some], some.start).sum()
        if said > beyond_doubt:
            return samples
    parts = np.fft.irfft(voice.T, axis=1).astype(np.float32) * window
    # Each sample is in two windows, whose squares add up to one.
    halves = parts.reshape(-1, 2, _HOP)
    whole = np.zeros((len(parts) + 1, _HOP), np.float32)
    whole[:-1] += halves[:, 0]
    whole[1:] += halves[:, 1]
    return np.asarray(whole.ravel()[_HOP:][: len(samples)])


def _without_echo(spectra: _Spectra, taps: int) -> _Spectra:
    """Return what could not be foretold, at each frequency and moment."""
    earlier = np.zeros((len(spectra), taps, spectra.shape[1]), np.complex64)
    for tap in range(taps):
        late = _DELAY + tap
        earlier[:, tap, late:] = spectra[:, :-late]
    voice = spectra
    for _ in range(_ITERATIONS):
        power = np.abs(voice) ** 2
        loudest = power.max(axis=1, keepdims=True)
        quiet = np.maximum(power, _FLOOR * loudest + _NOTHING)
        weighted = earlier / quiet[:, None]
        alike = _product(weighted, earlier)
        foretold = _product(weighted, spectra[:, None])
        mean = np.trace(alike, axis1=1, axis2=2).real / taps
        loading = (_LOADING * mean + _NOTHING)[:, None, None] * np.eye(taps)
        filters = np.linalg.solve(alike + loading, foretold)
        echo = np.einsum("fkn,fkt->ft", filters.conj(), earlier)
        voice = (spectra - echo).astype(np.complex64)
    return voice


def _product(one: _Spectra, other: _Spectra) -> _Spectra:
    """Return for each frequency the sum over all moments of each with each."""
    product: _Spectra = np.zeros((len(one), one.shape[1], other.shape[1]), np.complex64)
    for first in range(0, one.shape[2], _MOMENTS_AT_ONCE):
        some = slice(first, first + _MOMENTS_AT_ONCE)
        product += one[:, :, some] @ other[:, :, some].conj().transpose(0, 2, 1)
    return product


def _loudness(spectra: _Spectra, first: int = 0) -> NDArray[np.float32]:
    """Return how loud a voice and its echo are at each frequency, the `first` of which
    is the lowest; nothing where no voice is.
    """
    power: NDArray[np.float32] = np.sum(np.abs(spectra) ** 2, axis=1)
    number = np.arange(first, first + len(power))
    power[(number < _VOICE.start) | (number >= _VOICE.stop)] = 0.0
    return power
