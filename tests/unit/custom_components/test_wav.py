import io
import itertools
import struct
import wave
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custom_components.auricle.wav import SoundFormat, UnusableSoundError, WavReader

PCM = bytes(range(256)) * 8


def wav(rate: int = 22_050, channels: int = 1, width: int = 2) -> bytes:
    with io.BytesIO() as file:
        with wave.open(file, "wb") as writer:
            writer.setparams((channels, width, rate, 0, "NONE", ""))
            writer.writeframes(PCM)
        return file.getvalue()


def read(file: bytes, cuts: Sequence[int] = ()) -> tuple[bytes, SoundFormat | None]:
    reader = WavReader()
    places = [0, *sorted(cuts), len(file)]
    pieces = [file[a:b] for a, b in itertools.pairwise(places)]
    return b"".join(map(reader.feed, pieces)), reader.format


@given(st.lists(st.integers(0, 2_000), max_size=9))
def test_samples_come_out_however_the_file_arrives(cuts: list[int]) -> None:
    assert read(wav(channels=2), cuts) == (PCM, SoundFormat(22_050, 2))


def test_tags_behind_the_samples_are_not_played() -> None:
    assert read(wav() + b"LIST\x04\x00\x00\x00tags")[0] == PCM


@pytest.mark.parametrize("size", [0, 0x7FFF_F000, 0xFFFF_FFFF])
def test_a_program_need_not_know_how_long_it_will_speak(size: int) -> None:
    file = bytearray(wav())
    at = file.index(b"data") + 4
    file[at : at + 4] = struct.pack("<I", size)

    assert read(bytes(file))[0] == PCM


def test_what_precedes_the_samples_is_passed_over() -> None:
    file = wav()
    odd = b"LIST\x03\x00\x00\x00abc\x00"

    assert read(file[:12] + odd + file[12:])[0] == PCM


@pytest.mark.parametrize(
    "file",
    [
        b"ID3\x03" + bytes(20),
        wav(width=1),
        wav(width=4),
        wav(rate=4_000),
        wav(channels=6),
        b"RIFF\0\0\0\0WAVEdata\0\0\0\0",
        b"RIFF\0\0\0\0WAVEfmt \x02\0\0\0ab",
        b"RIFF\0\0\0\0WAVEjunk\xff\xff\xff\x7f" + bytes(70_000),
    ],
)
def test_what_cannot_be_played_as_it_is_is_refused(file: bytes) -> None:
    with pytest.raises(UnusableSoundError):
        read(file)


@given(st.binary(max_size=200), st.booleans())
def test_no_bytes_are_more_than_unusable(data: bytes, riff: bool) -> None:
    file = b"RIFF\0\0\0\0WAVE" + data if riff else data
    try:
        read(file, range(0, len(file), 3))
    except UnusableSoundError:
        return
