"""What the sound says about the device that it comes from."""

from collections.abc import Mapping
from enum import StrEnum

from auricle.audio.frame import FRAME_SECONDS, Frame

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
# Captured sound waits while a sound server is busy, and then comes all at once: so much
# of it is late, not fast. So is as much as came before in no time at all, which is what
# a process that was stopped finds.
_EARLY, _LATE = 1.0, 2.0

# Once it is found, clipping is over at half of that: one word more or less is no news.
_CLIPPING_OVER = CLIPPING_SHARE / 2


class SourceHealth(StrEnum):
    """What the sound itself says about the device, while frames do arrive."""

    GOOD = "good"
    ZEROS = "zeros"
    """Exact zeros for many seconds: no room is that quiet; muted or suspended."""
    CLIPPING = "clipping"
    """Full scale again and again: the gain is too high to understand speech."""
    CANCELLING = "cancelling"
    """Channels in opposite phase: their mix, which is heard, has no voice in it."""


MEANINGS: Mapping[SourceHealth, str] = {
    SourceHealth.ZEROS: "delivers nothing but zeros",
    SourceHealth.CLIPPING: "is at full scale again and again, too loud to understand",
    SourceHealth.CANCELLING: "has channels in opposite phase: no voice is in their mix",
}
"""What each means, said of a source; what to do about it, the source knows."""


def trouble(description: str, health: SourceHealth, advice: str) -> str:
    """Tell a person what is wrong with a source, in a sentence; empty where
    nothing is.
    """
    meaning = MEANINGS.get(health)
    return f"{description} {meaning}: {advice}" if meaning else ""


class LevelWatch:
    """Tells from the samples whether a device that delivers can be understood."""

    def __init__(self, *, recorded: bool = False) -> None:
        """Watch a device, or a recording: then silence between sounds is no fault, for
        editors make it of zeros, and a short one is judged as a whole at its `end`.
        """
        self._recorded = recorded
        self._frames = self._clipped_frames = self._zero_frames = 0
        self._sound_heard = self._is_over = False
        self._clipping = 0.0
        self._clips = False

    @property
    def health(self) -> SourceHealth:
        """What the frames say that were watched so far."""
        edited = self._recorded and self._sound_heard
        if self._zero_frames >= _ZERO_FRAMES and not edited:
            return SourceHealth.ZEROS
        if self._is_over and self._frames and not self._sound_heard:
            return SourceHealth.ZEROS
        if self._clips:
            return SourceHealth.CLIPPING
        return SourceHealth.GOOD

    def watch(self, frame: Frame) -> None:
        """Take the next frame into account."""
        sound = any(frame.pcm)
        self._zero_frames = 0 if sound else self._zero_frames + 1
        self._sound_heard |= sound
        clipped = _clips(frame.pcm)
        self._frames += 1
        self._clipped_frames += clipped
        self._clipping += (clipped - self._clipping) * FRAME_SECONDS / CLIPPING_SECONDS
        limit = _CLIPPING_OVER if self._clips else CLIPPING_SHARE
        self._clips = self._clipping > limit

    def end(self) -> None:
        """Judge a recording as a whole: all of it has been heard, however
        short it was.
        """
        self._is_over = True
        self._clips |= self._clipped_frames > CLIPPING_SHARE * self._frames


class PaceWatch:
    """Tells a device whose sound outruns the clock."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._may_wait = 0.0

    def outruns(self, sound: float, elapsed: float) -> bool:
        """Take `sound` seconds captured over `elapsed` seconds; tell whether the device
        outruns the clock.
        """
        self._may_wait = max(self._may_wait, elapsed) - sound
        late = max(_LATE, self._may_wait)
        self._ahead = max(self._ahead + sound - elapsed * FASTEST, -late)
        return self._ahead > _EARLY


def _clips(pcm: bytes) -> bool:
    if not any(extreme in pcm for extreme in _EXTREMES):
        return False
    samples = memoryview(pcm).cast("h")
    return max(samples) == _FULL_SCALE or min(samples) <= -_FULL_SCALE
