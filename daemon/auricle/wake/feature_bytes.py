"""Features of sound as the bytes of a model, to be read again as they might have been.

40 bands make a feature; behind each other, features are sound. All bytes here count up
from 0, the way unsigned ones do.
"""

from auricle.audio.features import BANDS

_LOW_BANDS = 12
"""How many bands are below 1 kHz, where a vowel is loudest."""


def from_larger_mouth(features: bytes, quiet: int) -> bytes:
    """Return them half a band lower; `quiet` stands for no sound."""
    beside = bytearray(features[1:] + bytes([quiet]))
    beside[BANDS - 1 :: BANDS] = bytes([quiet]) * (len(features) // BANDS)
    return _halfway(features, bytes(beside))


def from_smaller_mouth(features: bytes, quiet: int) -> bytes:
    """Return them half a band higher; `quiet` stands for no sound."""
    beside = bytearray(bytes([quiet]) + features[:-1])
    beside[::BANDS] = bytes([quiet]) * (len(features) // BANDS)
    return _halfway(features, bytes(beside))


def low_tones(features: bytes) -> float:
    """Return the mean of the low bands."""
    if not features:
        return 0.0
    low = sum(sum(features[band::BANDS]) for band in range(_LOW_BANDS))
    return low / (len(features) // BANDS * _LOW_BANDS)


def _halfway(one: bytes, other: bytes) -> bytes:
    """The means of their bytes, rounded down."""
    # All at once, as one number: a loop in Python would take as long as the model.
    a, b = int.from_bytes(one, "little"), int.from_bytes(other, "little")
    seven_bits = int.from_bytes(b"\x7f" * len(one), "little")
    mean = (a & b) + (((a ^ b) >> 1) & seven_bits)
    return mean.to_bytes(len(one), "little")
