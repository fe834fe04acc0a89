"""Whether two satellites heard the same person, or two who spoke at the same moment.

A print says how the voice's bands rise and fall, in a wake word and the beginning of
what follows, and neither how loud it was nor what was said. Of the word alone all
people's are alike.
"""

import math
from collections.abc import Sequence
from operator import mul, sub
from statistics import fmean

from auricle.audio.features import BANDS, STEP_BYTES, STEP_MS, FeatureExtractor
from auricle.audio.frame import Frame

WORD, COMMAND = 1.5, 1.4
"""Seconds of sound that a print is made of, before the detection and behind it. The
first half second only tells the noise of the room.
"""

_PRINTED = 2.4
_BANDS, _TOGETHER = 8, 2
_WIDTH = BANDS // _BANDS
_STEP = _TOGETHER * STEP_MS / 1000
_STEPS = round(_PRINTED / _STEP)
# Engines are sure of one word up to 0.25 s apart from each other.
_LAG = round(0.5 / _STEP)
_LEAST_STEPS = round(1.2 / _STEP)
# Values are four bits, two to a byte.
_MOST, _ZERO, _VALUES = 7, 8, 16
# Prints of one voice in two rooms are less alike once in 150 times; those of two people
# are more alike once in 50.
_ALIKE = 0.55


def print_of(frames: Sequence[Frame]) -> bytes:
    """Return the print of a voice, at most 480 bytes: `frames` are WORD seconds up to
    the detection of the wake word, and COMMAND seconds behind it.
    """
    pcm = b"".join(frame.pcm for frame in frames)
    whole = len(pcm) // STEP_BYTES * STEP_BYTES
    features = FeatureExtractor().hear(pcm[:whole])
    pairs = zip(features[::_TOGETHER], features[1::_TOGETHER], strict=False)
    steps = [_banded(*pair) for pair in pairs][-_STEPS:]
    means = [fmean(band) for band in zip(*steps, strict=True)]
    values = [sub(*both) for step in steps for both in zip(step, means, strict=True)]
    most = max(map(abs, values), default=0) or 1
    fours = [round(value / most * _MOST) + _ZERO for value in values]
    return bytes(
        high * _VALUES + low for high, low in zip(fours[::2], fours[1::2], strict=True)
    )


def same_person(one: bytes, other: bytes) -> bool:
    """Tell whether these are prints of the same voice, heard at the same time; true
    where they are too short, or too empty, to tell.
    """
    first, second = _values(one), _values(other)
    if min(len(first), len(second)) < _LEAST_STEPS * _BANDS:
        return True
    return any(
        _alike(first[max(0, lag) :], second[max(0, -lag) :])
        for lag in range(-_LAG * _BANDS, _LAG * _BANDS + 1, _BANDS)
    )


def _banded(first: Sequence[float], second: Sequence[float]) -> list[float]:
    return [
        fmean((*first[at : at + _WIDTH], *second[at : at + _WIDTH]))
        for at in range(0, BANDS, _WIDTH)
    ]


def _values(print_: bytes) -> list[int]:
    return [
        four - _ZERO for byte in print_ for four in (byte // _VALUES, byte % _VALUES)
    ]


def _alike(first: Sequence[int], second: Sequence[int]) -> bool:
    length = min(len(first), len(second))
    first, second = first[:length], second[:length]
    strength = math.hypot(*first) * math.hypot(*second)
    together: int = sum(map(mul, first, second))
    return together >= _ALIKE * strength
