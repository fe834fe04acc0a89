"""How examples are made, and which tests run one after the other in one process."""

import gc
import os
from collections.abc import Generator, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

from auricle.system.redaction import OURS

# How long an example takes is the machine's affair, not the code's: no test fails for
# having been slow. AURICLE_EXAMPLES asks for more of them, as scripts/fuzz does.
settings.register_profile(
    "auricle",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    max_examples=int(os.environ.get("AURICLE_EXAMPLES", "100")),
    print_blob=True,
)
settings.load_profile("auricle")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect all tests without a look for garbage: they stay, and nobody who looks for
    garbage later goes through a million objects of theirs.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(autouse=True)
def _no_secret_outlives_a_test() -> Iterator[None]:
    """One that is a word of the next test would be taken out of what that one reads."""
    yield
    OURS.forget()


SHARING = (
    "tests/faults/test_catalogue.py",
    "tests/faults/test_sleep.py",
    "tests/integration/app/test_idle_imports.py",
    "tests/integration/cli/test_local_recognizer.py",
    "tests/integration/packaging/test_wheel.py",
    "tests/integration/recognizer/engines/test_moonshine.py",
    "tests/integration/recognizer/engines/test_whisper.py",
    "tests/integration/recognizer/engines/test_whisper_encoder.py",
    "tests/integration/recognizer/engines/test_whisper_multilingual.py",
    "tests/integration/recognizer/test_foreseen.py",
)
"""Files whose tests share a house, a loaded model, or what takes as long to make."""
CONFORMANCE = "tests/conformance/"
NEWER_SDK = "2.0.2"


class TogetherScheduling(LoadScopeScheduling):  # type: ignore[misc]  # untyped
    """Any process may run any test, but those that share something run in one."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        if file.startswith(CONFORMANCE):
            # Those of one SDK share its installation, and a server with its model.
            return f"{CONFORMANCE}{NEWER_SDK if NEWER_SDK in nodeid else ''}"
        return file if file in SHARING else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(
    config: pytest.Config, log: Any
) -> TogetherScheduling | None:
    if config.getvalue("dist") != "loadscope":
        return None
    return TogetherScheduling(config, log)
