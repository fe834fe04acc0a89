"""Where in a file its sound is, whatever the header promises.

A recorder that is killed leaves the header of its first second; one that writes into a
pipe cannot go back and fill it in; two files are joined with `cat`. libsndfile believes
the header, and what lies behind it is lost without a word. Here a file is divided into
parts, each with a header that tells the truth, and what was odd about it is said.

Known are the formats whose headers give a size: WAV, RF64, AIFF, CAF and AU; FLAC,
whose length may be missing; Ogg and MP3, which are joined as they are. Of any other
file, all of it is one part.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Protocol

from auricle.audio.flac_frames import StreamInfo, count_samples

# Sizes from here up stand for "unknown": who writes into a pipe cannot go back and
# fill them in, and arecord and sox begin with the largest number that a signed one is.
_UNKNOWN_SIZE = 0x7FFF_0000
_MOST_SIZE = 0xFFFF_FFFF


class Content(Protocol):
    """The bytes of a file, or of what stands for one."""

    @property
    def size(self) -> int:
        """The number of bytes."""

    def read(self, start: int, stop: int) -> bytes:
        """Return the bytes from `start` on; fewer where the file ends before `stop`."""

    def find(self, pattern: bytes, start: int) -> int:
        """Return the first place of `pattern` from `start` on; -1 where
        there is none.
        """


@dataclass(frozen=True, slots=True)
class Part:
    """Describes a sound of its own: stretches of the file, with corrections in them."""

    stretches: tuple[tuple[int, int], ...]
    """The bytes of the file that it is made of: (start, stop) of each stretch, in the
    order in which they are read."""
    corrections: Mapping[int, bytes] = field(default_factory=dict)
    """What is to be read at some places of the file instead of what is there."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Says what to read of a file, and what to tell about it."""

    parts: tuple[Part, ...]
    remarks: tuple[str, ...] = ()
    """What differs from what was promised; each goes on behind the file's name."""
    fault: str | None = None
    """What makes the header useless, if the file turns out to be unreadable."""


def find_sound(content: Content) -> Layout:
    """Look at a file of any kind; one that is not known is taken whole, as one part."""
    for container in _CONTAINERS:
        if container.begins(content, 0):
            return _chunked(content, container)
    start = _behind_id3(content)
    magic = content.read(start, start + 4)
    match magic:
        case b".snd" | b"dns.":
            return _au(content)
        case b"fLaC":
            return _flac(content, start)
        case b"OggS":
            return _ogg(content)
        case _ if _is_mp3_frame(magic):
            return _joined(content, _between(_mp3_starts(content), content.size))
        case _:
            return Layout((_whole(content),))


HEADER_BYTES = 12
"""What `has_header` needs to see."""


def has_header(head: bytes) -> bool:
    """Tell whether what begins so is a file, and no raw sound.

    The bits that an MP3 or AAC frame begins with are those of a soft sound as well.
    """
    known = (b"ID3", b".snd", b"dns.", b"fLaC", b"OggS", *(m for m, _ in _FOREIGN))
    magics = tuple(magic for container in _CONTAINERS for magic in container.magics)
    return head.startswith((*known, *magics)) or head[4:8] == b"ftyp"


def foreign_format(content: Content) -> str | None:
    """Name the kind of sound file it is, where it is one that is never read; None
    otherwise.
    """
    head = content.read(0, 16)
    if head[4:8] == b"ftyp":
        return "MPEG-4 (m4a, mp4 or 3gp)"
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "AVI"
    # Of an AAC frame the layer, two bits behind the sync word, is 0.
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:
        return "AAC"
    return next((name for magic, name in _FOREIGN if head.startswith(magic)), None)


_FOREIGN = (
    (b"\x1a\x45\xdf\xa3", "Matroska (webm or mka)"),
    (b"\x30\x26\xb2\x75", "Windows Media (wma)"),
    (b"#!AMR", "AMR"),
    (b"#!SILK", "SILK"),
    (b"wvpk", "WavPack"),
    (b"MAC ", "Monkey's Audio"),
)


def _whole(content: Content) -> Part:
    return Part(((0, content.size),))


def _behind_id3(content: Content) -> int:
    """Where the file begins behind the tags that players put in front of it."""
    start = 0
    while (tag := content.read(start, start + 10))[:3] == b"ID3" and len(tag) == 10:
        # Seven bits a byte, so that no size looks like the start of an MP3 frame.
        size = sum((byte & 0x7F) << 7 * n for n, byte in enumerate(reversed(tag[6:])))
        start += 10 + size
    return start


def _joined(content: Content, stretches: list[tuple[int, int]]) -> Layout:
    if stretches in ([], [(0, content.size)]):
        return Layout((_whole(content),))
    parts = tuple(Part((stretch,)) for stretch in stretches)
    return Layout(parts, _of_several(len(parts)))


def _of_several(parts: int) -> tuple[str, ...]:
    if parts == 1:
        return ()
    return (f"is {parts} recordings joined into one file: all of them are read",)


def _between(starts: list[int], end: int) -> list[tuple[int, int]]:
    return list(pairwise([*starts, end]))


# --- files of chunks: WAV, RF64, AIFF, CAF ---


@dataclass(frozen=True, slots=True)
class _Container:
    """How a format writes its chunks."""

    order: str
    """The byte order, as `struct` writes it: < is little-endian."""
    magics: tuple[bytes, ...]
    """What a file begins with; behind its size, it says which form it has."""
    forms: tuple[bytes, ...] = ()
    head: int = 12
    """Bytes before the first chunk."""
    size: str = "I"
    """The format of a chunk's size, as `struct` writes it."""
    sound: bytes = b"data"
    """The id of the chunk that holds the sound."""
    prefix: int = 0
    """Bytes of that chunk in front of the sound."""
    align: int = 2
    """A chunk begins at a multiple of so many bytes."""
    needed: frozenset[bytes] = frozenset()
    """The chunks without which the sound cannot be read; none: nobody knows."""
    known_as: bytes | None = None
    """What libsndfile knows the format by, where it has to be helped: its files are
    never left as they are.
    """

    @property
    def header(self) -> int:
        return 4 + struct.calcsize(self.order + self.size)

    def begins(self, content: Content, at: int) -> bool:
        """Whether a file of this format begins there."""
        head = content.read(at, at + 12)
        return head[:4] in self.magics and (not self.forms or head[8:] in self.forms)

    def chunk(self, content: Content, at: int) -> tuple[bytes, int] | None:
        """The id and the size of the chunk there; None behind the last one."""
        header = content.read(at, at + self.header)
        if len(header) < self.header:
            return None
        (size,) = struct.unpack(self.order + self.size, header[4:])
        return header[:4], size


_OF_WAVE = frozenset({b"ds64", b"fmt "})
_CONTAINERS = (
    _Container("<", (b"RIFF",), (b"WAVE",), needed=_OF_WAVE),
    _Container(">", (b"RIFX",), (b"WAVE",), needed=_OF_WAVE),
    # In these libsndfile stumbles over texts, and BW64 (ITU-R BS.2088) is another name
    # of it, which it does not know.
    _Container("<", (b"RF64", b"BW64"), (b"WAVE",), needed=_OF_WAVE, known_as=b"RF64"),
    _Container(">", (b"FORM",), (b"AIFF", b"AIFC"), sound=b"SSND", prefix=8),
    _Container(">", (b"caff",), head=8, size="Q", prefix=4, align=1),
)
# More of them are no recording. What is damaged can look like as many as it has bytes.
_MOST_CHUNKS = 10_000

# Chunks that stand behind the sound. One that the file's end cuts off is still one.
_KNOWN_CHUNKS = frozenset(
    {
        *(b"LIST", b"fact", b"cue ", b"PEAK", b"bext", b"iXML", b"id3 ", b"ID3 "),
        *(b"JUNK", b"junk", b"PAD ", b"FLLR", b"smpl", b"inst", b"axml", b"chna"),
        *(b"cart", b"acid", b"DISP", b"umid", b"_PMX", b"afsp", b"LGWV", b"minf"),
        *(b"COMT", b"MARK", b"INST", b"NAME", b"AUTH", b"ANNO", b"APPL", b"(c) "),
        *(b"info", b"free", b"chan", b"strg", b"mark", b"regn", b"peak", b"uuid"),
    }
)
# Tags of players, which no chunk holds.
_ID3V1_BYTES = 128
_APE_TAG = b"APETAGEX"


@dataclass(slots=True)
class _Found:
    """The sound of one file of chunks."""

    start: int
    """The position where the file begins: another one may stand in front of it."""
    header: list[tuple[int, int]] = field(default_factory=list)
    """What is read in front of the sound, up to the first sound chunk's own header."""
    header_ends: bool = False
    pieces: list[tuple[int, int]] = field(default_factory=list)
    size_at: int = 0
    """The place in the header, in bytes, where the size of the sound stands."""
    size_format: str = ""
    promised: int = 0
    """Bytes of sound that the header promises; all pieces together."""
    unknown: bool = False
    """Whether the header leaves open how much there is."""
    end: int = 0
    """The position where the next file begins."""
    fault: str | None = None

    @property
    def held(self) -> int:
        return sum(stop - start for start, stop in self.pieces)


def _chunked(content: Content, container: _Container) -> Layout:
    files: list[_Found] = []
    at = 0
    while at < content.size:
        found = _read_chunks(content, at, container)
        if not found.pieces:
            # What there is to say about it, libsndfile says.
            if not files:
                return Layout((_whole(content),), fault=found.fault)
            break
        files.append(found)
        at = found.end
    parts = tuple(part for file in files for part in _parts(file, container))
    remarks = (*_of_several(len(files)), *_differences(files))
    untouched = not remarks and not any(f.unknown for f in files)
    if untouched and container.known_as is None:
        parts = (_whole(content),)
    return Layout(parts, remarks, files[0].fault)


def _parts(found: _Found, container: _Container) -> Iterator[Part]:
    for start, stop in found.pieces:
        size = stop - start + container.prefix
        largest = (1 << 8 * struct.calcsize(found.size_format)) - 1
        corrections = {
            found.size_at: struct.pack(found.size_format, min(size, largest))
        }
        if container.known_as is not None:
            corrections[found.start] = container.known_as
        yield Part((*found.header, (start, stop)), corrections)


def _differences(files: list[_Found]) -> Iterator[str]:
    pieces = sum(len(file.pieces) for file in files)
    if pieces > len(files):
        yield f"holds its sound in {pieces} pieces, not in one: all of it is read"
    told = [file for file in files if not file.unknown]
    promised, held = sum(f.promised for f in told), sum(f.held for f in told)
    if held < promised:
        yield (
            f"is cut short: its header promises {promised} bytes of sound, the file "
            f"holds {held}"
        )
    elif held > promised:
        yield (
            f"holds more than its header promises, {held} bytes of sound and not "
            f"{promised}: all of it is read"
        )


def _read_chunks(content: Content, start: int, container: _Container) -> _Found:
    at = start + container.head
    found = _Found(start, header=[(start, at)], end=content.size)
    long_size: int | None = None
    for _ in range(_MOST_CHUNKS):
        if not _is_chunk(content, at, container, sure=not found.pieces):
            break
        name, size = container.chunk(content, at) or (b"", 0)
        body = at + container.header
        if name == container.sound:
            at = _take_sound(content, found, container, at, size, long_size)
        else:
            if name == b"ds64":
                # RF64 has sizes of 64 bits here: of all, of the sound, and its count.
                sizes = content.read(body, body + 16)
                if len(sizes) == 16:
                    _, long_size = struct.unpack("<QQ", sizes)
                    found.size_at, found.size_format = body + 8, "<Q"
            elif name == b"fmt ":
                found.fault = _fault_of(content.read(body, body + 8), container)
            following = body + size + -(body + size - start) % container.align
            if not found.header_ends and name in (container.needed or {name}):
                found.header.append((at, following))
            at = following
        if found.pieces and container.begins(content, at):
            found.end = at
            break
    return found


def _fault_of(format: bytes, container: _Container) -> str | None:
    if len(format) < 8:
        return None
    _, channels, rate = struct.unpack(f"{container.order}HHI", format)
    if not channels:
        return "its header says 0 channels"
    if not 0 < rate < 1 << 31:
        return f"its header says {rate} Hz"
    return None


def _take_sound(
    content: Content,
    found: _Found,
    container: _Container,
    at: int,
    size: int,
    long_size: int | None,
) -> int:
    """Note the chunk's sound, and what goes on behind it; where the next chunk is."""
    body = at + container.header
    # Later ones are read with the header of the first one.
    sound = body + container.prefix
    if not found.header_ends:
        found.header_ends = True
        found.header.append((at, sound))
        if long_size is None:
            found.size_at = at + 4
            found.size_format = container.order + container.size
    unknown = False
    if long_size is not None and size == _MOST_SIZE:
        size = long_size
    elif body + size > content.size:
        unknown = size >= (1 << 63 if container.size == "Q" else _UNKNOWN_SIZE)
    stop = content.size if unknown else max(sound, min(body + size, content.size))
    found.unknown |= unknown
    found.promised += max(0, size - container.prefix)
    following = _behind_sound(content, stop, container, found.start)
    if following is None:
        following = stop = content.size
    if stop > sound:
        found.pieces.append((sound, stop))
    return following


def _behind_sound(
    content: Content, at: int, container: _Container, start: int
) -> int | None:
    """Where the next chunk begins behind a sound chunk's end; None where none does,
    and the sound goes on.
    """
    padded = at + -(at - start) % container.align
    for place in dict.fromkeys((padded, at)):
        if container.begins(content, place) or _is_chunk(content, place, container):
            return place
    rest = content.size - at
    # Fewer bytes than a chunk's header are crumbs, and zeros fill up a block.
    if rest < container.header or _is_tag(content, at) or _only_zeros(content, at):
        return content.size
    return None


def _is_chunk(
    content: Content, at: int, container: _Container, *, sure: bool = False
) -> bool:
    """Whether a chunk begins there; in front of the sound that is sure to be one."""
    for _ in range(_MOST_CHUNKS):
        chunk = container.chunk(content, at)
        if chunk is None:
            break
        name, size = chunk
        if name in _KNOWN_CHUNKS or name == container.sound:
            return True
        if not all(0x20 <= byte < 0x7F for byte in name):
            return False
        if sure:
            return True
        # Sound can look like a name, but hardly like names all the way to the end.
        at += container.header + size
        at += -at % container.align
    return content.size <= at <= content.size + 1


def _is_tag(content: Content, at: int) -> bool:
    head = content.read(at, at + len(_APE_TAG))
    id3v1 = head[:3] == b"TAG" and content.size - at == _ID3V1_BYTES
    return id3v1 or head == _APE_TAG


def _only_zeros(content: Content, at: int) -> bool:
    step = 1 << 16
    return not any(
        any(content.read(start, start + step))
        for start in range(at, content.size, step)
    )


# --- AU ---


def _au(content: Content) -> Layout:
    order = ">" if content.read(0, 4) == b".snd" else "<"
    header = content.read(0, 12)
    if len(header) < 12:
        return Layout((_whole(content),))
    start, promised = struct.unpack(f"{order}II", header[4:])
    held = content.size - start
    if promised in (_MOST_SIZE, held) or held <= 0:
        return Layout((_whole(content),))
    found = _Found(0, pieces=[(start, content.size)], promised=promised)
    # Nothing but sound stands in such a file: all that follows is one.
    truth = {8: struct.pack(f"{order}I", _MOST_SIZE)}
    remarks = tuple(_differences([found]))
    return Layout((Part(((0, content.size),), truth),), remarks)


# --- FLAC ---

_FLAC_START = b"fLaC\x00\x00\x00\x22"
_FLAC_LAST_START = b"fLaC\x80\x00\x00\x22"


def _flac(content: Content, start: int) -> Layout:
    starts = sorted(_all(content, start, _FLAC_START, _FLAC_LAST_START))
    if not starts:
        return Layout((_whole(content),))
    parts: list[Part] = []
    remarks: list[str] = []
    for first, end in _between(starts, content.size):
        part, remark = _flac_stream(content, first, end)
        parts.append(part)
        remarks += remark
    return Layout(tuple(parts), (*_of_several(len(parts)), *remarks))


def _flac_stream(content: Content, start: int, end: int) -> tuple[Part, list[str]]:
    at = start + len(_FLAC_START)
    info = StreamInfo.of(content.read(at, at + StreamInfo.SIZE))
    whole = Part(((start, end),))
    if info is None:
        return whole, []
    last = end - _ID3V1_BYTES
    stop = last if content.read(last, last + 3) == b"TAG" else end
    count = count_samples(
        info, lambda size: content.read(max(start, stop - size), stop)
    )
    if count is None or count.samples == info.samples:
        return whole, []
    held, missing = count.samples, info.samples - count.samples
    # Behind the last frame may be a tag, which makes that look cut off.
    if 0 < missing <= info.longest_block and not count.complete:
        return whole, []
    place, truth = info.with_samples(held)
    part = Part(((start, end),), {at + place: truth})
    promised, heard = info.samples / info.rate, held / info.rate
    if not info.samples:
        return part, []
    if missing > 0:
        return part, [
            f"is cut short: its header promises {promised:.1f} s of sound, the file "
            f"holds {heard:.1f} s"
        ]
    return part, [
        f"holds more than its header promises, {heard:.1f} s of sound and not "
        f"{promised:.1f} s: all of it is read"
    ]


def _all(content: Content, start: int, *patterns: bytes) -> Iterator[int]:
    for pattern in patterns:
        at = content.find(pattern, start)
        while at >= 0:
            yield at
            at = content.find(pattern, at + 1)


# --- Ogg ---

_OGG_PAGE = b"OggS\x00"
_OGG_BEGINS = 2
_OGG_HEADER = 27
# The longest page: 255 segments of 255 bytes.
_OGG_LONGEST = _OGG_HEADER + 255 + 255 * 255


def _ogg(content: Content) -> Layout:
    links = _ogg_links(content)
    whole = _up_to_the_last_page(content, links)
    layout = _joined(content, whole)
    if whole == links:
        return layout
    # A page that the end cuts off would make all of its stream unreadable.
    cut = "is cut off in the middle of a page of Ogg: all before it is read"
    return Layout(layout.parts, (*layout.remarks, cut))


def _ogg_links(content: Content) -> list[tuple[int, int]]:
    """Streams one behind the other, as radio stations and `cat` make them."""
    starts: list[int] = []
    behind_first_page = -1
    for at in _all(content, 0, _OGG_PAGE + bytes([_OGG_BEGINS])):
        # Streams side by side begin together, and are one link.
        if at != behind_first_page:
            starts.append(at)
        behind_first_page = at + _ogg_page_bytes(content, at)
    return _between(starts, content.size)


def _up_to_the_last_page(
    content: Content, links: list[tuple[int, int]]
) -> list[tuple[int, int]]:
    if not links:
        return links
    (start, end) = links[-1]
    tail = max(start, end - _OGG_LONGEST)
    last = content.read(tail, end).rfind(_OGG_PAGE)
    if last < 0:
        return links
    page = tail + last
    if page == start or page + _ogg_page_bytes(content, page) <= end:
        return links
    return [*links[:-1], (start, page)]


def _ogg_page_bytes(content: Content, at: int) -> int:
    header = content.read(at, at + _OGG_HEADER + 255)
    if len(header) < _OGG_HEADER:
        return _OGG_LONGEST
    segments = header[26]
    sizes = header[_OGG_HEADER : _OGG_HEADER + segments]
    if len(sizes) < segments:
        return _OGG_LONGEST
    return _OGG_HEADER + segments + sum(sizes)


# --- MP3 ---

# Where the frame begins in front of what an encoder writes into the first one, which
# also says how much there is: in stereo, in mono or at half the rate, in both.
_MP3_TAGS = (b"Xing", b"Info")
_MP3_TAG_OFFSETS = (36, 21, 13)


def _mp3_starts(content: Content) -> list[int]:
    starts = [0]
    for at in sorted(_all(content, 0, *_MP3_TAGS)):
        frames = (at - offset for offset in _MP3_TAG_OFFSETS if at >= offset)
        begin = next((f for f in frames if _is_mp3_frame(content.read(f, f + 4))), None)
        if begin is not None and begin > _behind_id3(content):
            starts.append(begin)
    return starts


def _is_mp3_frame(header: bytes) -> bool:
    # Eleven bits of sync, a version, layer III, a bit rate and a sample rate.
    return (
        len(header) >= 4
        and header[0] == 0xFF
        and header[1] & 0xE6 == 0xE2
        and header[1] & 0x18 != 0x08
        and header[2] & 0xF0 not in (0x00, 0xF0)
        and header[2] & 0x0C != 0x0C
    )
