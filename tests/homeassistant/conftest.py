import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from rigs.broker import Broker, running_broker
from rigs.home_assistant import HomeAssistant


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("HA_ROOT"):
        return
    here = Path(__file__).parent
    reason = "they need a real Home Assistant: scripts/test --homeassistant (as root)"
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with running_broker(tmp_path_factory.mktemp("broker")) as broker:
        yield broker


@pytest.fixture(scope="session")
def running_home_assistant(
    broker: Broker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[HomeAssistant]:
    root = Path(os.environ["HA_ROOT"])
    directory = tmp_path_factory.mktemp("home-assistant")
    home_assistant = HomeAssistant(root, directory, broker.port)
    home_assistant.start()
    try:
        yield home_assistant
    finally:
        home_assistant.stop()


@pytest.fixture
def home_assistant(running_home_assistant: HomeAssistant) -> Iterator[HomeAssistant]:
    """The running one; it may not complain of us while a test uses it."""
    before = len(running_home_assistant.log)
    yield running_home_assistant
    complaints = re.findall(
        r".* (?:WARNING|ERROR) .*(?:auricle|study).*",
        running_home_assistant.log[before:],
    )
    assert complaints == []
