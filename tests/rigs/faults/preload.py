"""Functions of the C library that one process gets from us instead."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest


def preload(folder: Path, name: str, source: str) -> Mapping[str, str]:
    """Compile C `source` in `folder`: the environment of a process that has it."""
    return {"LD_PRELOAD": str(shared_library(folder, name, source, "-ldl"))}


def shared_library(folder: Path, name: str, source: str, *options: str) -> Path:
    """Compile C `source` in `folder`; `options` are the compiler's."""
    if shutil.which("cc") is None:
        pytest.skip("needs a C compiler (apt install gcc)")
    code, library = folder / f"{name}.c", folder / f"{name}.so"
    code.write_text(source)
    subprocess.run(
        ["cc", "-O1", "-shared", "-fPIC", "-o", str(library), str(code), *options],
        check=True,
        timeout=60,
    )
    return library
