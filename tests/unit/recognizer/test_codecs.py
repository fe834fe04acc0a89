import contextlib
import io
import itertools
import sys
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.audio.frame import SAMPLE_RATE
from auricle.recognizer.codecs import OpusDecoder, PcmDecoder, make_decoder
from auricle.recognizer.intake import CodecError


def pitch(pcm: bytes) -> float:
    samples = np.frombuffer(pcm, "<i2").astype(float)
    return float(np.argmax(np.abs(np.fft.rfft(samples))) * SAMPLE_RATE / len(samples))


def tone(
    seconds: float, rate: int, channels: int = 1
) -> "np.ndarray[tuple[int, int], np.dtype[np.int16]]":
    at = np.arange(round(seconds * rate))
    samples = (np.sin(2 * np.pi * 440 * at / rate) * 8000).astype(np.int16)
    return np.repeat(samples, channels).reshape(1, -1)


@pytest.fixture(scope="module")
def opus() -> Callable[..., bytes]:
    av = pytest.importorskip("av")

    def encode(seconds: float, channels: int = 1) -> bytes:
        layout = "mono" if channels == 1 else "stereo"
        file = io.BytesIO()
        with av.open(file, "w", format="ogg") as container:
            stream = container.add_stream("libopus", rate=48_000)
            stream.layout = layout
            samples = tone(seconds, 48_000, channels)
            frame = av.AudioFrame.from_ndarray(samples, format="s16", layout=layout)
            frame.sample_rate = 48_000
            for packet in [*stream.encode(frame), *stream.encode(None)]:
                container.mux(packet)
        return file.getvalue()

    return encode


# --- PCM ---


@given(st.binary(max_size=100), st.lists(st.integers(0, 100), max_size=5))
def test_pcm_comes_out_in_whole_samples_however_it_is_cut(
    pcm: bytes, cuts: list[int]
) -> None:
    decoder = PcmDecoder(SAMPLE_RATE)
    edges = [0, *sorted(cuts), len(pcm)]
    pieces = [
        decoder.decode(pcm[start:end]) for start, end in itertools.pairwise(edges)
    ]
    assert all(len(piece) % 2 == 0 for piece in pieces)
    assert b"".join(pieces) == pcm[: len(pcm) // 2 * 2]


def test_eight_kilohertz_become_sixteen() -> None:
    pytest.importorskip("soxr")
    decoder = PcmDecoder(8000)
    pcm = decoder.decode(tone(2.0, 8000).tobytes())
    assert len(pcm) / 2 / SAMPLE_RATE == pytest.approx(2.0, abs=0.05)
    assert pitch(pcm) == pytest.approx(440, abs=1)


# --- Opus ---


def test_an_ogg_opus_stream_is_decoded_however_it_is_cut(
    opus: Callable[..., bytes],
) -> None:
    stream = opus(2.0)
    whole = OpusDecoder().decode(stream)
    for size in (1, 100, 5000):
        decoder = OpusDecoder()
        pieces = [
            decoder.decode(stream[at : at + size]) for at in range(0, len(stream), size)
        ]
        assert b"".join(pieces) == whole
    assert len(whole) / 2 / SAMPLE_RATE == pytest.approx(2.0, abs=0.05)
    assert pitch(whole) == pytest.approx(440, abs=1)


def test_stereo_becomes_mono(opus: Callable[..., bytes]) -> None:
    pcm = OpusDecoder().decode(opus(1.0, 2))
    assert len(pcm) / 2 / SAMPLE_RATE == pytest.approx(1.0, abs=0.05)
    assert pitch(pcm) == pytest.approx(440, abs=1)


@pytest.mark.parametrize(("first", "second"), [(1, 2), (2, 1), (1, 1)])
def test_a_second_stream_behind_the_first_is_heard_from_its_start(
    opus: Callable[..., bytes], first: int, second: int
) -> None:
    one, other = opus(1.0, first), opus(2.0, second)
    alone = OpusDecoder()
    expected = alone.decode(one) + alone.flush()
    alone = OpusDecoder()
    expected += alone.decode(other) + alone.flush()
    decoder = OpusDecoder()
    assert decoder.decode(one) + decoder.decode(other) + decoder.flush() == expected


@pytest.mark.parametrize(
    "junk",
    [
        bytes(100),
        b"x" * 27,
        b"OggS" + bytes(22) + b"\x01\x05hello",
        b"OggS" + bytes(22) + b"\x01\x08OpusHead",
    ],
    ids=["zeros", "text", "no head", "short head"],
)
def test_what_is_no_ogg_opus_is_refused(opus: object, junk: bytes) -> None:
    with pytest.raises(CodecError, match="Ogg-Opus"):
        OpusDecoder().decode(junk)


def test_damage_in_the_stream_costs_what_is_damaged(
    opus: Callable[..., bytes],
) -> None:
    stream = opus(3.0)
    second_page = stream.index(b"OggS", 1000)
    damaged = stream[:second_page] + b"XXXX" + stream[second_page + 4 :]
    decoder = OpusDecoder()
    with pytest.raises(CodecError):
        decoder.decode(damaged)
    assert decoder.decode(opus(1.0))


def test_an_append_that_would_fill_the_memory_is_refused(
    opus: Callable[..., bytes],
) -> None:
    head = opus(0.1)
    second_page = head.index(b"OggS", 4)
    # Two bytes a packet: 48 frames of 2.5 ms, all of them empty.
    page = b"OggS" + bytes(22) + bytes([255]) + b"\x02" * 255 + b"\x83\x30" * 255
    decoder = OpusDecoder()
    decoder.decode(head[:second_page])
    with pytest.raises(CodecError, match="400 seconds"):
        decoder.decode(page * 100)


def test_a_packet_without_an_end_does_not_fill_the_memory(
    opus: Callable[..., bytes],
) -> None:
    decoder = OpusDecoder()
    decoder.decode(opus(0.1))
    # Each segment of 255 bytes says that the packet goes on.
    page = b"OggS" + bytes(22) + bytes([255]) + b"\xff" * 255 + bytes(255 * 255)
    with pytest.raises(CodecError, match="a packet has no end"):
        decoder.decode(page * 100)
    assert decoder.decode(opus(1.0))


def test_an_empty_packet_is_passed_over(opus: Callable[..., bytes]) -> None:
    stream = opus(3.0)
    page = stream.index(b"OggS", 1000)
    empty = b"OggS" + bytes(22) + b"\x02\0\0"
    decoder = OpusDecoder()
    decoded = decoder.decode(stream[:page] + empty + stream[page:]) + decoder.flush()
    whole = OpusDecoder()
    assert decoded == whole.decode(stream) + whole.flush()


@given(st.binary(max_size=500))
def test_no_stream_raises_anything_else(junk: bytes) -> None:
    pytest.importorskip("av")
    decoder = OpusDecoder()
    for data in (junk, b"OggS" + junk):
        with contextlib.suppress(CodecError):
            decoder.decode(data)


def test_without_the_library_the_format_is_refused_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(CodecError, match="send pcm"):
        make_decoder("opus", SAMPLE_RATE)
