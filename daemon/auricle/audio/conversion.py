"""What a device delivers, or is piped in, made into 16 kHz mono."""

from auricle.audio.capture_device import CaptureFormat
from auricle.audio.frame import SAMPLE_RATE


class Converter:
    """Makes 16 kHz mono of a device's format: picks or mixes channels, applies the
    gain, and resamples, in this order.
    """

    def __init__(
        self, format: CaptureFormat, *, channel: int | None, gain: float
    ) -> None:
        """Convert from `format`; `channel` None mixes all channels, `gain` is in
        decibels.

        Raises ConfigError where resampling is needed and soxr is not installed.
        """
        self._mixer = self._resampler = None
        # What calculates costs memory: a device that needs nothing of it does without.
        if format.channels > 1 or gain:
            from auricle.audio.mixing import Mixer

            self._mixer = Mixer(
                format.channels, format.rate, channel=channel, gain=gain
            )
        if format.rate != SAMPLE_RATE:
            from auricle.audio.resampler import StreamResampler

            self._resampler = StreamResampler(format.rate, SAMPLE_RATE)

    @property
    def cancels(self) -> bool:
        """Whether what is mixed is in opposite phase, so that nothing is left of a
        voice.
        """
        return self._mixer is not None and self._mixer.cancels

    def convert(self, pcm: bytes) -> bytes:
        """Take the next interleaved s16le PCM, and return what is ready of it as 16 kHz
        mono s16le.
        """
        if self._mixer is not None:
            pcm = self._mixer.mix_pcm(pcm)
        if self._resampler is not None:
            pcm = self._resampler.process(pcm)
        return pcm

    def flush(self) -> bytes:
        """Return the rest, at the end of the sound; nothing may follow."""
        return b"" if self._resampler is None else self._resampler.flush()
