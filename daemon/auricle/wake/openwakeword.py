"""openWakeWord: for a user's own models of that kind."""

import math
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from auricle.assets.requirements import remedy
from auricle.audio.frame import FRAME_SAMPLES, SAMPLE_RATE, Frame
from auricle.errors import ConfigError
from auricle.wake.detector import Detection, WakeWordModel
from auricle.wake.loaded_models import LoadedModel, LoadedModels
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


class OpenWakeWordEngine(LoadedModels["OpenWakeWord"]):
    """Runs all openWakeWord models of a satellite; they share one feature extractor."""

    def __init__(self, models: Iterable[WakeWordModel]) -> None:
        """Load models, each a `.tflite` file.

        The models that come with the engine are licensed for non-commercial use and not
        offered by name. Raises ConfigError naming the file that cannot be used, or the
        missing extra.
        """
        try:
            import pyopen_wakeword
        except ImportError as error:
            raise ConfigError(
                "openWakeWord models need an engine that is not installed; "
                + remedy("openwakeword")
            ) from error
        package = Path(pyopen_wakeword.__file__).parent
        self._features = pyopen_wakeword.OpenWakeWordFeatures.from_builtin()

        def load(choice: WakeWordModel) -> "LoadedModel[OpenWakeWord]":
            if "://" in choice.source:
                raise ConfigError(
                    f"wake word model {choice.source} is a URL, and nothing is "
                    "downloaded: fetch the .tflite, and give its path"
                )
            path = Path(choice.source)
            _check_model(self._features.lib, path)
            return LoadedModel(
                path.stem,
                DEFAULT_THRESHOLD if choice.threshold is None else choice.threshold,
                pyopen_wakeword.OpenWakeWord.from_model(path, library_of(package)),
            )

        super().__init__(map(load, models))
        self.reset()

    @property
    def soonest(self) -> int | None:
        if not self._running:
            return None
        missing = _SAMPLES_AN_EMBEDDING - self._features.new_audio_samples
        return math.ceil(missing / FRAME_SAMPLES)

    def listen_for(self, wake_words: Collection[str]) -> None:
        if self._run_only(wake_words):
            self.reset()

    def detect(self, frame: Frame) -> Detection | None:
        if not self._running:
            return None
        detection = None
        # One embedding for every 80 ms of sound: a score lasts for two or three frames.
        for embedding in self._features.process_streaming(frame.pcm):
            for model in self._running:
                scores = model.runner.process_streaming(embedding)
                model.score = max(scores, default=0.0)
            # These models are sure of a phrase when it ends, or just before.
            detection = self._detection(frame.end, lambda _: 0)
        return detection

    def reset(self) -> None:
        self._features.reset()
        self._features.new_audio_samples = 0
        self._forget()
        silence = np.zeros(round(_PRIMING_SECONDS * SAMPLE_RATE), np.int16).tobytes()
        self.detect(Frame(silence, 0))


def _check_model(library: object, path: Path) -> None:
    taken, given = inspect_model(library, path)
    if (
        (taken.type, given.type) != (FLOAT32, FLOAT32)
        or len(taken.shape) != 3
        or taken.shape[2] != _EMBEDDING
        or given.shape != (1, 1)
    ):
        raise ConfigError(f"wake word model {path} is not an openWakeWord model")
