"""Where a wake word ends and what is said behind it begins.

An engine knows the end of its word within a tenth of a second, and less will do for a
syllable: the word's last vowel becomes a "So," in front of the command, or the command
has lost its first consonant. Words that follow upon each other are softest where they
meet, and a pause between them is softer still: there, near where the engine believes
it, is the end.
"""

import math
from array import array
from collections.abc import Sequence
from itertools import accumulate

from auricle.audio.frame import SAMPLE_RATE, Frame

EARLIER, LATER = 0.10, 0.06
"""Seconds around the engine's belief. To lose a sound of the command is worse than to
keep one of the word."""

_STEP = SAMPLE_RATE // 100
# A single pulse of a voice is no pause.
_SMOOTHED = 3


def word_end(frames: Sequence[Frame], believed: int) -> int:
    """Return the sample position where the word ends; it is near the one `believed`,
    in `frames`, which are consecutive and up to the detection.
    """
    if not frames:
        return believed
    first, behind = frames[0].start, frames[-1].end
    sound = array("h", b"".join(frame.pcm for frame in frames))
    earliest = max(0, believed - round(EARLIER * SAMPLE_RATE) - first)
    latest = min(behind, believed + round(LATER * SAMPLE_RATE)) - first
    powers = [_power(sound[at : at + _STEP]) for at in range(earliest, latest, _STEP)]
    sums = list(accumulate(powers, initial=0.0))
    smooth = [
        later - earlier for earlier, later in zip(sums, sums[_SMOOTHED:], strict=False)
    ]
    if not smooth:
        return min(max(believed, first), behind)
    softest = smooth.index(min(smooth))
    return first + earliest + softest * _STEP + _SMOOTHED * _STEP // 2


def _power(samples: "array[int]") -> float:
    """Mean square, without what is constant."""
    return math.hypot(*samples) ** 2 - sum(samples) ** 2 / len(samples)
