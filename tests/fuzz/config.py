"""Throws configuration files at the reader of settings: scripts/fuzz.

A mistake is a ConfigError, whatever it is. Anything else is a crash.
"""

import contextlib
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["auricle.config.loading", "tomllib"]):
    from auricle.config.loading import load
    from auricle.errors import ConfigError

FILE = Path(tempfile.mkdtemp()) / "config.toml"
FILE.touch(mode=0o600)


def fuzz(data: bytes) -> None:
    FILE.write_bytes(data)
    with contextlib.suppress(ConfigError):
        load(FILE)


if __name__ == "__main__":
    atheris.Setup(sys.argv, fuzz)
    atheris.Fuzz()
