"""What a device delivers, or is piped in, made into 16 kHz mono."""

from auricle.audio.capture_device import BEAM, CaptureFormat, Channel
from auricle.audio.frame import SAMPLE_RATE, FrameCutter


class Converter:
    """Makes 16 kHz mono of a device's format: picks or mixes channels, applies the
    gain, and resamples, in this order. Of an array that is to be aimed all channels are
    kept, and mixed once they are cut into frames.
    """

    def __init__(self, format: CaptureFormat, *, channel: Channel, gain: float) -> None:
        """Convert from `format`; `channel` None mixes all channels, and BEAM keeps
        them; `gain` is in decibels.

        Raises ConfigError where resampling is needed and soxr is not installed.
        """
        self._mixer = self._resampler = self._late_mixer = None
        self._channels = format.channels if channel == BEAM else 1
        # What calculates costs memory: a device that needs nothing of it does without.
        if format.channels > 1 or gain:
            from auricle.audio.mixing import Mixer

            if self._channels > 1:
                # Gain is for all of them: none is mixed yet.
                if gain:
                    self._mixer = Mixer(1, format.rate, channel=None, gain=gain)
                self._late_mixer = Mixer(
                    format.channels, SAMPLE_RATE, channel=None, gain=0.0
                )
            else:
                picked = None if channel == BEAM else channel
                self._mixer = Mixer(
                    format.channels, format.rate, channel=picked, gain=gain
                )
        if format.rate != SAMPLE_RATE:
            from auricle.audio.resampler import StreamResampler

            self._resampler = StreamResampler(format.rate, SAMPLE_RATE, self._channels)

    @property
    def cancels(self) -> bool:
        """Whether what is mixed is in opposite phase, so that nothing is left of a
        voice.
        """
        mixer = self._late_mixer or self._mixer
        return mixer is not None and mixer.cancels

    def cutter(self) -> FrameCutter:
        """Return what cuts into frames what is converted."""
        if self._late_mixer is None:
            return FrameCutter()
        return FrameCutter(self._channels, self._late_mixer.mix_pcm)

    def convert(self, pcm: bytes) -> bytes:
        """Take the next interleaved s16le PCM, and return what is ready of it as 16 kHz
        s16le: mono, or all channels of an array that is to be aimed.
        """
        if self._mixer is not None:
            pcm = self._mixer.mix_pcm(pcm)
        if self._resampler is not None:
            pcm = self._resampler.process(pcm)
        return pcm

    def flush(self) -> bytes:
        """Return the rest, at the end of the sound; nothing may follow."""
        return b"" if self._resampler is None else self._resampler.flush()
