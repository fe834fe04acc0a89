"""The device in a real Home Assistant, introduced at once and entity by entity."""

from contextlib import suppress
from pathlib import Path

from rigs.homes.home_assistant import HomeAssistant
from rigs.homes.study import NODE, Study, study
from rigs.mqtt.broker import ANONYMOUS, Broker
from rigs.waiting import answered

STATE = "sensor.study_voice_state"
MUTE = "switch.study_voice_mute"
WAKE = "event.study_voice_wake"
COUNTER = "counter.introduced_triggers"
LIMITED = (*ANONYMOUS, "max_packet_size 4000")
# Home Assistant tries again after seconds.
PATIENCE = 60


async def ours(home_assistant: HomeAssistant) -> set[str]:
    return {e for e in await home_assistant.states() if ".study_voice_" in e}


async def the_device(home_assistant: HomeAssistant) -> str:
    return await home_assistant.render(f"{{{{ device_id('{MUTE}') }}}}")


async def restart(broker: Broker, listener: tuple[str, ...]) -> None:
    broker.stop()
    broker.listener = listener
    broker.start(remember=True)


async def test_each_entity_stays_the_one_that_it_was_in_whichever_way(
    broker: Broker,
    home_assistant: HomeAssistant,
    running_assist_home: HomeAssistant,
    tmp_path: Path,
) -> None:
    try:
        async with study(broker, tmp_path, listens_to=()) as satellite:
            await home_assistant.becomes(STATE, "idle")
            await home_assistant.fits(WAKE, lambda state: state is not None)
            entities, device = (
                await ours(home_assistant),
                await the_device(home_assistant),
            )
            await home_assistant.automate(
                "count_commands_of_the_device",
                triggers={
                    "trigger": "device",
                    "domain": "mqtt",
                    "device_id": device,
                    "type": "heard",
                    "subtype": "command",
                },
                actions={
                    "action": "counter.increment",
                    "target": {"entity_id": COUNTER},
                },
            )
            for listener in (LIMITED, LIMITED, ANONYMOUS):
                await restart(broker, listener)
                await satellite.house.until(
                    lambda: satellite.house.on(f"{NODE}/availability")[-1] == "online"
                )
                await home_assistant.becomes(STATE, "idle", timeout=PATIENCE)
                await home_assistant.becomes(MUTE, "off", timeout=PATIENCE)
                await settles(home_assistant, entities)
                assert await the_device(home_assistant) == device
                # The other home on this broker takes each step, too: what it left out
                # would contradict the next one, in somebody else's test.
                await settles(running_assist_home, entities)
                await running_assist_home.becomes(STATE, "idle", timeout=PATIENCE)

                await triggers_once(home_assistant, satellite)
                # What is retained alone makes the same of it.
                home_assistant.restart()
                await home_assistant.becomes(STATE, "idle", timeout=PATIENCE)
                await settles(home_assistant, entities)
    finally:
        await restart(broker, ANONYMOUS)


async def triggers_once(home_assistant: HomeAssistant, satellite: Study) -> None:
    """A command triggers, and once; between one way and the other none may."""

    async def triggered() -> str | None:
        await home_assistant.act("counter.reset", COUNTER)
        await satellite.hears()
        with suppress(AssertionError):
            await home_assistant.becomes(COUNTER, "1", timeout=5.0)
        return await home_assistant.value(COUNTER)

    await answered(triggered, lambda count: count == "1", PATIENCE, of=COUNTER)


async def settles(home_assistant: HomeAssistant, entities: set[str]) -> None:
    """None is missing, and none is there besides."""

    async def strangers() -> set[str]:
        return await ours(home_assistant) ^ entities

    await answered(strangers, lambda found: not found, PATIENCE)
