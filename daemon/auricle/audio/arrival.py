"""When a known sound arrives in what is heard, by their whitened correlation."""

from dataclasses import dataclass

import numpy as np

from auricle.audio.frame import SAMPLE_RATE
from auricle.audio.samples import Samples

# Below, rooms hum; above, small loudspeakers and other rates' filters end.
_LOWEST, _HIGHEST = 200, 6000
# Frequencies that hold less of what is common, as a share of the most, say nothing.
_FAINT = 1e-3


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where a sound is in another one, as far as can be told."""

    at: float
    """The sample of the longer one at which the shorter one begins, to a fraction."""
    certainty: float
    """The height of the correlation there, in its standard deviations: chance alone
    makes 4 to 5 of it.
    """


def find(needle: Samples, hay: Samples) -> Arrival:
    """Find where `needle` lies in `hay`, which is longer; either may be distorted, and
    have other sound in it.

    Each frequency counts the same, however loud it is, so that a voice, most of which
    is low and long, is found to the sample. Both at full scale 1.
    """
    size = 1 << (len(needle) + len(hay) - 1).bit_length()
    common = np.fft.rfft(hay, size) * np.conj(np.fft.rfft(needle, size))
    strength = np.abs(common)
    frequencies = np.fft.rfftfreq(size, 1 / SAMPLE_RATE)
    counted = (frequencies > _LOWEST) & (frequencies < _HIGHEST)
    strength += (
        _FAINT * strength.max(initial=0.0, where=counted) + np.finfo(np.float32).tiny
    )
    whitened = np.where(counted, common / strength, 0)
    # A loudspeaker may be wired the other way round.
    likeness = np.abs(np.fft.irfft(whitened, size)[: len(hay) - len(needle) + 1])
    at = int(np.argmax(likeness))
    deviation = float(np.sqrt(np.mean(likeness**2)))
    certainty = float(likeness[at]) / deviation if deviation else 0.0
    return Arrival(at + _fraction(likeness[max(0, at - 1) : at + 2]), certainty)


def _fraction(around: Samples) -> float:
    """How far from the middle of three values a parabola through them has its peak."""
    if len(around) < 3:
        return 0.0
    before, peak, behind = map(float, around)
    bend = before - 2 * peak + behind
    return (before - behind) / (2 * bend) if bend else 0.0
