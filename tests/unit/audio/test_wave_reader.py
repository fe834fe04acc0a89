"""A WAV file is read while it arrives, whatever its header promises."""

import io
import struct
import wave
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.audio.playing import SoundFormat
from auricle.audio.wave_reader import UnusableWaveError, WaveReader, read_wave

PCM = bytes(range(40))


def file(
    pcm: bytes = PCM, *, rate: int = 22_050, channels: int = 1, width: int = 2
) -> bytes:
    content = io.BytesIO()
    with wave.open(content, "wb") as sound:
        sound.setparams((channels, width, rate, 0, "NONE", ""))
        sound.writeframes(pcm)
    return content.getvalue()


def with_size(size: int, content: bytes) -> bytes:
    """The file with another size of its samples in its header."""
    at = content.index(b"data") + 4
    return content[:at] + struct.pack("<I", size) + content[at + 4 :]


@given(st.lists(st.integers(0, len(file()))))
def test_in_whatever_pieces_it_comes_the_samples_are_the_same(cuts: list[int]) -> None:
    content, reader = file(channels=2), WaveReader()
    places = [0, *sorted(cuts), len(content)]

    read = [reader.push(content[a:b]) for a, b in pairwise(places)]

    assert b"".join(read) == PCM
    assert all(len(piece) % 4 == 0 for piece in read)
    assert reader.end() == SoundFormat(22_050, 2)


@pytest.mark.parametrize("size", [0, 0x7FFF_F000, 0xFFFF_FFFF])
def test_who_writes_into_a_pipe_need_not_know_how_much(size: int) -> None:
    assert read_wave(with_size(size, file())) == (SoundFormat(22_050, 1), PCM)


def test_what_is_behind_the_samples_is_not_played() -> None:
    assert read_wave(file() + b"LIST\4\0\0\0abcd")[1] == PCM


def test_what_is_in_front_of_the_samples_is_passed_over() -> None:
    content = file()
    at = content.index(b"data")

    tagged = content[:at] + b"LIST\5\0\0\0abcde\0" + content[at:]

    assert read_wave(tagged)[1] == PCM


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no WAV"),
        (b"RIFF", "no WAV"),
        (b"ID3" * 20, "no WAV"),
        (file(width=1), "16 bits"),
        (file(width=3), "16 bits"),
        (file(rate=100), "100 samples a second"),
        (file(channels=3), "3 channels"),
        (file()[:20], "no WAV"),
        (file()[:12] + b"data\4\0\0\0abcd", "does not say"),
        (file()[:12] + b"LIST\0\0\xff\0" + bytes(99), "near its beginning"),
    ],
)
def test_what_cannot_be_played_is_refused_with_the_reason(
    content: bytes, why: str
) -> None:
    with pytest.raises(UnusableWaveError, match=why):
        read_wave(content)


@given(st.binary(max_size=200), st.binary(max_size=60))
def test_no_file_is_too_strange_to_be_refused(head: bytes, tail: bytes) -> None:
    for content in (head, file()[:36] + head, file()[:12] + head + tail):
        try:
            read_wave(content)
        except UnusableWaveError:
            continue
