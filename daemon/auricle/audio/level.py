"""How loud sound is."""

import math

from auricle.audio.frame import Frame

FULL_SCALE = 32768
QUIETEST_DBFS = -96.0
"""The level of digital silence: 16 bits have nothing between it and zeros."""
_QUIETEST = (FULL_SCALE * 10 ** (QUIETEST_DBFS / 20)) ** 2


def power(frame: Frame) -> float:
    """Return the mean square of the samples, which are whole numbers up to
    FULL_SCALE.
    """
    samples = memoryview(frame.pcm).cast("h")
    return math.hypot(*samples) ** 2 / max(1, len(samples))


def dbfs(power: float) -> float:
    """Return a power in decibels below that of a full-scale square wave; at least
    QUIETEST_DBFS.
    """
    return 10 * math.log10(max(power, _QUIETEST) / FULL_SCALE**2)
