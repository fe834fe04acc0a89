"""A sound of ours, known to the sample, and what the microphone hears of it.

What the loudspeaker, the room and the microphone make of it is a filter, found by least
squares, whose output is subtracted. Whatever is not a copy of the sound is left alone.
"""

import numpy as np

from auricle.audio.frame import SAMPLE_RATE
from auricle.audio.samples import Samples, from_pcm, to_pcm

# The filter reaches from 8 ms before the likeliest arrival to 56 ms behind it: the
# direct sound and a room's first reflections, which hold most of its energy.
_TAPS, _LEAD = 1024, 128
# Of the sound's energy: frequencies with less are left alone, where a voice is louder.
_RIDGE = 3e-3


class KnownSound:
    """Recognizes one sound in what is heard, and takes it out."""

    def __init__(self, pcm: bytes) -> None:
        """Prepare for `pcm`, 16 kHz mono s16le, which must not be all zeros."""
        self.pcm = pcm
        self._samples = from_pcm(pcm)
        self._size = 1 << (len(self._samples) + _TAPS).bit_length()
        self._spectrum = np.fft.rfft(self._samples, self._size)
        own = np.fft.irfft(np.abs(self._spectrum) ** 2, self._size)[:_TAPS]
        distance = np.abs(np.subtract.outer(np.arange(_TAPS), np.arange(_TAPS)))
        normal = own.astype(np.float32)[distance]
        normal[np.diag_indices(_TAPS)] += np.float32(_RIDGE * own[0])
        self._inverse = np.linalg.inv(normal)

    @property
    def seconds(self) -> float:
        """How long the sound lasts."""
        return len(self._samples) / SAMPLE_RATE

    def remove_from(self, pcm: bytes) -> bytes:
        """Return the same stretch of 16 kHz mono s16le without the one echo of this
        sound that is in it.
        """
        heard = from_pcm(pcm)
        likeness = _correlation(heard, self._samples)
        start = max(0, int(np.argmax(np.abs(likeness))) - _LEAD)
        taps = np.zeros(_TAPS, np.float32)
        arriving = likeness[start : start + _TAPS]
        taps[: len(arriving)] = arriving
        path = np.fft.rfft(self._inverse @ taps, self._size)
        echo = np.fft.irfft(self._spectrum * path, self._size)
        rest = heard[start : start + self._size]
        rest -= echo[: len(rest)].astype(np.float32)
        return to_pcm(heard)


def _correlation(heard: Samples, sound: Samples) -> Samples:
    """How alike they are, with the sound beginning at each sample of what is heard."""
    size = 1 << (len(heard) + len(sound)).bit_length()
    product = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(sound, size))
    return np.fft.irfft(product, size)[: len(heard)].astype(np.float32)
