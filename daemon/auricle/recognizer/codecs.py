"""The formats in which a client may send its audio."""

from typing import Any

from auricle.audio.frame import SAMPLE_BYTES, SAMPLE_RATE
from auricle.audio.resampler import StreamResampler
from auricle.errors import ConfigError
from auricle.recognizer.intake import CodecError, Decoder
from auricle.recognizer.ogg import OggError, OggReader

# Opus packs two minutes of silence into a packet of a few bytes: one append may not
# become more sound than the longest one of PCM.
_MOST_FROM_ONE_APPEND = 400 * SAMPLE_RATE * SAMPLE_BYTES


def make_decoder(input_format: str, sample_rate: int) -> Decoder:
    """Return a decoder to mono s16le PCM at 16 kHz.

    Raises CodecError where this machine has none for the format.
    """
    if input_format == "opus":
        return OpusDecoder()
    return PcmDecoder(sample_rate)


class PcmDecoder(Decoder):
    """Mono s16le is decoded, of 16 kHz or another rate."""

    def __init__(self, sample_rate: int) -> None:
        self._sample_rate = sample_rate
        self._half_sample = b""
        self._resampler = self._new_resampler()

    def decode(self, audio: bytes) -> bytes:
        audio = self._half_sample + audio
        whole = len(audio) - len(audio) % SAMPLE_BYTES
        self._half_sample = audio[whole:]
        pcm = audio[:whole]
        return self._resampler.process(pcm) if self._resampler else pcm

    def flush(self) -> bytes:
        # It would make noise of all that follows.
        self._half_sample = b""
        if self._resampler is None:
            return b""
        pcm = self._resampler.flush()
        self._resampler = self._new_resampler()
        return pcm

    def _new_resampler(self) -> StreamResampler | None:
        if self._sample_rate == SAMPLE_RATE:
            return None
        try:
            return StreamResampler(self._sample_rate, SAMPLE_RATE)
        except ConfigError as error:
            raise CodecError(str(error)) from error


class OpusDecoder(Decoder):
    """One continuous Ogg-Opus stream (RFC 7845) is decoded, and mixed to mono."""

    def __init__(self) -> None:
        try:
            # Imported here because everything but this format does without.
            import av
        except ImportError as error:
            raise CodecError(
                "this server cannot decode opus: the Python package av is not "
                "installed; send pcm"
            ) from error
        self._av = av
        self._pages = OggReader()
        self._codec: Any = None
        self._resampler = self._new_resampler()
        self._heard = False

    def decode(self, audio: bytes) -> bytes:
        pcm = bytearray()
        try:
            for packet in self._pages.push(audio):
                if packet.startswith(b"OpusHead"):
                    # What follows may have another number of channels.
                    pcm += self.flush()
                    self._start(packet)
                elif self._codec is None:
                    raise OggError("the stream does not begin with OpusHead")
                # An empty one is no sound, and would be the end of all to the decoder.
                elif packet and not packet.startswith(b"OpusTags"):
                    pcm += self._sound(packet)
                if len(pcm) > _MOST_FROM_ONE_APPEND:
                    raise CodecError("one append holds more than 400 seconds of sound")
        except OggError as error:
            raise CodecError(f"audio is not an Ogg-Opus stream: {error}") from error
        except self._av.error.FFmpegError as error:
            raise CodecError(f"audio cannot be decoded: {error.strerror}") from error
        return bytes(pcm)

    def flush(self) -> bytes:
        pcm = self._resampled(None) if self._heard else b""
        self._resampler = self._new_resampler()
        self._heard = False
        return pcm

    def _start(self, head: bytes) -> None:
        if len(head) < 19:
            raise OggError("OpusHead is too short")
        self._codec = self._av.CodecContext.create("opus", "r")
        self._codec.extradata = head

    def _sound(self, packet: bytes) -> bytes:
        frames = self._codec.decode(self._av.Packet(packet))
        return b"".join(self._resampled(frame) for frame in frames)

    def _resampled(self, frame: Any) -> bytes:
        self._heard = True
        frames = self._resampler.resample(frame)
        return b"".join(frame.to_ndarray().tobytes() for frame in frames)

    def _new_resampler(self) -> Any:
        return self._av.AudioResampler("s16", "mono", SAMPLE_RATE)
