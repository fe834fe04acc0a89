import re
import subprocess
import sys

import pytest

from auricle.errors import ConfigError
from auricle.recognizer.engines.loading import load_engine

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
        ("moonshine", "moonshine_voice", "recognizer-light"),
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
        rf"{library} is not installed; run .*: pip install .*requirements/{extra}\.txt",
        ended.stdout,
    )


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
