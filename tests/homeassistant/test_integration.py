"""The integration: how it is set up, what it shows, and how it goes away again."""

import asyncio
import json

import pytest

from rigs.homes import assist_home
from rigs.homes.automations import automations
from rigs.homes.blueprint_fillings import Filling
from rigs.homes.contract_satellite import ContractSatellite
from rigs.homes.home_assistant import HomeAssistant
from rigs.homes.home_assistant_events import Events
from rigs.mqtt.broker import Broker
from rigs.waiting import answered, elapse

SATELLITE = "assist_satellite.den_voice"
FLOW = "/api/config/config_entries/flow"


async def entries(home: HomeAssistant) -> dict[str, str]:
    """The ids of our entries by title."""
    listed = await home.call("/api/config/config_entries/entry")
    return {e["title"]: e["entry_id"] for e in listed if e["domain"] == "auricle"}


async def test_a_satellite_with_another_base_topic_is_found_where_one_looks(
    broker: Broker, home: HomeAssistant
) -> None:
    async with ContractSatellite(broker.port, "loft", base="house") as loft:
        flow = await home.call(FLOW, {"handler": "auricle"})
        assert flow["step_id"] == "user"
        nothing = await home.call(f"{FLOW}/{flow['flow_id']}", {"root": "elsewhere"})
        assert nothing["errors"] == {"root": "nothing_found"}
        wrong = await home.call(f"{FLOW}/{flow['flow_id']}", {"root": "house/#"})
        assert wrong["errors"] == {"root": "no_root"}
        added = await home.call(f"{FLOW}/{flow['flow_id']}", {"root": "house"})
        assert (added["type"], added["title"]) == ("create_entry", "Loft voice")
        await home.becomes("assist_satellite.loft_voice", "idle")
        loft.hears("What is the state of the kitchen light?")
        await loft.plays()

        # It is here already.
        again = await home.call(FLOW, {"handler": "auricle"})
        nothing = await home.call(f"{FLOW}/{again['flow_id']}", {"root": "house/loft"})
        assert nothing["errors"] == {"root": "nothing_found"}


async def test_among_several_one_is_picked(broker: Broker, home: HomeAssistant) -> None:
    async with (
        ContractSatellite(broker.port, "hall", base="rooms"),
        ContractSatellite(broker.port, "porch", base="rooms"),
    ):
        flow = await home.call(FLOW, {"handler": "auricle"})
        picking = await home.call(f"{FLOW}/{flow['flow_id']}", {"root": "rooms"})
        assert picking["step_id"] == "pick"
        root = {"root": "rooms/porch"}
        added = await home.call(f"{FLOW}/{flow['flow_id']}", root)
        await home.becomes("assist_satellite.porch_voice", "idle")

    assert (added["type"], added["title"]) == ("create_entry", "Porch voice")


async def test_a_satellite_that_is_forgotten_leaves_nothing_behind(
    broker: Broker, home: HomeAssistant
) -> None:
    async with ContractSatellite(broker.port, "shed") as shed:
        await assist_home.add(home, shed.name)
        assert shed.name in await entries(home)
        shed.forget()
        await home.becomes("assist_satellite.shed_voice", None)
        await home.becomes("sensor.shed_voice_state", None)
        assert shed.name not in await entries(home)

        # Introduced again, it is found again.
        shed.introduce()
        await assist_home.add(home, shed.name)
        shed.forget()
        await home.becomes("assist_satellite.shed_voice", None)


async def test_a_device_that_a_person_deletes_comes_back_with_all_of_it(
    broker: Broker, home: HomeAssistant
) -> None:
    barn_voice = "assist_satellite.barn_voice"
    async with ContractSatellite(broker.port, "barn") as barn:
        device = await assist_home.add(home, barn.name)
        async with Events(home) as events:
            listed = await home.call("/api/config/config_entries/entry")
            [mqtt] = [each for each in listed if each["domain"] == "mqtt"]
            await events.ask(
                "config/device_registry/remove_config_entry",
                device_id=device,
                config_entry_id=mqtt["entry_id"],
            )
        await home.fits(barn_voice, lambda state: state in (None, "unavailable"))
        back = (
            f"{{{{ is_state('{barn_voice}', 'idle') and '{barn_voice}' in "
            "device_entities(device_id('sensor.barn_voice_state')) }}"
        )
        async with asyncio.timeout(90):
            while await home.render(back) != "True":
                # What comes before Home Assistant has cleared it, once and again, is
                # cleared, too.
                barn.introduce()
                await elapse(1.0)
        barn.forget()
        await home.becomes(barn_voice, None)


async def test_wake_words_are_chosen_in_the_dialog_of_voice_assistants(
    home: HomeAssistant, den: ContractSatellite
) -> None:
    async with Events(home) as events:
        about = {"entity_id": SATELLITE}
        chosen = {**about, "wake_word_ids": ["alexa"]}
        await events.ask("assist_satellite/set_wake_words", **chosen)
        await den.until(lambda: den.orders("wake_word") == ["alexa"])
        shown = await answered(
            lambda: events.ask("assist_satellite/get_configuration", **about),
            lambda shown: shown["active_wake_words"] == ["alexa"],
        )
        await events.ask(
            "assist_satellite/set_wake_words", **{**about, "wake_word_ids": []}
        )
        await den.until(lambda: den.orders("wake_word") == ["alexa", "off"])

    words = [word["wake_word"] for word in shown["available_wake_words"]]
    assert words == ["Okay Nabu", "Alexa"]
    assert shown["max_active_wake_words"] == 1
    assert shown["pipeline_entity_id"] == "select.den_voice_assistant"


async def test_the_dialog_hears_the_wake_word_in_a_commands_place(
    home: HomeAssistant, den: ContractSatellite
) -> None:
    async with Events(home) as events:
        await events.ask("assist_satellite/intercept_wake_word", entity_id=SATELLITE)
        den.wakes()
        await den.until(lambda: den.orders("listen") == ["CANCEL"])
        heard = await events.next_message("wake_word_phrase")

    assert heard["wake_word_phrase"] == "Okay Nabu"


async def test_the_dialogs_test_of_the_connection_succeeds(
    home: HomeAssistant, den: ContractSatellite
) -> None:
    async with Events(home) as events:
        result = await events.ask(
            "assist_satellite/test_connection", entity_id=SATELLITE
        )
        await den.plays()
        await home.becomes(SATELLITE, "idle")

    assert result == {"status": "success"}


async def test_another_pipeline_is_chosen_on_the_device_page(
    home: HomeAssistant, den: ContractSatellite
) -> None:
    select = "select.den_voice_assistant"
    async with Events(home) as events:
        pipeline = {
            "name": "Stories",
            "language": "en",
            "conversation_engine": assist_home.STORYTELLER,
            "conversation_language": "*",
            "tts_engine": assist_home.VOICE,
            "tts_language": "en",
            "tts_voice": "slt",
            "stt_engine": None,
            "stt_language": None,
            "wake_word_entity": None,
            "wake_word_id": None,
        }
        await events.ask("assist_pipeline/pipeline/create", **pipeline)
        await home.act("select.select_option", select, option="Stories")
        den.hears("Who are you?")
        await den.plays()
        [asked] = events.fired("storyteller_asked")
        await home.act("select.select_option", select, option="preferred")

    assert asked["text"] == "Who are you?"


async def test_its_diagnostics_tell_nothing_of_what_was_said(
    home: HomeAssistant, den: ContractSatellite
) -> None:
    den.hears("My secret is out.")
    await den.plays()
    entry = (await entries(home))[den.name]
    told = await home.call(f"/api/diagnostics/config_entry/{entry}")

    assert told["data"]["root"] == "auricle/den"
    assert told["data"]["satellite"]["features"] == ["play", "timers"]
    assert "secret" not in json.dumps(told["data"])


# --- beside the blueprint ---


async def test_whoever_has_both_does_not_get_a_command_twice(
    home: HomeAssistant, den: ContractSatellite
) -> None:
    await assist_home.use(home, assist_home.STORYTELLER)
    inputs = {
        "utterance": "event.den_voice_utterance",
        "agent": assist_home.STORYTELLER,
        "actions": [{"event": "then"}],
    }
    both = Filling("transcript_to_assist.yaml", "beside the integration", inputs)
    async with Events(home) as events, automations(home, both) as at_work:
        den.hears("Once, please.")
        await den.plays()
        asked = [each["text"] for each in events.fired("storyteller_asked")]
        assert asked == ["Once, please."]
        assert await at_work.runs(both) == []

        # Without the integration, it is the blueprint's.
        entry = (await entries(home))[den.name]
        await events.ask("config_entries/disable", entry_id=entry, disabled_by="user")
        await home.fits(SATELLITE, lambda state: state in (None, "unavailable"))
        den.hears("And once more.")
        await at_work.run(both)
        asked = [each["text"] for each in events.fired("storyteller_asked")]
        await events.ask("config_entries/disable", entry_id=entry, disabled_by=None)
        await home.becomes(SATELLITE, "idle")

    assert asked == ["Once, please.", "And once more."]


# --- what fails ---


async def test_where_there_is_no_voice_commands_are_still_carried_out(
    home: HomeAssistant, den: ContractSatellite
) -> None:
    await assist_home.use(home, tts_engine=None, tts_language=None, tts_voice=None)
    await home.act("light.turn_off", "light.den_lamp")
    den.hears("Turn on the lights.")
    await home.becomes("light.den_lamp", "on")
    await assist_home.repaired(home, "no_text_to_speech")
    await den.until(lambda: den.errors == ["no_text_to_speech"])

    await assist_home.use(home)
    den.hears("What is the state of the kitchen light?")
    await den.plays()
    await assist_home.repaired(home)


async def test_a_voice_that_is_gone_is_told_and_commands_are_still_carried_out(
    home: HomeAssistant, den: ContractSatellite
) -> None:
    await assist_home.use(home, tts_engine="tts.gone")
    await home.act("light.turn_off", "light.den_lamp")
    den.hears("Turn on the lights.")
    await home.becomes("light.den_lamp", "on")
    await assist_home.repaired(home, "no_text_to_speech")
    await den.until(lambda: den.errors == ["no_text_to_speech"])

    await assist_home.use(home)
    den.hears("What is the state of the kitchen light?")
    await den.plays()
    await assist_home.repaired(home)


async def test_a_voice_that_says_nothing_is_told(
    home: HomeAssistant, den: ContractSatellite
) -> None:
    await assist_home.use(home, tts_voice="nobody")
    den.hears("What is the state of the kitchen light?")
    await assist_home.repaired(home, "no_sound")
    await den.until(lambda: den.errors == ["no_sound"])

    await assist_home.use(home)
    den.hears("What is the state of the kitchen light?")
    await den.plays()
    await assist_home.repaired(home)


async def test_an_agent_that_is_gone_is_told(
    home: HomeAssistant, den: ContractSatellite
) -> None:
    await assist_home.use(home, "conversation.gone")
    den.hears("Is anybody there?")
    await assist_home.repaired(home, "no_pipeline")
    await den.until(lambda: den.errors == ["no_pipeline"])

    await assist_home.use(home)
    den.hears("What is the state of the kitchen light?")
    await den.plays()
    await assist_home.repaired(home)


async def test_an_agent_that_fails_is_told(
    home: HomeAssistant, den: ContractSatellite
) -> None:
    await assist_home.use(home, "conversation.remembering", conversation_language="*")
    den.hears("Break.")
    await assist_home.repaired(home, "pipeline_failed")
    await den.until(lambda: den.errors == ["pipeline_failed"])

    den.hears("Go on.")
    await den.plays()
    await assist_home.repaired(home)


async def test_an_agent_that_fails_in_the_middle_of_its_answer_leaves_no_sound_open(
    home: HomeAssistant, den: ContractSatellite
) -> None:
    await assist_home.use(home, assist_home.STORYTELLER)
    den.hears("Stumble.")
    sound = await den.begins()
    await assist_home.repaired(home, "pipeline_failed")
    await den.until(lambda: sound.end == "stop")
    await den.until(lambda: den.errors == ["pipeline_failed"])
    assert sound.then is None

    den.hears("Get up.")
    await den.plays(2)
    await assist_home.repaired(home)


@pytest.mark.parametrize("reason", ["loudspeaker", "no_chunks"])
async def test_an_answer_that_is_not_played_is_told(
    home: HomeAssistant, den: ContractSatellite, reason: str
) -> None:
    with den.holding():
        den.hears("What is the state of the kitchen light?")
        den.report(await den.plays(), "failed", reason)
        await assist_home.repaired(home, "not_played")
    den.hears("What is the state of the kitchen light?")
    await den.plays(2)
    await assist_home.repaired(home)


async def test_where_the_loudspeaker_is_taken_away_its_faults_are_taken_back(
    broker: Broker, home: HomeAssistant
) -> None:
    async with ContractSatellite(broker.port, "garage") as garage:
        await assist_home.add(home, garage.name)
        with garage.holding():
            # Another word than somewhere else just before.
            text = "What is the state of the kitchen light?"
            garage.hears(text, turn=garage.wakes("alexa"))
            garage.report(await garage.plays(), "failed", "loudspeaker")
            await assist_home.repaired(home, "not_played", of=garage.name)

        # No answer that is heard will ever settle that.
        garage.features = ()
        garage.introduce()
        await assist_home.repaired(home, of=garage.name)
        garage.forget()
        await home.becomes("assist_satellite.garage_voice", None)


async def test_a_satellite_that_publishes_no_words_is_told(
    home: HomeAssistant, den: ContractSatellite
) -> None:
    den.hears(None)
    await assist_home.repaired(home, "no_words")

    den.hears("What is the state of the kitchen light?")
    await den.plays()
    await assist_home.repaired(home)


async def test_a_satellite_that_tells_nothing_of_a_sound_is_told_of(
    home: HomeAssistant, den: ContractSatellite
) -> None:
    with den.silent():
        answer = await assist_home.call(
            home, "assist_satellite.announce", SATELLITE, message="Hello."
        )
    [sound] = den.sounds
    await den.until(lambda: sound.end == "stop")

    assert "has not told whether it played it" in answer["error"]["message"]


async def test_a_satellite_that_is_newer_is_told(
    home: HomeAssistant, den: ContractSatellite
) -> None:
    den.introduce(schema=2)
    await assist_home.repaired(home, "newer_satellite")
    den.introduce()
    await assist_home.repaired(home)


# --- who is away ---


async def test_a_satellite_that_leaves_in_the_middle_of_an_announcement_is_told(
    home: HomeAssistant, den: ContractSatellite
) -> None:
    with den.holding():
        call = assist_home.call(
            home, "assist_satellite.announce", SATELLITE, message="Hello."
        )
        announcing = asyncio.create_task(call)
        await den.plays()
        den.goes_away()
        answer = await announcing
    await home.becomes(SATELLITE, "unavailable")
    den.introduce()
    await home.becomes(SATELLITE, "idle")

    assert "Den voice went away" in answer["error"]["message"]


async def test_home_assistant_restarts_in_the_middle_of_an_answer(
    home: HomeAssistant, den: ContractSatellite
) -> None:
    await assist_home.use(home, assist_home.STORYTELLER)
    den.hears("Tell me a story.")
    story = await den.begins()
    await asyncio.to_thread(home.restart)
    await home.becomes(SATELLITE, "idle")
    assert story.then is None
    # As the satellite does where no more comes.
    den.report(story, "failed", "no_chunks")

    den.hears("Are you there again?")
    await den.plays(2)


async def test_the_broker_restarts_in_the_middle_of_an_answer(
    broker: Broker, home: HomeAssistant, den: ContractSatellite
) -> None:
    await assist_home.use(home, assist_home.STORYTELLER)
    den.hears("Tell me a story.")
    story = await den.begins()
    broker.stop()
    await home.becomes(SATELLITE, "unavailable")
    broker.start(remember=True)
    await home.becomes(SATELLITE, "idle")
    assert story.then is None
    if story.end is None:
        den.report(story, "failed", "no_chunks")

    # Its answer could not be sent: that is told until the next one is heard.
    sounds = len(den.sounds)
    den.hears("Are you there again?")
    await den.plays(sounds + 1)
    await assist_home.repaired(home)
