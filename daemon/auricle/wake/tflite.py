"""Model files, checked before an engine is given them.

Both wake word engines call TensorFlow Lite's C library and do not look at what it
returns: a file that is no model ends the process with a segmentation fault.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auricle.errors import ConfigError

_OK = 0


@dataclass(frozen=True, slots=True)
class Tensor:
    """What a model takes or gives."""

    type: int
    """TfLiteType of TensorFlow's `c_api_types.h`."""
    shape: tuple[int, ...]


FLOAT32 = 1
UINT8 = 3
INT8 = 9


def library_of(package: Path) -> Path:
    """The C library inside an engine's installed package."""
    return next((package / "lib").glob("*tensorflowlite_c.*"))


def inspect_model(library: Any, path: Path) -> tuple[Tensor, Tensor]:
    """The first input and the first output of the model in the file.

    `library` is an engine's own C library. Raises ConfigError naming the file where it
    is missing, or not a model that this library can run.
    """
    try:
        if path.stat().st_size == 0:
            raise ConfigError(f"wake word model {path} is empty")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConfigError(f"wake word model {path}: {reason}") from error
    model = library.TfLiteModelCreateFromFile(os.fsencode(path))
    if not model:
        raise ConfigError(f"wake word model {path} is not a TensorFlow Lite model")
    try:
        interpreter = library.TfLiteInterpreterCreate(model, None)
        if not interpreter:
            raise ConfigError(f"wake word model {path} uses unknown operations")
        try:
            if library.TfLiteInterpreterAllocateTensors(interpreter) != _OK:
                raise ConfigError(f"wake word model {path} cannot be run")
            # The engines have these two raise for a null pointer.
            return (
                _describe(
                    library, library.TfLiteInterpreterGetInputTensor(interpreter, 0)
                ),
                _describe(
                    library, library.TfLiteInterpreterGetOutputTensor(interpreter, 0)
                ),
            )
        except RuntimeError as error:
            raise ConfigError(f"wake word model {path} has no tensors") from error
        finally:
            library.TfLiteInterpreterDelete(interpreter)
    finally:
        library.TfLiteModelDelete(model)


def _describe(library: Any, tensor: Any) -> Tensor:
    dimensions = library.TfLiteTensorNumDims(tensor)
    return Tensor(
        library.TfLiteTensorType(tensor),
        tuple(library.TfLiteTensorDim(tensor, n) for n in range(dimensions)),
    )
