"""The integration on the newest Home Assistant that its test package has."""

import asyncio
import importlib
import json
import logging
import struct
import time
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import pytest
from homeassistant.components.assist_pipeline.const import (
    DATA_LAST_WAKE_UP,
    WAKE_WORD_COOLDOWN,
)
from homeassistant.components.assist_satellite import AssistSatelliteEntity
from homeassistant.config_entries import SOURCE_USER, ConfigEntryState
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import (
    device_registry,
    entity_registry,
    intent,
    issue_registry,
)
from homeassistant.util import dt
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.auricle import diagnostics, executed, media
from custom_components.auricle.wav import WavReader
from rigs.homes.mocked_home import (
    DEVICE,
    PASSWORD,
    RATE,
    ROOT,
    SATELLITE,
    SPOKEN,
    Agent,
    Den,
    Voice,
    introduction,
)
from rigs.homes.private_members import PRIVATE
from rigs.waiting import eventually

# Tools take it for the folder of this name beside us.
setup = importlib.import_module("homeassistant.setup")
WORDS = "What time is it in Lisbon?"


def said(turn: str, text: str = WORDS) -> dict[str, Any]:
    return {"event_type": "transcript", "turn": turn, "text": text, "language": "en"}


def sound(den: Den) -> list[tuple[dict[str, Any], bytes]]:
    """What the satellite was given to play so far."""
    lines = [each.partition(b"\n") for each in den.told("play")]
    return [(json.loads(line), pcm) for line, _, pcm in lines]


def issues(hass: Any) -> list[str]:
    """What is told in the repairs."""
    told = issue_registry.async_get(hass).issues.values()
    return [issue.translation_key for issue in told]


async def set_timer(hass: Any, name: str | None) -> None:
    """Set one of a second, as somebody beside the satellite does."""
    slots = {"seconds": {"value": 1}} | ({"name": {"value": name}} if name else {})
    device = entity_registry.async_get(hass).async_get(SATELLITE).device_id
    await intent.async_handle(
        hass, "test", intent.INTENT_START_TIMER, slots, device_id=device
    )


def wav(tag: int, channels: int, bits: int) -> bytes:
    """A Wave file: one second of silence."""
    frame = channels * bits // 8
    sort = struct.pack("<HHIIHH", tag, channels, RATE, RATE * frame, frame, bits)
    samples = bytes(RATE * frame)
    chunks = b"".join(
        name + struct.pack("<I", len(chunk)) + chunk
        for name, chunk in ((b"fmt ", sort), (b"data", samples))
    )
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


WAVES = {
    "mono": wav(1, 1, 16),
    "stereo": wav(1, 2, 16),
    "24 bits": wav(1, 1, 24),
    "floats": wav(3, 2, 32),
    "6 channels": wav(1, 6, 16),
}


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


async def test_what_another_make_heard_just_before_is_obeyed_there_alone(
    hass: Any, den: Den, entry: Any, agent: Agent
) -> None:
    den.tell("group", {"value": "all"}, retain=True)
    # As a pipeline of Home Assistant's does that hears the sound of a satellite.
    hass.data[DATA_LAST_WAKE_UP]["Okay Nabu"] = time.monotonic()
    den.tell("event/wake", {"turn": "t1", "wake_word": "okay_nabu"})
    den.tell("event/utterance", said("t1"))
    den.tell("event/utterance", said("t2") | {"stands_in_for": "t1"})
    den.tell("event/utterance", said("t3", "Another one."))
    await hass.async_block_till_done(wait_background_tasks=True)

    assert den.told("listen") == [b"CANCEL"]
    assert [asked.text for asked in agent.asked] == ["Another one."]


async def test_a_satellite_of_another_make_finds_that_ours_has_heard_it(
    hass: Any, den: Den, entry: Any
) -> None:
    den.tell("group", {"value": "all"}, retain=True)
    den.tell("event/wake", {"turn": "t1", "wake_word": "okay_nabu"})
    await hass.async_block_till_done()

    woke = hass.data[DATA_LAST_WAKE_UP]["Okay Nabu"]
    assert time.monotonic() - woke < WAKE_WORD_COOLDOWN
    assert den.told("listen") == []


@pytest.mark.parametrize("group", ["no JSON", [], {"value": 1}, {"value": ["all"]}])
async def test_a_group_that_nobody_can_read_is_told_in_the_log_and_changes_nothing(
    hass: Any,
    den: Den,
    entry: Any,
    caplog: pytest.LogCaptureFixture,
    group: Any,
) -> None:
    den.tell("group", {"value": "all"}, retain=True)
    den.tell("group", group, retain=True)
    await hass.async_block_till_done()

    assert entry.runtime_data.group == "all"
    assert f"{ROOT}/group cannot be read" in caplog.text


@pytest.mark.parametrize("order", ["abc", "cba", "bac", "bca"])
async def test_a_stand_in_that_is_stood_in_for_is_obeyed_once(
    hass: Any, den: Den, entry: Any, agent: Agent, order: str
) -> None:
    stood_in_for = {"a": None, "b": "a", "c": "b"}
    for turn in order:
        told = said(turn) | {"stands_in_for": stood_in_for[turn]}
        den.tell("event/utterance", told)
        await hass.async_block_till_done(wait_background_tasks=True)

    assert len(agent.asked) == 1


async def test_what_was_said_is_remembered_beyond_a_reload_and_never_grows(
    hass: Any, den: Den, entry: Any, agent: Agent
) -> None:
    den.tell("event/utterance", said("t1"))
    await eventually(lambda: agent.asked, 10)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)

    den.tell("event/utterance", said("t2") | {"stands_in_for": "t1"})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(agent.asked) == 1

    words = [f"w{number}" for number in range(5000)]
    assert all(executed.first(hass, word) for word in words)
    assert not any(executed.first(hass, word) for word in words[-1000:])
    assert len(hass.data["auricle.executed"]) < 1100


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (HomeAssistantError("no voice today"), "no voice today"),
        (ValueError("not in my words"), "not in my words"),
        (TimeoutError(), "TimeoutError"),
        (EOFError(), "EOFError"),
    ],
)
async def test_whatever_goes_wrong_with_a_voice_is_told_in_a_sentence_and_in_the_room(
    hass: Any,
    den: Den,
    entry: Any,
    agent: Agent,
    voice: Voice,
    error: Exception,
    told: str,
) -> None:
    voice.error = error
    dinner = {"message": "Dinner is ready.", "preannounce": False}

    with pytest.raises(HomeAssistantError) as raised:
        await hass.services.async_call(
            "assist_satellite",
            "announce",
            {"entity_id": SATELLITE, **dinner},
            blocking=True,
        )
    await hass.async_block_till_done()

    assert str(raised.value) == f"Den voice has nothing to play: {told}"
    assert [header.get("error") for header, _ in sound(den)] == ["no_sound"]


async def test_an_error_of_an_agent_is_logged_without_what_it_says(
    hass: Any,
    den: Den,
    entry: Any,
    agent: Agent,
    caplog: pytest.LogCaptureFixture,
) -> None:
    agent.error = LookupError(f"no language for {WORDS}")
    den.tell("event/utterance", said("t1"))
    await hass.async_block_till_done(wait_background_tasks=True)

    ours = [r for r in caplog.records if r.name.startswith("custom_components.auricle")]
    whole = logging.Formatter().format
    loud = [whole(record) for record in ours if record.levelno > logging.DEBUG]
    quiet = [whole(record) for record in ours if record.levelno == logging.DEBUG]
    assert loud == [f"{SATELLITE}: the pipeline failed: LookupError"]
    assert any(WORDS in text and "Traceback" in text for text in quiet)
    assert [header["error"] for header, _ in sound(den)] == ["pipeline_failed"]


@pytest.mark.parametrize(
    ("name", "told"), [("pizza", "pizza"), (None, "0:00:01")], ids=["named", "unnamed"]
)
async def test_a_timer_that_was_missed_is_told_of_until_another_rings(
    hass: Any, den: Den, entry: Any, name: str | None, told: str
) -> None:
    den.tell("availability", "offline")
    await hass.async_block_till_done()
    await set_timer(hass, name)
    await eventually(lambda: issues(hass), 10)
    [missed] = issue_registry.async_get(hass).issues.values()
    assert missed.translation_key == "timer_missed"
    assert missed.translation_placeholders["reason"] == told

    den.tell("availability", "online")
    await hass.async_block_till_done()
    assert issues(hass) == ["timer_missed"]
    await set_timer(hass, name)
    await eventually(lambda: not issues(hass), 10)


async def test_a_timer_that_was_missed_is_forgotten_with_the_loudspeaker(
    hass: Any, den: Den, entry: Any
) -> None:
    den.tell("availability", "offline")
    await hass.async_block_till_done()
    await set_timer(hass, "pizza")
    await eventually(lambda: issues(hass), 10)

    den.tell("satellite", introduction(features=[]), retain=True)
    await hass.async_block_till_done()

    assert issues(hass) == []


async def test_a_setup_that_is_broken_off_hears_nothing_more(
    hass: Any, den: Den
) -> None:
    entry = MockConfigEntry(
        domain="auricle", unique_id=DEVICE, data={"root": ROOT, "device": DEVICE}
    )
    entry.add_to_hass(hass)
    setting_up = hass.async_create_task(
        hass.config_entries.async_setup(entry.entry_id), eager_start=True
    )
    # It is too new: that is waited for.
    den.tell("satellite", introduction(schema=2), retain=True)
    await eventually(lambda: issues(hass) == ["newer_satellite"], 10)
    setting_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await setting_up

    den.tell("satellite", introduction(), retain=True)
    await hass.async_block_till_done()

    assert issues(hass) == ["newer_satellite"]


@pytest.mark.parametrize(
    ("name", "rate"),
    [
        ("mono", 16_000),
        ("stereo", 16_000),
        ("24 bits", 22_050),
        ("floats", 22_050),
        ("6 channels", 22_050),
    ],
)
@pytest.mark.parametrize("block", [30, 16_384])
async def test_wave_files_that_no_satellite_plays_are_converted(
    hass: Any, name: str, rate: int, block: int
) -> None:
    # The real one, of the Home Assistant beside.
    ffmpeg = {"ffmpeg": {"ffmpeg_bin": "/venv/bin/ffmpeg"}}
    assert await setup.async_setup_component(hass, "ffmpeg", ffmpeg)
    file = WAVES[name]

    async def source() -> AsyncGenerator[bytes]:
        for at in range(0, len(file), block):
            yield file[at : at + block]

    reader = WavReader()
    pcm = b"".join([reader.feed(each) async for each in media.as_wav(hass, source())])

    assert reader.format is not None
    assert reader.format.rate == rate
    assert reader.format.seconds(len(pcm)) == pytest.approx(1, abs=0.01)


async def test_diagnostics_hold_neither_words_nor_secrets(
    hass: Any, den: Den, entry: Any, agent: Agent
) -> None:
    [broker] = hass.config_entries.async_entries("mqtt")
    assert broker.data["password"] == PASSWORD
    den.tell("event/utterance", said("t1"))
    await eventually(lambda: agent.asked, 10)

    told = await diagnostics.async_get_config_entry_diagnostics(hass, entry)

    assert (told["root"], told["available"], told["state"]) == (ROOT, True, "idle")
    assert told["satellite"]["device"] == DEVICE
    for hidden in (WORDS, "Lisbon", "It is done", PASSWORD):
        assert hidden not in json.dumps(told)


def test_every_private_member_that_it_relies_on_is_there() -> None:
    assert set(dir(AssistSatelliteEntity)) >= PRIVATE
