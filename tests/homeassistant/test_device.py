"""What a real Home Assistant makes of the real daemon."""

from datetime import datetime
from pathlib import Path

from auricle import __version__
from rigs.homes.home_assistant import HomeAssistant
from rigs.homes.study import study
from rigs.mqtt.broker import Broker
from rigs.release_server import PAGE, release_server

EVENTS = ("event.study_voice_wake", "event.study_voice_utterance")
BUTTONS = (
    "button.study_voice_start_listening",
    "button.study_voice_stop_listening",
    "button.study_voice_stop",
    "button.study_voice_restart",
)
TIMES = (*EVENTS, *BUTTONS, "sensor.study_voice_last_restart")
OF_THE_LAST_TURN = (
    "sensor.study_voice_transcript",
    "sensor.study_voice_emotion",
    "sensor.study_voice_detected_language",
    "sensor.study_voice_transcription_latency",
)
STATES = {
    "sensor.study_voice_state": "idle",
    "binary_sensor.study_voice_listening": "off",
    "switch.study_voice_mute": "off",
    "select.study_voice_language": "auto",
    "select.study_voice_wake_word": "okay_nabu",
    "number.study_voice_wake_word_threshold": "0.85",
    "text.study_voice_recognition_hints": "",
    "number.study_voice_continue_conversation": "0",
    "number.study_voice_volume": "1",
    "text.study_voice_group": "all",
    "binary_sensor.study_voice_speech_recognizer": "on",
    "binary_sensor.study_voice_microphone": "off",
    "sensor.study_voice_spoken_today": "0.0",
}


async def ours(home_assistant: HomeAssistant) -> dict[str, str]:
    return {
        entity: state["state"]
        for entity, state in (await home_assistant.states()).items()
        if ".study_voice_" in entity
    }


async def test_every_entity_is_there_with_a_sensible_state(
    broker: Broker, home_assistant: HomeAssistant, tmp_path: Path
) -> None:
    async with study(broker, tmp_path):
        for entity, state in STATES.items():
            await home_assistant.becomes(entity, state)
        for entity in (*TIMES, *OF_THE_LAST_TURN):
            await home_assistant.fits(entity, lambda state: state is not None)
        found = await ours(home_assistant)

    assert set(found) == {*STATES, *TIMES, *OF_THE_LAST_TURN}
    for entity in TIMES:
        assert found[entity] == "unknown" or datetime.fromisoformat(found[entity])


async def test_it_is_one_device_that_says_what_it_is(
    broker: Broker, home_assistant: HomeAssistant, tmp_path: Path
) -> None:
    satellite = {"name": "study", "friendly_name": "Study voice", "area": "Library"}
    async with study(broker, tmp_path, satellite=satellite):
        for entity in (*STATES, *TIMES, *OF_THE_LAST_TURN):
            await home_assistant.fits(entity, lambda state: state is not None)
        await home_assistant.becomes("sensor.study_voice_state", "idle")
        described = await home_assistant.render(
            "{% set device = device_id('switch.study_voice_mute') %}"
            "{{ device_attr(device, 'name') }}|"
            "{{ device_attr(device, 'manufacturer') }}|"
            "{{ device_entities(device) | count }}|"
            "{{ states('sensor.study_voice_state') }}"
        )

    count = len(STATES) + len(TIMES) + len(OF_THE_LAST_TURN)
    assert described == f"Study voice|Auricle|{count}|idle"


def is_more_than_nothing(state: str | None) -> bool:
    return state not in (None, "unknown", "unavailable") and float(state) > 0


async def test_what_the_recognizer_costs_today_is_told_and_outlives_a_restart(
    broker: Broker, home_assistant: HomeAssistant, tmp_path: Path
) -> None:
    cost = "sensor.study_voice_cost_today"
    async with study(broker, tmp_path, limits={"price_per_second": 0.01}) as satellite:
        await home_assistant.becomes(cost, "0.0")
        assert await home_assistant.attribute(cost, "unit_of_measurement") == "USD"
        await satellite.hears()
        await satellite.program.stop()
        await home_assistant.becomes(cost, "unavailable")
        await satellite.program.start()
        await home_assistant.fits(cost, is_more_than_nothing)

    # Without a price, the next one has none to tell.
    (tmp_path / "free").mkdir()
    async with study(broker, tmp_path / "free"):
        await home_assistant.becomes(cost, None)


async def test_a_new_release_is_shown_where_somebody_wants_to_know(
    broker: Broker, home_assistant: HomeAssistant, tmp_path: Path
) -> None:
    update = "update.study_voice_update"
    (tmp_path / "asks").mkdir()
    (tmp_path / "does_not").mkdir()
    with release_server("99.0.0") as server:
        async with study(broker, tmp_path / "asks", update={"url": server.url}):
            await home_assistant.becomes(update, "on")
            told = {
                name: await home_assistant.attribute(update, name)
                for name in ("installed_version", "latest_version", "release_url")
            }
        asked = len(server.asked)
        async with study(broker, tmp_path / "does_not"):
            await home_assistant.becomes(update, None)

    assert told == {
        "installed_version": __version__,
        "latest_version": "99.0.0",
        "release_url": PAGE,
    }
    assert len(server.asked) == asked


async def test_what_the_configuration_takes_away_disappears_and_comes_back(
    broker: Broker, home_assistant: HomeAssistant, tmp_path: Path
) -> None:
    (tmp_path / "before").mkdir()
    (tmp_path / "without").mkdir()
    (tmp_path / "after").mkdir()
    async with study(broker, tmp_path / "before"):
        await home_assistant.becomes("sensor.study_voice_state", "idle")
        await home_assistant.fits(
            "sensor.study_voice_emotion", lambda state: state is not None
        )

    less = {"publish_emotion": False, "publish_text": False}
    async with study(broker, tmp_path / "without", mqtt=less):
        await home_assistant.becomes("sensor.study_voice_emotion", None)
        await home_assistant.becomes("sensor.study_voice_transcript", None)
        await home_assistant.becomes("sensor.study_voice_state", "idle")

    async with study(broker, tmp_path / "after"):
        for entity in ("sensor.study_voice_emotion", "sensor.study_voice_transcript"):
            await home_assistant.fits(entity, lambda state: state is not None)
