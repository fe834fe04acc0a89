import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from rigs.mqtt.cluster import Cluster


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("CLUSTER_ROOT"):
        return
    here = Path(__file__).parent
    reason = "they need a cluster of brokers: scripts/test --cluster (as root)"
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with Cluster(Path(os.environ["CLUSTER_ROOT"])) as cluster:
        yield cluster
