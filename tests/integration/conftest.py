import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from rigs.mqtt.broker import Broker, running_broker


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with running_broker(tmp_path) as broker:
        yield broker


@pytest.fixture
def no_programming_errors(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever a server does, our own code does not raise what it did not mean to."""
    yield
    told = caplog.get_records("call")
    assert [r.getMessage() for r in told if r.levelno >= logging.ERROR] == []
