"""A streaming wake word model whose numbers are bytes, run by TensorFlow Lite.

The engine's own Python takes as long for the arithmetic around the model as the model
takes for itself; here a feature's byte is looked up, and nothing is an array.
"""

import ctypes
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from auricle.audio.features import BANDS
from auricle.errors import ConfigError
from auricle.wake.sliding_score import SlidingScore
from auricle.wake.tflite import INT8

_LOWEST = {INT8: -128}
_VALUES = 256
# Features that are kept to be read again: all that a model remembers, 1.8 s at most of
# the bundled ones, from before the longest wake word that is looked into.
_KEPT = 240


class ModelFile:
    """Holds a model as TensorFlow Lite does, and says what its bytes stand for."""

    def __init__(self, library: Any, path: Path) -> None:
        """Load the model at `path`, which `inspect_model` took.

        Raises ConfigError where the file is gone by now.
        """
        self._library = library
        self._model = library.TfLiteModelCreateFromFile(str(path).encode())
        if not self._model:
            raise ConfigError(f"wake word model {path} is gone")

    def interpreter(self) -> "Interpreter":
        """Return one that has heard nothing."""
        return Interpreter(self._library, self._model, self)

    def __del__(self) -> None:
        self._library.TfLiteModelDelete(self._model)


class Interpreter:
    """Runs a model that remembers what it heard. What it remembers can be neither
    copied nor cleared: a new one has heard nothing.
    """

    def __init__(self, library: Any, model: Any, file: ModelFile) -> None:
        """Run `model`, which lives as long as `file`."""
        self._library, self._file = library, file
        self._interpreter = library.TfLiteInterpreterCreate(model, None)
        library.TfLiteInterpreterAllocateTensors(self._interpreter)
        self._input = library.TfLiteInterpreterGetInputTensor(self._interpreter, 0)
        self._output = library.TfLiteInterpreterGetOutputTensor(self._interpreter, 0)
        self._answer = ctypes.create_string_buffer(1)
        self.input_bytes: int = library.TfLiteTensorByteSize(self._input)
        """How much makes an answer."""
        self.quantizer = Quantizer(library, self._input)
        """The byte of each feature."""
        self.probabilities = _dequantized(library, self._output)
        """What each byte of an answer stands for."""

    def answer(self, features: bytes) -> float:
        """Take the next `input_bytes`; return the probability."""
        library = self._library
        library.TfLiteTensorCopyFromBuffer(self._input, features, self.input_bytes)
        library.TfLiteInterpreterInvoke(self._interpreter)
        library.TfLiteTensorCopyToBuffer(self._output, self._answer, 1)
        return self.probabilities[self._answer.raw[0]]

    def answers(self, features: bytes) -> Iterator[float]:
        """Take all of these; the first ones are left out where they make no answer."""
        for at in range(
            len(features) % self.input_bytes, len(features), self.input_bytes
        ):
            yield self.answer(features[at : at + self.input_bytes])

    def __del__(self) -> None:
        self._library.TfLiteInterpreterDelete(self._interpreter)


class StreamingModel:
    """Follows a stream of features with a model; `reset` lets it forget."""

    def __init__(self, library: Any, path: Path, window: int) -> None:
        """Load the model at `path`, which `inspect_model` took; a score is the mean of
        the last `window` probabilities.

        Raises ConfigError where the file is gone by now.
        """
        self._file = ModelFile(library, path)
        self._window = window
        self._heard = b""
        self.reset()

    def hear(self, features: list[float]) -> float:
        """Take the features of 10 ms; return the score, 0 where none is due or too
        little was heard.
        """
        self._heard += bytes(map(self._byte_of, features))
        if len(self._heard) < self._input_bytes:
            return 0.0
        heard, self._heard = self._heard, b""
        self._past.append(heard)
        return self._score.add(self._interpreter.answer(heard))

    @property
    def window(self) -> int:
        """How many probabilities make a score."""
        return self._window

    @property
    def input_bytes(self) -> int:
        """How many bytes of features make an answer."""
        return self._input_bytes

    @property
    def past(self) -> bytes:
        """The latest features that it answered to, as its bytes."""
        return b"".join(self._past)

    @property
    def quantizer(self) -> "Quantizer":
        """The byte of each feature."""
        return self._interpreter.quantizer

    def reader(self) -> Interpreter:
        """Return another interpreter of the same model, which has heard nothing."""
        return self._file.interpreter()

    def soonest_above(self, score: float) -> int:
        """Return how many more features a higher score takes at the least, whatever
        they are; at least 1.
        """
        return self._features_in(self._score.soonest_above(score))

    def soonest_fall(self, score: float, fall: float) -> int:
        """Return how many more features it takes at the least until the score has been
        higher than `score` and fallen by `fall`.
        """
        return self._features_in(self._score.soonest_fall(score, fall))

    def _features_in(self, answers: int) -> int:
        wanted: int = answers * self._input_bytes - len(self._heard)
        return wanted

    @property
    def possible_since(self) -> int:
        """How many features ago it first held the word of late for possible; 0 for the
        latest, and where it does not.
        """
        features: int = self._input_bytes // BANDS
        return self._score.possible_since * features

    def reset(self) -> None:
        """Forget all that was heard."""
        self._interpreter = self._file.interpreter()
        self._input_bytes = self._interpreter.input_bytes
        self._byte_of = self._interpreter.quantizer.__getitem__
        surest = max(self._interpreter.probabilities)
        self._score = SlidingScore(self._window, surest=surest)
        self._past: deque[bytes] = deque(maxlen=_KEPT * BANDS // self._input_bytes)
        self._heard = b""


class Quantizer(dict[float, int]):
    """A feature as a byte of a tensor. There are some hundred different features."""

    def __init__(self, library: Any, tensor: Any) -> None:
        quantization = library.TfLiteTensorQuantizationParams(tensor)
        self.scale: float = quantization.scale
        """What a step of the byte stands for."""
        self._zero: int = quantization.zero_point
        self._lowest = _LOWEST.get(library.TfLiteTensorType(tensor), 0)
        self._counted_up = bytes(
            (byte - self._lowest) % _VALUES for byte in range(_VALUES)
        )
        self._as_it_is = bytes(
            (byte + self._lowest) % _VALUES for byte in range(_VALUES)
        )

    def __missing__(self, feature: float) -> int:
        value = round(feature / self.scale + self._zero)
        value = min(max(value, self._lowest), self._lowest + _VALUES - 1)
        self[feature] = byte = value % _VALUES
        return byte

    @property
    def quiet(self) -> int:
        """The byte of no sound, counted up from 0."""
        return self._zero - self._lowest

    def counted_up(self, features: bytes) -> bytes:
        """Return the tensor's bytes as ones that count up from 0."""
        return features.translate(self._counted_up)

    def as_it_is(self, features: bytes) -> bytes:
        """Return the tensor's bytes of ones that count up from 0."""
        return features.translate(self._as_it_is)


def _dequantized(library: Any, tensor: Any) -> list[float]:
    """What each byte of a tensor stands for."""
    quantization = library.TfLiteTensorQuantizationParams(tensor)
    lowest = _LOWEST.get(library.TfLiteTensorType(tensor), 0)
    return [
        ((byte - lowest) % _VALUES + lowest - quantization.zero_point)
        * quantization.scale
        for byte in range(_VALUES)
    ]
