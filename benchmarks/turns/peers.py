"""What others do with the same sound: Home Assistant, and webrtcvad alone."""

import __future__

import importlib
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import webrtcvad

from auricle.audio.frame import FRAME_SECONDS, SAMPLE_RATE, Frame

HOME_ASSISTANT = "homeassistant==2026.11.0"
CACHE = Path(__file__).parents[2] / ".cache" / "peers"
"""Where their files are; never a part of the project."""

_PART = "homeassistant/components/assist_pipeline"
# The release's own Python: for ours, the index would offer an old release.
_PYTHON = "3.14.2"
# As Home Assistant's pipeline feeds its voice detector.
_CHUNK_BYTES = 320
_CHUNK_SECONDS = 0.01
_HANG_OVER = 0.4

EndOfUtterance = Callable[[Sequence[Frame]], int | None]
"""From the frames behind the wake word's detection: where it decided, if it did."""


def install_home_assistant() -> None:
    """Download its voice detection, two files of it and the library that they need."""
    if (CACHE / "vad.py").exists():
        return
    CACHE.mkdir(parents=True, exist_ok=True)
    print(f"downloading {HOME_ASSISTANT}", file=sys.stderr)
    pip("download", "--python-version", _PYTHON, "--dest", CACHE, HOME_ASSISTANT)
    (wheel,) = CACHE.glob("homeassistant-*.whl")
    with zipfile.ZipFile(wheel) as files:
        manifest: dict[str, Any] = json.loads(files.read(f"{_PART}/manifest.json"))
        (pinned,) = (r for r in manifest["requirements"] if r.startswith("pymicro-vad"))
        pip("install", "--quiet", "--target", CACHE, pinned)
        (CACHE / "const.py").write_bytes(files.read(f"{_PART}/const.py"))
        (CACHE / "vad.py").write_bytes(files.read(f"{_PART}/vad.py"))
    wheel.unlink()


def pip(command: str, *arguments: str | Path) -> None:
    """Wheels alone, without what they need."""
    only_wheels = ("--no-deps", "--only-binary", ":all:")
    subprocess.run(
        [sys.executable, "-m", "pip", command, *only_wheels, *arguments], check=True
    )


class HomeAssistant:
    """Its voice command segmenter at its defaults, with the voice detector it pins."""

    def __init__(self) -> None:
        sys.path.append(str(CACHE))
        self._vad = _module("vad")
        self._make_detector = importlib.import_module("pymicro_vad").MicroVad
        self._silence = self._vad.VadSensitivity.to_seconds("default")

    def __call__(self, frames: Sequence[Frame]) -> int | None:
        detector = self._make_detector()
        segmenter = self._vad.VoiceCommandSegmenter(silence_seconds=self._silence)
        for frame in frames:
            for at in range(0, len(frame.pcm), _CHUNK_BYTES):
                chunk = frame.pcm[at : at + _CHUNK_BYTES]
                probability = detector.Process10ms(chunk)
                if not segmenter.process(_CHUNK_SECONDS, probability):
                    return frame.start + (at + _CHUNK_BYTES) // 2
        return None


def bare_webrtc(frames: Sequence[Frame]) -> int | None:
    """Speech, and then none for 400 ms."""
    vad = webrtcvad.Vad(3)
    heard, silence = False, 0.0
    for frame in frames:
        if vad.is_speech(frame.pcm, SAMPLE_RATE):
            heard, silence = True, 0.0
        else:
            silence += FRAME_SECONDS
        if heard and silence >= _HANG_OVER:
            return frame.end
    return None


def _module(name: str) -> ModuleType:
    """A file of Home Assistant's on its own, under the name of a package of one."""
    package = ModuleType("assist_pipeline")
    package.__path__ = [str(CACHE)]
    sys.modules[package.__name__] = package
    module = ModuleType(f"{package.__name__}.{name}")
    module.__package__ = package.__name__
    sys.modules[module.__name__] = module
    path = CACHE / f"{name}.py"
    # Written for a Python that reads annotations late, as ours does only when told.
    late = __future__.annotations.compiler_flag
    exec(compile(path.read_text(), str(path), "exec", flags=late), module.__dict__)
    return module
