"""The JSON files that describe microWakeWord models."""

import json
from pathlib import Path
from typing import Any

from auricle.errors import ConfigError


def read_json(path: Path) -> Any:
    """Return what the file describes. Raises ConfigError naming it where it cannot be
    read.
    """
    try:
        if path.is_fifo():
            # One that nobody writes to is waited for without end.
            raise ConfigError(f"wake word model {path} is a pipe, not a file")
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConfigError(f"wake word model {path}: {reason}") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"wake word model {path} is not JSON: {error}") from error


def is_of_version_1(described: Any) -> bool:
    """Tell whether it describes a model that takes features every 20 ms."""
    if not isinstance(described, dict):
        return False
    micro = described.get("micro")
    keys = micro.keys() if isinstance(micro, dict) else ()
    # The first files do not tell their version.
    older = "sliding_window_average_size" in keys and "sliding_window_size" not in keys
    return older or str(described.get("version")) == "1"
