"""Headers that promise less, more, or something else than the file holds.

Whatever a header says: the sound is read, all of it, and what differs is said once, in
a sentence; or the file is refused in one.
"""

import gc
import logging
import os
import shlex
import struct
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auricle.audio.files.recording import RecordingSource, open_sound, read_recording
from auricle.audio.files.sound_file import SoundFile
from auricle.audio.frame import SAMPLE_BYTES, SAMPLE_RATE
from auricle.errors import RecordingError
from rigs.audio.captured import Ear
from rigs.audio.recordings import save
from rigs.audio.sound_files import (
    UNKNOWN,
    chunk,
    encode,
    flac_with_count,
    pcm_format,
    wave,
    with_size,
)
from rigs.audio.speech import noise, silence
from rigs.waiting import until

SECOND = SAMPLE_RATE * SAMPLE_BYTES
LOUD = noise(4.2, dbfs=-20)

with_files = settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture(autouse=True)
def no_file_stays_open() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        # Only what a test leaves is looked through, and not all that was there before.
        gc.freeze()
        yield
        gc.collect()
        gc.unfreeze()


def read(path: Path) -> tuple[bytes, list[str]]:
    """All of the sound, and what is said about the file."""
    with SoundFile(path) as sound:
        pcm = b"".join(iter(sound.read, b""))
        return pcm, [said.removeprefix(f"recording {path} ") for said in sound.remarks]


def read_bytes(content: bytes, suffix: str = ".wav") -> tuple[bytes, list[str]]:
    with tempfile.NamedTemporaryFile(suffix=suffix) as file:
        file.write(content)
        file.flush()
        return read(Path(file.name))


def refusal(content: bytes, name: str = "a.wav") -> str:
    """The sentence, without the file's name in front."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        with pytest.raises(RecordingError) as error:
            read_recording(path)
        return str(error.value).replace(f"{folder}/", "").replace("\n", "\\n")


# --- WAV, RF64 and BW64 ---

NAMES = st.sampled_from([b"LIST", b"bext", b"JUNK", b"id3 ", b"mine", b"cue "])
CHUNKS = st.lists(st.builds(chunk, NAMES, st.binary(max_size=33)), max_size=2).map(
    b"".join
)
KINDS = st.sampled_from([b"RIFF", b"RF64", b"BW64"])


@st.composite
def sounds(draw: st.DrawFn, *, least: int = 8) -> bytes:
    """Some noise, which looks like no header."""
    samples = draw(st.integers(least, 3000))
    return noise(samples / SAMPLE_RATE, dbfs=-20, seed=draw(st.integers(0, 9)))


@with_files
@given(st.lists(sounds(), min_size=1, max_size=3), KINDS, CHUNKS, CHUNKS, CHUNKS)
def test_a_header_that_tells_the_truth_needs_no_words(
    pieces: list[bytes], kind: bytes, before: bytes, between: bytes, behind: bytes
) -> None:
    if kind != b"RIFF":
        pieces = pieces[:1]
    file = wave(pieces, kind=kind, before=before, between=between, behind=behind)
    pcm, said = read_bytes(file)
    assert pcm == b"".join(pieces)
    several = f"holds its sound in {len(pieces)} pieces, not in one: all of it is read"
    assert said == [several] * (len(pieces) > 1)


@with_files
@given(sounds(), KINDS, CHUNKS, st.data())
def test_a_header_from_before_the_sound_loses_nothing(
    sound: bytes, kind: bytes, before: bytes, data: st.DataObject
) -> None:
    promise = data.draw(st.integers(0, len(sound) - 16))
    pcm, said = read_bytes(wave([sound], promise, kind=kind, before=before))
    assert pcm == sound
    assert said == [
        f"holds more than its header promises, {len(sound)} bytes of sound and not "
        f"{promise}: all of it is read"
    ]


@with_files
@given(sounds(), KINDS, CHUNKS, st.integers(1, 0x7FFE_0000))
def test_a_header_that_promises_more_is_read_as_far_as_it_goes(
    sound: bytes, kind: bytes, before: bytes, more: int
) -> None:
    promise = min(len(sound) + more, 0x7FFE_0000)
    pcm, said = read_bytes(wave([sound], promise, kind=kind, before=before))
    assert pcm == sound
    assert said == [
        f"is cut short: its header promises {promise} bytes of sound, the file holds "
        f"{len(sound)}"
    ]


@with_files
@given(sounds(), st.integers(0x7FFF_0000, UNKNOWN))
def test_who_writes_into_a_pipe_cannot_know_the_size(sound: bytes, size: int) -> None:
    assert read_bytes(wave([sound], size)) == (sound, [])


@pytest.mark.parametrize("behind", [b"", b"\0", bytes(600), b"TAG" + bytes(125)])
def test_what_fills_up_a_block_and_the_tags_of_players_are_no_sound(
    behind: bytes,
) -> None:
    assert read_bytes(wave([LOUD]) + behind) == (LOUD, [])


def test_an_odd_number_of_bytes_is_half_a_sample_too_many() -> None:
    pcm, said = read_bytes(wave([LOUD[:999]]) + b"")
    assert (pcm, said) == (LOUD[:998], [])
    # With and without the byte that fills it up.
    filled = wave([LOUD[:999], LOUD[1000:2000]])
    bare = wave([LOUD[:999] + b"data" + struct.pack("<I", 1000) + LOUD[1000:2000]], 999)
    for file in (filled, bare):
        pcm, said = read_bytes(file)
        assert pcm == LOUD[:998] + LOUD[1000:2000]
        assert said[0].startswith("holds its sound in 2 pieces")


@pytest.mark.parametrize("subtype", ["ULAW", "IMA_ADPCM", "MS_ADPCM", "GSM610"])
def test_a_compressed_wave_is_read_whole_as_well(subtype: str) -> None:
    true = encode(LOUD, "WAV", subtype)
    whole, said = read_bytes(true)
    assert said == []
    assert abs(len(whole) - len(LOUD)) < SECOND / 10
    pcm, (said_once,) = read_bytes(with_size(true, b"data", 2048, "<I"))
    assert pcm == whole
    assert said_once.startswith("holds more than its header promises")


def test_channels_stay_apart_across_pieces_of_sound() -> None:
    left, right = np.frombuffer(LOUD, "<i2"), np.frombuffer(LOUD, "<i2")[::-1]
    stereo = np.stack([left, right], axis=1).tobytes()
    # The first piece ends in the middle of a moment.
    file = wave([stereo[:1002], stereo[1004:]], format=pcm_format(channels=2))
    with tempfile.NamedTemporaryFile(suffix=".wav") as saved:
        saved.write(file)
        saved.flush()
        with SoundFile(Path(saved.name), channel=0) as sound:
            pcm = b"".join(iter(sound.read, b""))
    assert pcm == left[:250].tobytes() + left[251:].tobytes()


# --- other formats with sizes ---


@pytest.mark.parametrize(
    ("format", "name", "layout", "prefix"),
    [
        ("AIFF", b"SSND", ">I", 8),
        ("CAF", b"data", ">q", 4),
        ("AU", b"\0\0\0\x18", ">I", 0),
    ],
    ids=["aiff", "caf", "au"],
)
@pytest.mark.parametrize("promise", [0, 1000, 3 * len(LOUD)])
def test_aiff_caf_and_au_are_read_whole(
    format: str, name: bytes, layout: str, prefix: int, promise: int
) -> None:
    true = encode(LOUD, format, "PCM_16")
    assert read_bytes(true) == (LOUD, [])
    lying = with_size(true, name, promise + prefix, layout)
    pcm, (said,) = read_bytes(lying)
    assert pcm == LOUD
    more = "is cut short" if promise > len(LOUD) else "holds more than its header"
    assert said.startswith(more)


@pytest.mark.parametrize(
    ("format", "name", "layout", "size"),
    [("CAF", b"data", ">q", -1), ("AU", b"\0\0\0\x18", ">I", UNKNOWN)],
    ids=["caf", "au"],
)
def test_caf_and_au_may_leave_their_size_open(
    format: str, name: bytes, layout: str, size: int
) -> None:
    true = encode(LOUD, format, "PCM_16")
    assert read_bytes(with_size(true, name, size, layout)) == (LOUD, [])


# --- FLAC ---


@with_files
@given(sounds(least=200), st.integers(1, 1 << 35), st.sampled_from(["", "TAG"]))
def test_a_flac_file_is_read_whole_whatever_its_header_counts(
    sound: bytes, count: int, tag: str
) -> None:
    flac = encode(sound, "FLAC", "PCM_16")
    tagged = flac + (b"TAG" + bytes(125) if tag else b"")
    assert read_bytes(tagged) == (sound, [])
    assert read_bytes(flac_with_count(tagged, 0)) == (sound, [])
    pcm, said = read_bytes(flac_with_count(flac, count))
    assert pcm == sound
    samples = len(sound) // SAMPLE_BYTES
    if count == samples:
        assert said == []
    elif count < samples:
        assert [text[:28] for text in said] == ["holds more than its header p"]
    else:
        assert [text[:28] for text in said] == ["is cut short: its header pro"]


@with_files
@given(st.floats(0.3, 0.95), st.booleans())
def test_of_a_flac_file_that_is_cut_off_every_whole_block_is_read(
    kept: float, counted: bool
) -> None:
    flac = encode(LOUD, "FLAC", "PCM_16")
    if not counted:
        flac = flac_with_count(flac, 0)
    pcm, said = read_bytes(flac[: round(len(flac) * kept)])
    assert LOUD.startswith(pcm)
    # Noise has as many bytes in each of its blocks of 4096 samples.
    assert len(pcm) > len(LOUD) * kept - 2 * 4096 * SAMPLE_BYTES
    assert len(said) == counted


# --- files joined into one ---

JOINABLE = {
    "WAV": "PCM_16",
    "FLAC": "PCM_16",
    "AIFF": "PCM_16",
    "CAF": "PCM_16",
    "OGG": "VORBIS",
    "MP3": "MPEG_LAYER_III",
}


@pytest.mark.parametrize("format", JOINABLE)
def test_files_joined_into_one_are_read_one_after_the_other(format: str) -> None:
    # Of another rate and number of channels, as nobody checks who types cat.
    first = encode(LOUD, format, JOINABLE[format])
    second = encode(LOUD, format, JOINABLE[format], rate=32_000, channels=2)
    alone = [read_bytes(file, "." + format.lower())[0] for file in (first, second)]
    pcm, said = read_bytes(first + second, "." + format.lower())
    assert said == ["is 2 recordings joined into one file: all of them are read"]
    if format in ("OGG", "MP3"):
        assert len(pcm) == pytest.approx(sum(map(len, alone)), abs=SECOND / 100)
    else:
        assert pcm == b"".join(alone)


def test_of_a_joined_file_that_is_broken_further_on_the_rest_is_told() -> None:
    pcm, said = read_bytes(wave([LOUD]) + wave([LOUD], format=pcm_format(rate=1)))
    assert pcm == LOUD
    assert said[-1].startswith("is read in part only: further on, it cannot be read")
    assert "1 Hz" in said[-1]


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
@pytest.mark.parametrize("kept", [0.5, 0.75, 0.97])
def test_an_ogg_file_that_was_cut_off_is_read_up_to_its_last_page(
    subtype: str, kept: float
) -> None:
    ogg = encode(LOUD, "OGG", subtype)
    whole, _ = read_bytes(ogg, ".ogg")
    pcm, said = read_bytes(ogg[: round(len(ogg) * kept)], ".ogg")
    assert len(whole) * kept - 1.5 * SECOND < len(pcm) < len(whole)
    assert said == ["is cut off in the middle of a page of Ogg: all before it is read"]


def test_an_mp3_file_that_was_cut_off_says_how_much_is_missing() -> None:
    mp3 = encode(LOUD, "MP3", "MPEG_LAYER_III")
    pcm, (said,) = read_bytes(mp3[: len(mp3) // 2], ".mp3")
    assert SECOND < len(pcm) < 3 * SECOND
    assert said.startswith("is cut short: its header promises 4.2 s of sound")


# --- what no header should say ---


@pytest.mark.parametrize("rate", [0, 1, 3999, 384_001, 4_000_000_000])
def test_a_rate_that_no_speech_has_is_refused(rate: int) -> None:
    told = refusal(wave([LOUD], format=pcm_format(rate=rate)))
    assert f"its header says {rate} Hz" in told


@pytest.mark.parametrize("rate", [4000, 384_000])
def test_every_rate_that_there_is_is_read(rate: int) -> None:
    pcm, _ = read_bytes(wave([LOUD], format=pcm_format(rate=rate)))
    assert len(pcm) == pytest.approx(len(LOUD) * SAMPLE_RATE / rate, abs=200)


@pytest.mark.parametrize("channels", [0, 65, 1000, 65_535])
def test_a_number_of_channels_that_no_array_has_is_refused(channels: int) -> None:
    header = struct.pack("<HHIIHH", 1, channels, 16_000, 32_000, 2, 16)
    told = refusal(wave([LOUD * 4], format=chunk(b"fmt ", header)))
    if channels in (0, 65, 1000):
        assert f"its header says {channels} channels" in told
    assert "ffmpeg" in told or "an array has 64 at most" in told


def test_a_few_bytes_cannot_become_days(tmp_path: Path) -> None:
    wav = tmp_path / "long.wav"
    with wav.open("wb") as file:
        file.write(wave([b""], 30 * 3600 * 4000, format=pcm_format(rate=4000, bits=8)))
        file.truncate(30 * 3600 * 4000 + 44)
    with pytest.raises(RecordingError, match=r"longer than 24 hours, 30 by its header"):
        open_sound(wav)


def test_a_file_of_nothing_but_chunks_ends(tmp_path: Path) -> None:
    path = tmp_path / "chunks.wav"
    for name in (b"\0\0\0\0", b"mine"):
        content = b"RIFF\0\0\0\0WAVE" + (name + bytes(4)) * 1_000_000
        path.write_bytes(content)
        with pytest.raises(RecordingError, match="is not a sound file"):
            open_sound(path)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\0\0\0\x1cftypM4A ", "MPEG-4 (m4a, mp4 or 3gp)"),
        (b"\x1a\x45\xdf\xa3\x9fB\x86\x81", "Matroska (webm or mka)"),
        (b"\x30\x26\xb2\x75\x8ef\xcf\x11", "Windows Media (wma)"),
        (b"#!AMR\n<", "AMR"),
        (b"\xff\xf1\x50\x80", "AAC"),
        (b"RIFF\0\1\0\0AVI LIST", "AVI"),
    ],
)
def test_a_format_that_is_not_read_is_named_with_the_way_to_convert_it(
    head: bytes, kind: str
) -> None:
    assert refusal(head + LOUD, "my memo.m4a") == (
        f"recording my memo.m4a is a file of the kind {kind}, which is not read here; "
        "convert it: ffmpeg -i 'my memo.m4a' out.wav"
    )


def test_raw_sound_without_its_rate_is_answered_with_how_to_give_it() -> None:
    assert "auricle transcribe --rate takes raw PCM" in refusal(LOUD, "a.pcm")


def test_what_is_not_a_file_is_named(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.wav"
    os.mkfifo(pipe)
    with pytest.raises(RecordingError, match="is not a file; what is piped in is"):
        open_sound(pipe)


# --- anything at all ---

BASES: Sequence[bytes] = [
    wave([LOUD[:6000]]),
    wave([LOUD[:3000], LOUD[3000:6000]], behind=chunk(b"LIST", b"INFO")),
    wave([LOUD[:6000]], kind=b"RF64"),
    encode(LOUD[:6000], "FLAC", "PCM_16"),
    encode(LOUD[:6000], "AIFF", "PCM_16"),
    encode(LOUD[:6000], "CAF", "PCM_16"),
    encode(LOUD[:6000], "AU", "PCM_16"),
    encode(LOUD[:6000], "OGG", "VORBIS"),
    encode(LOUD[:6000], "W64", "PCM_16"),
]


@settings(max_examples=150)
@given(
    st.sampled_from(BASES),
    st.lists(st.tuples(st.integers(0, 120), st.binary(min_size=1, max_size=8))),
    st.integers(0, 8000),
)
def test_any_header_is_read_or_refused_in_a_sentence(
    base: bytes, changes: list[tuple[int, bytes]], length: int
) -> None:
    content = bytearray(base)
    for at, change in changes:
        content[at : at + len(change)] = change
    try:
        pcm, said = read_bytes(bytes(content[:length]))
    except RecordingError as error:
        pcm, said = b"", [str(error)]
    assert len(pcm) < 60 * SECOND
    assert len(said) == len(set(said))
    assert "\n" not in "".join(said)


# --- it is said once ---


def test_whoever_listens_says_it_once_however_often_the_file_is_opened(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "killed.wav"
    path.write_bytes(wave([LOUD], 960))
    caplog.set_level(logging.INFO)
    source = RecordingSource(path, speed=20)
    ear = Ear(source, [])
    ear.start()
    try:
        for _ in range(2):
            ear.open_microphone()
            until(lambda: source.finished)
            ear.close_microphone()
            until(lambda: ear.state == "closed")
            source.open()
            source.close()
    finally:
        ear.stop(10)
    told = [text for text in caplog.messages if "promises" in text]
    assert told == [
        f"recording {path} holds more than its header promises, {len(LOUD)} bytes of "
        "sound and not 960: all of it is read"
    ]


def test_a_name_with_a_space_survives_the_advice(tmp_path: Path) -> None:
    path = tmp_path / "a memo.bin"
    path.write_bytes(b"nothing to hear " * 10)
    with pytest.raises(RecordingError) as error:
        open_sound(path)
    assert f"ffmpeg -i {shlex.quote(str(path))} out.wav" in str(error.value)


def test_digital_silence_behind_a_short_promise_is_no_news(tmp_path: Path) -> None:
    path = save(tmp_path / "a.wav", LOUD + silence(1))
    file = bytearray(path.read_bytes())
    file[40:44] = struct.pack("<I", len(LOUD))
    path.write_bytes(file)
    assert read(path) == (LOUD, [])
