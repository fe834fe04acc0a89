"""The sound from just before the wake word was recognized."""

import math
from collections import deque

from auricle.audio.frame import FRAME_SECONDS, Frame


class PreRoll:
    """Keeps the last `seconds` of frames, and a longer memory of the room.

    A wake word engine speaks up 0.1 to 0.3 s after the word has ended. Who says the
    command without a pause has begun it by then, so the turn starts in the past.
    """

    def __init__(self, seconds: float, *, memory: float) -> None:
        """Keep `seconds` of sound as the pre-roll, and `memory` seconds in all where
        that is more.
        """
        self._pre_roll = math.ceil(seconds / FRAME_SECONDS)
        frames = max(self._pre_roll, math.ceil(memory / FRAME_SECONDS))
        self._frames: deque[Frame] = deque(maxlen=frames)

    def push(self, frame: Frame) -> None:
        """Take the next frame, and let go of the oldest."""
        self._frames.append(frame)

    def frames(self) -> tuple[Frame, ...]:
        """Return the pre-roll, oldest frame first."""
        frames = tuple(self._frames)
        return frames[max(0, len(frames) - self._pre_roll) :]

    def memory(self) -> tuple[Frame, ...]:
        """Return all that is held, oldest frame first: how loud the room has been of
        late.
        """
        return tuple(self._frames)

    def clear(self) -> None:
        """Forget everything, as when sample positions begin anew."""
        self._frames.clear()
