"""What a file says of the model inside: an ONNX file's metadata, without its weights.

An ONNX file is one protocol buffer, ModelProto. The graph, which holds the weights, is
skipped by seeking; of it, nothing but the metadata is read.
"""

import os
from pathlib import Path
from typing import BinaryIO

from auricle.errors import ConfigError

# Of ModelProto, and of the StringStringEntryProto that the property is made of.
_IR_VERSION = 1
_GRAPH = 7
_METADATA_PROPS = 14
_KEY = 1
_VALUE = 2
# How a field is encoded.
_VARINT = 0
_FIXED64 = 1
_BYTES = 2
_FIXED32 = 5
# The longest values are a mean and a deviation for each of 560 features: 10 kB.
_LARGEST_METADATA = 1 << 20
# Where a FlatBuffer, as ONNX Runtime's own format is, says what it holds.
_ORT_MARK = slice(4, 8)
_ORT = b"ORTM"
_NOT_ONNX = "not an ONNX model, or damaged"


class ModelFileError(ConfigError):
    """A model's file cannot be read, or is something else; the message names it."""


def read_metadata(path: Path) -> dict[str, str]:
    """Return the metadata of an ONNX file; of one in ONNX Runtime's format, none.

    Raises ModelFileError where it is neither, cannot be read, or is not complete.
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            _reject_what_came_instead(file, path)
            if path.suffix == ".ort":
                return _of_ort(file, path)
            return _of_onnx(file, size)
    except OSError as error:
        raise unreadable(path, error) from error
    except _TruncatedError as error:
        raise ModelFileError(
            f"{path}: ends in the middle; download it again"
        ) from error
    except ValueError as error:
        raise ModelFileError(f"{path}: {_NOT_ONNX}; download it again") from error


def require_content(path: Path) -> None:
    """Raise ModelFileError where `path` cannot be read, is empty, or is plainly what a
    failed download leaves.
    """
    try:
        with path.open("rb") as file:
            _reject_what_came_instead(file, path)
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: OSError) -> ModelFileError:
    """Return what to tell of a file or folder that the system does not open."""
    return ModelFileError(
        f"{path}: {error.strerror or error}; see that it is there, and that the user "
        "of this program may read it"
    )


class _TruncatedError(Exception):
    """The file ends before what it announces."""


def _reject_what_came_instead(file: BinaryIO, path: Path) -> None:
    start = file.read(64)
    file.seek(0)
    if not start:
        raise ModelFileError(f"{path}: is empty; download it again")
    if start.startswith(b"version https://git-lfs"):
        raise ModelFileError(
            f"{path}: is a pointer of Git LFS and not the file; run `git lfs pull` in "
            "its folder"
        )
    if start.lstrip().lower().startswith((b"<!doctype", b"<html")):
        raise ModelFileError(
            f"{path}: is a web page and not the file; download the file itself"
        )


def _of_ort(file: BinaryIO, path: Path) -> dict[str, str]:
    if file.read(8)[_ORT_MARK] != _ORT:
        raise ModelFileError(
            f"{path}: not in ONNX Runtime's format, or damaged; download it again"
        )
    return {}


def _of_onnx(file: BinaryIO, size: int) -> dict[str, str]:
    found: dict[str, str] = {}
    seen: set[int] = set()
    while file.tell() < size:
        field, wire = _tag(file)
        seen.add(field)
        if wire == _BYTES:
            end = _end(file, size)
            if field == _METADATA_PROPS:
                key, value = _property(file, end)
                found[key] = value
            file.seek(end)
        elif wire == _VARINT:
            _varint(file)
        elif wire in (_FIXED32, _FIXED64):
            file.seek(4 if wire == _FIXED32 else 8, os.SEEK_CUR)
        else:
            raise ValueError(_NOT_ONNX)
    if not {_IR_VERSION, _GRAPH} <= seen:
        raise ValueError(_NOT_ONNX)
    return found


def _property(file: BinaryIO, end: int) -> tuple[str, str]:
    if end - file.tell() > _LARGEST_METADATA:
        raise ValueError(_NOT_ONNX)
    parts = {_KEY: b"", _VALUE: b""}
    while file.tell() < end:
        field, wire = _tag(file)
        if wire != _BYTES:
            raise ValueError(_NOT_ONNX)
        parts[field] = file.read(_end(file, end) - file.tell())
    return parts[_KEY].decode(), parts[_VALUE].decode()


def _tag(file: BinaryIO) -> tuple[int, int]:
    tag = _varint(file)
    return tag >> 3, tag & 7


def _end(file: BinaryIO, limit: int) -> int:
    length = _varint(file)
    end = file.tell() + length
    if end > limit:
        raise _TruncatedError
    return end


def _varint(file: BinaryIO) -> int:
    value = 0
    for shift in range(0, 64, 7):
        byte = file.read(1)
        if not byte:
            raise _TruncatedError
        value |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return value
    raise ValueError(_NOT_ONNX)
