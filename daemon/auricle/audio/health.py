"""What the sound says about the device that it comes from."""

from auricle.audio.frame import FRAME_SECONDS, Frame
from auricle.audio.source import SourceHealth

ZEROS_SECONDS = 10.0
_ZERO_FRAMES = round(ZEROS_SECONDS / FRAME_SECONDS)
# One frame in ten over some seconds: a slammed door is not a wrong gain.
CLIPPING_SHARE, CLIPPING_SECONDS = 0.1, 10.0
_FULL_SCALE = 32767
# Highest and lowest samples as bytes. Also two neighbors can look like one: whoever
# finds one looks closer.
_EXTREMES = tuple(
    value.to_bytes(2, "little", signed=True)
    for value in (_FULL_SCALE, -_FULL_SCALE, -_FULL_SCALE - 1)
)

# Sound cannot come faster than time passes. An ALSA "null" device in place of a lost
# one does: it was measured at 1400 times real time.
FASTEST = 1.05
# Captured sound waits while a sound server or this process is stopped, and then comes
# all at once: so much of it is late, not fast.
_EARLY, _LATE = 1.0, 2.0


class LevelWatch:
    """Tells from the samples whether a device that delivers can be understood."""

    def __init__(self) -> None:
        self._zero_frames = 0
        self._clipping = 0.0

    @property
    def health(self) -> SourceHealth:
        if self._zero_frames >= _ZERO_FRAMES:
            return SourceHealth.ZEROS
        if self._clipping > CLIPPING_SHARE:
            return SourceHealth.CLIPPING
        return SourceHealth.GOOD

    def watch(self, frame: Frame) -> None:
        self._zero_frames = 0 if any(frame.pcm) else self._zero_frames + 1
        clipped = _clips(frame.pcm)
        self._clipping += (clipped - self._clipping) * FRAME_SECONDS / CLIPPING_SECONDS


class PaceWatch:
    """Tells a device whose sound outruns the clock."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def outruns(self, sound: float, elapsed: float) -> bool:
        """Take `sound` seconds captured over `elapsed` seconds; whether it is one."""
        self._ahead = max(self._ahead + sound - elapsed * FASTEST, -_LATE)
        return self._ahead > _EARLY


def _clips(pcm: bytes) -> bool:
    if not any(extreme in pcm for extreme in _EXTREMES):
        return False
    samples = memoryview(pcm).cast("h")
    return max(samples) == _FULL_SCALE or min(samples) <= -_FULL_SCALE
