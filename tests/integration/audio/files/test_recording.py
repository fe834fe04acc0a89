"""Recordings as files and on standard input; real files, real pipes, real time."""

import contextlib
import fcntl
import math
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from termios import FIONREAD
from typing import Protocol

import numpy as np
import pytest
import soundfile

from auricle.audio.files.raw_sound import RawSound
from auricle.audio.files.recording import RecordingSource, read_recording
from auricle.audio.frame import FRAME_SAMPLES, Frame
from auricle.errors import RecordingError
from rigs.audio.recordings import save
from rigs.audio.speech import noise
from rigs.waiting import hold, until

SECOND = 16_000 * 2


class Play(Protocol):
    def __call__(self, path: Path, *, speed: float = math.inf) -> RecordingSource: ...


@pytest.fixture
def play() -> Iterator[Play]:
    """Makes sources, and closes them in the end."""
    with contextlib.ExitStack() as sources:

        def make(path: Path, *, speed: float = math.inf) -> RecordingSource:
            source = RecordingSource(path, speed=speed)
            return sources.enter_context(contextlib.closing(source))

        yield make


def heard(source: RecordingSource, *, frames: int | None = None) -> list[Frame]:
    """Opens it and reads all of the recording, or a number of frames."""
    source.open()
    read: list[Frame] = []
    while frames is None or len(read) < frames:
        (frame,) = source.read(1.0)
        if frames is None and source.finished:
            break
        read.append(frame)
    return read


def sound_of(frames: list[Frame]) -> bytes:
    return b"".join(frame.pcm for frame in frames)


def tone(rate: int, channels: int = 1, seconds: float = 1.0) -> np.ndarray:
    mono = 0.5 * np.sin(2 * np.pi * 440 * np.arange(round(rate * seconds)) / rate)
    return np.repeat(mono[:, np.newaxis], channels, axis=1)


# --- what comes out ---


def test_a_sixteen_kilohertz_file_is_heard_bit_by_bit(
    play: Play, tmp_path: Path
) -> None:
    sound = noise(1.2, dbfs=-20)
    path = save(tmp_path / "a.wav", sound)
    frames = heard(play(path))
    assert sound_of(frames) == sound
    assert [frame.start for frame in frames] == [n * FRAME_SAMPLES for n in range(40)]
    assert read_recording(path) == sound


def test_a_last_frame_that_is_not_full_ends_in_silence(
    play: Play, tmp_path: Path
) -> None:
    sound = noise(0.1, dbfs=-20)
    path = save(tmp_path / "a.flac", sound)
    frames = heard(play(path))
    assert sound_of(frames) == sound + bytes(4 * FRAME_SAMPLES * 2 - len(sound))
    assert read_recording(path) == sound


@pytest.mark.parametrize("rate", [8000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_every_common_rate_becomes_sixteen_kilohertz_mono(
    tmp_path: Path, rate: int, channels: int
) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, tone(rate, channels), rate)
    samples = np.frombuffer(read_recording(path), "<i2") / 32768
    assert abs(len(samples) - 16_000) <= 2
    # The resampling filter rings at both ends.
    difference = np.abs(samples - tone(16_000)[: len(samples), 0])[400:-400]
    assert difference.max() < 0.005


@pytest.mark.parametrize(
    ("suffix", "subtype", "precision"),
    [
        ("wav", "PCM_U8", 0.009),
        ("wav", "PCM_16", 0.0001),
        ("wav", "PCM_24", 0.0001),
        ("wav", "PCM_32", 0.0001),
        ("wav", "FLOAT", 0.0001),
        ("wav", "DOUBLE", 0.0001),
        ("wav", "ULAW", 0.03),
        ("flac", "PCM_16", 0.0001),
        ("flac", "PCM_24", 0.0001),
    ],
)
def test_every_common_width_is_read(
    tmp_path: Path, suffix: str, subtype: str, precision: float
) -> None:
    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, tone(16_000), 16_000, subtype=subtype)
    samples = np.frombuffer(read_recording(path), "<i2") / 32768
    assert np.abs(samples - tone(16_000)[:, 0]).max() < precision


def test_floats_beyond_full_scale_are_limited(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    loud = np.array([1.5, -1.5, np.nan, 0.5], np.float32)
    soundfile.write(path, loud, 16_000, subtype="FLOAT")
    samples = np.frombuffer(read_recording(path), "<i2")
    assert samples.tolist() == [32767, -32768, 0, 16384]


def test_an_hour_long_file_is_not_loaded_into_memory(
    play: Play, tmp_path: Path
) -> None:
    path = tmp_path / "hour.wav"
    with soundfile.SoundFile(path, "w", 16_000, 1, "PCM_16") as file:
        for _ in range(60):
            file.write(np.zeros(60 * 16_000, np.int16))
    source = play(path)
    heard(source, frames=1000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    frames = 0
    source.open()
    while not source.finished:
        source.read(1.0)
        frames += 1
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert frames == 120_001
    assert grown < 20_000, "kB"


# --- as a microphone ---


def test_it_is_paced_like_a_microphone(play: Play, tmp_path: Path) -> None:
    source = play(save(tmp_path / "a.wav", noise(0.6, dbfs=-20)), speed=1)
    started = time.monotonic()
    heard(source, frames=20)
    assert 0.6 <= time.monotonic() - started < 1.5


def test_it_can_run_faster(play: Play, tmp_path: Path) -> None:
    sound = noise(30, dbfs=-20)
    source = play(save(tmp_path / "a.wav", sound), speed=60)
    started = time.monotonic()
    frames = heard(source, frames=1000)
    assert 0.5 <= time.monotonic() - started < 2.0
    assert sound_of(frames) == sound


@pytest.mark.parametrize(("speed", "pace"), [(1.0, 1.0), (4.0, 0.25), (math.inf, 1.0)])
def test_its_pace_is_known(
    play: Play, tmp_path: Path, speed: float, pace: float
) -> None:
    source = play(save(tmp_path / "a.wav", noise(0.1, dbfs=-20)), speed=speed)
    source.open()
    assert source.pace == pace
    source.read(1.0)
    assert source.caught_up


def test_a_reader_that_was_late_loses_nothing(play: Play, tmp_path: Path) -> None:
    sound = noise(0.6, dbfs=-20)
    source = play(save(tmp_path / "a.wav", sound), speed=10)
    source.open()
    hold(0.1)
    # Nobody waits for what was late: it comes at once.
    frames = [frame for _ in range(20) for frame in source.read(0.0)]
    assert sound_of(frames) == sound


def test_a_reader_that_does_not_want_to_wait_gets_nothing(
    play: Play, tmp_path: Path
) -> None:
    source = play(save(tmp_path / "a.wav", noise(1, dbfs=-20)), speed=0.01)
    source.open()
    started = time.monotonic()
    assert source.read(0.05) == []
    assert time.monotonic() - started < 1.0


def test_frames_that_are_wanted_together_come_when_the_last_of_them_is_due(
    play: Play, tmp_path: Path
) -> None:
    sound = noise(0.6, dbfs=-20)
    source = play(save(tmp_path / "a.wav", sound), speed=1)
    source.open()
    started = time.monotonic()
    frames = source.read(1.0, 5)
    assert 0.14 <= time.monotonic() - started < 1.0
    assert sound_of([*frames, *source.read(1.0, 15)]) == sound


def test_of_frames_that_are_wanted_together_those_come_that_are_there_in_time(
    play: Play, tmp_path: Path
) -> None:
    sound = noise(0.6, dbfs=-20)
    source = play(save(tmp_path / "a.wav", sound), speed=1)
    source.open()
    frames = source.read(0.1, 20)
    assert 0 < len(frames) < 20
    assert sound_of([*frames, *source.read(1.0, 20 - len(frames))]) == sound


@pytest.mark.parametrize("speed", [20, math.inf])
def test_behind_the_recording_the_room_is_quiet(
    play: Play, tmp_path: Path, speed: float
) -> None:
    source = play(save(tmp_path / "a.wav", noise(0.3, dbfs=-20)), speed=speed)
    frames = heard(source, frames=30)
    assert source.finished
    assert sound_of(frames)[10 * 960 :] == bytes(20 * 960)
    assert [frame.start for frame in frames] == [n * FRAME_SAMPLES for n in range(30)]


def test_the_quiet_room_behind_a_recording_at_full_speed_is_in_real_time(
    play: Play,
    tmp_path: Path,
) -> None:
    source = play(save(tmp_path / "a.wav", noise(3, dbfs=-20)))
    started = time.monotonic()
    heard(source, frames=110)
    assert 0.25 <= time.monotonic() - started < 1.5


def test_opening_it_again_starts_from_the_beginning(play: Play, tmp_path: Path) -> None:
    source = play(save(tmp_path / "a.wav", noise(0.3, dbfs=-20)))
    assert heard(source, frames=5) == heard(source, frames=5)
    assert not source.finished


def test_closing_twice_is_fine(play: Play, tmp_path: Path) -> None:
    source = play(save(tmp_path / "a.wav", noise(0.3, dbfs=-20)))
    source.close()
    source.open()
    source.close()
    source.close()


def test_a_speed_of_nothing_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "a.wav", noise(0.3, dbfs=-20))
    with pytest.raises(ValueError, match="speed must be above 0"):
        RecordingSource(path, speed=0)


# --- what cannot be played, and how that is said ---


def refusal(path: Path) -> str:
    """The sentence; the same for a source and for reading it all."""
    with pytest.raises(RecordingError) as reading:
        read_recording(path)
    with (
        pytest.raises(RecordingError) as playing,
        contextlib.closing(RecordingSource(path, speed=math.inf)) as source,
    ):
        heard(source)
    assert str(playing.value) == str(reading.value)
    return str(reading.value)


def test_a_missing_file(tmp_path: Path) -> None:
    path = tmp_path / "missing.wav"
    assert refusal(path) == f"recording {path}: no such file or directory"


def test_a_folder(tmp_path: Path) -> None:
    assert refusal(tmp_path) == f"recording {tmp_path}: is a directory"


def test_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.wav"
    path.touch()
    assert refusal(path) == f"recording {path} is empty"


def test_a_text_file(tmp_path: Path) -> None:
    path = tmp_path / "notes.wav"
    path.write_text("turn on the kitchen light\n" * 100)
    assert "is not a sound file that can be read (WAV or FLAC" in refusal(path)


def test_a_file_cut_off_in_its_header(tmp_path: Path) -> None:
    path = save(tmp_path / "a.wav", noise(1, dbfs=-20))
    path.write_bytes(path.read_bytes()[:30])
    assert "is not a sound file that can be read" in refusal(path)


def test_a_file_without_samples(tmp_path: Path) -> None:
    path = save(tmp_path / "a.wav", b"")
    assert "holds no sound" in refusal(path)


def test_a_flac_file_that_is_damaged_from_the_start(tmp_path: Path) -> None:
    path = save(tmp_path / "a.flac", noise(1, dbfs=-20))
    path.write_bytes(path.read_bytes()[:200])
    assert "is damaged" in refusal(path)


def test_a_constructor_refuses_what_can_never_be_opened(
    play: Play, tmp_path: Path
) -> None:
    with pytest.raises(RecordingError):
        RecordingSource(tmp_path / "missing.wav")


# --- standard input ---

READ_ALL = """
import math, sys
from auricle.audio.files.recording import RecordingSource
from auricle.errors import RecordingError
try:
    source = RecordingSource("-", speed=math.inf)
    source.open()
    while not source.finished:
        frames = source.read(5.0)
        sys.stdout.buffer.write(frames[0].pcm if frames else b"nothing")
except RecordingError as error:
    sys.exit(str(error))
"""


@pytest.fixture
def listener() -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(
        [sys.executable, "-c", READ_ALL],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with process:
        yield process
        process.kill()


def waiting_in(pipe: int) -> int:
    """Bytes that nobody has read yet."""
    return int.from_bytes(fcntl.ioctl(pipe, FIONREAD, bytes(4)), sys.byteorder)


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def test_it_is_known_how_much_waits_in_a_pipe(pipe: tuple[int, int]) -> None:
    ear, mouth = pipe
    piped = RawSound(ear, "a pipe")
    os.write(mouth, noise(1.5, dbfs=-20))
    assert piped.waiting == 1.5
    while piped.waiting:
        piped.read()
    assert piped.waiting == 0.0


def test_of_a_device_nobody_knows_how_much_waits() -> None:
    with Path(os.devnull).open("rb") as nothing:
        assert RawSound(nothing.fileno(), "nothing").waiting == math.inf


def test_raw_sound_is_heard_from_a_pipe(listener: "subprocess.Popen[bytes]") -> None:
    sound = noise(3, dbfs=-20)
    heard, _ = listener.communicate(sound, timeout=30)
    assert heard == sound + bytes(960)


def test_sound_that_trickles_in_is_heard_whole(
    listener: "subprocess.Popen[bytes]",
) -> None:
    sound = noise(0.9, dbfs=-20)
    assert listener.stdin is not None
    mouth = listener.stdin.fileno()
    for at in range(0, len(sound), 7001):
        listener.stdin.write(sound[at : at + 7001])
        listener.stdin.flush()
        until(lambda: waiting_in(mouth) == 0)
    heard, _ = listener.communicate(timeout=30)
    assert heard == sound + bytes(960)


def test_half_a_sample_at_the_end_becomes_a_whole_one(
    listener: "subprocess.Popen[bytes]",
) -> None:
    heard, _ = listener.communicate(b"\x01\x02\x03", timeout=30)
    assert heard == b"\x01\x02\x03" + bytes(957) + bytes(960)


def test_a_sound_file_on_standard_input_is_refused(
    listener: "subprocess.Popen[bytes]", tmp_path: Path
) -> None:
    wav = save(tmp_path / "a.wav", noise(1, dbfs=-20)).read_bytes()
    heard, error = listener.communicate(wav, timeout=30)
    assert (heard, listener.returncode) == (b"", 1)
    assert b"standard input is a sound file" in error


def test_a_terminal_on_standard_input_is_refused() -> None:
    ours, theirs = os.openpty()
    process = subprocess.run(
        [sys.executable, "-c", READ_ALL],
        stdin=theirs,
        capture_output=True,
        timeout=30,
        check=False,
    )
    os.close(ours)
    os.close(theirs)
    assert process.returncode == 1
    assert b"standard input is a terminal: pipe raw 16000 Hz" in process.stderr


WAIT_FOR_SOUND = """
from auricle.audio.files.recording import RecordingSource
source = RecordingSource("-")
source.open()
print(source.read(0.1), flush=True)
source.close()
source.open()
print(len(source.read(10)[0].pcm), flush=True)
"""


def test_a_pipe_that_is_silent_for_a_while_goes_on_when_it_is_opened_again() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WAIT_FOR_SOUND],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == b"[]\n"
        process.stdin.write(bytes(960))
        process.stdin.flush()
        assert process.stdout.readline() == b"960\n"
