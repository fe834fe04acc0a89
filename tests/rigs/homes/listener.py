"""`auricle listen`, beside no broker."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rigs.homes.program import write_settings
from rigs.mqtt.broker import free_port

# Of a recording's own pace, where nobody looks on.
FAST = {"speed": 4}


def settings(folder: Path, **sections: Mapping[str, Any]) -> Path:
    """A configuration whose broker is not there."""
    config = folder / "config.toml"
    all_sections: dict[str, Mapping[str, Any]] = {
        "satellite": {"name": "study", "state_directory": str(folder / "state")},
        "mqtt": {"host": "127.0.0.1", "port": free_port()},
        **sections,
    }
    write_settings(config, all_sections)
    return config


def command(config: Path, *arguments: str) -> list[str]:
    program = (sys.executable, "-m", "auricle", "listen", "--config", str(config))
    return [*program, *arguments]
