"""Bare loops around wake word engines, as small as their documentation has them.

    python benchmarks/cost/wake_loops.py pymicro-wakeword FILE.wav

Says "listening", then hears the file (16 kHz mono s16) at the pace of a microphone, and
quiet behind it for ever. Each imports nothing but its engine.
"""

import sys
import time
import wave
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

Step = Callable[[bytes], object]

_WAKE_WORD = "okay_nabu"
_RATE = 16_000


def main() -> None:
    name, path = sys.argv[1:]
    make, samples = LOOPS[name]
    step = make()
    with wave.open(path) as file:
        sound = file.readframes(file.getnframes())
    size = samples * 2
    quiet = bytes(size)
    print("listening", flush=True)
    due = time.monotonic()
    at = 0
    while True:
        due += samples / _RATE
        time.sleep(max(0.0, due - time.monotonic()))
        block = sound[at : at + size]
        at += size
        step(block if len(block) == size else quiet)


def _pymicro_wakeword() -> Step:
    from pymicro_wakeword import MicroWakeWord, MicroWakeWordFeatures, Model

    word = MicroWakeWord.from_builtin(Model(_WAKE_WORD))
    features = MicroWakeWordFeatures()

    def step(block: bytes) -> None:
        for feature in features.process_streaming(block):
            word.process_streaming(feature)

    return step


def _pyopen_wakeword() -> Step:
    from pyopen_wakeword import Model, OpenWakeWord, OpenWakeWordFeatures

    word = OpenWakeWord.from_builtin(Model(_WAKE_WORD))
    features = OpenWakeWordFeatures.from_builtin()

    def step(block: bytes) -> None:
        for feature in features.process_streaming(block):
            list(word.process_streaming(feature))

    return step


def _openwakeword() -> Step:
    # Its package fetches models when it is asked to; these are the same ones, from the
    # package of another engine.
    import numpy as np
    from openwakeword.model import Model

    models = _models_of("pyopen_wakeword")
    engine: Any = Model(
        wakeword_models=[str(next(models.glob(f"{_WAKE_WORD}*.tflite")))],
        melspec_model_path=str(models / "melspectrogram.tflite"),
        embedding_model_path=str(models / "embedding_model.tflite"),
        inference_framework="tflite",
    )
    return lambda block: engine.predict(np.frombuffer(block, np.int16))


def _models_of(package: str) -> Path:
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "models"


LOOPS: dict[str, tuple[Callable[[], Step], int]] = {
    # How each is made, and how many samples it is given at a time: what it decides on.
    "pymicro-wakeword": (_pymicro_wakeword, 480),
    "pyopen-wakeword": (_pyopen_wakeword, 1280),
    "openwakeword": (_openwakeword, 1280),
}

if __name__ == "__main__":
    main()
