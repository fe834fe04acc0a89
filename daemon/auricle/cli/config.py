"""`auricle config`: what is configured, and what is wrong with it."""

import argparse
import asyncio
import logging
import sys
from pathlib import Path
from typing import Any

from auricle.app import app
from auricle.config.loading import default_file, doubts, load
from auricle.config.mistakes import Mistakes
from auricle.config.mode import mode_told
from auricle.config.settings import Settings
from auricle.config.toml import toml
from auricle.doctor import service
from auricle.doctor.closed_files import closed_files
from auricle.doctor.configuration import API_KEY
from auricle.errors import ConfigError
from auricle.panel import build as panel


def main(args: argparse.Namespace) -> int:
    """Check the configuration and print what it amounts to; return the exit code.

    Raises ConfigError with a line for each mistake.
    """
    # What is wrong is told once, and not by the parts as well.
    logging.getLogger().addHandler(logging.NullHandler())
    path = args.config or default_file()
    unit = service.of_file(path)
    settings = _as_the_service_has_them(path, unit)
    _show(settings, path)
    for doubt in doubts(settings):
        print(f"auricle: {doubt}", file=sys.stderr)
    mistakes = Mistakes()
    with mistakes.noted():
        if closed := closed_files(unit, path, settings):
            raise ConfigError("\n".join(f"{it.meaning}: {it.advice}" for it in closed))
    with mistakes.noted():
        asyncio.run(app.check(settings))
    with mistakes.noted():
        panel.check(settings)
    mistakes.raise_any()
    return 0


def _as_the_service_has_them(
    path: Path | None, unit: service.Service | None
) -> Settings:
    with service.folders_of(unit) as (folders, withheld):
        # A key that only the service may read is no key that is missing.
        hidden = {API_KEY: "hidden"} if API_KEY in withheld else {}
        return load(path, hidden, folders)


def _show(settings: Settings, path: Path | None) -> None:
    print(f"# from {path}" if path else "# no configuration file: defaults")
    print("# recognizer:", settings.asr.endpoint)
    print("# utterance.mode,", mode_told(settings.utterance))
    for name, section in settings.model_dump(mode="json").items():
        print(f"\n[{name}]")
        for key, value in section.items():
            print(_line(key, value))


def _line(key: str, value: Any) -> str:
    if value is None:
        return f"# {key} is not set"
    return f"{key} = {toml(value)}"
