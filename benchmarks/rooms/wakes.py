"""Wake words said in simulated houses, and what each satellite has heard of them by the
time that it is sure.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from auricle.audio.frame import FRAME_BYTES, FRAME_SAMPLES, SAMPLE_RATE, Frame
from auricle.audio.samples import to_pcm
from auricle.capture.attention import ROOM_MEMORY
from auricle.wake.detector import Detection, WakeWordModel
from auricle.wake.microwakeword import MicroWakeWordEngine
from benchmarks.recordings import Clip, Recordings, Samples, levels_db, load, phrase_of
from benchmarks.rooms.houses import House, Person, Saying, spoken

WAKE_WORD = "alexa"
BEHIND = 1.4
"""Seconds of the command that a print has."""

_BEFORE = 3.6
_PAUSE = (0.15, 0.6)
_LONGEST_COMMAND = 3.0
_SURE = 0.7
# A recording's own noise would be said along with its word.
_QUIET_DB = 25
_APART = 0.8
"""Seconds between two people's words, at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Hearing:
    """A satellite that heard the word."""

    satellite: int
    room: int
    distances: tuple[float | None, ...]
    """Meters to each person; None where that is in another room."""
    strengths: tuple[float, ...]
    """How loud each person's voice arrived, in dB."""
    detection: Detection
    memory: tuple[Frame, ...]
    """What was heard up to the detection."""
    behind: tuple[Frame, ...]
    """What followed."""


@dataclass(frozen=True, slots=True, eq=False)
class Wake:
    """One moment at which a person, or each of two, said the word."""

    people: tuple[Person, ...]
    hearings: tuple[Hearing, ...]

    def own(self, person: int) -> list[Hearing]:
        """Those in the person's room."""
        return [each for each in self.hearings if each.distances[person] is not None]


class Wakes:
    """People who say a wake word and a command, in houses that listen."""

    def __init__(self, recordings: Recordings) -> None:
        self.kitchen = load(recordings.root / "noise/kitchen.flac")
        self._words = quiet_words(recordings)
        self._commands = recordings.clips("commands/coffee/*")
        self._engine = MicroWakeWordEngine([WakeWordModel(WAKE_WORD)])

    def of_one(self, house: House, rng: np.random.Generator) -> Wake:
        return self._heard(house, [self._said(house.person(rng), _BEFORE, rng)], rng)

    def of_two(self, house: House, rng: np.random.Generator) -> Wake:
        """Two people in two rooms, whose words begin within 0.8 s."""
        first = house.person(rng)
        second = house.person(rng, elsewhere=first.room)
        later = rng.uniform(-_APART, _APART)
        sayings = [
            self._said(first, _BEFORE, rng),
            self._said(second, _BEFORE + later, rng),
        ]
        return self._heard(house, sayings, rng)

    def _said(
        self, person: Person, start: float, rng: np.random.Generator
    ) -> "_Command":
        word = self._words[rng.integers(len(self._words))].samples
        command = self._commands[rng.integers(len(self._commands))].samples
        command = command[: round(_LONGEST_COMMAND * SAMPLE_RATE)]
        whole = spoken(word, rng.uniform(*_PAUSE), command)
        return _Command(Saying(person, whole, start), start + len(word) / SAMPLE_RATE)

    def _heard(
        self, house: House, said: Sequence["_Command"], rng: np.random.Generator
    ) -> Wake:
        last = max(each.word_end for each in said) + _SURE
        seconds = last + BEHIND
        arrived = [house.arrived(each.saying, seconds) for each in said]
        mixture = [np.sum(voices, axis=0) for voices in zip(*arrived, strict=True)]
        sounds = house.captured(mixture, seconds, int(rng.integers(1 << 32)))
        begun = min(each.saying.start for each in said)
        hearings = []
        for satellite, sound in enumerate(sounds):
            frames = _frames(sound)
            sure = self._sure(frames, begun, last)
            if sure is not None:
                at, detection = sure
                hearings.append(
                    Hearing(
                        satellite,
                        house.room_of(satellite),
                        tuple(
                            house.distance(each.saying.person, satellite)
                            for each in said
                        ),
                        tuple(_power_db(voices[satellite]) for voices in arrived),
                        detection,
                        frames[: at + 1][-round(ROOM_MEMORY * _FRAMES) :],
                        frames[at + 1 :][: round(BEHIND * _FRAMES)],
                    )
                )
        people = tuple(each.saying.person for each in said)
        return Wake(people, tuple(hearings))

    def _sure(
        self, frames: Sequence[Frame], begun: float, last: float
    ) -> tuple[int, Detection] | None:
        """At which frame it is, for the first time."""
        self._engine.reset()
        for at, frame in enumerate(frames):
            detection = self._engine.detect(frame)
            if detection is not None and detection.end > begun * SAMPLE_RATE:
                return at, detection
            if frame.end > last * SAMPLE_RATE:
                break
        return None


@dataclass(frozen=True, slots=True, eq=False)
class _Command:
    saying: Saying
    word_end: float


_FRAMES = SAMPLE_RATE / FRAME_SAMPLES


def quiet_words(recordings: Recordings) -> list[Clip]:
    """People's wake words, of those recordings that have little noise."""
    words = []
    for name, samples in recordings.files(*recordings.wake_patterns()[WAKE_WORD]):
        loud, quiet = np.percentile(levels_db(samples), (95, 10))
        if loud - quiet > _QUIET_DB:
            words.append(Clip(name, phrase_of(samples)))
    return words


def _frames(sound: Samples) -> tuple[Frame, ...]:
    pcm = to_pcm(sound)
    ends = range(FRAME_BYTES, len(pcm) + 1, FRAME_BYTES)
    return tuple(
        Frame(pcm[end - FRAME_BYTES : end], (end - FRAME_BYTES) // 2) for end in ends
    )


def _power_db(sound: Samples) -> float:
    return float(10 * np.log10(np.mean(sound.astype(float) ** 2) + 1e-20))
