"""Stored sound, read piece by piece as 16 kHz mono s16le."""

import logging
import math
import os
import re
from pathlib import Path

import numpy as np
import soundfile

from auricle.audio.frame import SAMPLE_BYTES, SAMPLE_RATE
from auricle.audio.resampler import StreamResampler
from auricle.errors import RecordingError

logger = logging.getLogger(__name__)

_BLOCK_SECONDS = 0.5
# libsndfile's log line for a chunk whose size in the header is not that in the file.
_SHORT_DATA = re.compile(r"^ *data : (\d+) \(should be (\d+)\)", re.MULTILINE)
# Sizes from here up stand for "unknown": who writes into a pipe cannot go back and
# fill them in.
_UNKNOWN_SIZE = 0x7FFF_0000


class SoundFile:
    """A file of any format, rate, width and channel count that libsndfile reads."""

    def __init__(self, path: Path) -> None:
        """Raises RecordingError where there is no sound to read."""
        self._path = path
        try:
            self._file = path.open("rb")
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise RecordingError(f"recording {path}: {reason}") from error
        try:
            self._sound = self._open()
        except BaseException:
            self._file.close()
            raise
        self._read_frames = 0

    def _open(self) -> soundfile.SoundFile:
        if os.fstat(self._file.fileno()).st_size == 0:
            raise RecordingError(f"recording {self._path} is empty")
        try:
            sound = soundfile.SoundFile(self._file.fileno(), closefd=False)
        except soundfile.LibsndfileError as error:
            reason = error.error_string.rstrip(".").lower()
            raise RecordingError(
                f"recording {self._path} is not a sound file that can be read "
                f"(WAV or FLAC, for example): {reason}"
            ) from error
        if sound.frames == 0:
            raise RecordingError(
                f"recording {self._path} holds no sound: its header says 0 samples"
            )
        short = _SHORT_DATA.search(sound.extra_info)
        if short and int(short[2]) < int(short[1]) < _UNKNOWN_SIZE:
            logger.warning(
                "recording %s is cut short: its header promises %s bytes of sound, "
                "the file holds %s",
                self._path,
                short[1],
                short[2],
            )
        self._resampler = (
            None
            if sound.samplerate == SAMPLE_RATE
            else StreamResampler(sound.samplerate, SAMPLE_RATE)
        )
        return sound

    def read(self, timeout: float = math.inf) -> bytes:
        """The next half second or so; never waits. Raises RecordingError."""
        pcm = b""
        while not pcm and not self._sound.closed:
            block = self._read_block()
            # Samples beyond full scale, or none at all (NaN), come in float files.
            mono = np.nan_to_num(block.mean(axis=1)) * 32768
            pcm = np.clip(np.rint(mono), -32768, 32767).astype("<i2").tobytes()
            if self._resampler is not None:
                pcm = self._resampler.process(pcm) if pcm else self._resampler.flush()
            if not len(block):
                self.close()
        return pcm

    def _read_block(self) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
        frames = math.ceil(self._sound.samplerate * _BLOCK_SECONDS)
        try:
            block: np.ndarray[tuple[int, int], np.dtype[np.float32]]
            block = self._sound.read(frames, dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            if not self._read_frames:
                raise RecordingError(
                    f"recording {self._path} is damaged: {error.error_string}"
                ) from error
            logger.warning(
                "recording %s is damaged: its last %.1f s cannot be read",
                self._path,
                self._seconds_left(),
            )
            return np.empty((0, self._sound.channels), np.float32)
        self._read_frames += len(block)
        return block

    def _seconds_left(self) -> float:
        frames: int = self._sound.frames - self._read_frames
        return frames / float(self._sound.samplerate)

    def close(self) -> None:
        self._sound.close()
        self._file.close()

    def __enter__(self) -> "SoundFile":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def read_short(path: Path, longest: float) -> bytes:
    """All of a file of at most `longest` seconds, as 16 kHz mono s16le PCM.

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
