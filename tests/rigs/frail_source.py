"""A microphone that can be pulled out, put back, jammed, and stopped from closing."""

import queue
import threading
from collections.abc import Sequence

from auricle.audio.frame import FRAME_SAMPLES, Frame
from auricle.audio.source import SourceHealth
from auricle.errors import MicrophoneError


class FrailSource:
    """Delivers what the test plays into it; positions start at 0 with each opening."""

    def __init__(self) -> None:
        self.plugged_in = threading.Event()
        self.plugged_in.set()
        self.closable = threading.Event()
        self.closable.set()
        self.openings = 0
        self.refusals = 0
        self.is_open = False
        self._sound: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._position = 0

    description = "a frail microphone"
    health = SourceHealth.GOOD
    dropped = 0

    def play(self, frames: Sequence[Frame]) -> None:
        """Sound for it to hear, as soon as it is read."""
        for frame in frames:
            self._sound.put(frame.pcm)

    def open(self) -> None:
        if not self.plugged_in.is_set():
            self.refusals += 1
            raise MicrophoneError("it is not plugged in")
        self.openings += 1
        self.is_open = True
        self._position = 0

    def read(self, timeout: float) -> Frame | None:
        assert self.is_open
        try:
            pcm = self._sound.get(timeout=timeout)
        except queue.Empty:
            if not self.plugged_in.is_set():
                raise MicrophoneError("the device is gone") from None
            return None
        frame = Frame(pcm, self._position)
        self._position += FRAME_SAMPLES
        return frame

    def close(self) -> None:
        self.closable.wait(60)
        self.is_open = False
