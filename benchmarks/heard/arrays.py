"""Microphone arrays in rooms that echo: what each of their microphones hears.

Mirror images all the way, unlike `benchmarks.rooms.acoustics`, whose reverberation is
noise of each place's own: between microphones a hand's breadth apart it is the same
sound, a little later, and only so do arrays show what they are worth. No image is
quite where the mirrors put it, for no room is a perfect box.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from auricle.audio.frame import SAMPLE_RATE
from benchmarks.answers.acoustics import through
from benchmarks.recordings import Samples
from benchmarks.rooms.acoustics import BANDS, MOUTH, Numbers, Walls

_SOUND = 343.0
_FINER = 8
"""How many steps a sample is cut into, to tell one microphone from its neighbor."""
_JITTER = 0.08
_LASTS = 1.1
_HALVINGS = 7

ARRAYS: Mapping[str, Numbers] = {
    "one": np.array([[0.0, 0.0, 0.0]]),
    "two": np.array([[-0.029, 0.0, 0.0], [0.029, 0.0, 0.0]]),
    "square": 0.0325
    * np.array(
        [[-1.0, -1.0, 0.0], [1.0, -1.0, 0.0], [1.0, 1.0, 0.0], [-1.0, 1.0, 0.0]]
    ),
}
"""Meters from the middle of each, by what is sold: hats with two microphones 58 mm
apart, and with four in a square of 65 mm."""
MICROPHONES: Numbers = np.concatenate(list(ARRAYS.values()))


def of_array(sounds: Samples, name: str) -> Samples:
    """The rows of `sounds`, one for each of MICROPHONES, that are this array's."""
    at = 0
    for other, places in ARRAYS.items():
        if other == name:
            return sounds[at : at + len(places)]
        at += len(places)
    raise KeyError(name)


@dataclass(frozen=True, slots=True)
class ArrayRoom:
    """A room, and an array in it."""

    walls: Walls
    middle: Numbers
    """Where the array is."""
    turned: float
    """Radians, on its table."""

    @property
    def places(self) -> Numbers:
        cos, sin = np.cos(self.turned), np.sin(self.turned)
        turn = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
        return np.asarray(self.middle + MICROPHONES @ turn.T)

    def responses(
        self, source: Numbers, seed: int, facing: Numbers | None = None
    ) -> Samples:
        """What arrives at each microphone of one click at `source`, as for
        `Walls.responses`; a row each.
        """
        rng = np.random.default_rng(seed)
        seconds = self.walls.reverberation
        first = float(np.linalg.norm(source - self.middle)) / _SOUND
        reach = (first + _LASTS * seconds) * _SOUND
        images, walls, ahead = self.walls.images(source, self.middle, reach, facing)
        moved = rng.uniform(-_JITTER, _JITTER, images.shape) * (walls > 0)[:, None]
        length = round((first + _LASTS * seconds) * SAMPLE_RATE) + 64
        far = np.linalg.norm(images, axis=1)
        seconds = _calibrated(self.walls, far, walls)
        rows = []
        wide = MOUTH if facing is not None else (1.0, 1.0)
        for place in self.places:
            distance = np.linalg.norm(images + moved - (place - self.middle), axis=1)
            whole = np.zeros(length + len(BANDS[0]) - 1, np.float32)
            for band, decay, width in zip(BANDS, (1, 0.8), wide, strict=True):
                strength = self.walls.reflected(decay * seconds) ** walls / distance
                strength *= width + (1 - width) * ahead
                whole += through(_clicks(distance, strength, length), band)
            rows.append(whole[len(BANDS[0]) // 2 :][:length])
        return np.array(rows)


def _calibrated(walls: Walls, far: Numbers, hits: Numbers) -> float:
    """The reverberation that Eyring's formula must be given for the room to have its
    own: formulas hold where sound comes from all around, and in no room with six walls.
    """
    low, high = 0.2 * walls.reverberation, 1.2 * walls.reverberation
    at = (far / _SOUND * 1000).astype(int)
    for _ in range(_HALVINGS):
        seconds = (low + high) / 2
        power = np.bincount(at, (walls.reflected(seconds) ** hits / far) ** 2)
        left = np.cumsum(power[::-1])[::-1]
        decay = 10 * np.log10(left / left[0] + 1e-12)
        measured = 3e-3 * (np.argmax(decay < -25) - np.argmax(decay < -5))
        if measured > walls.reverberation:
            high = seconds
        else:
            low = seconds
    return seconds


def _clicks(distance: Numbers, strength: Numbers, length: int) -> Samples:
    """One click for each distance, between samples where it is due there."""
    at = distance / _SOUND * SAMPLE_RATE * _FINER
    whole = np.floor(at).astype(int)
    later = at - whole
    size = length * _FINER
    fine = np.bincount(whole, strength * (1 - later), size)[:size]
    fine += np.bincount(whole + 1, strength * later, size)[:size]
    spectrum = np.fft.rfft(fine)[: length // 2 + 1]
    return np.asarray(np.fft.irfft(spectrum, length), np.float32)
