"""What a device delivers, made into 16 kHz mono."""

import numpy as np

from auricle.audio.device import CaptureFormat
from auricle.audio.frame import SAMPLE_RATE
from auricle.audio.resampler import StreamResampler


class Converter:
    """Picks or mixes channels, applies the gain, and resamples, in this order."""

    def __init__(
        self, format: CaptureFormat, *, channel: int | None, gain: float
    ) -> None:
        """`channel` None mixes all of them; `gain` is in decibels.

        Raises ConfigError where resampling is needed and not installed.
        """
        self._channels = format.channels
        self._channel = channel
        self._factor = 10 ** (gain / 20)
        self._resampler = (
            None
            if format.rate == SAMPLE_RATE
            else StreamResampler(format.rate, SAMPLE_RATE)
        )

    def convert(self, pcm: bytes) -> bytes:
        """Interleaved s16le PCM in, 16 kHz mono s16le out."""
        if self._channels > 1 or self._factor != 1:
            pcm = self._mono(pcm)
        if self._resampler is not None:
            pcm = self._resampler.process(pcm)
        return pcm

    def _mono(self, pcm: bytes) -> bytes:
        channels = np.frombuffer(pcm, "<i2").reshape(-1, self._channels)
        if self._channel is None:
            mono = channels.mean(axis=1, dtype=np.float32)
        else:
            mono = channels[:, self._channel].astype(np.float32)
        loud = np.clip(np.rint(mono * self._factor), -32768, 32767)
        converted: bytes = loud.astype("<i2").tobytes()
        return converted
