"""Commands with a pause between two words, and whether they arrive whole.

With an afterthought, which is none by default, a command may also arrive in two parts.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import cache

import numpy as np
from faster_whisper import WhisperModel

from auricle.assets.words import unfinished
from auricle.audio.frame import FRAME_SAMPLES, SAMPLE_RATE
from auricle.recognizer.engines.weights import find_whisper
from auricle.recognizer.engines.whisper import WhisperEngine
from auricle.recognizer.transcriptions import RecognizedText
from auricle.turns.endpointing import PRESETS, Preset
from auricle.turns.turn import Mode
from auricle.turns.unfinished import UnfinishedWords
from benchmarks.heard.kept import kept
from benchmarks.heard.scale import Scale
from benchmarks.progress import told
from benchmarks.recordings import Clip, Samples, levels_db
from benchmarks.rows import Row
from benchmarks.turns.pauses import CLOUD, Home, Service, Where, Write
from benchmarks.turns.spoken_turns import (
    Noises,
    Room,
    SpokenTurn,
    join,
    pcm_of,
)

PAUSES = (0.0, 0.5, 0.7, 1.0)
_AT_HOME = Service(Where.HOME, 0.4)
"""On a machine for which that is easy: Whisper tiny.en took 0.35 s on one core."""
_WAKE_WORD = "alexa"
_FIRST, _SECOND = "first", "second"
_HALF = round(0.4 * SAMPLE_RATE)
"""Each half of a command is this long at least."""
_STEP = SAMPLE_RATE // 100
_NEAR = 6
"""So many steps around it, a word's end is where it is quietest: time stamps err."""
_COMMANDS, _FEW = 60, 8
_MOST = 140
"""With the longest pause and the preset that is the default: nothing is nearer to what
was asked for, on either side.
"""
_NOTHING = (
    "no command: each needs two words with 0.4 s of voice before and behind the place "
    "between them, and a wake word that is heard"
)
_BEFORE = ("Make me a latte.", "Turn on the office lights.", "Brew a large mocha.")
"""As the speech model writes what is whole."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Who ends the sentence, and how."""

    mode: Mode
    preset: Preset
    service: Service
    afterthought: float = 0.0
    """Seconds behind the transcript."""

    def __str__(self) -> str:
        name = f"{self.mode}, {self.preset}, recognizer {self.service}"
        within = f", afterthoughts within {self.afterthought:g} s"
        return name + within if self.afterthought else name

    @property
    def pauses(self) -> Sequence[float]:
        return PAUSES[-1:] if self.afterthought else PAUSES

    def commands(self, pause: float) -> int:
        default = self.preset is Preset.BALANCED and not self.afterthought
        return _MOST if default and pause == PAUSES[-1] else _COMMANDS


@dataclass(frozen=True, slots=True)
class Taken:
    """One turn, as it came out."""

    setting: Setting
    pause: float
    heard: str
    """What was understood, with a mark for each half of the command."""
    waited: float
    """Seconds from the end of the voice to the outcome, but for the final's."""

    @property
    def whole(self) -> bool:
        return _FIRST in self.heard and _SECOND in self.heard


@dataclass(frozen=True, slots=True)
class _Job:
    setting: Setting
    pause: float
    number: int


def rows(scale: Scale) -> Iterator[Row]:
    yield from rows_of(measure(scale))


def measure(scale: Scale) -> list[Taken]:
    jobs = [
        _Job(setting, pause, number)
        for setting in _settings()
        for pause in setting.pauses
        for number in range(_FEW if scale.short else setting.commands(pause))
    ]
    with ProcessPoolExecutor(2, initializer=_begin, initargs=(scale,)) as pool:
        taken = pool.map(_take, jobs, chunksize=4)
        return [one for one in told(taken, "pauses", len(jobs)) if one]


def _settings() -> Iterator[Setting]:
    for service in (CLOUD, _AT_HOME):
        for mode in Mode:
            for preset in Preset:
                yield Setting(mode, preset, service)
            yield Setting(mode, Preset.BALANCED, service, afterthought=1.0)


_LEAST: dict[tuple[Preset, float], float] = {
    (Preset.BALANCED, 0.5): 80,
    (Preset.BALANCED, 0.7): 70,
    (Preset.BALANCED, 1.0): 50,
    (Preset.PATIENT, 0.5): 99,
    (Preset.PATIENT, 0.7): 98,
    (Preset.PATIENT, 1.0): 80,
}


def rows_of(taken: Sequence[Taken]) -> Iterator[Row]:
    """The figures; where no turn could be taken, why there are none."""
    for setting in _settings():
        for pause in setting.pauses:
            some = [o for o in taken if (o.setting, o.pause) == (setting, pause)]
            of = f"{len(some)} commands" if some else _NOTHING
            if pause:
                parts = " or in two parts" if setting.afterthought else ""
                # An afterthought is the user's choice, and the targets are for all.
                least = _LEAST.get((setting.preset, pause))
                yield Row(
                    f"{setting}: whole{parts} with a pause of {pause:g} s",
                    _share(one.whole for one in some),
                    "%",
                    of,
                    least=None if setting.afterthought else least,
                )
                continue
            waits = sorted(one.waited for one in some)
            yield Row(
                f"{setting}: end of the voice to end of the turn, without a pause, p50",
                _at(waits, 0.5),
                "s",
                of,
                most=0.47 if setting.preset is Preset.BALANCED else None,
            )
            yield Row(f"{setting}: the same, p95", _at(waits, 0.95), "s", of)


def _share(those: Iterable[bool]) -> float | None:
    counted = [*those]
    return 100 * sum(counted) / len(counted) if counted else None


def _at(waits: Sequence[float], share: float) -> float | None:
    return waits[int(len(waits) * share)] if waits else None


# --- in each process ---

_scale = Scale(1)


def _begin(scale: Scale) -> None:
    global _scale  # a process is told once what it works on
    _scale = scale


@dataclass(frozen=True)
class _Material:
    wakes: Sequence[Clip]
    commands: Sequence[tuple[Clip, Sequence[int]]]
    """With the positions between their words where a pause may be."""
    noises: Noises


@cache
def _material() -> _Material:
    recordings = _scale.recordings
    commands = [
        (clip, ends)
        for clip in recordings.commands()
        if (ends := _between_words(clip.samples))
    ]
    wakes = recordings.wake_word(_WAKE_WORD)
    return _Material(wakes, commands, Noises(recordings))


def _take(job: _Job) -> Taken | None:
    """One turn; None where the wake word was missed, or a pause fits nowhere."""
    material = _material()
    if not material.commands:
        return None
    rng = np.random.default_rng([_scale.seed, job.number])
    command, ends = material.commands[job.number % len(material.commands)]
    cut = ends[int(rng.integers(len(ends)))]
    turn = join(
        _WAKE_WORD,
        material.wakes[int(rng.integers(len(material.wakes)))],
        command,
        material.noises,
        Room.CLEAN,
        gap=float(rng.choice([0.15, 0.3, 0.8])),
        pause=job.pause,
        rng=rng,
        pause_at=cut,
    )
    setting = job.setting
    home = Home(
        setting.mode,
        setting.service,
        _understanding(turn, cut),
        endpointing=PRESETS[setting.preset],
        unfinished_words=_unfinished_words(),
        draft=_draft,
        finals_before=_BEFORE,
        afterthought=setting.afterthought,
    )
    home.hear(turn)
    if home.outcome is None:
        return None
    at, outcome = home.outcome
    outcomes = (outcome, home.afterthought)
    heard = [one.transcript.text for one in outcomes if one and one.transcript]
    waited = at - turn.command_end / SAMPLE_RATE - setting.service.decode
    return Taken(setting, job.pause, " ".join(heard), waited)


def _understanding(turn: SpokenTurn, cut: int) -> Write:
    """Writes down what the speech model hears, behind a mark for each half of the
    command whose middle it was given.
    """
    length = len(turn.command.samples)
    missing = turn.command_end - turn.command_start - length
    middles = {
        _FIRST: turn.command_start + cut // 2,
        _SECOND: turn.command_start + missing + (cut + length) // 2,
    }
    halves = {
        word: pcm_of(turn.samples[at : at + FRAME_SAMPLES])
        for word, at in middles.items()
    }

    def understand(pcm: bytes) -> RecognizedText:
        marks = [word for word, half in halves.items() if half in pcm]
        said = _written(pcm, final=True)
        return replace(said, text=" ".join([*marks, said.text]))

    return understand


def _draft(pcm: bytes) -> RecognizedText:
    return _written(pcm, final=False)


@cache
def _unfinished_words() -> UnfinishedWords:
    return UnfinishedWords(unfinished())


@cache
def _engine() -> WhisperEngine:
    return WhisperEngine("tiny.en", threads=1)


def _written(pcm: bytes, *, final: bool) -> RecognizedText:
    def write() -> str:
        said = _engine().transcribe(pcm, language="en", corpus=None, final=final)
        return json.dumps(asdict(said))

    return RecognizedText(**json.loads(kept("said", pcm + bytes([final]), write)))


def _between_words(samples: Samples) -> list[int]:
    """Where one word is over and the next begins, not too near to the ends."""
    ends = kept("words", pcm_of(samples), lambda: json.dumps(_word_ends(samples)))
    levels = levels_db(samples)
    positions = []
    for seconds in json.loads(ends)[:-1]:
        first = max(0, round(seconds * 100) - _NEAR)
        around = levels[first : first + 2 * _NEAR]
        if len(around):
            at = (first + int(np.argmin(around))) * _STEP + _STEP // 2
            if _HALF < at < len(samples) - _HALF:
                positions.append(at)
    return positions


@cache
def _aligner() -> WhisperModel:
    folder = str(find_whisper("tiny.en"))
    return WhisperModel(folder, compute_type="int8", cpu_threads=1)


def _word_ends(samples: Samples) -> list[float]:
    """In seconds, as the speech model's attention tells."""
    segments, _ = _aligner().transcribe(samples, language="en", word_timestamps=True)
    return [float(word.end) for segment in segments for word in segment.words or ()]
