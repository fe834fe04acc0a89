"""Pipecat's smart-turn: a model that hears whether a turn is complete."""

import importlib.util
import sys
import time
import zipfile
from collections.abc import Sequence
from typing import Any

import numpy as np
import onnxruntime

from auricle.audio.frame import SAMPLE_RATE, Frame
from benchmarks.turns.peers import CACHE, pip

PIPECAT = "pipecat-ai==1.14.0"
_PART = "pipecat/audio/turn/smart_turn"
_MODEL, _FEATURES = "smart-turn-v3.2-cpu.onnx", "_whisper_features.py"
# As pipecat hands it on: at most so much, the end of it, silence before what is short.
_LONGEST = 8 * SAMPLE_RATE
COMPLETE = 0.5
"""Pipecat's threshold."""


def install_smart_turn() -> None:
    """Download the model and the code that prepares its input, two files of pipecat."""
    if (CACHE / _MODEL).exists():
        return
    CACHE.mkdir(parents=True, exist_ok=True)
    print(f"downloading {PIPECAT}", file=sys.stderr)
    pip("download", "--dest", CACHE, PIPECAT)
    (wheel,) = CACHE.glob("pipecat_ai-*.whl")
    with zipfile.ZipFile(wheel) as files:
        (CACHE / _FEATURES).write_bytes(files.read(f"{_PART}/{_FEATURES}"))
        (CACHE / _MODEL).write_bytes(files.read(f"{_PART}/data/{_MODEL}"))
    wheel.unlink()


class SmartTurn:
    """As pipecat's own analyzer runs it, on one thread."""

    def __init__(self) -> None:
        options = onnxruntime.SessionOptions()
        options.inter_op_num_threads = options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(CACHE / _MODEL), options)
        self._features = _features()
        self.spent: list[float] = []
        """Processor seconds of each decision."""

    def __call__(self, frames: Sequence[Frame]) -> float:
        """How probable it is that whoever speaks has said it all."""
        began = time.process_time()
        pcm = b"".join(frame.pcm for frame in frames)
        heard = np.frombuffer(pcm, "<i2").astype(np.float32)[-_LONGEST:] / 32768
        whole = np.pad(heard, (_LONGEST - len(heard), 0))
        features = self._features.compute_whisper_log_mel_features(whole)
        [answer] = self._session.run(None, {"input_features": features[np.newaxis]})
        self.spent.append(time.process_time() - began)
        return float(answer[0].item())


def _features() -> Any:
    name = _FEATURES.removesuffix(".py")
    spec = importlib.util.spec_from_file_location(name, CACHE / _FEATURES)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
