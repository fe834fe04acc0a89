"""How often wake words are missed, and how often they are heard where none was said."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyopen_wakeword

from auricle.audio.frame import SAMPLE_RATE, Frame
from auricle.wake.detector import (
    Detection,
    Refractory,
    WakeWordEngine,
    WakeWordModel,
)
from auricle.wake.microwakeword import BUNDLED, MicroWakeWordEngine
from auricle.wake.openwakeword import OpenWakeWordEngine
from benchmarks.progress import told
from benchmarks.recordings import Recordings, Samples
from benchmarks.turns.spoken_turns import Noises, Room, frames_of, leveled

ROOMS = (Room.CLEAN, Room.KITCHEN_10)
MICRO, OPEN = "microWakeWord", "openWakeWord"
_AROUND = 1.5
# Behind the last word: as long as the utterance may last that a false alarm opens.
_BEHIND = 3.0
REFRACTORY = 2.0
_NEGATIVES = (
    *("commands/coffee/*", "commands/lights/*", "speech/two_cities.*"),
    *("speech/librivox/*", "noise/kitchen.*"),
)


@dataclass(frozen=True, slots=True)
class Alarm:
    """A wake word was heard where none was said."""

    wake_word: str
    frames: Sequence[Frame]
    woken: int
    """The index of the frame that completed it."""


@dataclass(slots=True)
class Heard:
    """What one model of one engine heard."""

    engine: str
    model: str
    threshold: float
    said: int = 0
    missed: Counter[Room] = field(default_factory=Counter)
    false_alarms: Counter[Room] = field(default_factory=Counter)
    hours: float = 0.0
    """Of speech and kitchen without a wake word, in each room."""
    near_misses: Counter[tuple[str, Room]] = field(default_factory=Counter)
    """By word: how often it was taken for the wake word."""
    near_said: Mapping[str, int] = field(default_factory=dict)
    alarms: list[Alarm] = field(default_factory=list)
    """The false ones, near misses too."""


@dataclass(frozen=True, slots=True)
class Material:
    """What is played to the engines."""

    said: Mapping[str, Sequence[Samples]]
    near: Mapping[str, Sequence[Samples]]
    negatives: Sequence[Samples]
    noises: Noises

    def one_in(self, every: int) -> "Material":
        """Of all recordings, of which each wake word has a few."""
        return Material(
            {
                word: clips[::every] if len(clips) > 20 else clips
                for word, clips in self.said.items()
            },
            {word: clips[::every] for word, clips in self.near.items()},
            self.negatives[::every],
            self.noises,
        )


def material(recordings: Recordings) -> Material:
    """All there is."""

    def of(patterns: Sequence[str]) -> list[Samples]:
        return [samples for _, samples in recordings.files(*patterns)]

    return Material(
        {word: of(patterns) for word, patterns in recordings.wake_patterns().items()},
        {
            word: of(patterns)
            for word, patterns in recordings.near_miss_patterns().items()
        },
        of(_NEGATIVES),
        Noises(recordings),
    )


def hear_all(played: Material, engines: Sequence[str] = (MICRO, OPEN)) -> list[Heard]:
    """Every model of each engine, at its default threshold."""
    models = [model for model in BUNDLED if model in played.said]
    return [
        heard
        for name in engines
        for heard in _hear(
            name, _ENGINES[name](models), models, played.one_in(_ONE_IN[name])
        )
    ]


def _micro(models: Sequence[str]) -> WakeWordEngine:
    return MicroWakeWordEngine([WakeWordModel(model) for model in models])


def _open(models: Sequence[str]) -> WakeWordEngine:
    # Licensed for non-commercial use: measured here, not offered by name.
    folder = Path(pyopen_wakeword.__file__).parent / "models"
    paths = [path for model in models for path in folder.glob(f"{model}*.tflite")]
    return OpenWakeWordEngine([WakeWordModel(str(path)) for path in paths])


_ENGINES: Mapping[str, Callable[[Sequence[str]], WakeWordEngine]] = {
    MICRO: _micro,
    OPEN: _open,
}
# It takes ten times as long: a part of the recordings has to do.
_ONE_IN = {MICRO: 1, OPEN: 5}


def _hear(
    name: str, engine: WakeWordEngine, models: Sequence[str], played: Material
) -> Iterator[Heard]:
    own_names = {
        own: next(model for model in models if own.startswith(model))
        for own in engine.wake_words
    }
    heard = {
        model: Heard(name, model, engine.thresholds[own])
        for own, model in own_names.items()
    }
    seconds = sum(len(samples) for samples in played.negatives) / SAMPLE_RATE
    for result in heard.values():
        result.said = len(played.said[result.model])
        result.hours = seconds / 3600
        result.near_said = {word: len(clips) for word, clips in played.near.items()}

    def play(clips: Sequence[Samples], room: Room, what: str) -> Iterator[list[Alarm]]:
        for number, clip in enumerate(told(clips, f"{name}, {room}: {what}")):
            frames = frames_of(in_room(clip, room, played.noises, number))
            yield [
                Alarm(own_names[own], frames, at) for own, at in _hits(engine, frames)
            ]

    for room in ROOMS:
        for word, clips in played.said.items():
            for hits in play(clips, room, word):
                missed = word not in {hit.wake_word for hit in hits}
                if word in heard:
                    heard[word].missed[room] += missed
        for hits in play(played.negatives, room, "no wake word"):
            for hit in hits:
                heard[hit.wake_word].false_alarms[room] += 1
                heard[hit.wake_word].alarms.append(hit)
        for near, clips in played.near.items():
            for hits in play(clips, room, near):
                for wake_word in {hit.wake_word for hit in hits}:
                    heard[wake_word].near_misses[near, room] += 1
                for hit in hits:
                    heard[hit.wake_word].alarms.append(hit)
    yield from heard.values()


def in_room(clip: Samples, room: Room, noises: Noises, number: int) -> Samples:
    """The whole recording, with a stretch of room before and behind it."""
    before, behind = round(_AROUND * SAMPLE_RATE), round(_BEHIND * SAMPLE_RATE)
    rng = np.random.default_rng([number, list(Room).index(room)])
    samples = noises.behind(room, before + len(clip) + behind, rng)
    samples[before : before + len(clip)] += leveled(clip)
    return samples


def _hits(engine: WakeWordEngine, frames: Sequence[Frame]) -> Iterator[tuple[str, int]]:
    """One spoken word is one detection, as the satellite counts them; each model as
    if it were the only one.
    """
    engine.reset()
    thresholds = engine.thresholds
    refractory = {name: Refractory(REFRACTORY) for name in engine.wake_words}
    for index, frame in enumerate(frames):
        engine.detect(frame)
        for name, score in engine.scores.items():
            hit = Detection(name, score, frame.end)
            if score > thresholds[name] and refractory[name].admits(hit):
                yield name, index
