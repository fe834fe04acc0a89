"""What a device delivers, or is piped in, made into 16 kHz mono."""

from auricle.audio.device import CaptureFormat
from auricle.audio.frame import SAMPLE_RATE


class Converter:
    """Picks or mixes channels, applies the gain, and resamples, in this order."""

    def __init__(
        self, format: CaptureFormat, *, channel: int | None, gain: float
    ) -> None:
        """`channel` None mixes all of them; `gain` is in decibels.

        Raises ConfigError where resampling is needed and not installed.
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
        """See Mixer.cancels."""
        return self._mixer is not None and self._mixer.cancels

    def convert(self, pcm: bytes) -> bytes:
        """Interleaved s16le PCM in, 16 kHz mono s16le out."""
        if self._mixer is not None:
            pcm = self._mixer.mix_pcm(pcm)
        if self._resampler is not None:
            pcm = self._resampler.process(pcm)
        return pcm

    def flush(self) -> bytes:
        """The rest, at the end of the sound. Nothing may follow."""
        return b"" if self._resampler is None else self._resampler.flush()
