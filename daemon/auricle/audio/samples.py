"""Samples as numbers to calculate with, and as the PCM that is handed on."""

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
"""Full scale is 1, which a sum or a gain may go beyond."""

_FULL_SCALE = np.float32(32768)


def from_pcm(pcm: bytes) -> Samples:
    """Return the samples of s16le PCM, from -1 to 1; the way back is exact."""
    samples: Samples = np.frombuffer(pcm, "<i2").astype(np.float32)
    samples /= _FULL_SCALE
    return samples


def to_pcm(samples: Samples) -> bytes:
    """Return samples as s16le PCM, rounded, and limited to full scale."""
    limited = np.clip(np.rint(samples * _FULL_SCALE), -32768, 32767)
    pcm: bytes = limited.astype("<i2").tobytes()
    return pcm
