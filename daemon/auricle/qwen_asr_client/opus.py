"""Sound goes out as Opus, at an eighth of its size."""

import io
from typing import Any

from auricle.qwen_asr_client.errors import FormatError

# Opus has frames of 20 ms, by default.
_FRAME = 0.02
# Enough for speech of one voice; RFC 6716 (2.1.1) has 16 to 20 kbit/s for wideband.
_BITS_PER_SECOND = 24_000


class OpusEncoder:
    """Makes one continuous Ogg-Opus stream (RFC 7845) of mono s16le PCM.

    How the service wants its Opus is not documented; this is how clients send it that
    are known to work.
    """

    def __init__(self, sample_rate: int) -> None:
        """Raise FormatError where PyAV, or its Opus, is not installed."""
        try:
            # Imported here because everything but this format does without.
            import av
        except ImportError as error:
            raise FormatError(
                "cannot encode opus: the Python package av is not installed; send pcm"
            ) from error
        self._av = av
        self._sample_rate = sample_rate
        self._samples = 0
        self._waiting = bytearray()
        self._pages = io.BytesIO()
        # A page for each packet: nothing waits for the next one.
        pages = {"page_duration": "1", "flush_packets": "1"}
        self._container: Any = av.open(self._pages, "w", format="ogg", options=pages)
        try:
            self._stream: Any = self._container.add_stream("libopus", rate=sample_rate)
        except (ValueError, av.error.FFmpegError) as error:
            raise FormatError(
                "cannot encode opus: the Python package av is built without libopus; "
                "send pcm"
            ) from error
        self._stream.layout = "mono"
        self._stream.bit_rate = _BITS_PER_SECOND

    def encode(self, pcm: bytes) -> bytes:
        """Return the pages that `pcm` completes; what is left waits for more."""
        self._waiting += pcm
        size = round(_FRAME * self._sample_rate) * 2
        whole = len(self._waiting) // size * size
        sound = bytes(self._waiting[:whole])
        del self._waiting[:whole]
        for at in range(0, whole, size):
            self._encode_frame(sound[at : at + size])
        return self._take()

    def complete(self) -> bytes:
        """Return the pages of all that was said so far, rounded up to whole frames.

        The stream goes on behind.
        """
        size = round(_FRAME * self._sample_rate) * 2
        # Two frames more than there are to fill: the encoder looks ahead, and of the
        # frames that are out, the newest waits for its page.
        missing = -len(self._waiting) % size + 2 * size
        return self.encode(bytes(missing))

    def _encode_frame(self, pcm: bytes) -> None:
        frame: Any = self._av.AudioFrame("s16", "mono", len(pcm) // 2)
        frame.planes[0].update(pcm)
        frame.sample_rate = self._sample_rate
        frame.pts = self._samples
        self._samples += len(pcm) // 2
        for packet in self._stream.encode(frame):
            self._container.mux(packet)

    def _take(self) -> bytes:
        pages = self._pages.getvalue()
        self._pages.seek(0)
        self._pages.truncate()
        return pages
