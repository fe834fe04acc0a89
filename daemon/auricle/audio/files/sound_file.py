"""Stored sound, read piece by piece as 16 kHz mono s16le."""

import io
import math
import os
import shlex
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from auricle.audio.capture_device import BEAM, Channel
from auricle.audio.file_layout import Part, find_sound, foreign_format
from auricle.audio.files.sound import Sound
from auricle.audio.frame import (
    HIGHEST_RATE,
    LOWEST_RATE,
    SAMPLE_BYTES,
    SAMPLE_RATE,
    FrameCutter,
)
from auricle.audio.mixing import Mixer
from auricle.audio.resampler import StreamResampler
from auricle.audio.samples import Samples, to_pcm
from auricle.errors import RecordingError

_BLOCK_SECONDS = 0.5
# What a header may say at the most; see also LOWEST_RATE.
MOST_CHANNELS = 64
LONGEST_HOURS = 24
# No sound is so loud, and sums of such numbers can still be calculated with.
_LOUDEST = 1e9
# Compressed formats count by the frame, and round.
_EXACT_SECONDS = 0.1
_SCAN_BYTES = 1 << 20
# Who gives a file without a header may not know that it has none.
_RAW_SUFFIXES = frozenset({".raw", ".pcm", ".s16", ".s16le", ".sw"})


class SoundFile(Sound):
    """Reads a file of any format, rate, width and channel count that
    libsndfile knows.
    """

    def __init__(
        self, path: Path, *, channel: Channel = None, gain: float = 0.0
    ) -> None:
        """Open a file; `channel`, from 0, picks one of several, None mixes them, and
        BEAM leaves them to a Beam; `gain` is in decibels.

        Raises RecordingError where there is no sound to read.
        """
        self._path = path
        self._channel = channel
        self._gain = gain
        self._content = _FileContent(path)
        try:
            layout = find_sound(self._content)
            self._remarks = list(layout.remarks)
            self._fault = layout.fault
            self._parts = iter(layout.parts)
            self._resampler: StreamResampler | None = None
            self._rate = SAMPLE_RATE
            self._read_seconds = 0.0
            self._peak = 0.0
            self._cancels = False
            self._channels: int | None = None
            self._array_mixer: Mixer | None = None
            self._playing: _Playing | None = self._first()
        except BaseException:
            self._content.close()
            raise

    @property
    def remarks(self) -> tuple[str, ...]:
        """What differs from what the file promises, as far as it has been read: whole
        sentences, of which none is taken back.
        """
        return tuple(f"recording {self._path} {remark}" for remark in self._remarks)

    @property
    def cancels(self) -> bool:
        """Whether what is mixed is in opposite phase, so that nothing is left of a
        voice.
        """
        if self._array_mixer is not None:
            return self._array_mixer.cancels
        return self._cancels

    @property
    def peak(self) -> float:
        """The largest sample so far, full scale at 1; a file of floats can go beyond
        it.
        """
        return self._peak

    @property
    def read_seconds(self) -> float:
        """How many seconds of the sound have been read."""
        return self._read_seconds

    @property
    def waiting(self) -> float:
        return 0.0

    def cutter(self) -> FrameCutter:
        if self._array_mixer is None:
            return FrameCutter()
        return FrameCutter(self._channels or 1, self._array_mixer.mix_pcm)

    def read(self, timeout: float = math.inf) -> bytes:
        """Return the next half second or so as 16 kHz s16le, and never wait.

        Raises RecordingError.
        """
        pcm = b""
        while not pcm and self._playing is not None:
            block = self._read_block(self._playing)
            pcm = self._convert(block, self._playing) if len(block) else self._go_on()
        return pcm

    def close(self) -> None:
        if self._playing is not None:
            self._playing.sound.close()
            self._playing = None
        self._content.close()

    def __enter__(self) -> "SoundFile":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- parts ---

    def _first(self) -> "_Playing":
        """The first part with sound in it."""
        for part in self._parts:
            if (playing := self._open(part)) is not None:
                return playing
        raise RecordingError(
            f"recording {self._path} holds no sound: its header says 0 samples"
        )

    def _open(self, part: Part) -> "_Playing | None":
        """Open a part; None where it is empty. Raises RecordingError."""
        file = self._content.file_of(part)
        try:
            sound = soundfile.SoundFile(file, closefd=False)
        except soundfile.SoundFileError as error:
            raise RecordingError(self._unreadable(_reason(error))) from error
        try:
            if sound.frames == 0:
                sound.close()
                return None
            self._check(sound)
            mixer = self._mixer(sound)
        except BaseException:
            sound.close()
            raise
        if sound.channels == 1 and self._channel and self._channel != BEAM:
            self._remark(
                "has one channel, which is heard whatever microphone.channel says"
            )
        return _Playing(sound, file, mixer)

    def _mixer(self, sound: soundfile.SoundFile) -> Mixer:
        if self._channel != BEAM:
            channel = self._channel if sound.channels > 1 else None
            return Mixer(
                sound.channels, sound.samplerate, channel=channel, gain=self._gain
            )
        if self._channels is None:
            self._channels = sound.channels
            if sound.channels == 1:
                self._remark("has one channel: there is nothing to aim")
            else:
                self._array_mixer = Mixer(
                    sound.channels, SAMPLE_RATE, channel=None, gain=0.0
                )
        # Each channel for itself: they are mixed once they are cut into frames.
        return Mixer(1, sound.samplerate, channel=None, gain=self._gain)

    def _check(self, sound: soundfile.SoundFile) -> None:
        if not LOWEST_RATE <= sound.samplerate <= HIGHEST_RATE:
            raise RecordingError(
                f"recording {self._path} cannot be read: its header says "
                f"{sound.samplerate} Hz, and speech has {LOWEST_RATE} to {HIGHEST_RATE}"
            )
        if sound.channels > MOST_CHANNELS:
            raise RecordingError(
                f"recording {self._path} cannot be read: its header says "
                f"{sound.channels} channels, and an array has {MOST_CHANNELS} at most"
            )
        if self._channel == BEAM:
            if self._channels not in (None, sound.channels):
                raise RecordingError(
                    f"recording {self._path} has {sound.channels} channels, and "
                    f"{self._channels} before: an array has the same all along"
                )
        elif self._channel is not None and 1 < sound.channels <= self._channel:
            raise RecordingError(
                f"recording {self._path} has {sound.channels} channels, counted from "
                f"0, and microphone.channel is {self._channel}"
            )
        seconds = sound.frames / sound.samplerate
        if self._read_seconds + seconds > LONGEST_HOURS * 3600:
            raise RecordingError(
                f"recording {self._path} is longer than {LONGEST_HOURS} hours, "
                f"{seconds / 3600:.0f} by its header: cut it into pieces"
            )

    def _go_on(self) -> bytes:
        """Go on to the next part; return what is left of this one."""
        assert self._playing is not None
        self._note_what_is_missing(self._playing)
        self._playing.sound.close()
        self._playing = self._next()
        rate = None if self._playing is None else self._playing.sound.samplerate
        # Parts of one rate are one stream, and a seam would click.
        if self._resampler is None or rate == self._rate:
            return b""
        rest = self._resampler.flush()
        self._resampler = None
        return rest

    def _next(self) -> "_Playing | None":
        for part in self._parts:
            try:
                playing = self._open(part)
            except RecordingError as error:
                # Of what has been read so far, nothing shall be lost.
                told = str(error).removeprefix(f"recording {self._path} ")
                self._remark(f"is read in part only: further on, it {told}")
                continue
            if playing is not None:
                return playing
        return None

    def _note_what_is_missing(self, playing: "_Playing") -> None:
        rate = playing.sound.samplerate
        promised, read = playing.sound.frames / rate, playing.frames / rate
        if isinstance(playing.file, _PartFile) and playing.file.error is not None:
            self._remark(f"cannot be read to its end: {playing.file.error}")
        elif playing.damaged:
            self._remark(f"is damaged: its last {promised - read:.1f} s cannot be read")
        elif promised - read > _EXACT_SECONDS:
            self._remark(
                f"is cut short: its header promises {promised:.1f} s of sound, the "
                f"file holds {read:.1f} s"
            )

    def _remark(self, remark: str) -> None:
        if remark not in self._remarks:
            self._remarks.append(remark)

    # --- sound ---

    def _read_block(self, playing: "_Playing") -> Samples:
        sound = playing.sound
        frames = math.ceil(sound.samplerate * _BLOCK_SECONDS)
        try:
            block: Samples = sound.read(frames, dtype="float32", always_2d=True)
        except soundfile.SoundFileError as error:
            if not self._read_seconds:
                raise RecordingError(
                    f"recording {self._path} is damaged: {_reason(error)}"
                ) from error
            playing.damaged = True
            return np.empty((0, sound.channels), np.float32)
        playing.frames += len(block)
        self._read_seconds += len(block) / sound.samplerate
        return block

    def _convert(self, block: Samples, playing: "_Playing") -> bytes:
        # What is no number, or larger than any sound, comes in float files.
        if not np.isfinite(block).all():
            self._remark("holds samples that are no numbers: they are silence here")
            block = np.nan_to_num(block, nan=0.0, posinf=0.0, neginf=0.0)
        block = np.clip(block, -_LOUDEST, _LOUDEST)
        if self._array_mixer is not None:
            block = block.reshape(-1, 1)
        mono = playing.mixer.mix(block)
        self._cancels = playing.mixer.cancels
        self._peak = max(self._peak, float(np.abs(mono).max()))
        pcm = to_pcm(mono)
        rate = playing.sound.samplerate
        if rate == SAMPLE_RATE:
            return pcm
        if self._resampler is None:
            self._resampler = StreamResampler(rate, SAMPLE_RATE, self._channels or 1)
            self._rate = rate
        return self._resampler.process(pcm)

    def _unreadable(self, reason: str) -> str:
        convert = f"ffmpeg -i {shlex.quote(str(self._path))} out.wav"
        if (kind := foreign_format(self._content)) is not None:
            return (
                f"recording {self._path} is a file of the kind {kind}, which is not "
                f"read here; convert it: {convert}"
            )
        if self._path.suffix.lower() in _RAW_SUFFIXES:
            convert = f"auricle transcribe --rate takes raw PCM; or {convert}"
        return (
            f"recording {self._path} is not a sound file that can be read "
            f"(WAV or FLAC, for example): {self._fault or reason}; convert it: "
            f"{convert}"
        )


@dataclass(slots=True)
class _Playing:
    """The part that is being read."""

    sound: soundfile.SoundFile
    file: "int | _PartFile"
    mixer: Mixer
    frames: int = 0
    """How many frames were read so far."""
    damaged: bool = False


def _reason(error: Exception) -> str:
    words = getattr(error, "error_string", str(error))
    return str(words).rstrip(".").lower()


class _FileContent:
    """An open file, read at any place."""

    def __init__(self, path: Path) -> None:
        """Open it. Raises RecordingError where there is no such file."""
        try:
            if not stat.S_ISREG(mode := path.stat().st_mode) and not stat.S_ISDIR(mode):
                raise RecordingError(
                    f"recording {path} is not a file; what is piped in is given as -"
                )
            self._file = path.open("rb")
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise RecordingError(f"recording {path}: {reason}") from error
        self._descriptor = self._file.fileno()
        self.size = os.fstat(self._descriptor).st_size
        if self.size == 0:
            self._file.close()
            raise RecordingError(f"recording {path} is empty")

    def read(self, start: int, stop: int) -> bytes:
        length = min(stop, self.size) - start
        return os.pread(self._descriptor, length, start) if length > 0 <= start else b""

    def find(self, pattern: bytes, start: int) -> int:
        overlap = len(pattern) - 1
        while start < self.size:
            piece = self.read(start, start + _SCAN_BYTES)
            if (at := piece.find(pattern)) >= 0:
                return start + at
            if len(piece) <= overlap:
                break
            start += len(piece) - overlap
        return -1

    def file_of(self, part: Part) -> "int | _PartFile":
        """What libsndfile is to open; a whole file is its descriptor."""
        if part == Part(((0, self.size),)):
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            return self._descriptor
        return _PartFile(self, part)

    def close(self) -> None:
        self._file.close()


class _PartFile(io.RawIOBase):
    """A part of a file, as if it were a file of its own."""

    def __init__(self, content: _FileContent, part: Part) -> None:
        self._content = content
        self._part = part
        self._size = sum(stop - start for start, stop in part.stretches)
        self._at = 0
        self.error: str | None = None
        """Why reading failed: who calls us, in C, cannot take an exception."""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        origin = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}
        self._at = max(0, origin[whence] + offset)
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # what soundfile gives
        try:
            data = b"".join(self._pieces(self._at, self._at + len(buffer)))
        except OSError as error:
            self.error = (error.strerror or str(error)).lower()
            return 0
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def _pieces(self, first: int, last: int) -> Iterator[bytes]:
        """What is wanted of each stretch, by positions in the part."""
        begin = 0
        for start, stop in self._part.stretches:
            end = begin + stop - start
            if begin < last and first < end:
                shift = start - begin
                yield self._corrected(max(first, begin) + shift, min(last, end) + shift)
            begin = end

    def _corrected(self, start: int, stop: int) -> bytes:
        data = self._content.read(start, stop)
        for place, truth in self._part.corrections.items():
            low, high = max(place, start), min(place + len(truth), start + len(data))
            if low < high:
                instead = truth[low - place : high - place]
                data = data[: low - start] + instead + data[high - start :]
        return data


def read_short(path: Path, longest: float) -> bytes:
    """Read all of a file of at most `longest` seconds, as 16 kHz mono s16le PCM.

    Raises RecordingError, also where nothing can be heard.
    """
    pcm = bytearray()
    with SoundFile(path) as sound:
        while len(pcm) <= longest * SAMPLE_RATE * SAMPLE_BYTES and (
            piece := sound.read()
        ):
            pcm += piece
    if len(pcm) > longest * SAMPLE_RATE * SAMPLE_BYTES:
        raise RecordingError(f"recording {path} is longer than {longest:g} s")
    if not any(pcm):
        raise RecordingError(f"recording {path} is silent")
    return bytes(pcm)
