import os
from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("AURICLE_FAULTS"):
        return
    here = Path(__file__).parent
    reason = "all of them take some minutes: scripts/test --faults"
    for item in items:
        if item.path.is_relative_to(here) and not item.get_closest_marker("quick"):
            item.add_marker(pytest.mark.skip(reason=reason))
