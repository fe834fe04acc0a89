"""Our own sound, taken out of what the microphone hears of it.

Nothing is muted: a person may talk while the sound plays, and stays. The sound is
known to the sample. What the loudspeaker, the room and the microphone make of it is a
filter, found by least squares, whose output is subtracted. Whatever is not a copy of
the sound is left alone.
"""

import numpy as np
from numpy.typing import NDArray

from auricle.audio.frame import FRAME_SECONDS, SAMPLE_RATE, Frame

Samples = NDArray[np.float32]

# The filter reaches from 8 ms before the likeliest arrival to 56 ms behind it: the
# direct sound and a room's first reflections, which hold most of its energy.
_TAPS, _LEAD = 1024, 128
# Of the sound's energy: frequencies with less are left alone, where a voice is louder.
_RIDGE = 3e-3
# What arrives is late by the buffers on its way: a sound server has, a Bluetooth
# loudspeaker more. The player is done when the sound is played, or nearly.
_TAIL = 0.3
# A player that is held up; nobody's words may wait for it any longer.
_LONGEST_DELAY = 1.0


class KnownSound:
    """16 kHz mono s16le PCM, and how to recognize it; it must not be all zeros."""

    def __init__(self, pcm: bytes) -> None:
        self.pcm = pcm
        self._samples = _samples(pcm)
        self._size = 1 << (len(self._samples) + _TAPS).bit_length()
        self._spectrum = np.fft.rfft(self._samples, self._size)
        own = np.fft.irfft(np.abs(self._spectrum) ** 2, self._size)[:_TAPS]
        distance = np.abs(np.subtract.outer(np.arange(_TAPS), np.arange(_TAPS)))
        normal = own.astype(np.float32)[distance]
        normal[np.diag_indices(_TAPS)] += np.float32(_RIDGE * own[0])
        self._inverse = np.linalg.inv(normal)

    @property
    def seconds(self) -> float:
        return len(self._samples) / SAMPLE_RATE

    def remove_from(self, pcm: bytes) -> bytes:
        """The same stretch of sound, without the one echo of ours that is in it."""
        heard = _samples(pcm)
        likeness = _correlation(heard, self._samples)
        start = max(0, int(np.argmax(np.abs(likeness))) - _LEAD)
        taps = np.zeros(_TAPS, np.float32)
        arriving = likeness[start : start + _TAPS]
        taps[: len(arriving)] = arriving
        path = np.fft.rfft(self._inverse @ taps, self._size)
        echo = np.fft.irfft(self._spectrum * path, self._size)
        rest = heard[start : start + self._size]
        rest -= echo[: len(rest)].astype(np.float32)
        return np.clip(np.rint(heard), -32768, 32767).astype("<i2").tobytes()


class EchoHold:
    """Holds frames back while a sound of ours is in the air, then hands them on clean.

    A turn loses no time by it, but where it is over sooner than the sound: frames
    behind a wake word wait for the connection anyway, and are then sent at once.
    """

    def __init__(self) -> None:
        self._sound: KnownSound | None = None
        self._held: list[Frame] = []
        self._left = 0.0

    def begin(self, sound: KnownSound) -> list[Frame]:
        """The sound is about to be played; what was still held for another one."""
        released = self.release()
        self._sound = sound
        self._left = sound.seconds + _LONGEST_DELAY
        return released

    def end(self) -> None:
        """The sound has been played, or cannot be."""
        self._left = min(self._left, _TAIL)

    def push(self, frame: Frame) -> list[Frame]:
        """Take the next frame; the frames that may go on, in their order."""
        if self._sound is None:
            return [frame]
        self._held.append(frame)
        self._left -= frame.seconds
        return self.release() if self._left < FRAME_SECONDS / 2 else []

    def release(self) -> list[Frame]:
        """All that is held, as clean as can be by now."""
        held, self._held = self._held, []
        sound, self._sound = self._sound, None
        if sound is None or not held:
            return held
        pcm = sound.remove_from(b"".join(frame.pcm for frame in held))
        clean = []
        for frame in held:
            clean.append(Frame(pcm[: len(frame.pcm)], frame.start))
            pcm = pcm[len(frame.pcm) :]
        return clean


def _samples(pcm: bytes) -> Samples:
    return np.frombuffer(pcm, "<i2").astype(np.float32)


def _correlation(heard: Samples, sound: Samples) -> Samples:
    """How alike they are, with the sound beginning at each sample of what is heard."""
    size = 1 << (len(heard) + len(sound)).bit_length()
    product = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(sound, size))
    return np.fft.irfft(product, size)[: len(heard)].astype(np.float32)
