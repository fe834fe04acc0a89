"""A WAV file, read while it arrives.

Who writes one into a pipe cannot go back and fill in its sizes: they are zero, or the
largest number there is. So the samples last to the end, unless the header knows better.
"""

import struct

from auricle.audio.frame import SAMPLE_BYTES
from auricle.audio.playing import MOST_PLAYED_CHANNELS, PLAYED_RATES, SoundFormat

_RIFF_HEAD = struct.Struct("<4sI4s")
_CHUNK_HEAD = struct.Struct("<4sI")
_FORMAT = struct.Struct("<HHIIHH")
_PCM, _EXTENSIBLE = 0x0001, 0xFFFE
_UNKNOWN_SIZE = 0x7FFF_0000
# Of what is in front of the samples, titles and the like, nobody needs more.
_LONGEST_HEADER = 65_536


class UnusableWaveError(ValueError):
    """It is no WAV file that can be played; the text goes on behind `it`."""


class WaveReader:
    """Takes the bytes of a file as they come, and returns its samples."""

    def __init__(self) -> None:
        self.format: SoundFormat | None = None
        """What the samples are; None until the header is here."""
        self._unread = bytearray()
        self._left: int | None = None
        """How many bytes of samples are still to come; None where nobody knows."""
        self._in_samples = False

    def push(self, data: bytes) -> bytes:
        """Take the next bytes; return the samples that are whole by now.

        Raises UnusableWaveError.
        """
        self._unread += data
        if not self._in_samples:
            self._read_header()
        if self.format is None or not self._in_samples:
            return b""
        known = len(self._unread)
        if self._left is not None:
            known = min(known, self._left)
        size = known - known % self.format.frame_bytes
        pcm = bytes(self._unread[:size])
        del self._unread[:size]
        if self._left is not None:
            self._left -= size
            if self._left < self.format.frame_bytes:
                # What is behind the samples is none of them.
                self._unread.clear()
        return pcm

    def end(self) -> SoundFormat:
        """Return what was read, as nothing follows. Raises UnusableWaveError."""
        if self.format is None or not self._in_samples:
            raise UnusableWaveError("is no WAV file")
        return self.format

    def _read_header(self) -> None:
        unread = self._unread
        if len(unread) < _RIFF_HEAD.size:
            return
        magic, _, form = _RIFF_HEAD.unpack_from(unread)
        if magic != b"RIFF" or form != b"WAVE":
            raise UnusableWaveError("is no WAV file")
        at = _RIFF_HEAD.size
        while len(unread) >= at + _CHUNK_HEAD.size:
            name, size = _CHUNK_HEAD.unpack_from(unread, at)
            at += _CHUNK_HEAD.size
            if name == b"data":
                self._begin_samples(at, size)
                return
            if at + size > _LONGEST_HEADER:
                raise UnusableWaveError("has no samples near its beginning")
            if len(unread) < at + size:
                return
            if name == b"fmt ":
                self.format = _format(bytes(unread[at : at + size]))
            at += size + size % 2

    def _begin_samples(self, at: int, size: int) -> None:
        if self.format is None:
            raise UnusableWaveError("does not say what its samples are")
        del self._unread[:at]
        self._in_samples = True
        self._left = None if size == 0 or size >= _UNKNOWN_SIZE else size


def read_wave(content: bytes) -> tuple[SoundFormat, bytes]:
    """Return the samples of a whole file. Raises UnusableWaveError."""
    reader = WaveReader()
    pcm = reader.push(content)
    return reader.end(), pcm


def _format(chunk: bytes) -> SoundFormat:
    if len(chunk) < _FORMAT.size:
        raise UnusableWaveError("does not say what its samples are")
    code, channels, rate, _, _, bits = _FORMAT.unpack_from(chunk)
    if code not in (_PCM, _EXTENSIBLE) or bits != 8 * SAMPLE_BYTES:
        raise UnusableWaveError("has other samples than of 16 bits (s16le)")
    if not 1 <= channels <= MOST_PLAYED_CHANNELS:
        raise UnusableWaveError(f"has {channels} channels: one or two can be played")
    if not PLAYED_RATES[0] <= rate <= PLAYED_RATES[1]:
        raise UnusableWaveError(f"has {rate} samples a second")
    return SoundFormat(rate, channels)
