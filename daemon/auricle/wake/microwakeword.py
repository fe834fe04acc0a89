"""microWakeWord: the wake word engine of small machines."""

import contextlib
import math
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auricle.audio.features import BANDS, STEP_BYTES, STEP_MS, FeatureExtractor
from auricle.audio.frame import FRAME_BYTES, SAMPLE_BYTES, SAMPLE_RATE, Frame
from auricle.errors import ConfigError
from auricle.text import presentable
from auricle.wake.careful_model import CarefulModel, Judgment
from auricle.wake.description import is_of_version_1, read_json
from auricle.wake.detector import Detection, WakeWordModel
from auricle.wake.loaded_models import LoadedModel, LoadedModels
from auricle.wake.second_look import CARES, CAUTIOUS
from auricle.wake.second_opinion import SecondOpinion
from auricle.wake.streaming_model import StreamingModel
from auricle.wake.tflite import (
    INT8,
    UINT8,
    inspect_model,
    library_of,
    load_library,
    package_folder,
)

# Its models and its library are used, its Python is not: that brings NumPy.
_PACKAGE = package_folder("pymicro_wakeword")

BUNDLED = tuple(sorted(path.stem for path in (_PACKAGE / "models").glob("*.json")))
"""The models inside the engine's package, Apache-2.0."""

_URL = "://"
# Published models have at most 10; a score that takes seconds wakes nobody.
_LONGEST_WINDOW = 1000
_LONGEST_PHRASE = 64
# Of a language, with or without its region, such as pt-BR.
_CODE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})?")
# Seconds from the first answer that holds the phrase for possible to its end, in
# people's voices. A model learns to wait for that end, or for so much as tells the
# phrase from all else.
_STILL_SPOKEN = {"hey_jarvis": 0.05, "hey_mycroft": 0.20, "okay_nabu": 0.13}
_STEP_SAMPLES = STEP_BYTES // SAMPLE_BYTES
_FEATURES_A_FRAME = FRAME_BYTES // STEP_BYTES * BANDS


class MicroWakeWordEngine(LoadedModels[CarefulModel]):
    """Runs all microWakeWord models of a satellite; they share one feature
    extractor.
    """

    def __init__(self, models: Iterable[WakeWordModel]) -> None:
        """Load models, each by the name of a bundled one or the path of its `.json`
        file.

        Raises ConfigError naming the model or file that cannot be used.
        """
        super().__init__(map(_load, models))
        self._extractor = FeatureExtractor()

    @property
    def soonest(self) -> int | None:
        features = (model.runner.soonest(model.threshold) for model in self._running)
        frames = (math.ceil(wanted / _FEATURES_A_FRAME) for wanted in features)
        return min(frames, default=None)

    def listen_for(self, wake_words: Collection[str]) -> None:
        if not self._running:
            self._extractor.reset()
        for model in self._run_only(wake_words):
            model.runner.reset()

    def detect(self, frame: Frame) -> Detection | None:
        if not self._running:
            return None
        features = self._extractor.hear(frame.pcm)
        surest: Detection | None = None
        for model in self._running:
            # Zero until the model has its 30 ms, which a frame brings once.
            model.score = max(map(model.runner.hear, features), default=0.0)
            judgment = model.runner.judge(model.score, model.threshold, frame.end)
            if judgment is None:
                continue
            model.score = judgment.score
            if judgment.heard and (surest is None or judgment.score > surest.score):
                surest = Detection(
                    model.name, judgment.score, frame.end, _lag(model, judgment)
                )
        return surest

    def reset(self) -> None:
        self._extractor.reset()
        self._forget()


@dataclass(frozen=True, slots=True)
class _Description:
    """A microWakeWord JSON file (version 2)."""

    model: Path
    cutoff: float
    window: int
    """Probabilities that make a score."""
    phrase: str
    languages: tuple[str, ...]


def _lag(model: LoadedModel[CarefulModel], judgment: Judgment) -> int:
    """Samples from the end of the phrase to the latest answer."""
    possible = judgment.possible_since * _STEP_SAMPLES
    return possible - round(_STILL_SPOKEN.get(model.name, 0.0) * SAMPLE_RATE)


def _load(choice: WakeWordModel) -> LoadedModel[CarefulModel]:
    if choice.source in BUNDLED:
        config_path = _PACKAGE / "models" / f"{choice.source}.json"
    else:
        config_path = _own(choice.source)
    description = _read(config_path)
    library = load_library(library_of(_PACKAGE))
    _check_model(library, description.model)
    threshold = description.cutoff if choice.threshold is None else choice.threshold
    name = config_path.stem
    model = StreamingModel(library, description.model, description.window)
    care = CARES.get(name, CAUTIOUS) if choice.source in BUNDLED else CAUTIOUS
    opinion = _opinion(library, name, choice.second_opinion)
    return LoadedModel(
        name,
        threshold,
        CarefulModel(model, care, opinion),
        description.phrase,
        description.languages,
    )


def _opinion(library: Any, name: str, source: str | None) -> SecondOpinion | None:
    if source is None:
        return None
    try:
        return SecondOpinion(library, Path(source))
    except ConfigError as error:
        raise ConfigError(f"wake_word.second_opinions.{name}: {error}") from error


def _own(source: str) -> Path:
    """The description of a user's own model. Raises ConfigError for what is none."""
    if _URL in source:
        raise ConfigError(
            f"wake word model {source} is a URL, and nothing is downloaded: fetch the "
            ".json and the .tflite that it names into one folder, and give the path of "
            "the .json"
        )
    path = Path(source)
    if path.suffix not in {".json", ".tflite"}:
        raise ConfigError(
            f"no bundled wake word is called {source}: there are {', '.join(BUNDLED)}; "
            "a model of your own is given as the path of its .json file"
        )
    description = path.with_suffix(".json")
    if path.suffix == ".tflite" and _is_there(path) and not _is_there(description):
        raise ConfigError(
            f"wake word model {source} has no {description.name} beside it, which "
            "every microWakeWord model comes with; an openWakeWord model belongs to "
            "wake_word.openwakeword_models"
        )
    return description


def _is_there(path: Path) -> bool:
    # Whoever reads it learns why a folder may not be looked into.
    with contextlib.suppress(OSError):
        return path.exists()
    return False


def _read(config_path: Path) -> _Description:
    config = read_json(config_path)
    _refuse_other_kinds(config, config_path)
    try:
        micro = config["micro"]
        step = micro.get("feature_step_size", STEP_MS)
        cutoff, window = micro["probability_cutoff"], micro["sliding_window_size"]
        model = config_path.parent / str(config["model"])
        phrase = presentable(str(config["wake_word"]), _LONGEST_PHRASE)
        usable = (
            0 <= cutoff <= 1
            and 1 <= window <= _LONGEST_WINDOW
            and window == int(window)
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ConfigError(
            f"wake word model {config_path} is not a microWakeWord description: "
            f"{type(error).__name__} {error}"
        ) from error
    if not usable:
        raise ConfigError(
            f"wake word model {config_path} has a probability_cutoff of {cutoff} and a "
            f"sliding_window_size of {window}"
        )
    if step != STEP_MS:
        raise ConfigError(
            f"wake word model {config_path} takes features every {step} ms, and the "
            f"engine makes them every {STEP_MS} ms"
        )
    return _Description(model, cutoff, int(window), phrase, _languages(config))


def _languages(config: dict[str, Any]) -> tuple[str, ...]:
    told = config.get("trained_languages")
    codes = told if isinstance(told, list) else []
    return tuple(c for c in codes if isinstance(c, str) and _CODE.fullmatch(c))


def _refuse_other_kinds(config: Any, path: Path) -> None:
    """Raises ConfigError for a description that is right, but not for this engine."""
    if not isinstance(config, dict):
        return
    if is_of_version_1(config):
        bundled = (
            f"; version 2 of {path.stem} is bundled: write its name, not a path"
            if path.stem in BUNDLED
            else ""
        )
        raise ConfigError(
            f"wake word model {path} is of version 1, and the engine runs version 2: "
            "look for it where this one came from (ESPHome's collection keeps version "
            f"2 in its folder models/v2), or train it anew with microWakeWord{bundled}"
        )
    if _URL in str(config.get("model")):
        raise ConfigError(
            f"wake word model {path} names its model by a URL, and nothing is "
            f"downloaded: fetch {config['model']} into the same folder, and write "
            'the name of that file as "model"'
        )


def _check_model(library: Any, path: Path) -> None:
    taken, given = inspect_model(library, path)
    quantized = {INT8, UINT8}
    if (
        taken.type not in quantized
        or given.type not in quantized
        or len(taken.shape) != 3
        or taken.shape[2] != BANDS
        or given.shape != (1, 1)
    ):
        raise ConfigError(f"wake word model {path} is not a microWakeWord model")
