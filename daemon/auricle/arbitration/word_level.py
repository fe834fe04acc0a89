"""How near the voice is that said the wake word.

Microphones differ in gain, so that loudness alone says little: a voice is measured
against what the same microphone hears of its room. What comes from another room, or
from a mouth that is turned away, has lost its high tones first: half of what they stand
above the low ones counts as well.

Up to a detection nothing is calculated, and then by what Python has in C: NumPy would
be a quarter of the idle daemon's memory.
"""

import math
from array import array
from collections.abc import Callable, Sequence
from itertools import accumulate, repeat
from operator import itemgetter, mul, sub
from typing import TypeAlias

from auricle.audio.frame import FRAME_SECONDS, SAMPLE_BYTES, SAMPLE_RATE, Frame

# The word, and what an engine takes until it is sure of it; before that is the room.
_WORD = round(1.0 / FRAME_SECONDS)
_LOUDEST = round(0.3 / FRAME_SECONDS)
# Somebody may have talked before; pauses between words are the room all the same.
_FLOOR_QUANTILE = 0.2
_QUIETEST = round(0.6 / FRAME_SECONDS)
_HIGH_TONES_COUNT = 0.5
# A share of a band's noise, where its voice is not heard.
_LEAST_LEFT = 1e-3
# Rumble, in which no voice is, hardly changes within a step.
_STEP = SAMPLE_RATE // 200
# Samples are whole numbers: nothing fainter than that has a level.
_LEAST_POWER = 1.0
# Sums of so many samples, every so many, keep what is below 1.2 kHz.
_SUMMED, _APART = 8, 4

_Samples: TypeAlias = "array[int]"
_power_of = itemgetter(0)


def word_level(frames: Sequence[Frame]) -> float:
    """Return how near the voice is, in dB, by what was heard in the last seconds up to
    the detection, oldest frame first.
    """
    sound = [_samples(frame) for frame in frames if frame.seconds >= FRAME_SECONDS]
    leveled = [(_power(samples), samples) for samples in sound]
    if not leveled:
        return 0.0
    word, room = leveled[-_WORD:], leveled[:-_WORD] or leveled
    loudest = sorted(word, key=_power_of)[-_LOUDEST:]
    quietest = sorted(room, key=_power_of)
    floor = quietest[int(len(room) * _FLOOR_QUANTILE)][0]
    voice = [samples for _, samples in loudest]
    noise = [samples for _, samples in quietest[:_QUIETEST]]
    above_floor = _db(sum(map(_power_of, loudest)) / len(loudest) / floor)
    high, low = (_without(noise, voice, band) for band in (_high, _low))
    return above_floor + _HIGH_TONES_COUNT * _db(high / low)


def _samples(frame: Frame) -> _Samples:
    samples = array("h")
    samples.frombytes(frame.pcm[: len(frame.pcm) // SAMPLE_BYTES * SAMPLE_BYTES])
    return samples


def _power(samples: _Samples) -> float:
    """Mean square, without what is constant for 5 ms."""
    steps = [samples[at : at + _STEP] for at in range(0, len(samples), _STEP)]
    constant = sum(sum(step) ** 2 / len(step) for step in steps)
    return max(math.hypot(*samples) ** 2 - constant, 0) / len(samples) + _LEAST_POWER


def _without(
    noise: Sequence[_Samples],
    voice: Sequence[_Samples],
    band: Callable[[_Samples], Sequence[int]],
) -> float:
    """What the voice has in a band, the noise subtracted."""
    both, alone = (
        sum(_mean_square(band(samples)) for samples in sound) / len(sound)
        for sound in (voice, noise)
    )
    return max(both - alone, _LEAST_LEFT * alone)


def _mean_square(values: Sequence[int]) -> float:
    return math.hypot(*values) ** 2 / len(values) + _LEAST_POWER


def _low(samples: _Samples) -> Sequence[int]:
    """What there is from 0.4 to 1.2 kHz, at 4 kHz."""
    sums = list(accumulate(samples, initial=0))
    smooth = list(map(sub, sums[_SUMMED::_APART], sums[:-_SUMMED:_APART]))
    return list(map(sub, smooth[2:], smooth))


def _high(samples: _Samples) -> Sequence[int]:
    """What there is from 3 to 7 kHz, folded to 4 kHz: the third difference."""
    first, second, third, last = (samples[at::_APART] for at in range(_APART))
    inner = map(mul, map(sub, third, second), repeat(3))
    return list(map(sub, map(sub, last, first), inner))


def _db(ratio: float) -> float:
    return 10 * math.log10(ratio)
