"""A streaming wake word model whose numbers are bytes, run by TensorFlow Lite.

The engine's own Python takes as long for the arithmetic around the model as the model
takes for itself; here a feature's byte is looked up, and nothing is an array.
"""

import ctypes
from pathlib import Path
from typing import Any

from auricle.audio.features import BANDS
from auricle.errors import ConfigError
from auricle.wake.sliding_score import SlidingScore
from auricle.wake.tflite import INT8

_LOWEST = {INT8: -128}
_VALUES = 256


class StreamingModel:
    """Runs a model that remembers what it heard; `reset` lets it forget."""

    def __init__(self, library: Any, path: Path, window: int) -> None:
        """Load the model at `path`, which `inspect_model` took; a score is the mean of
        the last `window` probabilities.

        Raises ConfigError where the file is gone by now.
        """
        self._library = library
        self._model = library.TfLiteModelCreateFromFile(str(path).encode())
        if not self._model:
            raise ConfigError(f"wake word model {path} is gone")
        self._interpreter: int | None = None
        self._heard = b""
        self._window = window
        self._answer = ctypes.create_string_buffer(1)
        self.reset()

    def hear(self, features: list[float]) -> float:
        """Take the features of 10 ms; return the score, 0 where none is due or too
        little was heard.
        """
        self._heard += bytes(map(self._byte_of, features))
        if len(self._heard) < self._input_bytes:
            return 0.0
        library = self._library
        library.TfLiteTensorCopyFromBuffer(self._input, self._heard, self._input_bytes)
        self._heard = b""
        library.TfLiteInterpreterInvoke(self._interpreter)
        library.TfLiteTensorCopyToBuffer(self._output, self._answer, 1)
        return self._score.add(self._probability_of[self._answer.raw[0]])

    def soonest_above(self, score: float) -> int:
        """Return how many more features a higher score takes at the least, whatever
        they are; at least 1.
        """
        answers = self._score.soonest_above(score)
        wanted: int = answers * self._input_bytes - len(self._heard)
        return wanted

    @property
    def likely_since(self) -> int:
        """How many features ago it first found the word more likely than not, and has
        since; 0 for the latest, and where it does not now.
        """
        features: int = self._input_bytes // BANDS
        return max(0, self._score.likely - 1) * features

    def reset(self) -> None:
        """Forget all that was heard."""
        # What it remembers lives in the interpreter, and nothing else clears it.
        self._delete_interpreter()
        library = self._library
        self._interpreter = library.TfLiteInterpreterCreate(self._model, None)
        library.TfLiteInterpreterAllocateTensors(self._interpreter)
        self._input = library.TfLiteInterpreterGetInputTensor(self._interpreter, 0)
        self._output = library.TfLiteInterpreterGetOutputTensor(self._interpreter, 0)
        self._input_bytes = library.TfLiteTensorByteSize(self._input)
        self._byte_of = _Quantizer(library, self._input).__getitem__
        self._probability_of = _dequantized(library, self._output)
        self._score = SlidingScore(self._window, surest=max(self._probability_of))
        self._heard = b""

    def __del__(self) -> None:
        self._delete_interpreter()
        self._library.TfLiteModelDelete(self._model)

    def _delete_interpreter(self) -> None:
        if self._interpreter:
            self._library.TfLiteInterpreterDelete(self._interpreter)
            self._interpreter = None


class _Quantizer(dict[float, int]):
    """A feature as a byte of a tensor. There are some hundred different features."""

    def __init__(self, library: Any, tensor: Any) -> None:
        quantization = library.TfLiteTensorQuantizationParams(tensor)
        self._scale: float = quantization.scale
        self._zero: int = quantization.zero_point
        self._lowest = _LOWEST.get(library.TfLiteTensorType(tensor), 0)

    def __missing__(self, feature: float) -> int:
        value = round(feature / self._scale + self._zero)
        value = min(max(value, self._lowest), self._lowest + _VALUES - 1)
        self[feature] = byte = value % _VALUES
        return byte


def _dequantized(library: Any, tensor: Any) -> list[float]:
    """What each byte of a tensor stands for."""
    quantization = library.TfLiteTensorQuantizationParams(tensor)
    lowest = _LOWEST.get(library.TfLiteTensorType(tensor), 0)
    return [
        ((byte - lowest) % _VALUES + lowest - quantization.zero_point)
        * quantization.scale
        for byte in range(_VALUES)
    ]
