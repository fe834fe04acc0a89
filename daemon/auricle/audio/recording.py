"""Recordings: sound files, and sound on standard input, that act like a microphone."""

import logging
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from auricle.audio.frame import (
    FRAME_BYTES,
    FRAME_SECONDS,
    SAMPLE_BYTES,
    SAMPLE_RATE,
    Frame,
    FrameCutter,
)
from auricle.audio.source import SourceHealth
from auricle.audio.standard_input import Sound, StandardInput

logger = logging.getLogger(__name__)

STANDARD_INPUT = "-"
_SILENCE = bytes(FRAME_BYTES)
# Who pipes in live sound has a clock of its own. Reading a little faster than real
# time never falls behind it, where a clock 50 ppm slow would lag 4 s after a day.
_PIPE_SPEED = 1.01


def read_recording(path: Path) -> bytes:
    """A whole sound file as 16 kHz mono s16le. Raises RecordingError."""
    # What reads files costs memory; who pipes sound in does without.
    from auricle.audio.sound import SoundFile

    with SoundFile(path) as sound:
        return b"".join(iter(sound.read, b""))


class RecordingSource:
    """Plays a recording as a microphone would deliver it, and then a quiet room.

    `path` is a WAV, FLAC or other file that libsndfile reads, or `-`: raw 16 kHz mono
    s16le PCM on standard input. Opening it again starts the file from its beginning;
    standard input goes on where it was.
    """

    def __init__(
        self, path: str | Path, *, speed: float = 1.0, lead_in: float = 0.0
    ) -> None:
        """`speed` 1 is real time, infinity as fast as it is read (the silence behind
        the recording then comes in real time). `lead_in` seconds of silence come first.

        Raises RecordingError where the file cannot be played.
        """
        if not speed > 0:
            raise ValueError(f"speed must be above 0, not {speed}")
        self._open_sound: Callable[[], Sound]
        if str(path) == STANDARD_INPUT:
            self._description = "standard input"
            piped = StandardInput(sys.stdin.fileno())
            self._open_sound = lambda: piped
            speed *= _PIPE_SPEED
        else:
            from auricle.audio.sound import SoundFile

            self._description = f"recording {path}"
            self._open_sound = partial(SoundFile, Path(path))
            # A daemon that cannot play it should not even start.
            self._open_sound().close()
        self._pace = FRAME_SECONDS / speed
        self._lead_in = round(lead_in * SAMPLE_RATE) * SAMPLE_BYTES
        self._sound: Sound | None = None
        self._finished = False
        # When sound was last got from the file or the pipe.
        self._came = 0.0

    @property
    def description(self) -> str:
        return self._description

    @property
    def health(self) -> SourceHealth:
        return SourceHealth.GOOD

    @property
    def dropped(self) -> int:
        return 0

    @property
    def finished(self) -> bool:
        """Whether all of the recording has been read, and only silence follows."""
        return self._finished

    def open(self) -> None:
        self.close()
        self._sound = self._open_sound()
        self._cutter = FrameCutter()
        self._ready: Iterator[Frame] = iter(self._cutter.push(bytes(self._lead_in)))
        self._ended = self._finished = False
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
        frame = next(self._ready, None) or self._refill(deadline)
        if frame is None:
            # Nothing was piped in. When it comes, it comes at its own pace.
            self._due = deadline
        else:
            self._due += self._pace
        return frame

    def close(self) -> None:
        if self._sound is not None:
            self._sound.close()
            self._sound = None

    def _refill(self, deadline: float) -> Frame | None:
        assert self._sound is not None, "read before open"
        while not self._ended:
            pcm = self._sound.read(deadline - time.monotonic())
            if pcm is None:
                return None
            self._came = time.monotonic()
            if not pcm:
                self._ended = True
                pcm = bytes(-self._cutter.pending % FRAME_BYTES)
            self._ready = iter(self._cutter.push(pcm))
            frame = next(self._ready, None)
            if frame is not None:
                return frame
        self._finish()
        (frame,) = self._cutter.push(_SILENCE)
        return frame

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
