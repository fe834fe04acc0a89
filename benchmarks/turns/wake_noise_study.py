"""Whether a wake word's threshold should follow the room's noise."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np
import numpy.typing as npt

from auricle.audio.frame import FRAME_SAMPLES, SAMPLE_RATE
from auricle.wake.detector import Detection, Refractory, WakeWordModel
from auricle.wake.microwakeword import BUNDLED, MicroWakeWordEngine
from benchmarks.progress import told
from benchmarks.recordings import Recordings
from benchmarks.turns.spoken_turns import Room, frames_of
from benchmarks.turns.wake_words import REFRACTORY, Material, in_room, material

THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.85, 0.88, 0.9, 0.92, 0.95, 0.97, 0.98, 0.99)
NEGATIVE = "no wake word"

_Scores = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """What each model made of one recording in one room."""

    room: Room
    said: str
    """The wake word, a word like one, or NEGATIVE."""
    seconds: float
    """Of the recording, without the room around it."""
    scores: Mapping[str, _Scores]
    """By model, one for each frame."""

    def hits(self, model: str, threshold: float) -> int:
        """How often the model is taken to have heard its word."""
        refractory = Refractory(REFRACTORY)
        scores = self.scores[model]
        return sum(
            refractory.admits(
                Detection(model, float(scores[at]), (int(at) + 1) * FRAME_SAMPLES)
            )
            for at in np.flatnonzero(scores > threshold)
        )


@dataclass(frozen=True, slots=True)
class Counted:
    """What one model got wrong, and of how much."""

    said: int = 0
    missed: int = 0
    false_alarms: int = 0
    """Near misses too."""
    hours: float = 0.0

    def __add__(self, other: "Counted") -> "Counted":
        return Counted(
            self.said + other.said,
            self.missed + other.missed,
            self.false_alarms + other.false_alarms,
            self.hours + other.hours,
        )


def trace(processes: int) -> list[Trace]:
    """Every recording in every room, heard by all bundled models."""
    played = material(Recordings.from_environment())
    jobs = [
        (room, said, number)
        for room in Room
        for said, clips in _by_kind(played).items()
        for number in range(len(clips))
    ]
    with ProcessPoolExecutor(processes) as pool:
        traces = pool.map(_trace, *zip(*jobs, strict=True), chunksize=8)
        return list(told(traces, "wake words in noise", len(jobs)))


def models() -> list[str]:
    """The bundled ones that there are recordings for."""
    return [model for model in BUNDLED if model in _material().said]


def default_thresholds() -> Mapping[str, float]:
    """By model."""
    return _engine().thresholds


def count(
    traces: Iterable[Trace], model: str, threshold: float, rooms: Collection[Room]
) -> Counted:
    """In those rooms, at one threshold."""
    counted = Counted()
    for heard in traces:
        if heard.room not in rooms:
            continue
        hits = heard.hits(model, threshold)
        if heard.said == model:
            counted += Counted(said=1, missed=hits == 0)
        elif heard.said not in models():
            counted += Counted(false_alarms=hits, hours=heard.seconds / 3600)
    return counted


def following(traces: Sequence[Trace], model: str) -> Counted:
    """With a threshold for each room, as if it were known which one it is.

    Chosen on every second recording, for the fewest misses with no more false alarms
    than the default threshold has, and counted on the others; and the other way round.
    """
    halves = traces[::2], traces[1::2]
    counted = Counted()
    for chosen_on, counted_on in (halves, halves[::-1]):
        for room, threshold in _best(chosen_on, model).items():
            counted += count(counted_on, model, threshold, [room])
    return counted


def _best(traces: Sequence[Trace], model: str) -> Mapping[Room, float]:
    default = default_thresholds()[model]
    allowed = count(traces, model, default, tuple(Room)).false_alarms
    # By false alarms in the rooms so far: the fewest misses, and how they are had.
    fewest: dict[int, tuple[int, dict[Room, float]]] = {0: (0, {})}
    for room in Room:
        counts = {
            threshold: count(traces, model, threshold, [room])
            for threshold in {*THRESHOLDS, default}
        }
        further: dict[int, tuple[int, dict[Room, float]]] = {}
        for (alarms, (missed, chosen)), (threshold, there) in product(
            fewest.items(), sorted(counts.items())
        ):
            alarms_then = alarms + there.false_alarms
            missed_then = missed + there.missed
            known = further.get(alarms_then)
            if alarms_then <= allowed and (known is None or missed_then < known[0]):
                further[alarms_then] = missed_then, {**chosen, room: threshold}
        fewest = further
    _, chosen = min(fewest.values(), key=lambda one: one[0])
    return chosen


def _by_kind(played: Material) -> dict[str, Sequence[npt.NDArray[np.float32]]]:
    return {**played.said, **played.near, NEGATIVE: played.negatives}


@cache
def _material() -> Material:
    return material(Recordings.from_environment())


@cache
def _engine() -> MicroWakeWordEngine:
    return MicroWakeWordEngine([WakeWordModel(model) for model in models()])


def _trace(room: Room, said: str, number: int) -> Trace:
    played = _material()
    clip = _by_kind(played)[said][number]
    engine = _engine()
    engine.reset()
    scores: list[list[float]] = []
    for frame in frames_of(in_room(clip, room, played.noises, number)):
        engine.detect(frame)
        scores.append(list(engine.scores.values()))
    columns = np.asarray(scores, np.float32).T
    return Trace(
        room,
        said,
        len(clip) / SAMPLE_RATE,
        dict(zip(engine.wake_words, columns, strict=True)),
    )
