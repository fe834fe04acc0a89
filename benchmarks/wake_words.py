"""How often wake words are missed, and how often they are heard where none was said."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyopen_wakeword

from auricle.audio.frame import SAMPLE_RATE
from auricle.wake.detector import Refractory, WakeWordEngine, WakeWordModel
from auricle.wake.microwakeword import BUNDLED, MicroWakeWordEngine
from auricle.wake.openwakeword import OpenWakeWordEngine
from benchmarks.recordings import Recordings, Samples
from benchmarks.rooms import Noises, Room, frames_of, leveled

ROOMS = (Room.CLEAN, Room.KITCHEN_10)
_AROUND = 1.5
_REFRACTORY = 2.0
_NEGATIVES = (
    *("commands/coffee/*", "commands/lights/*", "speech/two_cities.*"),
    *("speech/librivox/*", "noise/kitchen.*"),
)


@dataclass(frozen=True, slots=True)
class Heard:
    """What one model of one engine heard."""

    engine: str
    model: str
    threshold: float
    said: int
    missed: Mapping[Room, int]
    false_alarms: Mapping[Room, int]
    hours: float
    near_misses: Mapping[str, tuple[int, int]]
    """By word: how often it was taken for the wake word, and said."""


def hear_all(recordings: Recordings) -> list[Heard]:
    """Every model of every engine, at its default threshold."""
    noises = Noises(recordings)
    said = {
        word: [samples for _, samples in recordings.files(*patterns)]
        for word, patterns in recordings.wake_patterns().items()
    }
    near = {
        word: [samples for _, samples in recordings.files(*patterns)]
        for word, patterns in recordings.near_miss_patterns().items()
    }
    negatives = [samples for _, samples in recordings.files(*_NEGATIVES)]
    return [
        _hear(name, model, make(model), said[model], near, negatives, noises)
        for name, make in _ENGINES.items()
        for model in BUNDLED
        if model in said
    ]


def _micro(model: str) -> WakeWordEngine:
    return MicroWakeWordEngine([WakeWordModel(model)])


def _open(model: str) -> WakeWordEngine:
    # Licensed for non-commercial use: measured here, not offered by name.
    models = Path(pyopen_wakeword.__file__).parent / "models"
    (path,) = models.glob(f"{model}*.tflite")
    return OpenWakeWordEngine([WakeWordModel(str(path))])


_ENGINES: Mapping[str, Callable[[str], WakeWordEngine]] = {
    "microWakeWord": _micro,
    "openWakeWord": _open,
}


def _hear(
    name: str,
    model: str,
    engine: WakeWordEngine,
    said: Sequence[Samples],
    near: Mapping[str, Sequence[Samples]],
    negatives: Sequence[Samples],
    noises: Noises,
) -> Heard:
    def heard_in(clips: Sequence[Samples], room: Room) -> list[int]:
        return [
            _detections(engine, _in_room(clip, room, noises, number))
            for number, clip in enumerate(clips)
        ]

    seconds = sum(len(samples) for samples in negatives) / SAMPLE_RATE
    return Heard(
        name,
        model,
        next(iter(engine.thresholds.values())),
        len(said),
        {room: heard_in(said, room).count(0) for room in ROOMS},
        {room: sum(heard_in(negatives, room)) for room in ROOMS},
        seconds / 3600,
        {
            word: (sum(map(bool, heard_in(clips, Room.CLEAN))), len(clips))
            for word, clips in near.items()
        },
    )


def _in_room(clip: Samples, room: Room, noises: Noises, number: int) -> Samples:
    """The whole recording, with a stretch of room before and behind it."""
    around = round(_AROUND * SAMPLE_RATE)
    rng = np.random.default_rng([number, list(Room).index(room)])
    samples = noises.behind(room, len(clip) + 2 * around, rng)
    samples[around : around + len(clip)] += leveled(clip)
    return samples


def _detections(engine: WakeWordEngine, samples: Samples) -> int:
    """One spoken word is one detection, as the satellite counts them."""
    engine.reset()
    refractory = Refractory(_REFRACTORY)
    return sum(
        detection is not None and refractory.admits(detection)
        for detection in map(engine.detect, frames_of(samples))
    )
