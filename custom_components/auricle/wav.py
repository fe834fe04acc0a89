"""Takes the samples out of a Wave file while it is still arriving."""

import struct
from dataclasses import dataclass

# What a program writes that does not know yet how long its sound will be.
_UNKNOWN_SIZES = (0, 0x7FFFFFFF, 0x7FFFF000, 0xFFFFFFFF, 0xFFFFFFFF - 36)
_PCM = 1
_EXTENSIBLE = 0xFFFE
_RATES = range(8_000, 192_001)
_CHANNELS = (1, 2)
_LONGEST_HEADER = 65_536


class UnusableSoundError(ValueError):
    """Sound that a satellite cannot play as it is."""


@dataclass(frozen=True, slots=True)
class SoundFormat:
    """How samples of 16 bits are to be played."""

    rate: int
    channels: int

    @property
    def frame(self) -> int:
        """How many bytes belong together."""
        return 2 * self.channels

    def seconds(self, size: int) -> float:
        """Return how long `size` bytes last."""
        return size / (self.rate * self.frame)


class WavReader:
    """Is fed a file piece by piece, and hands out its samples.

    `format` is None until the header has been read.
    """

    def __init__(self) -> None:
        self.format: SoundFormat | None = None
        self._header = b""
        self._left: int | None = None

    def feed(self, data: bytes) -> bytes:
        """Return the samples among the next bytes of the file.

        Raises UnusableSoundError for what is no such file.
        """
        if self.format is None:
            self._header += data
            if (data := self._behind_header()) == b"":
                return b""
        if self._left is not None:
            # Tags may follow the samples.
            data = data[: self._left]
            self._left -= len(data)
        return data

    def _behind_header(self) -> bytes:
        """The first samples, once all that precedes them has arrived."""
        header = self._header
        if len(header) >= 12 and (header[:4], header[8:12]) != (b"RIFF", b"WAVE"):
            raise UnusableSoundError("it is no Wave file")
        found: SoundFormat | None = None
        at = 12
        while len(header) >= at + 8:
            name, size = struct.unpack_from("<4sI", header, at)
            at += 8
            if name == b"data":
                if found is None:
                    raise UnusableSoundError("its format is not told")
                self.format = found
                self._left = None if size in _UNKNOWN_SIZES else size
                self._header = b""
                return header[at:]
            if len(header) < at + size:
                break
            if name == b"fmt ":
                found = _format(header[at : at + size])
            # Chunks begin at even places.
            at += size + size % 2
        if len(header) > _LONGEST_HEADER:
            raise UnusableSoundError("its header does not end")
        return b""


def _format(chunk: bytes) -> SoundFormat:
    if len(chunk) < 16:
        raise UnusableSoundError("its format is cut off")
    tag, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", chunk)
    if tag not in (_PCM, _EXTENSIBLE) or bits != 16:
        raise UnusableSoundError(f"its samples are no integers of 16 bits, but {bits}")
    if channels not in _CHANNELS or rate not in _RATES:
        raise UnusableSoundError(f"{channels} channels at {rate} Hz cannot be played")
    return SoundFormat(rate, channels)
