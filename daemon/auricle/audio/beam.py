"""One voice out of an array of microphones: from where the wake word came.

Where the microphones are, nobody has to say. Before the wake word they hear the room's
noise, with the word its speaker: two matrices of how alike they hear each of it, a pair
for each frequency, and from them the filters that keep the speaker and of the noise as
little as can be (minimum variance, distortionless response). They hold until the turn
is over. What is no microphone of ours, such as the channel of an array that holds what
its loudspeaker plays, weighs nothing, or helps to take that out.
"""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from auricle.audio.frame import SAMPLE_BYTES, SAMPLE_RATE, Frame
from auricle.audio.samples import Samples, from_pcm, to_pcm

_Spectra = NDArray[np.complex128]

_WINDOW = 512
_HOP = _WINDOW // 4
DELAY = _WINDOW // 2
"""Samples that all sound is later by: filters look as far ahead as they look back."""
_TRANSFORM = 1024
# Wake words last about that long; what is before may be the end of other talk.
_WORD, _BEFORE = 0.7, 0.5
_MEMORY = 4.0
# Seconds of the room without which nothing is known of its noise.
_LEAST_NOISE = 0.5
# Of the mean power of all microphones: no two of one make are quite alike.
_LOADING = 0.01
# The room's reverberation comes from all around, and where a word fades it is most of
# what is heard: 6 dB fainter than 24 to 88 ms before.
_FADES, _FADED, _FAINTER = 3, 12, 0.25
# Of the power of the word: more of it makes less of the noise's own direction.
_REVERBERATION = 0.1
_NOTHING = 1e-15
# Who says the wake word may have talked before, and shall not be taken for noise.
_QUIETER = 0.3


class Beam:
    """Makes one microphone of an array: the mix of all, or the one it is aimed with.

    Frames go through it in their order, and come DELAY later than without it.
    """

    def __init__(self) -> None:
        self._heard: deque[Frame] = deque()
        self._seconds = 0.0
        self._filters: _Spectra | None = None

    @property
    def aimed(self) -> bool:
        """Whether it is aimed at anybody."""
        return self._filters is not None

    def hear(self, frame: Frame) -> Frame:
        """Take the next frame; return one that has no array behind it any more."""
        self._heard.append(frame)
        self._seconds += frame.seconds
        while self._seconds > _MEMORY:
            self._seconds -= self._heard.popleft().seconds
        return self._made(len(self._heard) - 1)

    def aim(self, word_end: int) -> bool:
        """Hear the speaker of the wake word that ended at this position from now on,
        until let go; return whether that can be done.
        """
        if not self._heard or not self._heard[-1].array:
            return False
        sound = self._channels(0, len(self._heard))
        end = word_end - DELAY - self._heard[0].start
        begin = end - round(_WORD * SAMPLE_RATE)
        noise = sound[:, : max(0, begin - round(_BEFORE * SAMPLE_RATE))]
        word = sound[:, max(0, begin) : max(0, end)]
        if noise.shape[1] < _LEAST_NOISE * SAMPLE_RATE or word.shape[1] < _WINDOW:
            return False
        self._filters = _filters(_likeness(_quieter(_spectra(noise))), _spectra(word))
        return True

    def let_go(self) -> None:
        """Hear the mix of all again."""
        self._filters = None

    def again(self, frame: Frame) -> Frame:
        """Return a frame that was heard lately as it is heard now."""
        for number in range(len(self._heard) - 1, -1, -1):
            if self._heard[number].start == frame.start:
                return self._made(number)
        return frame

    def reset(self) -> None:
        """Forget all sound, as when sample positions begin anew."""
        self._heard.clear()
        self._seconds = 0.0
        self._filters = None

    def _made(self, number: int) -> Frame:
        frame = self._heard[number]
        if not frame.array:
            return frame
        size = len(frame.pcm) // SAMPLE_BYTES
        if self._filters is None:
            before = self._heard[number - 1].pcm if number else b""
            late = DELAY * SAMPLE_BYTES
            held = before[-late:].rjust(late, b"\0") + frame.pcm
            return Frame(held[: len(frame.pcm)], frame.start)
        sound = self._channels(max(0, number - 2), number + 1)
        heard = np.zeros((len(sound), _TRANSFORM), np.float32)
        known = min(sound.shape[1], _TRANSFORM)
        heard[:, -known:] = sound[:, -known:]
        spectrum = (np.fft.rfft(heard, axis=1) * self._filters).sum(axis=0)
        made = np.fft.irfft(spectrum)[-size:]
        return Frame(to_pcm(made.astype(np.float32)), frame.start)

    def _channels(self, start: int, stop: int) -> Samples:
        """A row for each microphone, of these frames."""
        frames = [self._heard[number] for number in range(start, stop)]
        count = len(frames[-1].array) // len(frames[-1].pcm)
        arrays = b"".join(frame.array for frame in frames)
        return from_pcm(arrays).reshape(-1, count).T


def _spectra(sound: Samples) -> _Spectra:
    """Return for each microphone a row of frequencies for each moment."""
    pieces = np.lib.stride_tricks.sliding_window_view(sound, _WINDOW, axis=1)
    return np.asarray(np.fft.rfft(pieces[:, ::_HOP] * np.hanning(_WINDOW), axis=2))


def _quieter(spectra: _Spectra) -> _Spectra:
    """The moments without a voice, if one was heard: the quietest of them."""
    power = np.mean(np.abs(spectra) ** 2, axis=(0, 2))
    return spectra[:, power <= np.quantile(power, _QUIETER)]


def _likeness(spectra: _Spectra) -> _Spectra:
    """How alike each two microphones hear it, and how loud: a matrix a frequency."""
    alike: _Spectra = np.einsum("mtf,ntf->fmn", spectra, spectra.conj())
    return np.asarray(alike / max(1, spectra.shape[1]))


def _reverberation(word: _Spectra) -> _Spectra:
    """How alike they hear what is left of the word where it fades: the room."""
    power = np.mean(np.abs(word) ** 2, axis=0)
    before = np.zeros_like(power)
    for steps in range(_FADES, _FADED):
        before[steps:] = np.maximum(before[steps:], power[:-steps])
    fading = power < before * _FAINTER
    return _likeness(np.where(fading, word, 0))


def _filters(noise: _Spectra, spectra: _Spectra) -> _Spectra:
    """The transfer function of each microphone's filter."""
    word = _likeness(spectra)
    room = _reverberation(spectra)
    count = noise.shape[1]
    noise = noise + room * (_REVERBERATION * _power(word) / _least(_power(room)))
    own = _least(_power(noise)) * np.eye(count)
    noise = noise + own * _LOADING
    # In the noise's own coordinates it is the same all around, and the speaker is
    # where most of the power is.
    whitener = np.linalg.inv(np.linalg.cholesky(noise))
    whitened = whitener @ word @ whitener.conj().transpose(0, 2, 1)
    speaker = np.linalg.eigh(whitened)[1][:, :, -1:]
    steered = np.asarray(np.linalg.solve(whitener, speaker), np.complex128)
    loudest = int(np.argmax(np.einsum("fmm->m", word).real))
    steered = steered / _somewhat(steered[:, loudest : loudest + 1])
    weights = np.linalg.solve(noise, steered)
    weights = weights / (steered.conj().transpose(0, 2, 1) @ weights)
    taps = np.fft.irfft(weights[:, :, 0].conj().T, axis=1)
    taps = np.roll(taps, DELAY, axis=1) * np.hanning(_WINDOW) ** 0.25
    return np.asarray(np.fft.rfft(taps, _TRANSFORM, axis=1))


def _power(likeness: _Spectra) -> NDArray[np.float64]:
    """Return how loud the mean microphone hears it at each frequency."""
    power = np.trace(likeness, axis1=1, axis2=2).real / likeness.shape[1]
    return np.asarray(power)[:, None, None]


def _least(power: NDArray[np.float64]) -> NDArray[np.float64]:
    """Not nothing, which a digital silence has."""
    return np.maximum(power, _NOTHING)


def _somewhat(steered: _Spectra) -> _Spectra:
    """Not nothing, where the loudest microphone is deaf to a frequency."""
    return np.where(np.abs(steered) > _NOTHING, steered, _NOTHING)
