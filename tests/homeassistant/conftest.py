import asyncio
import os
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from rigs.homes import assist_home
from rigs.homes.contract_satellite import ContractSatellite
from rigs.homes.home_assistant import HomeAssistant
from rigs.mqtt.broker import Broker, running_broker

# They have a Home Assistant and a pytest of their own: mocked.sh.
collect_ignore = ["mocked"]

# What Home Assistant says of this machine, of a broker that a test takes away, and of
# an agent that fails when a test tells it to; and what it told whoever asked for it.
NOT_OF_US = re.compile(
    r"\[(haffmpeg\.\w+|homeassistant\.(bootstrap|loader|components\.network)"
    r"|paho\.mqtt\.client)\]|Error returned from MQTT server"
    r"|The client is not currently connected|this agent (is broken|fails)"
    r"|Error during service call to assist_satellite|Error getting audio for"
    r"|No ACK from MQTT server|Device does not support timers"
    r"|Referenced entities assist_satellite"
)
# It tells itself to clear what is cleared already: the older release once for every
# disabled entity of a device that is removed, both where a person removes one, and the
# newer one that there is a newer way to do so.
CLEARED = "No device components to cleanup for auricle_"
DELETED = re.compile(f"{CLEARED}barn|device_registry/remove_config_entry is deprecated")


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
    assert complaints(home_assistant) == []


@pytest.fixture
def home_assistant(running_home_assistant: HomeAssistant) -> Iterator[HomeAssistant]:
    """The running one; it may not complain while a test uses it, nor after."""
    before = complaints(running_home_assistant)
    yield running_home_assistant
    assert complaints(running_home_assistant)[len(before) :] == []


@pytest.fixture(scope="session")
def running_assist_home(
    broker: Broker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[HomeAssistant]:
    root = Path(os.environ["HA_ROOT"])
    directory = tmp_path_factory.mktemp("assist-home")
    with assist_home.voice_server() as port:
        home = HomeAssistant(
            root, directory, broker.port, voice_port=port, lights=assist_home.LIGHTS
        )
        home.start()
        asyncio.run(assist_home.furnish(home))
        try:
            yield home
        finally:
            home.stop()


@pytest.fixture
async def home(running_assist_home: HomeAssistant) -> AsyncIterator[HomeAssistant]:
    """The one with our integration; it may not complain while a test uses it."""
    before = complaints(running_assist_home)
    await assist_home.use(running_assist_home)
    yield running_assist_home
    assert complaints(running_assist_home)[len(before) :] == []


@pytest.fixture
async def den(broker: Broker, home: HomeAssistant) -> AsyncIterator[ContractSatellite]:
    """A satellite in the den, as Home Assistant has it."""
    entity = "assist_satellite.den_voice"
    async with ContractSatellite(broker.port) as den:
        await assist_home.add(home, den.name, "Den")
        await home.becomes(entity, "idle")
        yield den
    # The next one would seem to be there too early.
    await home.becomes(entity, "unavailable")


def complaints(home_assistant: HomeAssistant) -> list[str]:
    """Its warnings and errors, with all their lines; we are all that goes on here."""
    return [
        record
        for record in home_assistant.complaints
        if not NOT_OF_US.search(record)
        and not (home_assistant.version == "2026.2.3" and CLEARED in record)
        and not DELETED.search(record)
    ]
