"""`auricle setup`: asks for what a satellite needs to know, and starts it."""

import argparse
import getpass
import logging
import os
import subprocess
import sys
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from auricle.cli import doctor
from auricle.cli.level_meter import LevelMeter
from auricle.config.loading import SYSTEM_FILE, load
from auricle.config.panel_parts import panel_parts
from auricle.doctor import microphone, panel
from auricle.setup import secret_store
from auricle.setup.assistant import Assistant, Place

_SATELLITE, _RECOGNIZER = "auricle.service", "auricle-recognizer.service"
_PANEL = panel.UNIT
# Seconds: a recognizer loads its model, a satellite waits for its microphone.
_STARTING = 200.0


def main(args: argparse.Namespace) -> int:
    """Ask, try, write and start; return the exit code, the doctor's in the end."""
    # What goes wrong is told where it was asked for.
    logging.getLogger().addHandler(logging.NullHandler())
    config = (args.config or SYSTEM_FILE).absolute()
    of_service = config == SYSTEM_FILE
    # What is started by hand has nobody who would hand it credentials.
    store = args.credentials or (secret_store.STORE if of_service else None)
    if of_service and os.geteuid() != 0:
        message = "the service belongs to root: sudo auricle setup"
        print(f"auricle setup: {message}", file=sys.stderr)
        return os.EX_NOPERM
    for folder in (Path(os.path.realpath(config)).parent, store):
        if closed := folder and _closed(folder):
            print(f"auricle setup: {closed}: cannot be written to", file=sys.stderr)
            return os.EX_CANTCREAT
    place = Place(
        config,
        store,
        recognizer_installed=_is_installed(_RECOGNIZER)
        if of_service
        else find_spec("faster_whisper") is not None,
        panel_installed=find_spec("gpiozero") is not None,
    )
    stopped: set[str] = set()

    def free_panel() -> None:
        if of_service and _is_active(_PANEL):
            stopped.add(_PANEL)
            _systemctl("stop", _PANEL)

    def start_recognizer() -> None:
        _systemctl("enable", "--now", _RECOGNIZER)

    start = start_recognizer if of_service else None
    assistant = Assistant(_Terminal(), place, start, free_panel)
    try:
        assistant.ask()
    except (EOFError, KeyboardInterrupt):
        print("\nauricle setup: nothing was written", file=sys.stderr)
        return os.EX_USAGE
    finally:
        # Where it is to have other settings, it is started anew with them below.
        for unit in stopped:
            _systemctl("start", "--no-block", unit)
    try:
        example = files("auricle.assets").joinpath("config.example.toml")
        assistant.write(example.read_text(encoding="utf-8"))
    except OSError as error:
        print(f"auricle setup: {error.filename}: {error.strerror}", file=sys.stderr)
        return os.EX_CANTCREAT
    print(f"\nwritten: {config}")
    if not of_service:
        print(f"be a satellite: auricle run --config {config}")
        return os.EX_OK
    return _start(config)


def _start(config: Path) -> int:
    if not Path("/run/systemd/system").is_dir():
        print("systemd does not run here: auricle starts with the next boot")
        _systemctl("enable", _SATELLITE)
        _begin_panel(config)
        return os.EX_OK
    print("starting the service …")
    _systemctl("enable", _SATELLITE)
    _systemctl("restart", _SATELLITE)
    _begin_panel(config, "--now")
    print("\nauricle doctor")
    return doctor.main(argparse.Namespace(config=config, json=False, echo=False))


def _begin_panel(config: Path, *now: str) -> None:
    """Have the panel's service run where there is something for it."""
    if not _is_installed(_PANEL):
        return
    if panel_parts(load(config)):
        _systemctl("enable", _PANEL)
        if now:
            _systemctl("restart", _PANEL)
    else:
        _systemctl("disable", *now, _PANEL)


def _closed(folder: Path) -> Path | None:
    """What keeps files from being made in the folder, which may have to be made; None
    where nothing does.
    """
    there = next(each for each in (folder, *folder.parents) if os.path.lexists(each))
    may = there.is_dir() and os.access(there, os.W_OK | os.X_OK)
    return None if may else there


def _is_active(unit: str) -> bool:
    try:
        asked = ["systemctl", "--quiet", "is-active", unit]
        return subprocess.run(asked, timeout=_STARTING, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _is_installed(unit: str) -> bool:
    folders = ("/etc/systemd/system", "/lib/systemd/system", "/usr/lib/systemd/system")
    return any((Path(folder) / unit).exists() for folder in folders)


def _systemctl(*arguments: str) -> None:
    # Whether it runs is what the doctor looks at.
    try:
        subprocess.run(
            ["systemctl", "--quiet", *arguments], timeout=_STARTING, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"systemctl {' '.join(arguments)}: {error}", file=sys.stderr)


class _Terminal:
    def __init__(self) -> None:
        self._meter = LevelMeter()

    def say(self, text: str = "") -> None:
        print(text, flush=True)

    def ask(self, question: str, default: str) -> str:
        return self._input(f"{question} [{default}]: ").strip() or default

    def ask_secret(self, question: str, default: str) -> str:
        prompt = f"{question} (not shown) [{default}]: "
        if sys.stdin.isatty():
            return getpass.getpass(prompt).strip()
        answer = input(prompt).strip()
        print()
        return answer

    def _input(self, prompt: str) -> str:
        answer = input(prompt)
        if not sys.stdin.isatty():
            # As a terminal shows what is typed.
            print(answer)
        return answer

    def meter(self, level: float) -> None:
        self._meter.take(level)

    def waiting(self, name: str) -> None:
        if name == microphone.NAME:
            self._meter.show()

    def over(self) -> None:
        self._meter.erase()
