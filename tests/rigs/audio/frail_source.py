"""A microphone that can be pulled out, put back, jammed, and stopped from closing."""

import contextlib
import queue
import threading
import time
from collections.abc import Sequence

from auricle.audio.frame import FRAME_SAMPLES, Frame
from auricle.audio.source_health import SourceHealth
from auricle.errors import MicrophoneError


class FrailSource:
    """Delivers what the test plays into it; positions start at 0 with each opening."""

    def __init__(self) -> None:
        self.plugged_in = threading.Event()
        self.plugged_in.set()
        self.closable = threading.Event()
        self.closable.set()
        self.openings = 0
        self.closings = 0
        """Begun, for whoever is stopped from closing never ends it."""
        self.refusals = 0
        self.is_open = False
        self._sound: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._position = 0
        self.health = SourceHealth.GOOD

    description = "a frail microphone"
    remarks = ()
    dropped = 0
    pace = 1.0
    caught_up = True

    def play(self, frames: Sequence[Frame]) -> None:
        """Sound for it to hear, as soon as it is read."""
        for frame in frames:
            self._sound.put(frame.pcm)

    def advice(self, health: SourceHealth) -> str:
        return "give it some rest"

    def open(self) -> None:
        if not self.plugged_in.is_set():
            self.refusals += 1
            raise MicrophoneError("it is not plugged in")
        self.openings += 1
        self.is_open = True
        self._position = 0

    def read(self, timeout: float, together: int = 1) -> Sequence[Frame]:
        assert self.is_open
        deadline = time.monotonic() + timeout
        frames: list[Frame] = []
        with contextlib.suppress(queue.Empty):
            while len(frames) < together:
                wait = max(0.0, deadline - time.monotonic())
                frames.append(Frame(self._sound.get(timeout=wait), self._position))
                self._position += FRAME_SAMPLES
        if not frames and not self.plugged_in.is_set():
            raise MicrophoneError("the device is gone")
        return frames

    def close(self) -> None:
        self.closings += 1
        self.closable.wait(60)
        self.is_open = False
