"""Simulated houses: what each of several satellites hears of what people say in them.

Four rooms in a square, with doors between neighbors of which one in four is shut; in
every second house the first one is a large, open one. Each room has a satellite, and
some have two: four to six in a house. Their microphones differ by up to 6 dB to either
side, in half of the houses somebody is at work in a kitchen, and each room has a noise
of its own. A house is wholly determined by its seed and its number.

    house = House(seed=1, number=0, noise=kitchen)
    person = house.person(rng)
    sounds = house.heard([Saying(person, samples, start=3.2)], seconds=7.0, seed=5)
    house.room_of(0) == person.room, house.distance(person, 0)
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from auricle.audio.frame import SAMPLE_RATE
from benchmarks.answers.acoustics import amplitude, through
from benchmarks.recordings import Samples, speech_level_db
from benchmarks.rooms.acoustics import (
    Numbers,
    Walls,
    mixed,
    without_rumble,
)

ROOMS = 4
_NEIGHBORS = ((0, 1), (2, 3), (0, 2), (1, 3))
_HEIGHT = 2.5
_ROOM, _OPEN = ((3.0, 5.5), (3.0, 4.5)), ((6.5, 8.5), (4.5, 6.0))
_REVERBERATION = (0.25, 0.65)
_SHELF, _FROM_WALL, _APART = (0.7, 1.4), 0.25, 1.5
_MOUTH, _ELBOW_ROOM, _FROM_SATELLITE = (1.2, 1.75), 0.4, 0.5
_SHUT = 0.25
# Sound that comes from all around goes through an open door of 0.8 by 2.1 m as if
# what is heard at it were a source in the next room. Walls to both sides of the door
# double the pressure, half of it by chance: that is in both responses already.
_DOOR_HEIGHT, _DOOR_INSET = 1.1, 0.02
_OPEN_DOOR = float(np.sqrt(0.8 * 2.1 / (8 * np.pi)) / (2 * np.sqrt(2)))
_SHUT_DOOR = amplitude(-22.0)
# What a shut one lets through is dull.
_SHUT_DOOR_TAPS = np.hamming(15).astype(np.float32) / np.float32(np.hamming(15).sum())
_GAIN = (-6.0, 6.0)
# Decibels of sound pressure: what a microphone makes itself, and what rooms do.
_HISS, _ROOM_NOISE, _KITCHEN = (27.0, 33.0), (26.0, 38.0), (44.0, 60.0)
_VOICE, _VOICE_VARIES = 64.0, 4.0
# A sound pressure of 60 dB is -45 dBFS, where the gain is 0.
_FULL_SCALE = 105.0
_LOOKING, _FORGIVEN = 0.5, 40.0
_CACHED = 8


@dataclass(frozen=True, slots=True, eq=False)
class Satellite:
    """A microphone on some shelf."""

    room: int
    place: Numbers
    gain_db: float
    hiss_db: float


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """Somebody who stands or sits in a room."""

    room: int
    place: Numbers
    facing: Numbers
    """A direction of length 1."""
    voice_db: float
    """Sound pressure at 1 m."""


@dataclass(frozen=True, slots=True, eq=False)
class Saying:
    """What one person says."""

    person: Person
    samples: Samples
    """As recorded; how loud does not matter."""
    start: float
    """Seconds."""


@dataclass(frozen=True, slots=True)
class _Door:
    room: int
    into: int
    shut: bool
    place: tuple[float, float, float]
    """In `room`."""
    place_behind: tuple[float, float, float]
    """In `into`."""


class House:
    """Rooms, doors, satellites, and noise; see above."""

    def __init__(self, seed: int, number: int, noise: Samples) -> None:
        """House number `number` of all those of `seed`; `noise` is a recording of a
        kitchen, heard in half of them.
        """
        rng = np.random.default_rng((seed, number))
        self.open = number % 2 == 1
        self.noisy = number // 2 % 2 == 1
        self.walls = self._rooms(rng)
        self._doors = self._make_doors(rng)
        self.satellites = self._place_satellites(rng)
        self._room_noise = rng.uniform(*_ROOM_NOISE, ROOMS)
        self._noise = noise
        self._kitchen_db = rng.uniform(*_KITCHEN)
        self._seed = int(rng.integers(1 << 32))
        self._known: dict[int, tuple[Person, list[Samples]]] = {}
        self._behind_doors = {
            (door.room, door.into): self._from_door(door) for door in self._doors
        }
        kitchen = int(rng.integers(ROOMS))
        stove = self._somewhere(rng, kitchen, _ELBOW_ROOM, (0.8, 1.4))
        self._from_kitchen = self._ways(kitchen, stove, None) if self.noisy else []

    def room_of(self, satellite: int) -> int:
        return self.satellites[satellite].room

    def distance(self, person: Person, satellite: int) -> float | None:
        """Meters; None where they are in two rooms."""
        there = self.satellites[satellite]
        if there.room != person.room:
            return None
        return float(np.linalg.norm(there.place - person.place))

    def person(
        self, rng: np.random.Generator, *, elsewhere: int | None = None
    ) -> Person:
        """Somebody, anywhere but in the room `elsewhere`: half of them look roughly at
        the nearest satellite, others anywhere.
        """
        weights = np.ones(ROOMS)
        if self.open:
            weights[0] = 3
        if elsewhere is not None:
            weights[elsewhere] = 0
        room = int(rng.choice(ROOMS, p=weights / weights.sum()))
        ears = [each.place for each in self.satellites if each.room == room]
        while True:
            place = self._somewhere(rng, room, _ELBOW_ROOM, _MOUTH)
            nearest = min(ears, key=lambda ear: float(np.linalg.norm(ear - place)))
            if np.linalg.norm(nearest - place) > _FROM_SATELLITE:
                break
        angle = rng.uniform(0, 2 * np.pi)
        if rng.random() < _LOOKING:
            angle = np.arctan2(*(nearest - place)[1::-1])
            angle += np.radians(rng.uniform(-_FORGIVEN, _FORGIVEN))
        facing = np.array([np.cos(angle), np.sin(angle), 0.0])
        return Person(room, place, facing, rng.normal(_VOICE, _VOICE_VARIES))

    def arrived(self, saying: Saying, seconds: float) -> list[Samples]:
        """That alone, as it arrives at each satellite; sound pressure, in pascals."""
        spoken = without_rumble(saying.samples)
        loud = _pascals(saying.person.voice_db - speech_level_db(saying.samples))
        begins, length = (round(at * SAMPLE_RATE) for at in (saying.start, seconds))
        dry = np.concatenate([np.zeros(begins, np.float32), spoken * loud])
        return [mixed([through(dry, way)], length) for way in self._from(saying.person)]

    def heard(
        self, sayings: Sequence[Saying], seconds: float, seed: int
    ) -> list[Samples]:
        """What each satellite captures: 16 kHz mono, full scale is 1."""
        arrived = [self.arrived(saying, seconds) for saying in sayings]
        return self.captured(
            [mixed(list(each)) for each in zip(*arrived, strict=True)]
            or [np.zeros(0, np.float32)] * len(self.satellites),
            seconds,
            seed,
        )

    def captured(
        self, arrived: Sequence[Samples], seconds: float, seed: int
    ) -> list[Samples]:
        """What each satellite makes of what arrives there, and of all noise."""
        rng = np.random.default_rng((self._seed, seed))
        length = round(seconds * SAMPLE_RATE)
        at = int(rng.integers(max(1, len(self._noise) - length)))
        kitchen = without_rumble(self._noise[at : at + length])
        loud = _pascals(self._kitchen_db - _level_db(kitchen))
        heard = []
        for number, (satellite, voices) in enumerate(
            zip(self.satellites, arrived, strict=True)
        ):
            sounds = [
                voices,
                _pink(rng, length) * _pascals(self._room_noise[satellite.room]),
                rng.standard_normal(length) * _pascals(satellite.hiss_db),
            ]
            if self.noisy:
                sounds.append(through(kitchen * loud, self._from_kitchen[number]))
            gain = amplitude(94.0 - _FULL_SCALE + satellite.gain_db)
            heard.append(np.clip(mixed(sounds, length) * np.float32(gain), -1, 1))
        return heard

    def _rooms(self, rng: np.random.Generator) -> list[Walls]:
        lengths, widths = (rng.uniform(*span, 2) for span in _ROOM)
        if self.open:
            # Its neighbors are as long, or as wide.
            lengths[0], widths[0] = (rng.uniform(*span) for span in _OPEN)
        return [
            Walls(
                (float(lengths[room % 2]), float(widths[room // 2]), _HEIGHT),
                rng.uniform(*_REVERBERATION),
            )
            for room in range(ROOMS)
        ]

    def _make_doors(self, rng: np.random.Generator) -> list[_Door]:
        doors = []
        for one, other in _NEIGHBORS:
            beside, at = (0, 1) if other - one == 1 else (1, 0)
            here, there = self.walls[one].size, self.walls[other].size
            ends, begins = [_DOOR_HEIGHT] * 3, [_DOOR_HEIGHT] * 3
            along = rng.uniform(0.6, min(here[at], there[at]) - 0.6)
            ends[at] = begins[at] = along
            ends[beside], begins[beside] = here[beside] - _DOOR_INSET, _DOOR_INSET
            shut = bool(rng.random() < _SHUT)
            first, second = (
                (ends[0], ends[1], ends[2]),
                (begins[0], begins[1], begins[2]),
            )
            doors.append(_Door(one, other, shut, first, second))
            doors.append(_Door(other, one, shut, second, first))
        return doors

    def _place_satellites(self, rng: np.random.Generator) -> list[Satellite]:
        rooms = [*range(ROOMS)]
        rooms += [
            0 if self.open else int(rng.integers(ROOMS))
            for _ in range(int(rng.integers(3)))
        ]
        satellites: list[Satellite] = []
        for room in rooms:
            while True:
                place = self._somewhere(rng, room, _FROM_WALL, _SHELF)
                if all(
                    each.room != room or np.linalg.norm(each.place - place) > _APART
                    for each in satellites
                ):
                    break
            gain, hiss = rng.uniform(*_GAIN), rng.uniform(*_HISS)
            satellites.append(Satellite(room, place, gain, hiss))
        return satellites

    def _somewhere(
        self,
        rng: np.random.Generator,
        room: int,
        from_walls: float,
        heights: tuple[float, float],
    ) -> Numbers:
        length, width, _ = self.walls[room].size
        return np.array(
            [
                rng.uniform(from_walls, length - from_walls),
                rng.uniform(from_walls, width - from_walls),
                rng.uniform(*heights),
            ]
        )

    def _from(self, person: Person) -> list[Samples]:
        known = self._known.get(id(person))
        if known is None:
            if len(self._known) == _CACHED:
                del self._known[next(iter(self._known))]
            # The person is kept, so that no other one gets the same id.
            known = person, self._ways(person.room, person.place, person.facing)
            self._known[id(person)] = known
        return known[1]

    def _ways(
        self, room: int, source: Numbers, facing: Numbers | None
    ) -> list[Samples]:
        """From there to each satellite: within the room, or through two doors at
        most.
        """
        ears = [n for n, each in enumerate(self.satellites) if each.room == room]
        doors = [door for door in self._doors if door.room == room]
        places = [self.satellites[ear].place for ear in ears]
        places += [np.array(door.place) for door in doors]
        # The same place sounds the same every time.
        seed = self._seed + int(1e6 * np.abs(source).sum())
        ways = self.walls[room].responses(source, places, seed, facing)
        parts: list[list[Samples]] = [[] for _ in self.satellites]
        for ear, way in zip(ears, ways[: len(ears)], strict=True):
            parts[ear].append(way)
        for door, to_door in zip(doors, ways[len(ears) :], strict=True):
            for ear, way in self._behind_doors[door.room, door.into].items():
                parts[ear].append(through(to_door, way))
        for door, to_door in zip(doors, ways[len(ears) :], strict=True):
            for further in self._doors:
                if further.room != door.into or further.into == room:
                    continue
                between = self._between(door, further)
                for ear, way in self._behind_doors[further.room, further.into].items():
                    parts[ear].append(through(through(to_door, between), way))
        return [mixed(each) for each in parts]

    def _between(self, door: _Door, further: _Door) -> Samples:
        """Through one door, and up to another one of the room behind it."""
        (way,) = self.walls[door.into].responses(
            np.array(door.place_behind), [np.array(further.place)], self._seed
        )
        return _through_door(way, door)

    def _from_door(self, door: _Door) -> dict[int, Samples]:
        """What becomes of what arrives at it, at each satellite of the room behind."""
        ears = [n for n, each in enumerate(self.satellites) if each.room == door.into]
        ways = self.walls[door.into].responses(
            np.array(door.place_behind),
            [self.satellites[ear].place for ear in ears],
            self._seed,
        )
        return {
            ear: _through_door(way, door) for ear, way in zip(ears, ways, strict=True)
        }


def spoken(wake_word: Samples, pause: float, command: Samples) -> Samples:
    """Somebody's wake word, and a command that is as loud, `pause` seconds behind."""
    level = speech_level_db(wake_word) - speech_level_db(command)
    silence = np.zeros(round(pause * SAMPLE_RATE), np.float32)
    return np.concatenate(
        [_faded(wake_word), silence, _faded(command) * np.float32(amplitude(level))]
    )


def _faded(samples: Samples) -> Samples:
    """Without the clicks of where it was cut."""
    ramp = np.linspace(0, 1, 160, dtype=np.float32)
    faded = samples.copy()
    if len(faded) >= 2 * len(ramp):
        faded[: len(ramp)] *= ramp
        faded[-len(ramp) :] *= ramp[::-1]
    return faded


def _through_door(way: Samples, door: _Door) -> Samples:
    way = way * np.float32(_OPEN_DOOR)
    if door.shut:
        way = through(way * np.float32(_SHUT_DOOR), _SHUT_DOOR_TAPS)
    return way


def _pascals(db: float) -> np.float32:
    """Of a sound pressure level."""
    return np.float32(amplitude(db - 94.0))


def _level_db(samples: Samples) -> float:
    return float(10 * np.log10(np.mean(samples.astype(float) ** 2) + 1e-12))


def _pink(rng: np.random.Generator, length: int) -> Samples:
    """Noise of power 1, as rooms have it: fainter by 3 dB each octave."""
    spectrum = np.fft.rfft(rng.standard_normal(length))
    frequencies = np.fft.rfftfreq(length, 1 / SAMPLE_RATE)
    noise = np.fft.irfft(spectrum / np.sqrt(np.maximum(frequencies, 50.0)), length)
    return np.asarray(noise / np.sqrt(np.mean(noise**2)), np.float32)
