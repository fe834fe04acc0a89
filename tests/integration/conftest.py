from collections.abc import Iterator
from pathlib import Path

import pytest

from rigs.broker import Broker, running_broker


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with running_broker(tmp_path) as broker:
        yield broker
