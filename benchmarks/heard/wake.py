"""Whether a wake word is heard: with a command straight behind it, across an echoing
room, in a kitchen; and what else is taken for it.

Each figure stands beside that of a score above its threshold alone, of the same sound
in the same run: what a second look and a second chance are worth.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from auricle.audio.features import FeatureExtractor
from auricle.audio.frame import FRAME_SAMPLES, SAMPLE_RATE, Frame
from auricle.wake.description import read_json
from auricle.wake.detector import Detection, Refractory, WakeWordModel
from auricle.wake.microwakeword import BUNDLED, MicroWakeWordEngine
from auricle.wake.streaming_model import StreamingModel
from auricle.wake.tflite import library_of, load_library, package_folder
from benchmarks.heard.scale import Scale
from benchmarks.progress import told
from benchmarks.recordings import Clip, Recordings, Samples, phrase_of
from benchmarks.rows import Row
from benchmarks.turns.spoken_turns import Echo, Noises, Room, frames_of, leveled

_BEFORE, _BEHIND = 1.5, 2.0
# A detection outside this is of something else: seconds around the word's end.
_EARLIEST, _LATEST = 0.6, 1.2
_REFRACTORY = 2.0
# Of talk: people say one thing after the other, with so much in between.
_PAUSES = (0.25, 0.75)
_STRETCH = 60.0
_AGAIN = 2.0
"""Seconds until whoever was not heard says it again."""
_ENOUGH = 98
"""With fewer recordings of a word, no target is set for how often it is missed."""
_GAPS = (0.0, 0.05, 0.1, 0.2, 0.5)
_SHORT = 8
_TALK = ("commands/*/*", "commands/*", "speech/*", "speech/*/*", "talk/*", "talk/*/*")
_OPINIONS = "wake_models_v1"
"""The folder of second opinions among the recordings; none are published with us."""

_MISSED: Mapping[str, float] = {
    "quiet": 3.0,
    "no gap": 10.0,
    "echo 0.6 s, 3 m": 20.0,
    "kitchen 10 dB": 6.5,
}
_MISSED_WITH_OPINION = 13.0
_FALSE_ALARMS: Mapping[tuple[str, Room], float] = {
    ("alexa", Room.CLEAN): 0.7,
    ("alexa", Room.KITCHEN_10): 2.0,
    ("hey_mycroft", Room.CLEAN): 1.0,
    ("okay_nabu", Room.CLEAN): 0.3,
}


@dataclass(frozen=True, slots=True)
class Scene:
    """How a wake word is said, and where."""

    name: str
    room: Room = Room.CLEAN
    gap: float | None = None
    """Seconds until a command follows; None where none does."""
    echo: Echo | None = None
    twice: bool = False
    """It is said again, which counts as missed only where both are."""


SCENES = (
    Scene("quiet"),
    *(Scene(f"gap {gap:g} s" if gap else "no gap", gap=gap) for gap in _GAPS),
    Scene("no gap, said twice", gap=0.0, twice=True),
    *(
        Scene(f"echo {seconds} s, {meters} m", echo=Echo(seconds, meters))
        for seconds in (0.3, 0.6)
        for meters in (1, 3, 5)
    ),
    Scene("echo 0.6 s, 3 m, said twice", echo=Echo(0.6, 3), twice=True),
    Scene("kitchen 10 dB", Room.KITCHEN_10),
    Scene("no gap, kitchen 10 dB", Room.KITCHEN_10, gap=0.0),
    Scene("echo 0.3 s, 3 m, kitchen 10 dB", Room.KITCHEN_10, echo=Echo(0.3, 3)),
    Scene("television 15 dB", Room.TELEVISION_15),
)


@dataclass(slots=True)
class Count:
    """How often of how many; `plainly` by the score alone."""

    of: float = 0.0
    with_care: int = 0
    plainly: int = 0


@dataclass(frozen=True, slots=True)
class Played:
    """Sound, and where the wake words in it end; positions count samples."""

    samples: Samples
    ends: Sequence[int] = ()
    seconds: float = 0.0
    """Of talk, without the room around it."""


@dataclass(slots=True)
class _Heard:
    """When a model took something for its word."""

    with_care: list[int] = field(default_factory=list)
    plainly: list[int] = field(default_factory=list)


class Theater:
    """Plays recordings of people in rooms."""

    def __init__(self, recordings: Recordings, seed: int) -> None:
        self._recordings = recordings
        self._noises = Noises(recordings)
        self._commands = recordings.commands()
        self._seed = seed

    def wake_words(self, word: str, scene: Scene, most: int | None) -> list[Played]:
        """Every recording of the word in a scene, but no more than `most`."""
        patterns = self._recordings.wake_patterns()[word]
        clips = [samples for _, samples in self._recordings.files(*patterns)]
        return [
            self._said(clip, scene, number) for number, clip in enumerate(clips[:most])
        ]

    def talk(self, room: Room, most: int | None) -> list[Played]:
        """What people say to others, a minute at a time."""
        return [
            self._placed([stretch], room, 1000 + number, len(stretch) / SAMPLE_RATE)
            for number, stretch in enumerate(self._stretches(most))
        ]

    def near(
        self, room: Room, patterns: Sequence[str], most: int | None
    ) -> list[Played]:
        """Other words, each by itself."""
        clips = [samples for _, samples in self._recordings.files(*patterns)]
        return [
            self._placed([leveled(clip)], room, number)
            for number, clip in enumerate(clips[:most])
        ]

    def _said(self, clip: Samples, scene: Scene, number: int) -> Played:
        if scene.gap is None:
            sounds, word_end = [leveled(clip)], _phrase_end(clip)
        else:
            phrase = phrase_of(clip)
            gap = np.zeros(round(scene.gap * SAMPLE_RATE), np.float32)
            command = self._command(number)
            sounds = [leveled(phrase), gap, leveled(command.samples)]
            word_end = len(phrase)
        said = np.concatenate(sounds)
        if scene.echo is not None:
            said = scene.echo.of(said, self._seed, number)
        if not scene.twice:
            played = self._placed([said], scene.room, number)
            return Played(played.samples, [self._start(number) + word_end])
        pause = np.zeros(
            round(_AGAIN * SAMPLE_RATE) + number % FRAME_SAMPLES, np.float32
        )
        again = len(said) + len(pause)
        played = self._placed([said, pause, said], scene.room, number)
        first = self._start(number) + word_end
        return Played(played.samples, [first, first + again])

    def _command(self, number: int) -> Clip:
        return self._commands[(number * 7 + 3 * self._seed) % len(self._commands)]

    def _placed(
        self, sounds: Sequence[Samples], room: Room, number: int, seconds: float = 0.0
    ) -> Played:
        sound = np.concatenate(sounds)
        start = self._start(number)
        rng = np.random.default_rng([self._seed, number, list(Room).index(room)])
        length = start + len(sound) + round(_BEHIND * SAMPLE_RATE)
        samples = self._noises.behind(room, length, rng)
        samples[start : start + len(sound)] += sound
        return Played(samples, (), seconds)

    def _start(self, number: int) -> int:
        # Nobody speaks in time with the frames.
        return round(_BEFORE * SAMPLE_RATE) + number * 97 % FRAME_SAMPLES

    def _stretches(self, most: int | None) -> Iterator[Samples]:
        rng = np.random.default_rng(self._seed)
        sounds: list[Samples] = []
        made = length = 0
        for _, clip in self._recordings.files(*_TALK):
            if made == most:
                return
            pause = np.zeros(round(rng.uniform(*_PAUSES) * SAMPLE_RATE), np.float32)
            sounds += [leveled(clip), pause]
            length += len(clip) + len(pause)
            if length > _STRETCH * SAMPLE_RATE:
                yield np.concatenate(sounds)
                sounds, length, made = [], 0, made + 1
        if sounds:
            yield np.concatenate(sounds)


class Ear:
    """One wake word's model."""

    def __init__(self, word: str, opinion: Path | None = None) -> None:
        self.word = word
        model = WakeWordModel(
            word, second_opinion=None if opinion is None else str(opinion)
        )
        self._engine = MicroWakeWordEngine([model])
        self._threshold = self._engine.thresholds[word]
        self._plain = _Plain(word)

    def missed(self, played: Iterable[Played]) -> Count:
        """How many were not heard."""
        count = Count()
        for sound in played:
            heard = self._hear(sound.samples)
            count.of += 1
            count.with_care += not _any_of(sound.ends, heard.with_care)
            count.plainly += not _any_of(sound.ends, heard.plainly)
        return count

    def alarms(self, played: Iterable[Played]) -> Count:
        """How often it was heard where it was not said; of so many hours."""
        count = Count()
        for sound in played:
            heard = self._hear(sound.samples)
            count.of += sound.seconds / 3600
            count.with_care += _words(self.word, heard.with_care)
            count.plainly += _words(self.word, heard.plainly)
        return count

    def _hear(self, samples: Samples) -> _Heard:
        self._engine.reset()
        self._plain.reset()
        heard = _Heard()
        for frame in frames_of(samples):
            if self._engine.detect(frame) is not None:
                heard.with_care.append(frame.end)
            if self._plain.hear(frame) > self._threshold:
                heard.plainly.append(frame.end)
        return heard


class _Plain:
    """A bundled model's score, and no look into it."""

    def __init__(self, word: str) -> None:
        package = package_folder("pymicro_wakeword")
        description = package / "models" / f"{word}.json"
        window = read_json(description)["micro"]["sliding_window_size"]
        self._model = StreamingModel(
            load_library(library_of(package)),
            description.with_suffix(".tflite"),
            window,
        )
        self._extractor = FeatureExtractor()

    def hear(self, frame: Frame) -> float:
        """Take the next frame; return the score."""
        return max(map(self._model.hear, self._extractor.hear(frame.pcm)), default=0.0)

    def reset(self) -> None:
        """Forget all that was heard."""
        self._model.reset()
        self._extractor.reset()


def rows(scale: Scale) -> Iterator[Row]:
    theater = Theater(scale.recordings, scale.seed)
    most = _SHORT if scale.short else None
    for word in BUNDLED:
        yield from _missed_rows(theater, Ear(word), most)
        opinion = scale.recordings.root / _OPINIONS / f"{word}.json"
        if opinion.exists():
            yield from _opinion_rows(theater, Ear(word, opinion), most)
    yield from _alarm_rows(theater, most)
    yield from _near_rows(theater, scale.recordings, most)


def _missed_rows(theater: Theater, ear: Ear, most: int | None) -> Iterator[Row]:
    for scene in told(SCENES, ear.word):
        count = ear.missed(theater.wake_words(ear.word, scene, most))
        if count.of:
            enough = count.of >= _ENOUGH or most is not None
            yield _missed(
                f"{ear.word}, {scene.name}: missed",
                count,
                _MISSED.get(scene.name) if enough else None,
            )


def _opinion_rows(theater: Theater, ear: Ear, most: int | None) -> Iterator[Row]:
    scenes = [s for s in SCENES if s.name in _MISSED]
    for scene in told(scenes, f"{ear.word} with a second opinion"):
        count = ear.missed(theater.wake_words(ear.word, scene, most))
        target = _MISSED_WITH_OPINION if scene.echo is not None else None
        enough = count.of >= _ENOUGH or most is not None
        if count.of:
            yield _missed(
                f"{ear.word} with a second opinion, {scene.name}: missed",
                count,
                target if enough else None,
            )


def _missed(what: str, count: Count, target: float | None) -> Row:
    return Row(
        what,
        100 * count.with_care / count.of,
        "%",
        f"{count.of:g}; by the score alone {100 * count.plainly / count.of:.3g} %",
        most=target,
    )


def _alarm_rows(theater: Theater, most: int | None) -> Iterator[Row]:
    for room in (Room.CLEAN, Room.KITCHEN_10):
        played = theater.talk(room, most)
        for word in told(BUNDLED, f"talk, {room}"):
            count = Ear(word).alarms(played)
            yield Row(
                f"{word}, talk without it, {room}: false alarms",
                count.with_care / count.of,
                "an hour",
                f"{count.of:.2f} h; by the score alone {count.plainly / count.of:.2g}",
                most=_FALSE_ALARMS.get((word, room)),
            )


def _near_rows(
    theater: Theater, recordings: Recordings, most: int | None
) -> Iterator[Row]:
    for near, patterns in recordings.near_miss_patterns().items():
        whole = Count()
        for word in told(BUNDLED, f'"{near}"'):
            for room in (Room.CLEAN, Room.KITCHEN_10):
                played = theater.near(room, patterns, most)
                count = Ear(word).alarms(played)
                whole.of = len(played)
                whole.with_care += count.with_care
                whole.plainly += count.plainly
        yield Row(
            f'"{near}" alone, quiet and in a kitchen: taken for a wake word',
            whole.with_care,
            "times",
            f"2 times {whole.of:g} words; by the score alone {whole.plainly}",
            most=whole.plainly / 2,
        )


def _phrase_end(clip: Samples) -> int:
    phrase, step = phrase_of(clip), SAMPLE_RATE // 100
    start = next(
        at
        for at in range(0, len(clip), step)
        if np.array_equal(clip[at : at + len(phrase)], phrase)
    )
    return start + len(phrase)


def _any_of(ends: Iterable[int], heard: Iterable[int]) -> bool:
    return any(
        -_EARLIEST <= (at - end) / SAMPLE_RATE <= _LATEST
        for end in ends
        for at in heard
    )


def _words(word: str, heard: Iterable[int]) -> int:
    refractory = Refractory(_REFRACTORY)
    return sum(refractory.admits(Detection(word, 1.0, at)) for at in heard)
