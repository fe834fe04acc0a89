"""Rooms with six walls, calculated by their mirror images: how a sound gets from any
place in one to any other.

Below and above 1.5 kHz each wall reflects, and each mouth speaks, in its own way:
furniture swallows high tones, and a head keeps them from what is behind it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auricle.audio.frame import SAMPLE_RATE
from benchmarks.answers.acoustics import through
from benchmarks.recordings import Samples

Numbers = npt.NDArray[np.float64]
"""Also a place or a direction: meters along a room's length, width and height."""

_SOUND = 343.0
"""Meters a second."""
# Sabine's constant, in seconds per meter.
_SABINE = 0.161
_HIGH_DECAY = 0.8
"""Of the reverberation, above 1.5 kHz: 4 kHz in furnished rooms, and in their air."""
# Mirror images say where the first reflections come from, which differs from place to
# place; behind that the ear, and any microphone, gets noise that decays.
_EARLY, _MATCHED = 0.05, 0.015
_LASTS = 0.9
_CROSSOVER, _TAPS = 1500.0, 127
_DEEPEST = 100.0
# Behind a head it is 4 dB fainter at 500 Hz, 14 dB at 4 kHz.
MOUTH = (0.82, 0.6)
_OMNI = (1.0, 1.0)


def _crossover() -> tuple[Samples, Samples]:
    at = np.arange(_TAPS) - _TAPS // 2
    low = np.sinc(2 * _CROSSOVER / SAMPLE_RATE * at) * np.hamming(_TAPS)
    low /= low.sum()
    high = -low
    high[_TAPS // 2] += 1
    return low.astype(np.float32), high.astype(np.float32)


BANDS = _crossover()


@dataclass(frozen=True, slots=True)
class Walls:
    """The walls around a room, floor and ceiling too."""

    size: tuple[float, float, float]
    """Meters."""
    reverberation: float
    """Seconds to -60 dB, below 1.5 kHz."""

    def responses(
        self,
        source: Numbers,
        places: Sequence[Numbers],
        seed: int,
        facing: Numbers | None = None,
    ) -> list[Samples]:
        """What arrives at each place of one click at `source`, which is 1 at a distance
        of 1 m; `facing` is a direction of length 1, and None for what sounds alike all
        around.
        """
        rng = np.random.default_rng(seed)
        return [self._response(source, place, facing, rng) for place in places]

    def _response(
        self,
        source: Numbers,
        place: Numbers,
        facing: Numbers | None,
        rng: np.random.Generator,
    ) -> Samples:
        first = float(np.linalg.norm(source - place)) / _SOUND
        away, walls, ahead = self.images(
            source, place, (first + _EARLY) * _SOUND, facing
        )
        distance = _far(away)
        arrives = np.rint(distance / _SOUND * SAMPLE_RATE).astype(int)
        early = round((first + _EARLY) * SAMPLE_RATE) + 1
        late = round(_LASTS * self.reverberation * SAMPLE_RATE)
        whole = np.zeros(early + late + _TAPS - 1, np.float32)
        wide = MOUTH if facing is not None else _OMNI
        for band, decay, width in zip(BANDS, (1, _HIGH_DECAY), wide, strict=True):
            seconds = decay * self.reverberation
            strength = self.reflected(seconds) ** walls / distance
            strength *= width + (1 - width) * ahead
            response = np.bincount(arrives, strength, early)[:early]
            # Of the images, all of one sign, the spread is sound and the mean is none.
            level = response[-round(_MATCHED * SAMPLE_RATE) :].std()
            decays = np.exp(-6.91 / (seconds * SAMPLE_RATE) * np.arange(late))
            tail = level * rng.standard_normal(late) * decays
            clicks = np.concatenate([response, tail]).astype(np.float32)
            whole += through(clicks, band)
        return whole[_TAPS // 2 : -(_TAPS // 2)]

    def reflected(self, seconds: float) -> float:
        """How much of the pressure each wall gives back, by Eyring's formula."""
        length, width, height = self.size
        surface = 2 * (length * width + length * height + width * height)
        absorbed = _SABINE * length * width * height / (surface * seconds)
        return float(np.exp(-absorbed / 2))

    def images(
        self, source: Numbers, place: Numbers, reach: float, facing: Numbers | None
    ) -> tuple[Numbers, Numbers, Numbers]:
        """Of each image within reach: where it is, seen from the place; in how many
        walls; and how much it speaks our way (1 to our face, -1 to the other side).
        """
        axes = [
            _along(*axis, reach) for axis in zip(self.size, source, place, strict=True)
        ]
        away, hits, turned = (
            np.meshgrid(*each, indexing="ij", sparse=True)
            for each in zip(*axes, strict=True)
        )
        distance = np.sqrt(away[0] ** 2 + away[1] ** 2 + away[2] ** 2)
        near = distance < reach
        walls = (hits[0] + hits[1] + hits[2])[near]
        places = np.stack(
            [np.broadcast_to(part, near.shape)[near] for part in away], axis=1
        )
        if facing is None:
            return places, walls, np.zeros_like(walls)
        towards = sum(
            -part * sign * way
            for part, sign, way in zip(away, turned, facing, strict=True)
        )
        return places, walls, np.asarray(towards)[near] / _far(places)


def _far(places: Numbers) -> Numbers:
    return np.asarray(np.maximum(np.linalg.norm(places, axis=1), 0.05))


def _along(
    size: float, source: float, place: float, reach: float
) -> tuple[Numbers, Numbers, Numbers]:
    """Along one axis: where images are, seen from the place; in how many walls; and
    whether turned around (-1).
    """
    far = int(reach / (2 * size)) + 1
    rooms = np.arange(-far, far + 1)
    same, mirrored = 2 * rooms * size + source, 2 * rooms * size - source
    walls = np.concatenate([np.abs(2 * rooms), np.abs(2 * rooms - 1)]).astype(float)
    turned = np.repeat([1.0, -1.0], len(rooms))
    return np.concatenate([same, mirrored]) - place, walls, turned


def without_rumble(samples: Samples) -> Samples:
    """What is left above 100 Hz: images of one sign make too much of what is below."""
    spectrum = np.fft.rfft(samples)
    ratio = (np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE) / _DEEPEST) ** 4
    return np.asarray(
        np.fft.irfft(spectrum * ratio / (1 + ratio), len(samples)), np.float32
    )


def mixed(sounds: Sequence[Samples], length: int | None = None) -> Samples:
    """All at once, from the same moment on."""
    whole = np.zeros(length or max(map(len, sounds), default=0), np.float32)
    for sound in sounds:
        whole[: len(sound)] += sound[: len(whole)]
    return whole
