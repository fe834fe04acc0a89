"""Any sample rate into another, as the sound comes in."""

from auricle.assets.requirements import is_32_bit, missing
from auricle.audio.samples import from_pcm, to_pcm
from auricle.errors import ConfigError


class StreamResampler:
    """Converts interleaved s16le PCM, piece by piece, without clicks at the seams."""

    def __init__(self, from_rate: int, to_rate: int, channels: int = 1) -> None:
        """Convert from one rate to the other, both in hertz.

        Raises ConfigError where the soxr library is not installed.
        """
        try:
            # Imported here because a 16 kHz source does without, and 32-bit ARM has
            # no wheel of it.
            import soxr
        except ImportError as error:
            install = "" if is_32_bit() else "install it or "
            raise ConfigError(
                f"a sound of {from_rate} Hz needs the Python package soxr to become "
                f"{to_rate} Hz: {missing('soxr')}; {install}use a {to_rate} Hz source"
            ) from error
        self._channels = channels
        # In floats, for soxr dithers 16-bit output: digital silence would not stay so.
        self._stream = soxr.ResampleStream(
            from_rate, to_rate, channels, dtype="float32"
        )

    def process(self, pcm: bytes) -> bytes:
        """Take the next PCM; return what is ready of the converted sound, some
        milliseconds of which stay inside.
        """
        return self._convert(pcm, last=False)

    def flush(self) -> bytes:
        """Return the rest, at the end of the stream; what follows is a new one."""
        rest = self._convert(b"", last=True)
        self._stream.clear()
        return rest

    def _convert(self, pcm: bytes, *, last: bool) -> bytes:
        samples = from_pcm(pcm).reshape(-1, self._channels)
        return to_pcm(self._stream.resample_chunk(samples, last=last))
