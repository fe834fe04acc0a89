"""Who is away, and what is there again afterwards."""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rigs.homes.home_assistant import HomeAssistant
from rigs.homes.program import auricle
from rigs.homes.study import NODE, Study, study
from rigs.mqtt.broker import Broker
from rigs.mqtt.subscriber import HouseClient
from rigs.waiting import answered

STATE = "sensor.study_voice_state"
COMMANDS = "counter.commands"
GOING_ON = ("sensor.study_voice_last_restart", "sensor.study_voice_spoken_today")
UNKNOWN = ("unknown", "unavailable")
UTTERANCE = "event.study_voice_utterance"
# Home Assistant tries again after seconds; its birth message comes later still.
PATIENCE = 60


@pytest.fixture
async def satellite(
    broker: Broker, home_assistant: HomeAssistant, tmp_path: Path
) -> AsyncIterator[Study]:
    """One that has heard one command."""
    await home_assistant.act("counter.reset", COMMANDS)
    async with study(broker, tmp_path) as satellite:
        await home_assistant.becomes(STATE, "idle")
        await satellite.hears()
        await home_assistant.becomes(COMMANDS, "1")
        await home_assistant.becomes(STATE, "idle")
        yield satellite


async def entities(home_assistant: HomeAssistant) -> dict[str, str]:
    """Ours; of those that say when or how much, only whether they say it."""
    return {
        entity: "known"
        if entity in GOING_ON and state["state"] not in UNKNOWN
        else state["state"]
        for entity, state in (await home_assistant.states()).items()
        if ".study_voice_" in entity
    }


async def all_is_as(home_assistant: HomeAssistant, before: dict[str, str]) -> None:
    """Everything is back, and nothing was executed again."""
    await home_assistant.becomes(STATE, "idle", timeout=PATIENCE)

    async def changed() -> set[tuple[str, str]]:
        return before.items() - (await entities(home_assistant)).items()

    await answered(changed, lambda found: not found, PATIENCE)
    assert await home_assistant.value(COMMANDS) == "1"


async def test_home_assistant_restarts(
    satellite: Study, home_assistant: HomeAssistant
) -> None:
    before = await entities(home_assistant)
    await asyncio.to_thread(home_assistant.restart)
    await home_assistant.becomes(COMMANDS, "1", timeout=PATIENCE)

    await all_is_as(home_assistant, before)


async def test_home_assistant_tells_the_names_of_the_house_when_it_starts(
    home_assistant: HomeAssistant, broker: Broker
) -> None:
    names = "auricle/vocabulary"
    async with HouseClient(broker.port, names) as listener:
        listener.say(names, "", retain=True)
        await listener.hears(names, "")
        await asyncio.to_thread(home_assistant.restart)
        await listener.hears(names, "Kitchen light, Study")


async def test_the_broker_restarts(
    satellite: Study, home_assistant: HomeAssistant, broker: Broker
) -> None:
    before = await entities(home_assistant)
    broker.stop()
    await home_assistant.becomes(STATE, "unavailable", timeout=PATIENCE)
    broker.start(remember=True)

    await all_is_as(home_assistant, before)


async def test_the_broker_restarts_and_has_forgotten_everything(
    satellite: Study, home_assistant: HomeAssistant, broker: Broker
) -> None:
    before = await entities(home_assistant)
    broker.kill()
    await home_assistant.becomes(STATE, "unavailable", timeout=PATIENCE)
    broker.start(remember=False)

    await all_is_as(home_assistant, before)


async def test_the_daemon_stops_and_starts(
    satellite: Study, home_assistant: HomeAssistant
) -> None:
    before = await entities(home_assistant)
    await satellite.program.stop()
    await home_assistant.becomes(STATE, "unavailable")
    await satellite.program.start()

    await all_is_as(home_assistant, before)


async def test_the_daemon_dies_and_is_missed_and_starts(
    satellite: Study, home_assistant: HomeAssistant
) -> None:
    before = await entities(home_assistant)
    turn = await home_assistant.attribute(UTTERANCE, "turn")
    await satellite.program.stop(signal.SIGKILL)
    await home_assistant.becomes(STATE, "unavailable")
    await satellite.program.start()

    # What it had no time to note as delivered goes out again: the same turn.
    del before[UTTERANCE]
    await all_is_as(home_assistant, before)
    assert await home_assistant.attribute(UTTERANCE, "turn") == turn


async def test_a_satellite_that_is_forgotten_leaves_nothing_behind(
    satellite: Study, home_assistant: HomeAssistant, broker: Broker
) -> None:
    await satellite.program.stop()
    config = str(satellite.program.config)
    code, _, error = await auricle("forget", "--config", config)

    assert code == 0, error
    await home_assistant.becomes(STATE, None)
    assert await entities(home_assistant) == {}
    async with HouseClient(
        broker.port, f"{NODE}/#", "homeassistant/#", "end"
    ) as newcomer:
        newcomer.say("end", "of what is retained")
        await newcomer.hears("end")
        assert [heard.topic for heard in newcomer.heard if heard.retain] == []
