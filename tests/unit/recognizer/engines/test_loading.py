import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from auricle.errors import ConfigError
from auricle.recognizer.engines.loading import load_engine, require_model
from rigs.recognizer.synthetic_models import moonshine

# In a process of its own: which libraries there are is no affair of one test among
# others, of which some have loaded them, and some are still at it in a thread.
WITHOUT_LIBRARY = """
import sys
sys.modules[sys.argv[1]] = None

from auricle.errors import ConfigError
from auricle.recognizer.engines.loading import load_engine

try:
    load_engine(sys.argv[2], threads=1)
except ConfigError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("model", "library", "extra"),
    [
        ("tiny.en", "faster_whisper", "recognizer"),
        ("moonshine", "onnxruntime", "recognizer-light"),
    ],
)
def test_an_engine_that_is_not_installed_says_what_to_install(
    model: str, library: str, extra: str
) -> None:
    command = [sys.executable, "-c", WITHOUT_LIBRARY, library, model]
    ended = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=60
    )

    assert re.match(
        rf"{library} is not installed; run .*pip install .*requirements/{extra}\.txt",
        ended.stdout,
    )


def test_a_folder_whose_runtime_is_not_installed_says_what_to_install(
    tmp_path: Path,
) -> None:
    moonshine(tmp_path)
    command = [sys.executable, "-c", WITHOUT_LIBRARY, "sherpa_onnx", str(tmp_path)]
    ended = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=60
    )

    assert ended.stdout.startswith("sherpa_onnx is not installed; run ")
    assert "requirements/recognizer-sherpa.txt" in ended.stdout


def test_a_name_that_nobody_knows_lists_those_that_are_known() -> None:
    known = (
        r"enormous: neither a folder .* known are tiny\.en, base, moonshine and auto"
    )
    with pytest.raises(ConfigError, match=known):
        require_model("enormous")


def test_a_folder_that_cannot_be_looked_for_is_told_with_what_to_do() -> None:
    told = r"x: File name too long; see that .* may read it"
    with pytest.raises(ConfigError, match=told):
        require_model("x" * 256)


def test_the_languages_of_a_packaged_model_are_not_the_users_to_tell() -> None:
    with pytest.raises(ConfigError, match="--languages is for a folder of your own"):
        load_engine("tiny.en", threads=1, languages=("en",))


@pytest.mark.parametrize("option", [{"device": "cuda"}, {"window": 15}])
def test_what_is_for_whisper_models_is_refused_for_a_folder_of_another_kind(
    tmp_path: Path, option: dict[str, Any]
) -> None:
    moonshine(tmp_path)
    with pytest.raises(ConfigError, match="CTranslate2 runs, not Moonshine"):
        load_engine(str(tmp_path), threads=1, **option)


@pytest.mark.parametrize(
    ("told", "device", "compute_type", "window"),
    [
        ("--device", "cuda", None, None),
        ("--compute-type", "cpu", "int8", None),
        ("--window", "cpu", None, 15),
    ],
)
def test_what_is_for_whisper_models_is_refused_for_another(
    told: str, device: str, compute_type: str | None, window: int | None
) -> None:
    with pytest.raises(ConfigError, match=f"{told} is for Whisper models"):
        load_engine(
            "moonshine",
            threads=1,
            device=device,
            compute_type=compute_type,
            window=window,
        )
