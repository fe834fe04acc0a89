"""How much of a command the recognizer at home understands from across the room: of one
microphone, with and without the room's late echo, and of arrays of two and four that
are aimed at who said the wake word.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from auricle.audio.beam import DELAY, Beam
from auricle.audio.frame import FRAME_SAMPLES, SAMPLE_RATE, Frame
from auricle.audio.samples import Samples, from_pcm, to_pcm
from auricle.recognizer.engines.dereverberation import DereverberatingEngine
from auricle.recognizer.engines.engine import Engine
from auricle.recognizer.engines.loading import load_engine
from benchmarks.answers.acoustics import leveled, through
from benchmarks.heard.arrays import ARRAYS, MICROPHONES, ArrayRoom, of_array
from benchmarks.heard.kept import kept
from benchmarks.heard.scale import Scale
from benchmarks.progress import told
from benchmarks.recognizer.scoring import Score, slots, slots_missed, words
from benchmarks.recordings import load, voice_of
from benchmarks.rooms.acoustics import Numbers, Walls, without_rumble
from benchmarks.rows import Row

_MODEL, _WAKE_WORD = "tiny.en", "alexa"
_COMMANDS, _SHORT_COMMANDS = 60, 4
_PLACES = 10
"""In each kind of room: who speaks, who listens and what sounds beside them."""
_BEFORE, _GAP, _BEHIND = 3.5, 0.4, 1.0
_NOTICED = 0.14
"""Seconds from a wake word's end to its detection."""
# Sound pressure levels in dB: a voice at 1 m, what a small microphone hisses, and what
# a full scale is.
_VOICE, _HISS, _FULL_SCALE = 60, 30, 105
_PICKED_UP = 0.3
"""Seconds before the command that the recognizer is given as well."""
_GAIN, _CORE = 5.0, 0.03


@dataclass(frozen=True, slots=True)
class _Room:
    reverberation: float
    distance: float
    noise: float | None = None
    """How many dB a kitchen elsewhere in it is below the voice."""
    wanted: bool = False
    """Whether an array has to be better there."""

    @property
    def name(self) -> str:
        beside = "" if self.noise is None else f", kitchen {self.noise:g} dB below"
        if not self.reverberation:
            return f"no echo{beside}"
        return f"echo of {self.reverberation:g} s, {self.distance:g} m{beside}"


_ROOMS = (
    _Room(0.6, 3, 10, wanted=True),
    _Room(0.0, 1),
    _Room(0.6, 3),
    _Room(0.6, 1),
    _Room(0.6, 5),
    _Room(0.3, 3),
    _Room(0.3, 3, 10),
)


@dataclass(frozen=True, slots=True)
class _Way:
    """How a command comes to the recognizer."""

    name: str
    array: str
    dereverberated: bool = False
    wanted: bool = False
    """Whether it was asked for that it is better than one microphone."""


_ONE = _Way("one microphone", "one")
_WAYS = (
    _ONE,
    _Way("one microphone, dereverberated", "one", dereverberated=True),
    _Way("two aimed", "two", wanted=True),
    _Way("four aimed", "square", wanted=True),
    _Way("two aimed, dereverberated", "two", dereverberated=True),
    _Way("four aimed, dereverberated", "square", dereverberated=True),
)


def rows(scale: Scale) -> Iterator[Row]:
    folder = scale.commands or scale.recordings.root / "commands" / "coffee"
    if not (folder / "labels.json").is_file():
        yield Row(
            "slot words",
            None,
            "%",
            f"{folder.name} has no labels.json: the slots of each file",
        )
        return
    # The other half was used to choose the filters.
    labeled = sorted(slots(folder).items())[1::2]
    count = _SHORT_COMMANDS if scale.short else _COMMANDS
    scenes = _Scenes(scale, [(folder / name, said) for name, said in labeled[:count]])
    engine = load_engine(_MODEL, threads=1)
    for room in _ROOMS[:2] if scale.short else _ROOMS:
        ways = _ways_in(room)
        missed = dict.fromkeys(ways, Score())
        for number in told(range(scenes.count), room.name, scenes.count):
            heard = scenes.heard(room, number)
            said = scenes.commands[number][1]
            for way in ways:
                text = _understood(engine, scenes.picked_up(heard, way.array), way)
                missed[way] += slots_missed(said, words(text))
        yield from _told(room, missed, scenes.count)
    yield Row(
        "processor time of an array of four in a turn",
        scenes.processor / scenes.beamed,
        "s/s",
        f"{scenes.beamed:.0f} s of sound",
        most=_CORE,
    )


def _ways_in(room: _Room) -> list[_Way]:
    return [
        way
        for way in _WAYS
        if way.array == "one"
        or (room.reverberation and (room.wanted or not way.dereverberated))
    ]


def _understood(engine: Engine, sound: Samples, way: _Way) -> str:
    pcm = to_pcm(sound * (0.5 / max(float(np.abs(sound).max()), 1e-9)))
    how = DereverberatingEngine(engine) if way.dereverberated else engine
    return kept(
        f"far-{_MODEL}-{'dereverberated' if way.dereverberated else 'as-it-is'}",
        pcm,
        lambda: how.transcribe(pcm, language="en", corpus=None, final=True).text,
    )


def _told(room: _Room, missed: dict[_Way, Score], count: int) -> Iterator[Row]:
    one = _right(missed[_ONE])
    of = f"{missed[_ONE].words} slot words, {count} commands"
    for way, score in missed.items():
        yield Row(f"{room.name}: {way.name}", _right(score), "%", of)
        if way.wanted and room.wanted:
            yield Row(
                f"{room.name}: gained by {way.name}",
                _right(score) - one,
                "points",
                of,
                least=_GAIN,
            )


def _right(score: Score) -> float:
    return 100 * (1 - score.error_rate)


@dataclass(frozen=True, slots=True, eq=False)
class _Heard:
    sounds: Samples
    """A row for each of MICROPHONES."""
    word_end: int
    command: int
    """The sample at which it begins."""


class _Scenes:
    """The wake word and a command, said in rooms."""

    def __init__(
        self, scale: Scale, commands: Sequence[tuple[Path, list[str]]]
    ) -> None:
        self.commands = commands
        self._seed = scale.seed
        self._words = [clip.samples for clip in scale.recordings.wake_word(_WAKE_WORD)]
        noise = next((scale.recordings.root / "noise").glob("kitchen*"))
        self._noise = without_rumble(load(noise))
        self._responses: dict[tuple[float, float, int], tuple[Samples, Samples]] = {}
        self.processor = self.beamed = 0.0
        """Seconds that aiming four microphones took, and of how many seconds."""

    @property
    def count(self) -> int:
        return len(self.commands)

    def heard(self, room: _Room, number: int) -> _Heard:
        rng = np.random.default_rng(
            [
                self._seed,
                number,
                *(round(10 * x) for x in (room.reverberation, room.distance)),
            ]
        )
        word = leveled(self._words[number % len(self._words)], 0)
        command = leveled(voice_of(load(self.commands[number][0])), 0)
        at = round(_BEFORE * SAMPLE_RATE)
        word_end = at + len(word)
        begin = word_end + round(_GAP * SAMPLE_RATE)
        end = begin + len(command)
        dry = np.zeros(end + round(_BEHIND * SAMPLE_RATE), np.float32)
        dry[at:word_end], dry[begin:end] = word, command
        dry *= _pressure(_VOICE)
        sounds = np.repeat(dry[None], len(MICROPHONES), axis=0)
        elsewhere: Samples = np.ones((len(MICROPHONES), 1), np.float32)
        if room.reverberation:
            voice, elsewhere = self._between(room, number % _PLACES)
            sounds = np.array(
                [without_rumble(through(dry, each)[: len(dry)]) for each in voice]
            )
        if room.noise is not None:
            start = rng.integers(0, len(self._noise) - len(dry))
            piece = self._noise[start : start + len(dry)]
            noise = np.array([through(piece, each)[: len(dry)] for each in elsewhere])
            wanted = np.mean(_power_of_voice(sounds[0][begin:end])) / 10 ** (
                room.noise / 10
            )
            sounds = sounds + noise * np.sqrt(
                wanted / np.mean(noise[0][begin:end] ** 2)
            )
        hiss = rng.normal(0, _pressure(_HISS), sounds.shape)
        return _Heard((sounds + hiss).astype(np.float32), word_end, begin)

    def picked_up(self, heard: _Heard, array: str) -> Samples:
        """What is sent to the recognizer."""
        sounds = of_array(heard.sounds, array)
        begin = heard.command - round(_PICKED_UP * SAMPLE_RATE)
        if len(sounds) == 1:
            return np.asarray(sounds[0][begin:].copy(), np.float32)
        beam = Beam()
        noticed = heard.word_end + round(_NOTICED * SAMPLE_RATE)
        sent: list[bytes] = []
        for frame in _frames(sounds):
            before = time.process_time()
            sent.append(beam.hear(frame).pcm)
            if frame.start <= noticed < frame.end:
                beam.aim(heard.word_end + DELAY)
                # The pre-roll reaches back to the word's end.
                behind = (noticed - heard.word_end) // FRAME_SAMPLES + 1
                for back in range(1, behind + 1):
                    again = Frame(b"", frame.start - (back - 1) * FRAME_SAMPLES)
                    sent[-back] = beam.again(again).pcm
            if len(sounds) == len(ARRAYS["square"]) and beam.aimed:
                self.processor += time.process_time() - before
                self.beamed += frame.seconds
        return from_pcm(b"".join(sent))[begin + DELAY :]

    def _between(self, room: _Room, place: int) -> tuple[Samples, Samples]:
        """From who speaks, and from what else sounds, to all microphones."""
        key = (room.reverberation, room.distance, place)
        if key not in self._responses:
            seed = [self._seed, *(round(10 * part) for part in key)]
            self._responses[key] = _placed(room, np.random.default_rng(seed))
        return self._responses[key]


def _power_of_voice(samples: Samples) -> Samples:
    """Power of the loudest 60 % of a recording, by `leveled`'s measure."""
    steps = samples[: len(samples) // 320 * 320].reshape(-1, 320)
    powers = np.sort(np.mean(steps**2, axis=1))
    return np.asarray(powers[round(0.4 * len(powers)) :], np.float32)


def _placed(room: _Room, rng: np.random.Generator) -> tuple[Samples, Samples]:
    size = rng.uniform((6.0, 3.8, 2.4), (7.0, 5.0, 2.8))
    while True:
        array = _anywhere(rng, size, 0.7, 1.2)
        higher = rng.uniform(1.4, 1.7) - array[2]
        along = np.sqrt(max(room.distance**2 - higher**2, 0.1))
        angle = rng.uniform(0, 2 * np.pi)
        away = np.array([np.cos(angle) * along, np.sin(angle) * along, higher])
        mouth = array + away
        if (mouth[:2] > 0.4).all() and (mouth[:2] < size[:2] - 0.4).all():
            break
    while True:
        kitchen = _anywhere(rng, size, 0.8, 1.2)
        if (
            np.linalg.norm(kitchen - array) > 1.5
            and np.linalg.norm(kitchen - mouth) > 1
        ):
            break
    turned = angle + np.pi + rng.uniform(-0.7, 0.7)
    facing = np.array([np.cos(turned), np.sin(turned), 0.0])
    walls = Walls((size[0], size[1], size[2]), room.reverberation)
    inside = ArrayRoom(walls, array, rng.uniform(0, 2 * np.pi))
    seeds = rng.integers(0, 1 << 31, 2)
    return (
        inside.responses(mouth, int(seeds[0]), facing),
        inside.responses(kitchen, int(seeds[1])),
    )


def _anywhere(
    rng: np.random.Generator, size: Numbers, low: float, high: float
) -> Numbers:
    across, along = rng.uniform(0.4, size[0] - 0.4), rng.uniform(0.4, size[1] - 0.4)
    return np.array([across, along, rng.uniform(low, high)])


def _pressure(level: float) -> float:
    return float(10 ** ((level - _FULL_SCALE) / 20))


def _frames(sounds: Samples) -> Iterator[Frame]:
    for at in range(0, sounds.shape[1] - FRAME_SAMPLES + 1, FRAME_SAMPLES):
        piece = sounds[:, at : at + FRAME_SAMPLES]
        yield Frame(
            to_pcm(piece.mean(axis=0)),
            at,
            to_pcm(np.ascontiguousarray(piece.T).ravel()),
        )
