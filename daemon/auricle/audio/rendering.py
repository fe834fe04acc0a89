"""What is played of a sound, as loud as is wanted, and what of it is in the air."""

import numpy as np

from auricle.audio.frame import SAMPLE_RATE
from auricle.audio.playing import SoundFormat
from auricle.audio.resampler import StreamResampler
from auricle.audio.samples import from_pcm, to_pcm
from auricle.errors import ConfigError


class Rendering:
    """Takes a sound piece by piece; makes what the loudspeaker gets of it, and what
    the microphone may hear of that.

    The volume is a part of both: whoever knows what is played finds it in what is
    heard, and a volume that is set behind us would be unknown to it.
    """

    def __init__(self, sound_format: SoundFormat) -> None:
        self._channels = sound_format.channels
        self.can_tell = True
        """Whether it is known what the microphone may hear."""
        self._resampler: StreamResampler | None = None
        if sound_format.rate != SAMPLE_RATE:
            try:
                self._resampler = StreamResampler(sound_format.rate, SAMPLE_RATE)
            except ConfigError:
                # 32-bit ARM has no soxr: it is played, and nobody knows what is heard.
                self.can_tell = False

    def render(self, pcm: bytes, volume: float) -> tuple[bytes, bytes | None]:
        """Take the next whole frames of s16le, and a volume of 0 to 1; return the same
        as loud, and the same as 16 kHz mono s16le, or None where nobody can tell.
        """
        samples = from_pcm(pcm)
        if volume < 1:
            samples *= np.float32(factor(volume))
            pcm = to_pcm(samples)
        if not self.can_tell:
            return pcm, None
        mono = samples.reshape(-1, self._channels).mean(axis=1, dtype=np.float32)
        reference = to_pcm(mono)
        if self._resampler is not None:
            reference = self._resampler.process(reference)
        return pcm, reference

    def flush(self) -> bytes | None:
        """Return the rest of what is heard, at the end of the sound, or None where
        nobody can tell.
        """
        if not self.can_tell:
            return None
        return b"" if self._resampler is None else self._resampler.flush()


def factor(volume: float) -> float:
    """Return what samples are multiplied by for a volume of 0 to 1.

    Half the volume is 12 dB less, which people call about half as loud.
    """
    return min(1.0, max(0.0, volume)) ** 2
