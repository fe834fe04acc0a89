"""People's voices, and where in each recording the voice begins and ends.

The recordings are not part of the project: the environment variable
`AURICLE_RECORDINGS` names a folder of them (README.md lists its parts).
"""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from auricle.audio.frame import SAMPLE_RATE

Samples = npt.NDArray[np.float32]

_STEP = SAMPLE_RATE // 100
# A syllable is within 25 dB of the voice's loudest and lasts 50 ms: breath, lips and
# the mouse that ends a recording are fainter or shorter. To it belong the consonants
# around it, down to 35 dB below, across the silence of a plosive. Both stand out from
# the recording's own noise, as far as that is known: some are all voice.
_SYLLABLE_DB, _SYLLABLE_STEPS = 25, 5
_CONSONANT_DB, _PLOSIVE_STEPS = 35, 12
_ABOVE_NOISE_DB, _LEAST_DB = 10, 20
_SILENCE_DB = -90
# Wake words were recorded in noisier rooms.
_VOWEL_DB, _VOWEL_ABOVE_NOISE_DB, _LEAST_VOWEL_DB = 20, 8, 12
_WORD_STEPS, _FADE_STEPS = 20, 5


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """The voice of one recording, and nothing around it."""

    name: str
    """Path below the folder of recordings."""
    samples: Samples
    """16 kHz, mono, -1 to 1."""

    @property
    def held_out(self) -> bool:
        """Whether it is kept from tuning: one of three, by its name."""
        return hashlib.sha256(self.name.encode()).digest()[0] % 3 == 0


class Recordings:
    """The folder, by what is said in it."""

    def __init__(
        self, root: Path, *, wake: Path | None = None, commands: Path | None = None
    ) -> None:
        """`wake` and `commands` are somebody's own, instead of those in the folder:
        FOLDER/alexa/*.wav and the like for each wake word, and any commands.
        """
        self.root = root
        self._own = {
            name: folder
            for name, folder in (("wake", wake), ("commands", commands))
            if folder is not None
        }

    @classmethod
    def from_environment(
        cls, *, wake: Path | None = None, commands: Path | None = None
    ) -> "Recordings":
        """Raises SystemExit where there is no such folder, or where there is nothing in
        somebody's own.
        """
        folder = os.environ.get("AURICLE_RECORDINGS", "")
        if not (folder and Path(folder).is_dir()):
            raise SystemExit(
                "AURICLE_RECORDINGS does not name a folder of recordings: "
                "see benchmarks/README.md"
            )
        recordings = cls(Path(folder), wake=wake, commands=commands)
        recordings._require_own()
        return recordings

    def wake_words(self) -> dict[str, list[Clip]]:
        """Wake phrases of people, by the model that should hear them."""
        return {
            model: self.phrases(*patterns)
            for model, patterns in self.wake_patterns().items()
        }

    def wake_word(self, model: str) -> list[Clip]:
        """Wake phrases that a model should hear: somebody's own, or, where these are
        all of other words, those of the folder.
        """
        patterns = self.wake_patterns()[model]
        return self.phrases(*patterns) or Recordings(self.root).phrases(*patterns)

    def wake_patterns(self) -> dict[str, tuple[str, ...]]:
        """Where those phrases are."""
        models = ("alexa", "hey_jarvis", "hey_mycroft", "okay_nabu")
        return {
            model: (
                f"wake/{model}/*",
                f"wake/pymicro_tests/{model}/*",
                f"wake/wyoming_oww/{model}.*",
                f"wake/oww_tests/{model}_test.*",
            )
            for model in models
        }

    def near_misses(self) -> dict[str, list[Clip]]:
        """Single words that resemble a wake word, or are another product's."""
        return {
            word: self.phrases(*patterns)
            for word, patterns in self.near_miss_patterns().items()
        }

    def near_miss_patterns(self) -> dict[str, tuple[str, ...]]:
        """Where those words are."""
        return {
            word: (f"wake/{word}/*", f"wake/wyoming_oww/{word}.*")
            for word in ("jarvis", "computer")
        }

    def commands(self) -> list[Clip]:
        """Whole commands: to a coffee machine, and "turn on the office lights"; or
        somebody's own.
        """
        if "commands" in self._own:
            return self.clips("commands/*", "commands/*/*")
        return self.clips("commands/coffee/*", "commands/lights/*_16bit.*")

    def clips(self, *patterns: str) -> list[Clip]:
        """The voices in all files of these patterns, in the order of their names."""
        return [
            Clip(name, voice_of(samples)) for name, samples in self.files(*patterns)
        ]

    def phrases(self, *patterns: str) -> list[Clip]:
        """The same where one short phrase is all that is said."""
        return [
            Clip(name, phrase_of(samples)) for name, samples in self.files(*patterns)
        ]

    def files(self, *patterns: str) -> Iterable[tuple[str, Samples]]:
        """Whole recordings, as they are."""
        for name, path in self._paths(*patterns):
            yield name, load(path)

    def _require_own(self) -> None:
        """See to it before the first part, which takes minutes. Raises SystemExit."""
        own = {
            "wake": [each for row in self.wake_patterns().values() for each in row],
            "commands": ["commands/*", "commands/*/*"],
        }
        told = {
            "wake": "WAV or FLAC files in a folder for each wake word, such as "
            f"alexa/1.wav; known are {', '.join(self.wake_patterns())}",
            "commands": "WAV or FLAC files in it, or in its folders",
        }
        for kind, folder in self._own.items():
            paths = self._paths(*own[kind])
            if not paths:
                raise SystemExit(
                    f"--{kind} {folder}: nothing there; it is {told[kind]}"
                )
            for _, path in paths:
                _require_format(path)

    def _paths(self, *patterns: str) -> list[tuple[str, Path]]:
        """Files by what they are called below the folder of recordings."""
        found = []
        for pattern in patterns:
            kind, _, rest = pattern.partition("/")
            folder = self._own.get(kind, self.root / kind)
            found += [
                (f"{kind}/{path.relative_to(folder)}", path)
                for path in sorted(folder.glob(rest))
                if path.suffix in {".flac", ".wav"}
            ]
        return found


def load(path: Path) -> Samples:
    _require_format(path)
    samples, _ = soundfile.read(path, dtype="float32")
    return np.asarray(samples, np.float32)


def _require_format(path: Path) -> None:
    try:
        info = soundfile.info(path)
    except soundfile.LibsndfileError as error:
        raise SystemExit(f"{path}: {error.error_string}") from error
    if info.samplerate != SAMPLE_RATE or info.channels != 1:
        raise SystemExit(
            f"{path} is not 16 kHz mono: sox {path.name} -r 16000 -c 1 new.wav"
        )


def voice_of(samples: Samples) -> Samples:
    """From the first sound of the first syllable to the last of the last."""
    levels = levels_db(samples)
    loudest = np.percentile(levels, 98)
    audible = min(_noise_db(levels) + _ABOVE_NOISE_DB, loudest - _LEAST_DB)
    syllables = [
        run
        for run in _runs(levels > max(loudest - _SYLLABLE_DB, audible), bridged=2)
        if run.stop - run.start >= _SYLLABLE_STEPS
    ]
    if not syllables:
        return samples
    consonant = max(loudest - _CONSONANT_DB, audible)
    sounds = _runs(levels > consonant, bridged=_PLOSIVE_STEPS)
    first = next(run for run in sounds if run.stop > syllables[0].start)
    last = next(run for run in sounds if run.stop >= syllables[-1].stop)
    return samples[first.start * _STEP : last.stop * _STEP]


def phrase_of(samples: Samples) -> Samples:
    """The longest stretch of sound, to where its last vowel has faded."""
    levels = levels_db(samples)
    loudest = np.percentile(levels, 98)
    audible = min(_noise_db(levels) + _VOWEL_ABOVE_NOISE_DB, loudest - _LEAST_VOWEL_DB)
    runs = _runs(levels > max(loudest - _VOWEL_DB, audible), bridged=_WORD_STEPS)
    phrase = max(runs, key=lambda run: run.stop - run.start)
    start = max(0, phrase.start - _FADE_STEPS)
    return samples[start * _STEP : (phrase.stop + _FADE_STEPS) * _STEP]


def levels_db(samples: Samples, step: int = _STEP) -> npt.NDArray[np.float64]:
    """Power of each 10 ms."""
    steps = samples[: len(samples) // step * step].reshape(-1, step)
    return np.asarray(10 * np.log10(np.mean(steps.astype(float) ** 2, axis=1) + 1e-12))


def speech_level_db(samples: Samples) -> float:
    """Power while the voice sounds: pauses do not count."""
    levels = levels_db(samples)
    voiced = levels[levels > np.percentile(levels, 98) - _SYLLABLE_DB]
    return float(10 * np.log10(np.mean(10 ** (voiced / 10))))


def _noise_db(levels: npt.NDArray[np.float64]) -> float:
    return float(np.percentile(levels[levels > _SILENCE_DB], 25))


def _runs(flags: npt.NDArray[np.bool_], *, bridged: int) -> list[slice]:
    """Stretches of true; gaps of up to `bridged` steps do not part them."""
    runs: list[slice] = []
    for at in np.flatnonzero(flags):
        if runs and at - runs[-1].stop <= bridged:
            runs[-1] = slice(runs[-1].start, int(at) + 1)
        else:
            runs.append(slice(int(at), int(at) + 1))
    return runs
