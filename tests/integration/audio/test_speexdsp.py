"""A machine without speexdsp: it speaks, and hears no wake word meanwhile."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def without_it(tmp_path: Path) -> dict[str, str]:
    """The environment of a program that finds no usable library of that name."""
    (tmp_path / "libspeexdsp.so.1").write_bytes(b"")
    return os.environ | {"LD_LIBRARY_PATH": str(tmp_path)}


def told(code: str, environment: dict[str, str]) -> tuple[str, str]:
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
        env=environment,
    )
    return done.stdout, done.stderr


def test_wake_words_are_not_heard_meanwhile_and_the_log_says_what_to_install(
    without_it: dict[str, str],
) -> None:
    code = (
        "import logging; logging.basicConfig()\n"
        "from auricle.app.build import own_voice\n"
        "from auricle.config.sections import WakeWordSettings\n"
        "print(type(own_voice(WakeWordSettings())).__name__)"
    )
    out, log = told(code, without_it)
    assert out == "UnknownVoice\n"
    assert "no wake word is heard while we speak" in log
    assert "apt install libspeexdsp1" in log


def test_the_doctor_says_so(without_it: dict[str, str]) -> None:
    code = (
        "from auricle.doctor.echo import examine\n"
        "result = examine('default')\n"
        "print(result.status, result.meaning, result.advice, sep='|')"
    )
    status, meaning, advice = told(code, without_it)[0].strip().split("|")
    assert status == "warning"
    assert meaning.startswith("no wake word is heard while it speaks: ")
    assert "libspeexdsp.so.1" in meaning
    assert advice == "install the library: apt install libspeexdsp1"
