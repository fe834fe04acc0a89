"""Living rooms, calculated by their mirror images: what a microphone hears in them of a
loudspeaker beside it, and of a person.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import soxr

from auricle.audio.frame import SAMPLE_RATE
from benchmarks.recordings import Samples

_Numbers = npt.NDArray[np.float64]

_SOUND = 343.0
"""Meters a second."""
_SIZE, _VARIES = np.array([4.0, 5.0, 2.7]), np.array([0.5, 0.5, 0.1])
_MICROPHONE = np.array([1.0, 1.2, 1.0])
# From the microphone: 10 cm, as in one case; and a person, 2 m away, somewhat higher.
_LOUDSPEAKER = np.array([0.08, 0.06, 0.0])
_DISTANCE, _HIGHER = 2.0, 0.5
_HALVINGS = 8
_PLAYED_DB = -20.0
VOICE_DB = -30.0
_HISS_DB = -65.0
_STEP = SAMPLE_RATE // 50


@dataclass(frozen=True, slots=True, eq=False)
class LivingRoom:
    """Says how sound gets to the microphone."""

    from_loudspeaker: Samples
    from_person: Samples


@dataclass(frozen=True, slots=True)
class Loudspeaker:
    """Says what becomes of a sound on its way into the room."""

    echo_db: float
    """How much louder than the person it is heard."""
    delay: float = 0.1
    """Seconds in the player, the sound server and the device."""
    clocks: float = 3e-5
    """How much slower its clock is than the microphone's."""
    clipping: bool = False
    """Whether it is small, and driven to its limits."""


@cache
def living_room(number: int, reverberation: float) -> LivingRoom:
    """One of any number of rooms; `reverberation` is in seconds, to -60 dB."""
    rng = np.random.default_rng(number)
    size = _SIZE + _VARIES * rng.uniform(-1, 1, 3)
    angle = rng.uniform(0.2, 1.3)
    person = _DISTANCE * np.array([np.cos(angle), np.sin(angle), 0.0])
    person[2] = _HIGHER
    # Formulas hold where sound comes from all around, and in no room with six walls.
    dull, bright = 0.0, 1.0
    for _ in range(_HALVINGS):
        reflected = (dull + bright) / 2
        response = _response(size, _MICROPHONE + person, reflected, reverberation)
        if reverberation_of(response) > reverberation:
            bright = reflected
        else:
            dull = reflected
    loudspeaker = _MICROPHONE + _LOUDSPEAKER
    return LivingRoom(_response(size, loudspeaker, reflected, reverberation), response)


def reverberation_of(response: Samples) -> float:
    """Seconds to -60 dB, as rooms are measured: from -5 to -25 dB, and three times
    that.
    """
    left = np.cumsum(response[::-1].astype(float) ** 2)[::-1]
    decay = 10 * np.log10(left / left[0] + 1e-12)
    third = np.argmax(decay < -25) - np.argmax(decay < -5)
    return float(3 * third / SAMPLE_RATE)


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """One sound of the satellite's in one room, and perhaps a person."""

    room: LivingRoom
    said: Samples | None
    """As it is handed to the loudspeaker; None where the satellite is silent."""
    loudspeaker: Loudspeaker
    person: Samples
    """What somebody says, as recorded; nothing where it is empty."""
    start: float
    """Seconds to where that begins."""
    length: float
    """Seconds."""
    seed: int

    @property
    def end(self) -> float:
        """Seconds to where the person has said it."""
        return self.start + len(self.person) / SAMPLE_RATE

    def captured(self, cut: int | None = None) -> Samples:
        """What the microphone hears. Where the sound is broken off at a sample, nothing
        is in the air from then on but the room's own.
        """
        length = round(self.length * SAMPLE_RATE)
        rng = np.random.default_rng(self.seed)
        heard = rng.normal(0, amplitude(_HISS_DB), length).astype(np.float32)
        if len(self.person):
            voice = through(self.person, self.room.from_person)
            _add(heard, leveled(voice, VOICE_DB), self.start)
        if self.said is not None:
            _add(heard, self._echo(self.said, cut), self.loudspeaker.delay)
        return heard

    def _echo(self, said: Samples, cut: int | None) -> Samples:
        sounding = said
        if self.loudspeaker.clipping:
            drive = 1 / np.abs(said).max()
            sounding = np.tanh(said * drive) / drive
        # What is resampled to a higher rate takes longer where that is played at ours.
        rate = SAMPLE_RATE * (1 + self.loudspeaker.clocks)
        sounding = soxr.resample(sounding, SAMPLE_RATE, rate)
        whole = through(sounding, self.room.from_loudspeaker)
        db = VOICE_DB + self.loudspeaker.echo_db - level_db(whole)
        if cut is not None:
            delay = round(self.loudspeaker.delay * SAMPLE_RATE)
            sounding = sounding[: max(1, cut - delay)]
            whole = through(sounding, self.room.from_loudspeaker)
        return np.asarray(whole * amplitude(db), np.float32)


def level_db(samples: Samples) -> float:
    """Power of the loudest 60 % of a recording, 20 ms each."""
    steps = samples[: len(samples) // _STEP * _STEP].reshape(-1, _STEP)
    powers = np.sort(np.mean(steps.astype(float) ** 2, axis=1))
    return float(10 * np.log10(powers[round(0.4 * len(powers)) :].mean() + 1e-12))


def leveled(samples: Samples, level: float) -> Samples:
    """As loud as that, in dBFS, while the voice sounds."""
    return np.asarray(samples * amplitude(level - level_db(samples)), np.float32)


def played(answer: Samples) -> Samples:
    """An answer as it is handed to the loudspeaker."""
    return leveled(answer, _PLAYED_DB)


def through(samples: Samples, response: Samples) -> Samples:
    """A sound that went along there."""
    length = len(samples) + len(response) - 1
    size = 1 << length.bit_length()
    spectrum = np.fft.rfft(samples, size) * np.fft.rfft(response, size)
    return np.asarray(np.fft.irfft(spectrum, size)[:length], np.float32)


def amplitude(db: float) -> float:
    return float(10 ** (db / 20))


def _add(heard: Samples, sound: Samples, start: float) -> None:
    first = round(start * SAMPLE_RATE)
    part = sound[: max(0, len(heard) - first)]
    heard[first : first + len(part)] += part


def _response(
    size: _Numbers, source: _Numbers, reflected: float, seconds: float
) -> Samples:
    """Allen and Berkley's image source method, with walls that reflect all alike; it
    ends after a little longer than it takes to -60 dB.
    """
    reach = 1.2 * seconds * _SOUND
    away, walls = zip(
        *(
            _images(*axis, reach)
            for axis in zip(size, source, _MICROPHONE, strict=True)
        ),
        strict=True,
    )
    response = np.zeros(round(1.2 * seconds * SAMPLE_RATE) + 2)
    across = away[1][:, None] ** 2 + away[2] ** 2
    for x, hits in zip(away[0], walls[0], strict=True):
        distance = np.sqrt(x**2 + across)
        near = distance < reach
        arrives = np.rint(distance[near] / _SOUND * SAMPLE_RATE).astype(int)
        reflections = (hits + walls[1][:, None] + walls[2])[near]
        np.add.at(response, arrives, reflected**reflections / distance[near])
    return response.astype(np.float32)


def _images(
    size: float, source: float, microphone: float, reach: float
) -> tuple[_Numbers, _Numbers]:
    """Along one axis: how far from the microphone each is, and in how many walls."""
    far = int(reach / (2 * size)) + 1
    rooms = np.arange(-far, far + 1)
    same, mirrored = 2 * rooms * size + source, 2 * rooms * size - source
    walls = np.concatenate([np.abs(2 * rooms), np.abs(2 * rooms - 1)])
    return np.concatenate([same, mirrored]) - microphone, walls
