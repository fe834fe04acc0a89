"""A speech model of the user's own is tried in a process of its own first.

Its runtime ends the process where a file is not as it expects, or crashes in it. Better
that one than the server's.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile

from auricle.errors import ConfigError
from auricle.recognizer.engines.model_folder import ModelFolder
from auricle.system.programs import signal_name
from auricle.system.systemd import Notifier

# The largest that a house may have, 2 GB, from the SD card of a small computer.
_PATIENCE = 300.0
HEARD = b"heard"
"""What the process says, and nothing else, where all went well."""
_PROCESS = "auricle.recognizer.engines.trial_process"
# What sherpa-onnx and Python write before what they have to say.
_BEFORE = re.compile(r"^(\S+\.(cc|h):\w+:\d+|[\w.]+(Error|Exception):) *")
# What sherpa-onnx writes behind it, of a decode.
_BEHIND = re.compile(r"Return (an )?empty result")
_LONGEST_REASON = 300
_REMEDY = (
    "download the folder again, whole; docs/recognizer.md names folders that were made "
    "for it"
)


def require_usable(folder: ModelFolder, *, threads: int) -> None:
    """Load the model and have it hear a sentence, in another process.

    Raises ConfigError, which tells what its runtime said, where that fails.
    """
    # Behind the trial, it is loaded here: that takes no longer.
    Notifier().still_starting(2 * _PATIENCE)
    this = str(os.getpid())
    command = [sys.executable, "-Pm", _PROCESS, str(folder.path), str(threads), this]
    with tempfile.TemporaryFile() as said:
        try:
            ended = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=said,
                timeout=_PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise ConfigError(
                f"{folder.path}: {folder.kind} was not loaded within {_PATIENCE:g} s; "
                "take a smaller model"
            ) from error
        said.seek(0)
        words = said.read().decode(errors="replace")
    reason = _reason(words).removeprefix(f"{folder.path}: ")
    # Of what fails in a decode, it writes a line, and finds no words.
    caught = "exception" in words.lower()
    if ended.returncode == 0 and ended.stdout == HEARD and not caught:
        return
    told = _ending(ended.returncode) or reason or "its runtime does not say why"
    raise ConfigError(
        f"{folder.path}: {folder.kind} cannot be used: {told}; "
        f"{_remedy(ended.returncode)}"
    )


def _remedy(code: int) -> str:
    if code == -signal.SIGKILL:
        return "take a smaller model, or a machine with more memory"
    return _REMEDY


def _ending(code: int) -> str | None:
    if code == -signal.SIGKILL:
        return "the system ended it, most likely for want of memory"
    if code < 0:
        return f"it crashed ({signal_name(-code)})"
    return None


def _reason(said: str) -> str:
    """Return the line that tells what went wrong; empty where nothing did."""
    lines = [_BEFORE.sub("", line).strip() for line in said.splitlines()]
    telling = (line for line in reversed(lines) if line and not _BEHIND.match(line))
    return next(telling, "")[:_LONGEST_REASON]
