"""openWakeWord: for a user's own models of that kind."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from auricle.audio.frame import FRAME_SAMPLES, SAMPLE_RATE, Frame
from auricle.errors import ConfigError
from auricle.wake.detector import Detection, WakeWordModel
from auricle.wake.tflite import FLOAT32, inspect_model, library_of

if TYPE_CHECKING:
    from pyopen_wakeword import OpenWakeWord

DEFAULT_THRESHOLD = 0.5
"""The file holds none; this is openWakeWord's own recommendation."""

_EMBEDDING = 96
# The engine waits for so many; all but 80 ms of them count for the next one again.
_SAMPLES_AN_EMBEDDING = 1760
# The engine would begin with 8 s of silence: over a second of work before the first
# frame. This much fills the windows of its three models, with a step to spare.
_PRIMING_SECONDS = 2.2


class OpenWakeWordEngine:
    """All openWakeWord models of a satellite; they share one feature extractor."""

    def __init__(self, models: Sequence[WakeWordModel]) -> None:
        """Each source is a `.tflite` file; the models that come with the engine are
        licensed for non-commercial use and not offered by name.

        Raises ConfigError naming the file that cannot be used, or the missing extra.
        """
        try:
            import pyopen_wakeword
        except ImportError as error:
            raise ConfigError(
                "openWakeWord models need an engine that is not installed: "
                "pip install 'auricle[openwakeword]'"
            ) from error
        package = Path(pyopen_wakeword.__file__).parent
        self._features = pyopen_wakeword.OpenWakeWordFeatures.from_builtin()
        self._models: dict[str, _Model] = {}
        for choice in models:
            path = Path(choice.source)
            if path.stem in self._models:
                raise ConfigError(f"wake word {path.stem} is configured twice")
            _check_model(self._features.lib, path)
            self._models[path.stem] = _Model(
                path.stem,
                DEFAULT_THRESHOLD if choice.threshold is None else choice.threshold,
                pyopen_wakeword.OpenWakeWord.from_model(path, library_of(package)),
            )
        self._running = tuple(self._models.values())
        self._scores = dict.fromkeys(self._models, 0.0)
        self.reset()

    @property
    def wake_words(self) -> tuple[str, ...]:
        return tuple(self._models)

    @property
    def thresholds(self) -> Mapping[str, float]:
        return {model.name: model.threshold for model in self._models.values()}

    @property
    def scores(self) -> Mapping[str, float]:
        return self._scores

    @property
    def soonest(self) -> int | None:
        if not self._running:
            return None
        missing = _SAMPLES_AN_EMBEDDING - self._features.new_audio_samples
        return math.ceil(missing / FRAME_SAMPLES)

    def listen_for(self, wake_words: Collection[str]) -> None:
        running = tuple(
            model for model in self._models.values() if model.name in wake_words
        )
        started = set(running) - set(self._running)
        self._running = running
        self._scores.update(dict.fromkeys(self._models, 0.0))
        if started:
            self.reset()

    def set_threshold(self, wake_word: str, threshold: float) -> None:
        if wake_word in self._models:
            self._models[wake_word].threshold = threshold

    def detect(self, frame: Frame) -> Detection | None:
        if not self._running:
            return None
        surest: Detection | None = None
        # One embedding for every 80 ms of sound: a score lasts for two or three frames.
        for embedding in self._features.process_streaming(frame.pcm):
            for model in self._running:
                score = max(model.engine.process_streaming(embedding), default=0.0)
                self._scores[model.name] = score
                if score > model.threshold and (surest is None or score > surest.score):
                    surest = Detection(model.name, score, frame.end)
        return surest

    def reset(self) -> None:
        self._features.reset()
        self._features.new_audio_samples = 0
        for model in self._models.values():
            model.engine.reset()
            self._scores[model.name] = 0.0
        silence = np.zeros(round(_PRIMING_SECONDS * SAMPLE_RATE), np.int16).tobytes()
        self.detect(Frame(silence, 0))


@dataclass(eq=False, slots=True)
class _Model:
    name: str
    threshold: float
    engine: "OpenWakeWord"


def _check_model(library: object, path: Path) -> None:
    taken, given = inspect_model(library, path)
    if (
        (taken.type, given.type) != (FLOAT32, FLOAT32)
        or len(taken.shape) != 3
        or taken.shape[2] != _EMBEDDING
        or given.shape != (1, 1)
    ):
        raise ConfigError(f"wake word model {path} is not an openWakeWord model")
