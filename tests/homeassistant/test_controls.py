"""What Home Assistant's own actions do to the daemon, and what comes back."""

import json
from pathlib import Path

import pytest

from rigs.audio.loudspeaker import loudspeaker
from rigs.audio.synthesizers import needs_espeak
from rigs.homes.home_assistant import HomeAssistant
from rigs.homes.study import NODE, study
from rigs.mqtt.broker import Broker

MUTE = "switch.study_voice_mute"
STATE = "sensor.study_voice_state"
LANGUAGE = "select.study_voice_language"
WAKE_WORD = "select.study_voice_wake_word"
THRESHOLD = "number.study_voice_wake_word_threshold"
AGAIN = "number.study_voice_continue_conversation"
MUTE_TOPIC = f"{NODE}/mute/set"
SPEAK_TOPIC = f"{NODE}/speak/set"
VOLUME = "number.study_voice_volume"
GROUP = "text.study_voice_group"
HINTS = "text.study_voice_recognition_hints"


async def test_mute_reaches_the_daemon_comes_back_and_outlives_it(
    broker: Broker, home_assistant: HomeAssistant, tmp_path: Path
) -> None:
    async with study(broker, tmp_path) as satellite:
        await home_assistant.becomes(MUTE, "off")
        await home_assistant.act("switch.turn_on", MUTE)
        await home_assistant.becomes(MUTE, "on")
        await home_assistant.becomes(STATE, "muted")

        await satellite.program.stop()
        await home_assistant.becomes(MUTE, "unavailable")
        await satellite.program.start()
        await home_assistant.becomes(STATE, "muted")
        await home_assistant.becomes(MUTE, "on")

        await home_assistant.act("switch.turn_off", MUTE)
        await home_assistant.becomes(STATE, "idle")

    orders = [told for told in satellite.house.heard if told.topic == MUTE_TOPIC]
    assert [(told.payload, told.qos) for told in orders] == [("ON", 1), ("OFF", 1)]


async def test_settings_reach_the_daemon_come_back_and_outlive_it(
    broker: Broker, home_assistant: HomeAssistant, tmp_path: Path
) -> None:
    # Whatever the house's things are called: that is expected by default, as well.
    mqtt = {"vocabulary": False}
    async with study(broker, tmp_path, mqtt=mqtt) as satellite:
        await home_assistant.becomes(STATE, "idle")
        await home_assistant.act("select.select_option", LANGUAGE, option="de")
        await home_assistant.act("select.select_option", WAKE_WORD, option="off")
        await home_assistant.act("number.set_value", THRESHOLD, value=0.61)
        await home_assistant.act("text.set_value", HINTS, value="Möhrchen, HVAC")
        await home_assistant.act("number.set_value", AGAIN, value=4)
        await home_assistant.act("number.set_value", VOLUME, value=0.35)
        await home_assistant.act("text.set_value", GROUP, value="Upstairs")

        for _ in range(2):
            await home_assistant.becomes(LANGUAGE, "de")
            await home_assistant.becomes(WAKE_WORD, "off")
            await home_assistant.becomes(THRESHOLD, "0.61")
            await home_assistant.becomes(HINTS, "Möhrchen, HVAC")
            await home_assistant.becomes(AGAIN, "4")
            await home_assistant.becomes(VOLUME, "0.35")
            await home_assistant.becomes(GROUP, "upstairs")
            await satellite.program.stop()
            await home_assistant.becomes(LANGUAGE, "unavailable")
            await satellite.program.start()

        await home_assistant.becomes(STATE, "idle")
        await satellite.hears()
        asked = satellite.recognizer.heard[-1].settings["input_audio_transcription"]

    assert asked == {"language": "de", "corpus": {"text": "Möhrchen, HVAC"}}


async def test_a_conversation_goes_on_without_a_wake_word_where_that_is_wanted(
    broker: Broker, home_assistant: HomeAssistant, tmp_path: Path
) -> None:
    async with study(broker, tmp_path) as satellite:
        await home_assistant.becomes(AGAIN, "0")
        await home_assistant.act("number.set_value", AGAIN, value=2)
        await home_assistant.becomes(AGAIN, "2")
        await satellite.hears()

        # Nobody says more: the second turn ends by itself.
        utterances = f"{NODE}/event/utterance"
        await satellite.house.until(lambda: len(satellite.house.on(utterances)) == 2)
        await home_assistant.becomes(STATE, "idle")
        kinds = [json.loads(u)["event_type"] for u in satellite.house.on(utterances)]
        assert kinds == ["transcript", "no_speech"]


async def test_the_buttons_are_push_to_talk(
    broker: Broker, home_assistant: HomeAssistant, tmp_path: Path
) -> None:
    async with study(broker, tmp_path, "Stop.") as satellite:
        await home_assistant.becomes(STATE, "idle")
        await home_assistant.act("button.press", "button.study_voice_start_listening")
        await home_assistant.becomes("binary_sensor.study_voice_listening", "on")
        recognizer = satellite.recognizer
        await satellite.house.until(
            lambda: recognizer.heard and recognizer.heard[-1].seconds > 0.3
        )
        await home_assistant.act("button.press", "button.study_voice_stop_listening")
        await home_assistant.becomes("sensor.study_voice_transcript", "Stop.")
        await home_assistant.becomes("binary_sensor.study_voice_listening", "off")
        wake = "event.study_voice_wake"
        assert await home_assistant.attribute(wake, "event_type") == "push_to_talk"


async def test_a_value_out_of_range_changes_nothing_on_either_side(
    broker: Broker, home_assistant: HomeAssistant, tmp_path: Path
) -> None:
    async with study(broker, tmp_path) as satellite:
        await home_assistant.becomes(THRESHOLD, "0.85")
        satellite.house.say(f"{NODE}/threshold/set", "7")
        satellite.house.say(f"{NODE}/language/set", "klingon")
        await satellite.house.until(
            lambda: satellite.house.on(f"{NODE}/language").count("auto") == 2
        )

        assert await home_assistant.value(THRESHOLD) == "0.85"
        assert await home_assistant.value(LANGUAGE) == "auto"


async def test_restart_ends_the_daemon_and_it_says_goodbye(
    broker: Broker, home_assistant: HomeAssistant, tmp_path: Path
) -> None:
    async with study(broker, tmp_path) as satellite:
        await home_assistant.becomes(STATE, "idle")
        await home_assistant.act("button.press", "button.study_voice_restart")
        await satellite.program.ended()
        await home_assistant.becomes(STATE, "unavailable")
        await satellite.program.start()
        await home_assistant.becomes(STATE, "idle")


@needs_espeak
async def test_a_message_to_the_speak_entity_is_spoken_word_for_word(
    broker: Broker,
    home_assistant: HomeAssistant,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard = tmp_path / "heard"
    own = ["/bin/sh", "-c", f"tee {heard} | espeak-ng --stdin --stdout"]
    message = 'He said "{{ no }}": 21 °C & rising 🎉'
    with loudspeaker(tmp_path, monkeypatch):
        async with study(
            *(broker, tmp_path),
            loudspeaker={"device": "file"},
            speech={"engine": "command", "command": own},
        ) as satellite:
            speak = "notify.study_voice_speak"
            await home_assistant.act("notify.send_message", speak, message=message)
            await satellite.house.until(
                lambda: '"finished"' in "".join(satellite.house.on(f"{NODE}/play"))
            )

            assert heard.read_text() == f"{message}\n"
            [sent] = [
                told for told in satellite.house.heard if told.topic == SPEAK_TOPIC
            ]
            assert (sent.qos, sent.retain) == (1, False)
            # Releases before mid-2026 let nothing expire.
            if home_assistant.version != "2026.2.3":
                assert sent.expiry is not None
                assert 0 < sent.expiry <= 30

    # Where nothing speaks any more, nothing is offered to be spoken to.
    (tmp_path / "silent").mkdir()
    async with study(broker, tmp_path / "silent"):
        await home_assistant.becomes(speak, None)
