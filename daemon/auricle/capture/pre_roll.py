"""The sound from just before the wake word was recognized."""

import math
from collections import deque
from collections.abc import Callable

from auricle.audio.frame import FRAME_SECONDS, SAMPLE_BYTES, SAMPLE_RATE, Frame
from auricle.capture.word_end import word_end


class PreRoll:
    """Remembers the room of late, the end of a wake word and what follows it included.

    A wake word engine speaks up 0.1 to 0.3 s after the word has ended, and later where
    it was in doubt. Who says the command without a pause has begun it by then, so the
    turn starts in the past: where the word ended, or `margin` seconds before.
    """

    def __init__(self, margin: float, *, memory: float) -> None:
        """Keep the last `memory` seconds: the margin, and how late an engine may be."""
        self._margin = round(margin * SAMPLE_RATE)
        self._frames: deque[Frame] = deque(maxlen=math.ceil(memory / FRAME_SECONDS))

    def push(self, frame: Frame) -> None:
        """Take the next frame, and let go of the oldest."""
        self._frames.append(frame)

    def behind(
        self, believed_end: int, again: Callable[[Frame], Frame] = lambda frame: frame
    ) -> tuple[Frame, ...]:
        """Return what was said behind a wake word that is believed to end there, and
        the margin before it, oldest frame first. What the first frame holds of the time
        before that is silence. Of each frame `again` makes what is returned.
        """
        frames = self.memory()
        start = word_end(frames, believed_end) - self._margin
        kept = [again(frame) for frame in frames if frame.end > start]
        if kept and kept[0].start < start:
            cut = (start - kept[0].start) * SAMPLE_BYTES
            kept[0] = Frame(bytes(cut) + kept[0].pcm[cut:], kept[0].start)
        return tuple(kept)

    def memory(self) -> tuple[Frame, ...]:
        """Return all that is held, oldest frame first: how loud the room has been of
        late.
        """
        return tuple(self._frames)

    def clear(self) -> None:
        """Forget everything, as when sample positions begin anew."""
        self._frames.clear()
