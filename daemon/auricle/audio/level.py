"""How loud sound is."""

import math

import numpy as np

from auricle.audio.frame import Frame

FULL_SCALE = 32768
QUIETEST_DBFS = -96.0
"""Of 16 bits: nothing but zeros."""
_QUIETEST = (FULL_SCALE * 10 ** (QUIETEST_DBFS / 20)) ** 2


def power(frame: Frame) -> float:
    """Mean square of the samples."""
    samples = np.frombuffer(frame.pcm, "<i2").astype(np.float32)
    return float(samples @ samples) / max(1, samples.size)


def dbfs(power: float) -> float:
    """Decibels below a full-scale square wave; at least QUIETEST_DBFS."""
    return 10 * math.log10(max(power, _QUIETEST) / FULL_SCALE**2)
