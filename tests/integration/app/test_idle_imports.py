"""What the idle satellite does without: each of it is megabytes on a small Pi."""

import subprocess
import sys

import pytest

_IDLE = (
    "auricle.cli.run",
    "auricle.audio.devices.portaudio",
    "auricle.wake.microwakeword",
)
_FOR_FEW = (
    "statistics",
    "numpy",
    "soundfile",
    "soxr",
    "pymicro_wakeword",
    "auricle.recognizer",
    "auricle.audio.echo_canceller",
    "auricle.audio.speexdsp",
    "auricle.health.release_watch",
    "auricle.speech.programs",
    "auricle.speech.speaking",
    "auricle.speech.wyoming",
)


@pytest.mark.parametrize("module", _FOR_FEW)
def test_the_idle_satellite_does_without(module: str) -> None:
    code = f"import sys, {', '.join(_IDLE)}; print({module!r} in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.strip() == "False"
