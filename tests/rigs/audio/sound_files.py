"""Sound files byte by byte, with headers that tell the truth or not."""

import io
import struct
from collections.abc import Sequence

import numpy as np
import soundfile

UNKNOWN = 0xFFFF_FFFF
"""The size that stands for "not known"."""


def chunk(name: bytes, body: bytes, size: int | None = None) -> bytes:
    """A chunk of a WAV file, filled up to an even size; `size` is what it says."""
    said = len(body) if size is None else size
    return name + struct.pack("<I", said) + body + bytes(len(body) % 2)


def pcm_format(
    *, rate: int = 16_000, channels: int = 1, bits: int = 16, tag: int = 1
) -> bytes:
    align = channels * bits // 8
    per_second = rate * align & 0xFFFF_FFFF
    fields = (tag, channels, rate, per_second, align, bits)
    return chunk(b"fmt ", struct.pack("<HHIIHH", *fields))


def wave(
    pieces: Sequence[bytes],
    promise: int | None = None,
    *,
    kind: bytes = b"RIFF",
    format: bytes | None = None,
    before: bytes = b"",
    between: bytes = b"",
    behind: bytes = b"",
) -> bytes:
    """A WAV file of some `data` chunks, of which the last one promises so many bytes;
    `kind` is RIFF, RF64 or BW64.
    """
    *first, last = pieces
    said = len(last) if promise is None else promise
    long = b""
    if kind != b"RIFF":
        # All of the sizes are in front, in 64 bits.
        sizes = struct.pack("<QQQI", said + 100, said, said // 2, 0)
        long, said = chunk(b"ds64", sizes), UNKNOWN
    # What is behind the last one is only found where that is filled up.
    sound = between.join(
        [chunk(b"data", piece) for piece in first] + [chunk(b"data", last, said)]
    )
    body = long + before + (format or pcm_format()) + sound + behind
    return kind + struct.pack("<I", len(body) + 4 & 0xFFFF_FFFF) + b"WAVE" + body


def encode(
    pcm: bytes, format: str, subtype: str, *, rate: int = 16_000, channels: int = 1
) -> bytes:
    """s16le as a file of any format that libsndfile writes."""
    file = io.BytesIO()
    samples = np.frombuffer(pcm, "<i2").reshape(-1, channels)
    soundfile.write(file, samples, rate, format=format, subtype=subtype)
    return file.getvalue()


def with_size(file: bytes, name: bytes, size: int, layout: str) -> bytes:
    """The file with another size in its chunk `name`, as `struct` writes it."""
    at = file.index(name) + len(name)
    said = struct.pack(layout, size)
    return file[:at] + said + file[at + len(said) :]


def flac_with_count(flac: bytes, samples: int) -> bytes:
    """The file with another number of samples in its header; 0: not known."""
    packed = int.from_bytes(flac[18:26]) >> 36 << 36 | samples
    return flac[:18] + packed.to_bytes(8) + flac[26:]
