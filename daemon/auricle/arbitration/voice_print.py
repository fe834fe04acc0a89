"""Whether two satellites heard the same person, or two who spoke at the same moment.

A print says how the voice's bands rise and fall, in a wake word and the beginning of
what follows, and neither how loud it was nor what was said. Of the word alone all
people's are alike.
"""

import math
from collections.abc import Sequence
from operator import mul, sub

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
_UNIT = 2.0
# A voice that hardly stands out of its room's noise has a flat print, and that is less
# like any other one: it has to differ more until it is another person's.
_ALIKE, _FLAT_ALIKE = 0.65, 0.5
_FLAT = 4.2 / _UNIT


def print_of(frames: Sequence[Frame]) -> bytes:
    """Return the print of a voice, at most 480 bytes: `frames` are WORD seconds up to
    the detection of the wake word, and COMMAND seconds behind it.
    """
    pcm = b"".join(frame.pcm for frame in frames)
    whole = len(pcm) // STEP_BYTES * STEP_BYTES
    features = FeatureExtractor().hear(pcm[:whole])
    together = zip(*(features[at::_TOGETHER] for at in range(_TOGETHER)), strict=False)
    steps = [_banded(step) for step in together][-_STEPS:]
    means = [sum(band) / len(band) for band in zip(*steps, strict=True)]
    values = [sub(*both) for step in steps for both in zip(step, means, strict=True)]
    fours = [max(-_MOST, min(_MOST, round(value / _UNIT))) + _ZERO for value in values]
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
    flat = min(_spread(first), _spread(second)) < _FLAT
    alike = _FLAT_ALIKE if flat else _ALIKE
    return any(
        _likeness(first[max(0, lag) :], second[max(0, -lag) :]) >= alike
        for lag in range(-_LAG * _BANDS, _LAG * _BANDS + 1, _BANDS)
    )


def _banded(features: Sequence[Sequence[float]]) -> list[float]:
    return [
        sum(sum(each[at : at + _WIDTH]) for each in features) / (_WIDTH * len(features))
        for at in range(0, BANDS, _WIDTH)
    ]


def _values(print_: bytes) -> list[int]:
    return [
        four - _ZERO for byte in print_ for four in (byte // _VALUES, byte % _VALUES)
    ]


def _spread(values: Sequence[int]) -> float:
    return math.hypot(*values) / math.sqrt(len(values))


def _likeness(first: Sequence[int], second: Sequence[int]) -> float:
    """Return how alike they are, -1 to 1; 1 where one of them is empty."""
    length = min(len(first), len(second))
    first, second = first[:length], second[:length]
    strength = math.hypot(*first) * math.hypot(*second)
    together: int = sum(map(mul, first, second))
    return together / strength if strength else 1.0
