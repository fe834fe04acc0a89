"""Recordings: sound files, and sound on standard input, that act like a microphone."""

import logging
import math
import os
import shlex
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import assert_never

from auricle.audio.capture_device import Channel
from auricle.audio.files.raw_sound import RawSound
from auricle.audio.files.sound import Sound
from auricle.audio.frame import (
    FRAME_BYTES,
    FRAME_SECONDS,
    SAMPLE_RATE,
    Frame,
)
from auricle.audio.source import AudioSource
from auricle.audio.source_health import LevelWatch, SourceHealth, trouble
from auricle.errors import RecordingError

logger = logging.getLogger(__name__)

STANDARD_INPUT = "-"
_SILENCE = bytes(FRAME_BYTES)
# Who pipes in live sound has a clock of its own. Reading a little faster than real
# time never falls behind it, where a clock 50 ppm slow would lag 4 s after a day.
_PIPE_SPEED = 1.01
# What `microphone.gain` takes.
_LOWEST_GAIN = -40
# Seconds. So much has waited in a pipe since the start, or since a busy moment, until
# that little has caught up with it.
_MOMENT = 1.0


def open_sound(
    path: str | Path,
    *,
    raw_rate: int | None = None,
    channel: Channel = None,
    gain: float = 0.0,
) -> Sound:
    """Open a file that libsndfile reads, or `-`: raw mono s16le PCM on standard input.

    With `raw_rate` a file is raw PCM as well, at so many hertz; standard input has 16
    kHz without. `channel` and `gain` are the microphone's, in decibels. Raises
    RecordingError where there is no sound to read.
    """
    if str(path) == STANDARD_INPUT:
        return RawSound(
            sys.stdin.fileno(),
            describe(path),
            rate=raw_rate or SAMPLE_RATE,
            channel=channel,
            gain=gain,
        )
    if raw_rate is not None:
        return RawSound(
            _descriptor_of(Path(path)),
            describe(path),
            rate=raw_rate,
            channel=channel,
            gain=gain,
            close=True,
        )
    # What reads files costs memory; who pipes sound in does without.
    from auricle.audio.files.sound_file import SoundFile

    return SoundFile(Path(path), channel=channel, gain=gain)


def describe(path: str | Path) -> str:
    """Name a recording as a person would."""
    return "standard input" if str(path) == STANDARD_INPUT else f"recording {path}"


def _descriptor_of(path: Path) -> int:
    try:
        if path.is_dir():
            raise RecordingError(f"recording {path}: is a directory")
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise RecordingError(f"recording {path}: {reason}") from error


def read_recording(path: Path) -> bytes:
    """Read a whole sound file as 16 kHz mono s16le.

    Raises RecordingError.
    """
    with closing(open_sound(path)) as sound:
        return b"".join(iter(lambda: sound.read() or b"", b""))


class Recording:
    """Hears a sound frame by frame, and says what is to be said about it."""

    def __init__(self, path: str | Path, sound: Sound, *, gain: float = 0.0) -> None:
        """Hear `sound`; `gain`, in decibels, is what it was made louder by already."""
        self._path = str(path)
        self._sound = sound
        self._gain = gain
        self._cutter = sound.cutter()
        # Piped sound is live, and zeros in it are a microphone's.
        self._levels = LevelWatch(recorded=self._path != STANDARD_INPUT)
        self._ended = False

    @property
    def remarks(self) -> tuple[str, ...]:
        """What differs from what was promised: whole sentences, of which none is taken
        back.
        """
        return self._sound.remarks

    @property
    def health(self) -> SourceHealth:
        """What the sound says, as of the latest frame; behind the last one, of the
        whole.
        """
        if self._sound.cancels:
            return SourceHealth.CANCELLING
        return self._levels.health

    @property
    def waiting(self) -> float:
        """How many seconds of it came by themselves and are not read yet; infinity
        where nobody knows.
        """
        return self._sound.waiting

    @property
    def trouble(self) -> str:
        """Why the recording cannot be understood, and what to do; empty
        where it can.
        """
        return trouble(describe(self._path), self.health, self.advice(self.health))

    def read(self, timeout: float = math.inf) -> Sequence[Frame] | None:
        """Return the next frames, the last one filled up with silence; None if none
        came within `timeout` seconds, nothing at the end.

        Raises RecordingError.
        """
        deadline = time.monotonic() + timeout
        while not self._ended:
            pcm = self._sound.read(deadline - time.monotonic())
            if pcm is None:
                return None
            self._ended = not pcm
            frames = self._cutter.fill() if self._ended else self._cutter.push(pcm)
            if frames:
                for frame in frames:
                    self._levels.watch(frame)
                return frames
        self._levels.end()
        return ()

    def frames(self) -> Iterator[Frame]:
        """Yield all frames that follow, as fast as they can be read.

        Raises RecordingError.
        """
        while frames := self.read():
            yield from frames

    def advice(self, health: SourceHealth) -> str:
        """Say what a person can do about this state of the sound; nothing where it is
        good.
        """
        match health:
            case SourceHealth.GOOD:
                return ""
            case SourceHealth.ZEROS:
                return (
                    "whatever it was made with was muted, or another "
                    "microphone.channel has the sound"
                )
            case SourceHealth.CLIPPING:
                return self._softer()
            case SourceHealth.CANCELLING:
                return "set microphone.channel = 0"
            case _:
                assert_never(health)

    def _softer(self) -> str:
        excess = math.ceil(20 * math.log10(max(self._sound.peak, 1e-9)))
        if excess <= 0:
            return "record it with less gain: what was cut off does not come back"
        if self._gain - excess >= _LOWEST_GAIN:
            return f"set microphone.gain = {self._gain - excess:g}"
        softer = f"ffmpeg -i {shlex.quote(self._path)} -af volume=-{excess}dB out.wav"
        return (
            f"its samples go up to {self._sound.peak:.0f} where full scale is 1; "
            f"make it softer: {softer}"
        )

    def close(self) -> None:
        """Release the sound."""
        self._sound.close()


class RecordingSource(AudioSource):
    """Plays a recording as a microphone would deliver it, and then a quiet room.

    `path` is a WAV, FLAC or other file that libsndfile reads, or `-`: raw 16 kHz mono
    s16le PCM on standard input. Opening it again starts the file from its beginning;
    standard input goes on where it was.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        speed: float = 1.0,
        channel: Channel = None,
        gain: float = 0.0,
    ) -> None:
        """`speed` 1 is real time, infinity as fast as it is read (the silence behind
        the recording then comes in real time). `channel` and `gain` are as those of a
        Microphone.

        Raises RecordingError where the file cannot be played.
        """
        if not speed > 0:
            raise ValueError(f"speed must be above 0, not {speed}")
        self._speed = speed
        self._description = describe(path)
        open_this = partial(open_sound, path, channel=channel, gain=gain)
        if str(path) == STANDARD_INPUT:
            piped = open_this()
            self._open_sound: Callable[[], Sound] = lambda: piped
            speed *= _PIPE_SPEED
        else:
            self._open_sound = open_this
        self._listen = partial(Recording, path, gain=gain)
        # A daemon that cannot play it should not even start.
        self._recording = self._listen(self._open_sound())
        self._recording.close()
        self._pace = FRAME_SECONDS / speed
        self._finished = False
        # When sound was last got from the file or the pipe.
        self._came = 0.0

    @property
    def description(self) -> str:
        return self._description

    @property
    def health(self) -> SourceHealth:
        return self._recording.health

    @property
    def remarks(self) -> tuple[str, ...]:
        return self._recording.remarks

    @property
    def dropped(self) -> int:
        return 0

    @property
    def pace(self) -> float:
        return 1.0 / self._speed if math.isfinite(self._speed) else 1.0

    @property
    def caught_up(self) -> bool:
        waiting = len(self._ready) * FRAME_SECONDS + self._recording.waiting
        return waiting * self.pace < _MOMENT

    @property
    def finished(self) -> bool:
        """Whether all of the recording has been read, and only silence follows."""
        return self._finished

    def advice(self, health: SourceHealth) -> str:
        return self._recording.advice(health)

    def open(self) -> None:
        self.close()
        self._recording = self._listen(self._open_sound())
        self._ready: deque[Frame] = deque()
        self._end = 0
        self._finished = False
        # A microphone hands a frame over when its last sample has been spoken.
        self._due = time.monotonic() + self._pace

    def read(self, timeout: float, together: int = 1) -> Sequence[Frame]:
        deadline = time.monotonic() + timeout
        due = self._due
        if together > 1:
            # Piped sound comes at its own pace, however long it has been due.
            due = max(due, self._came + self._pace) + (together - 1) * self._pace
        _sleep_until(min(due, deadline))
        frames: list[Frame] = []
        while len(frames) < together and (frame := self._next(deadline)):
            frames.append(frame)
        return frames

    def _next(self, deadline: float) -> Frame | None:
        if self._due > deadline:
            return None
        _sleep_until(self._due)
        frame = self._ready.popleft() if self._ready else self._refill(deadline)
        if frame is None:
            # Nothing was piped in. When it comes, it comes at its own pace.
            self._due = deadline
        else:
            self._due += self._pace
        return frame

    def close(self) -> None:
        self._recording.close()

    def _refill(self, deadline: float) -> Frame | None:
        frames = self._recording.read(deadline - time.monotonic())
        if frames is None:
            return None
        self._came = time.monotonic()
        if not frames:
            self._finish()
            frames = [Frame(_SILENCE, self._end)]
        self._end = frames[-1].end
        self._ready.extend(frames)
        return self._ready.popleft()

    def _finish(self) -> None:
        if not self._finished:
            logger.info("%s is over", self._description)
        self._finished = True
        if not self._pace:
            self._pace = FRAME_SECONDS
            self._due = time.monotonic()


def _sleep_until(moment: float) -> None:
    wait = moment - time.monotonic()
    if wait > 0:
        time.sleep(wait)
