"""The weights in a model's file of CTranslate2's, which that library keeps for itself.

The file's format is what ctranslate2.specs.ModelSpec writes, version 6.
"""

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

_VERSION = 6
_TYPES: Mapping[int, npt.DTypeLike] = {
    0: np.float32,
    1: np.int8,
    2: np.int16,
    3: np.int32,
    4: np.float16,
}


def read_weights(path: Path, part: str) -> dict[str, npt.NDArray[np.float32]]:
    """Return the weights whose names begin with `part`, by the rest of their names.

    Those that are kept as integers are multiplied out. Raises OSError where the file
    cannot be read, and ValueError where it is not in the format, or holds what is not
    known here.
    """
    try:
        with path.open("rb") as file:
            found = _read(file, part)
    except (struct.error, KeyError) as error:
        raise ValueError(f"{path}: not as CTranslate2 writes it: {error!r}") from error
    return {
        name: _whole(name, values, found)
        for name, values in found.items()
        if not name.endswith("weight_scale")
    }


def _read(file: BinaryIO, part: str) -> dict[str, npt.NDArray[np.generic]]:
    found: dict[str, npt.NDArray[np.generic]] = {}
    version = _number(file, "I")
    if version != _VERSION:
        raise ValueError(f"{file.name}: version {version} of the format")
    # The kind of model, and its own version.
    _text(file)
    _number(file, "I")
    for _ in range(_number(file, "I")):
        name = _text(file)
        shape = [_number(file, "I") for _ in range(_number(file, "B"))]
        kind = _number(file, "B")
        size = _number(file, "I")
        if name.startswith(part):
            values = np.frombuffer(file.read(size), _TYPES[kind])
            found[name.removeprefix(part)] = values.reshape(shape)
        else:
            file.seek(size, 1)
    return found


def _whole(
    name: str,
    values: npt.NDArray[np.generic],
    found: Mapping[str, npt.NDArray[np.generic]],
) -> npt.NDArray[np.float32]:
    whole = values.astype(np.float32)
    scale = found.get(f"{name}_scale")
    if scale is None:
        return whole
    # One for all, or one for each row.
    rows = (-1, *(1 for _ in whole.shape[1:]))
    return whole / scale.astype(np.float32).reshape(rows)


def _text(file: BinaryIO) -> str:
    # Its length counts the zero behind it.
    return file.read(_number(file, "H"))[:-1].decode()


def _number(file: BinaryIO, code: str) -> int:
    form = struct.Struct(f"<{code}")
    [number] = form.unpack(file.read(form.size))
    return int(number)
