import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rigs.homes.program import clean_environment
from rigs.recognizer.foreign_clients import Served, sdk_environment


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("AURICLE_CONFORMANCE"):
        return
    here = Path(__file__).parent
    reason = "they install the service's SDK, twice: scripts/test --conformance"
    for item in items:
        if item.path.is_relative_to(here) and "served" in _fixtures(item):
            item.add_marker(pytest.mark.skip(reason=reason))


def _fixtures(item: pytest.Item) -> list[str]:
    return item.fixturenames if isinstance(item, pytest.Function) else []


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """`auricle recognizer` as a process, with its real model and a key."""
    key = f"sk-{secrets.token_hex(16)}"
    key_file = tmp_path_factory.mktemp("recognizer") / "key"
    key_file.write_text(key)
    key_file.chmod(0o600)
    command = ["-m", "auricle", "recognizer", "--port", "0", "--deadline", "30"]
    process = subprocess.Popen(
        [sys.executable, *command, "--api-key-file", str(key_file)],
        stdout=subprocess.PIPE,
        text=True,
        env=clean_environment(),
    )
    with process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("serving on "), line
        yield Served(line.split()[2], key)
        process.terminate()
        assert process.wait(20) == 0


@pytest.fixture(scope="session", params=["1.25.6", "2.0.2"])
def sdk(request: pytest.FixtureRequest) -> Path:
    """The Python of an environment with one version of the service's SDK."""
    return sdk_environment(request.param)
