"""How long a FLAC stream really is, told from its last frame (RFC 9639).

The header's count may be missing, where the encoder wrote into a pipe, or wrong, where
it was killed. Each frame knows its place in the stream.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

# Two checksums guard a frame: of its header, and of all of it. The latter is zero over
# a whole frame with its own checksum behind.
_HEADER_POLYNOMIAL, _FRAME_POLYNOMIAL = 0x07, 0x8005
_COUNT_BITS = 36
_LONGEST_HEADER = 16
# A frame is rarely longer than the first of these, and never than the last.
_WINDOWS = (1 << 16, 1 << 20, 1 << 24)
# Sound that looks like the start of a frame is rare: the true next one is near.
_NEXT_STARTS = 4
_BLOCKS_FROM_CODE = {1: 192, **{n: 576 << n - 2 for n in range(2, 6)}}
_BLOCKS_FROM_CODE |= {n: 256 << n - 8 for n in range(8, 16)}


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """Holds the first block of a FLAC stream's header."""

    SIZE: ClassVar[int] = 34
    _COUNT_AT: ClassVar[int] = 10

    shortest_block: int
    longest_block: int
    """The most samples that a frame has for each channel."""
    rate: int
    samples: int
    """How many samples the header promises for each channel; 0: it does not say."""
    packed: int
    """Rate, channels, width and count as they stand there."""

    @classmethod
    def of(cls, block: bytes) -> Self | None:
        """Read the block from the beginning of a stream; None where it is cut off, or
        says nothing.
        """
        if len(block) < cls.SIZE:
            return None
        packed = int.from_bytes(block[cls._COUNT_AT : cls._COUNT_AT + 8])
        rate = packed >> 44
        shortest, longest = int.from_bytes(block[:2]), int.from_bytes(block[2:4])
        if not rate or not longest:
            return None
        samples = packed & (1 << _COUNT_BITS) - 1
        return cls(shortest, longest, rate, samples, packed)

    def with_samples(self, samples: int) -> tuple[int, bytes]:
        """Say where in the block a true count of samples belongs, and the bytes that
        say it.
        """
        packed = self.packed >> _COUNT_BITS << _COUNT_BITS | samples
        return self._COUNT_AT, packed.to_bytes(8)


@dataclass(frozen=True, slots=True)
class Count:
    """Says how many samples a stream holds."""

    samples: int
    """How many there are for each channel, up to the end of the last whole frame."""
    complete: bool
    """Whether nothing is behind that: no frame cut off, and nothing else either."""


def count_samples(info: StreamInfo, tail: Callable[[int], bytes]) -> Count | None:
    """Count the samples by the frames' own numbers; None where no whole frame is found.

    `tail` gives so many bytes from the end of the stream, or fewer.
    """
    for size in _WINDOWS:
        end = tail(size)
        if (count := _count_in(info, end)) is not None:
            return count
        if len(end) < size:
            break
    return None


def _count_in(info: StreamInfo, tail: bytes) -> Count | None:
    ends = [len(tail)]
    for at in _starts(tail):
        block = _block_of(info, tail[at : at + _LONGEST_HEADER])
        if block is None:
            continue
        for end in ends:
            if _crc(tail[at:end], _FRAME_POLYNOMIAL, 16) == 0:
                first, length = block
                return Count(first + length, complete=end == len(tail))
        ends = [at, *ends][:_NEXT_STARTS]
    return None


def _starts(tail: bytes) -> Iterator[int]:
    """Where a frame may begin, the last one first."""
    at = len(tail)
    while (at := tail.rfind(b"\xff", 0, at)) >= 0:
        if tail[at + 1 : at + 2] in (b"\xf8", b"\xf9"):
            yield at


def _block_of(info: StreamInfo, header: bytes) -> tuple[int, int] | None:
    """The first sample of the frame, and how many it has; None if there is no frame."""
    if len(header) < 6:
        return None
    number = _coded_number(header[4:])
    if number is None:
        return None
    value, size = number
    at = 4 + size
    block_code, rate_code = header[2] >> 4, header[2] & 0xF
    if block_code in (6, 7):
        length = int.from_bytes(header[at : at + block_code - 5]) + 1
        at += block_code - 5
    elif (known := _BLOCKS_FROM_CODE.get(block_code)) is not None:
        length = known
    else:
        return None
    at += {12: 1, 13: 2, 14: 2}.get(rate_code, 0)
    if at >= len(header) or _crc(header[: at + 1], _HEADER_POLYNOMIAL, 8):
        return None
    # Blocks of one size are numbered, others tell their first sample.
    varies = bool(header[1] & 1)
    return (value if varies else value * info.shortest_block), length


def _coded_number(coded: bytes) -> tuple[int, int] | None:
    """A number as UTF-8 would write it, and its bytes; up to 36 bits."""
    ones = 8 - (coded[0] ^ 0xFF).bit_length()
    if ones == 0:
        return coded[0], 1
    if ones in (1, 8) or len(coded) < ones:
        return None
    value = coded[0] & (0x7F >> ones)
    for byte in coded[1:ones]:
        if byte & 0xC0 != 0x80:
            return None
        value = value << 6 | byte & 0x3F
    return value, ones


def _table(polynomial: int, bits: int) -> list[int]:
    top, mask = 1 << bits - 1, (1 << bits) - 1
    table = []
    for byte in range(256):
        crc = byte << bits - 8
        for _ in range(8):
            crc = (crc << 1 ^ (polynomial if crc & top else 0)) & mask
        table.append(crc)
    return table


_TABLES = {
    polynomial: _table(polynomial, bits)
    for polynomial, bits in ((_HEADER_POLYNOMIAL, 8), (_FRAME_POLYNOMIAL, 16))
}


def _crc(data: bytes, polynomial: int, bits: int) -> int:
    table, mask, shift = _TABLES[polynomial], (1 << bits) - 1, bits - 8
    crc = 0
    for byte in data:
        crc = (crc << 8 & mask) ^ table[crc >> shift ^ byte]
    return crc
