"""A Home Assistant without a network, and a mock of its broker's client."""

import importlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from homeassistant.components import assist_pipeline, conversation
from homeassistant.config_entries import ConfigEntryState, ConfigFlow
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockModule,
    MockPlatform,
    mock_config_flow,
    mock_integration,
    mock_platform,
)

import custom_components.auricle  # noqa: F401  # before another package of that name
from rigs.homes.mocked_home import DEVICE, PASSWORD, ROOT, Agent, Den, Voice

# Tools take it for the folder of this name beside us.
setup = importlib.import_module("homeassistant.setup")


@pytest.fixture
def expected_lingering_timers() -> bool:
    """Of Home Assistant's MQTT, which keeps them beyond its own tests, too."""
    return True


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """An empty one: the package's own has custom integrations besides ours."""
    return hass_tmp_config_dir


@pytest.fixture
def mqtt_config_entry_data() -> dict[str, str]:
    """How Home Assistant logs in at its broker."""
    login = {"username": "den", "password": PASSWORD}
    return {"broker": "mock-broker", "protocol": "5", **login}


@pytest.fixture
async def den(
    hass: Any,
    enable_custom_integrations: None,
    mock_hass_config: None,
    mqtt_client_mock: Any,
    mqtt_mock_entry: Callable[[], Awaitable[Any]],
) -> Den:
    """A satellite that has said nothing, at a broker that Home Assistant is with."""
    den = Den(hass, mqtt_client_mock)
    # Its integrations take it for granted.
    assert await setup.async_setup_component(hass, "homeassistant", {})
    await mqtt_mock_entry()
    return den


@pytest.fixture
async def entry(hass: Any, den: Den) -> AsyncIterator[Any]:
    """The satellite's entry, set up; without it at the end."""
    entry = MockConfigEntry(
        domain="auricle",
        title="Den voice",
        unique_id=DEVICE,
        data={"root": ROOT, "device": DEVICE},
    )
    # Before it is introduced: who is known is not offered.
    entry.add_to_hass(hass)
    den.introduce()
    await hass.async_block_till_done()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    yield entry
    if hass.config_entries.async_get_entry(entry.entry_id):
        await hass.config_entries.async_unload(entry.entry_id)


@pytest.fixture
def voice() -> Voice:
    """Who speaks for the agent."""
    return Voice()


@pytest.fixture
async def agent(hass: Any, entry: Any, voice: Voice) -> Agent:
    """Who answers in the preferred pipeline, with a voice."""

    async def set_up(hass: Any, entry: Any) -> bool:
        await hass.config_entries.async_forward_entry_setups(entry, ["tts"])
        return True

    async def add_voice(_hass: Any, _entry: Any, add: Any) -> None:
        add([voice])

    mock_integration(hass, MockModule("home", async_setup_entry=set_up))
    mock_platform(hass, "home.config_flow")
    mock_platform(hass, "home.tts", MockPlatform(async_setup_entry=add_voice))
    home = MockConfigEntry(domain="home")
    home.add_to_hass(hass)
    with mock_config_flow("home", ConfigFlow):
        assert await hass.config_entries.async_setup(home.entry_id)
    await hass.async_block_till_done()
    agent = Agent()
    conversation.async_set_agent(hass, home, agent)
    await assist_pipeline.async_update_pipeline(
        hass,
        assist_pipeline.async_get_pipeline(hass),
        conversation_engine=home.entry_id,
        conversation_language="en",
        tts_engine="tts.voice",
        tts_language="en",
    )
    return agent
