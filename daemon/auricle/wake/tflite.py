"""TensorFlow Lite's C library, and model files, checked before it is given them.

It does not look at what it is given: a file that is no model, or what came of one, ends
the process with a segmentation fault.
"""

import ctypes
import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from auricle.errors import ConfigError

_OK = 0


@dataclass(frozen=True, slots=True)
class Tensor:
    """Describes what a model takes or gives."""

    type: int
    """TfLiteType of TensorFlow's `c_api_types.h`."""
    shape: tuple[int, ...]


FLOAT32 = 1
UINT8 = 3
INT8 = 9


class _Quantization(ctypes.Structure):
    """TfLiteQuantizationParams of `c_api_types.h`."""

    _fields_ = (("scale", ctypes.c_float), ("zero_point", ctypes.c_int32))


_POINTER, _INT, _SIZE = ctypes.c_void_p, ctypes.c_int32, ctypes.c_size_t
# The functions of `c_api.h` that are used: what each returns, and what it takes.
_FUNCTIONS: Mapping[str, tuple[type | None, tuple[type, ...]]] = {
    "TfLiteModelCreateFromFile": (_POINTER, (ctypes.c_char_p,)),
    "TfLiteModelDelete": (None, (_POINTER,)),
    "TfLiteInterpreterCreate": (_POINTER, (_POINTER, _POINTER)),
    "TfLiteInterpreterDelete": (None, (_POINTER,)),
    "TfLiteInterpreterAllocateTensors": (_INT, (_POINTER,)),
    "TfLiteInterpreterInvoke": (_INT, (_POINTER,)),
    "TfLiteInterpreterGetInputTensor": (_POINTER, (_POINTER, _INT)),
    "TfLiteInterpreterGetOutputTensor": (_POINTER, (_POINTER, _INT)),
    "TfLiteTensorByteSize": (_SIZE, (_POINTER,)),
    "TfLiteTensorNumDims": (_INT, (_POINTER,)),
    "TfLiteTensorDim": (_INT, (_POINTER, _INT)),
    "TfLiteTensorType": (_INT, (_POINTER,)),
    "TfLiteTensorQuantizationParams": (_Quantization, (_POINTER,)),
    "TfLiteTensorCopyFromBuffer": (_INT, (_POINTER, _POINTER, _SIZE)),
    "TfLiteTensorCopyToBuffer": (_INT, (_POINTER, _POINTER, _SIZE)),
}


def load_library(path: Path) -> Any:
    """Load TensorFlow Lite's C library, with its functions declared."""
    library = ctypes.CDLL(str(path))
    for name, (returned, taken) in _FUNCTIONS.items():
        function = getattr(library, name)
        function.restype, function.argtypes = returned, taken
    for name in ("TfLiteInterpreterGetInputTensor", "TfLiteInterpreterGetOutputTensor"):
        getattr(library, name).errcheck = _not_null
    return library


def _not_null(pointer: int | None, function: Any, _: object) -> int:
    if not pointer:
        raise RuntimeError(f"{function.__name__} returned NULL")
    return pointer


def package_folder(name: str) -> Path:
    """Find where an installed package is, without importing it.

    Raises ModuleNotFoundError where it is not installed.
    """
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"no module named {name!r}", name=name)
    return Path(spec.origin).parent


def library_of(package: Path) -> Path:
    """Find the C library inside an engine's installed package."""
    return next((package / "lib").glob("*tensorflowlite_c.*"))


def inspect_model(library: Any, path: Path) -> tuple[Tensor, Tensor]:
    """Describe the first input and the first output of the model in the file.

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
