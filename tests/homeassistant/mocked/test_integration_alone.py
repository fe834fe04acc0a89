"""The integration on the newest Home Assistant that its test package has."""

import json
from datetime import timedelta
from typing import Any

import pytest
from homeassistant.components.assist_satellite import AssistSatelliteEntity
from homeassistant.config_entries import SOURCE_USER, ConfigEntryState
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry, entity_registry, issue_registry
from homeassistant.util import dt
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.auricle import diagnostics
from rigs.homes.mocked_home import (
    DEVICE,
    ROOT,
    SATELLITE,
    SPOKEN,
    Agent,
    Den,
    introduction,
)
from rigs.homes.private_members import PRIVATE
from rigs.waiting import eventually

WORDS = "What time is it in Lisbon?"


def said(turn: str, text: str = WORDS) -> dict[str, Any]:
    return {"event_type": "transcript", "turn": turn, "text": text, "language": "en"}


def sound(den: Den) -> list[tuple[dict[str, Any], bytes]]:
    """What the satellite was given to play so far."""
    lines = [each.partition(b"\n") for each in den.told("play")]
    return [(json.loads(line), pcm) for line, _, pcm in lines]


def flows(hass: Any) -> list[Any]:
    found = hass.config_entries.flow.async_progress()
    return [flow for flow in found if flow["handler"] == "auricle"]


async def look(hass: Any, root: str) -> Any:
    """What becomes of asking for the satellites below a topic."""
    begun = await hass.config_entries.flow.async_init(
        "auricle", context={"source": SOURCE_USER}
    )
    assert begun["type"] is FlowResultType.FORM
    return await hass.config_entries.flow.async_configure(
        begun["flow_id"], {"root": root}
    )


async def test_a_satellite_that_introduces_itself_is_found_and_added(
    hass: Any, den: Den
) -> None:
    den.introduce()
    await eventually(lambda: flows(hass), 10)
    [flow] = flows(hass)
    assert flow["context"]["title_placeholders"]["name"] == "Den voice"

    added = await hass.config_entries.flow.async_configure(flow["flow_id"], {})
    await hass.async_block_till_done()

    assert added["type"] is FlowResultType.CREATE_ENTRY
    assert added["data"] == {"root": ROOT, "device": DEVICE}
    assert added["result"].state is ConfigEntryState.LOADED
    await hass.config_entries.async_unload(added["result"].entry_id)


async def test_a_satellite_is_found_below_the_root_that_is_entered(
    hass: Any, den: Den
) -> None:
    den.introduce()
    # It waits to be confirmed, as one that was found.
    await eventually(lambda: flows(hass), 10)

    added = await look(hass, " auricle/ ")
    await hass.async_block_till_done()

    assert flows(hass) == []

    assert added["type"] is FlowResultType.CREATE_ENTRY
    assert added["data"]["root"] == ROOT
    await hass.config_entries.async_unload(added["result"].entry_id)


@pytest.mark.parametrize(
    ("root", "error"), [("auricle/#", "no_root"), ("attic", "nothing_found")]
)
async def test_a_root_without_a_satellite_is_asked_for_again(
    hass: Any, den: Den, root: str, error: str
) -> None:
    den.introduce()

    again = await look(hass, root)

    assert again["type"] is FlowResultType.FORM
    assert again["errors"] == {"root": error}


@pytest.mark.parametrize(
    "payload",
    ["no JSON", {}, {"schema": 1}, introduction(schema=2), introduction(device=None)],
)
async def test_what_is_no_satellite_is_not_offered(
    hass: Any, den: Den, payload: Any
) -> None:
    den.tell("satellite", payload, retain=True)
    study = introduction(device="auricle_study", name="Study voice")
    den.publish("auricle/study/satellite", study, retain=True)
    await eventually(lambda: flows(hass), 10)
    await hass.async_block_till_done()

    [offered] = flows(hass)
    assert offered["context"]["unique_id"] == "auricle_study"


async def test_a_satellite_that_moved_keeps_its_entry_and_is_not_offered_again(
    hass: Any, den: Den, entry: Any
) -> None:
    den.publish("auricle/study/satellite", introduction(), retain=True)
    await hass.async_block_till_done()

    assert flows(hass) == []
    assert entry.data["root"] == "auricle/study"


async def test_it_joins_the_device_of_its_mqtt_entities(hass: Any, entry: Any) -> None:
    entities = entity_registry.async_get(hass)
    ids = (SATELLITE, "select.den_voice_assistant", "switch.den_voice_mute")
    devices = {entities.async_get(each).device_id for each in ids}

    assert len(devices) == 1
    assert len(device_registry.async_get(hass).devices) == 1


async def test_a_satellite_that_is_forgotten_takes_its_entry_along(
    hass: Any, den: Den, entry: Any
) -> None:
    den.tell("satellite", "", retain=True)
    await hass.async_block_till_done()

    assert hass.config_entries.async_entries("auricle") == []
    assert hass.states.get(SATELLITE) is None


async def test_its_state_follows_the_satellite(hass: Any, den: Den, entry: Any) -> None:
    for state in ("listening", "processing", "responding"):
        den.tell("state", state)
        await hass.async_block_till_done()
        assert hass.states.get(SATELLITE).state == state

    den.tell("state", "idle")
    async_fire_time_changed(hass, dt.utcnow() + timedelta(seconds=1))
    await hass.async_block_till_done()
    assert hass.states.get(SATELLITE).state == "idle"


async def test_it_is_unavailable_while_the_satellite_is_away(
    hass: Any, den: Den, entry: Any
) -> None:
    den.tell("availability", "offline")
    await hass.async_block_till_done()
    assert hass.states.get(SATELLITE).state == "unavailable"

    den.tell("availability", "online")
    await hass.async_block_till_done()
    assert hass.states.get(SATELLITE).state == "idle"


async def test_words_reach_the_agent_and_its_answer_the_satellite_as_sound(
    hass: Any, den: Den, entry: Any, agent: Agent
) -> None:
    den.tell("event/utterance", said("t1") | {"emotion": "happy"})
    den.tell("event/utterance", said("t1"))
    await eventually(lambda: any("last" in header for header, _ in sound(den)), 10)
    messages = sound(den)
    first = messages[0][0]
    den.tell("play", {"id": first["id"], "state": "started"})
    den.tell("play", {"id": first["id"], "state": "finished"})
    await hass.async_block_till_done(wait_background_tasks=True)

    [asked] = agent.asked
    device = entity_registry.async_get(hass).async_get(SATELLITE).device_id
    assert (asked.text, asked.device_id) == (WORDS, device)
    assert asked.extra_system_prompt == "The speaker sounds happy."
    assert (first["seq"], first["kind"], first["turn"]) == (0, "answer", "t1")
    assert (first["rate"], first["width"], first["channels"]) == (16_000, 2, 1)
    assert [header["seq"] for header, _ in messages] == list(range(len(messages)))
    assert b"".join(pcm for _, pcm in messages) == SPOKEN
    assert messages[-1][0]["then"] == "idle"
    assert hass.states.get(SATELLITE).state == "idle"
    assert issue_registry.async_get(hass).issues == {}


async def test_diagnostics_hold_neither_words_nor_secrets(
    hass: Any, den: Den, entry: Any, agent: Agent
) -> None:
    [broker] = hass.config_entries.async_entries("mqtt")
    secret = {"username": "den", "password": "correct horse"}
    hass.config_entries.async_update_entry(broker, data=broker.data | secret)
    den.tell("event/utterance", said("t1"))
    await eventually(lambda: agent.asked, 10)

    told = await diagnostics.async_get_config_entry_diagnostics(hass, entry)

    assert (told["root"], told["available"], told["state"]) == (ROOT, True, "idle")
    assert told["satellite"]["device"] == DEVICE
    for hidden in (WORDS, "Lisbon", "It is done", "correct horse"):
        assert hidden not in json.dumps(told)


def test_every_private_member_that_it_relies_on_is_there() -> None:
    assert set(dir(AssistSatelliteEntity)) >= PRIVATE
