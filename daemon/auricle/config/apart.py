"""The settings of a program that runs for years, which another process reads for it.

What reads and checks them takes 10 MB, and is done with them within a second. What it
hands over are the same sections and keys, of plain values, with what the sections make
of them.
"""

import json
import pickle
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

from auricle.errors import ConfigError
from auricle.system.programs import signal_name
from auricle.system.redaction import OURS

if TYPE_CHECKING:
    from auricle.config.settings import Settings

_PROCESS = "auricle.config.apart_process"
# Before systemd takes the start for one that hangs, which tells nobody why.
_PATIENCE = 75.0


class Plain(SimpleNamespace):
    """Holds a section's keys, or the sections, under their own names."""


class PlainSecret:
    """Holds a secret, which is shown to nobody by accident."""

    def __init__(self, text: str) -> None:
        self._text = text

    def get_secret_value(self) -> str:
        """Return the secret."""
        return self._text


@dataclass(frozen=True, slots=True)
class Read:
    """What was read."""

    settings: "Settings"
    doubts: list[str]
    """A sentence for whatever is harmless, and not of the use that it seems."""


class Reading:
    """Has the settings read from now on, while its maker does something else."""

    def __init__(self, path: Path | None, options: Mapping[str, object]) -> None:
        """`path` is the file (None: the one of this machine, if there is any), and
        `options` those of a command line, as for `auricle.config.loading.load`.
        """
        request = json.dumps([str(path) if path else None, options])
        self._process = subprocess.Popen(
            [sys.executable, "-Pm", _PROCESS, request],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        )

    def result(self, *, patience: float = _PATIENCE) -> Read:
        """Wait for the settings, at most so many seconds. Raises ConfigError with every
        mistake on a line of its own, and OSError.
        """
        with self._process as process:
            try:
                answer, _ = process.communicate(timeout=patience)
            except subprocess.TimeoutExpired as error:
                process.kill()
                raise ConfigError(
                    f"the settings were not read within {patience:g} s: is the file, "
                    "or what holds it, there?"
                ) from error
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            raise ConfigError(f"the settings were not read: {_ending(process)}")
        read = pickle.loads(answer)  # noqa: S301  # of a process of our own
        if isinstance(read, ConfigError | OSError):
            raise read
        assert isinstance(read, Read)
        for secret in (read.settings.asr.api_key, read.settings.mqtt.password):
            if secret is not None:
                OURS.keep(secret.get_secret_value())
        return read


def _ending(process: subprocess.Popen[bytes]) -> str:
    if process.returncode < 0:
        return f"what reads them was ended ({signal_name(-process.returncode)})"
    return "what reads them failed, as it says above"
