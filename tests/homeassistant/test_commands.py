"""From spoken words to actions, through the blueprints that we ship."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from auricle.assets.recordings import OKAY_NABU
from auricle.audio.files.recording import read_recording
from rigs.audio.recordings import save
from rigs.audio.speech import silence
from rigs.homes.home_assistant import HomeAssistant
from rigs.homes.program import local_recognizer
from rigs.homes.study import NODE, study
from rigs.mqtt.broker import Broker
from rigs.mqtt.subscriber import HouseClient
from rigs.recognizer.faults import Without
from rigs.recognizer.synthetic_models import sense_voice
from rigs.waiting import answered, eventually

LIGHT = "light.kitchen_light"
STATE = "sensor.study_voice_state"
ANSWER = "input_text.answer"
COMMANDS = "counter.commands"
# Of the light and the loudspeaker.
NAMES = "Kitchen light, Study"
ANGRY = "counter.angry_commands"

OKAY_NABU_HEARD = {
    "event_type": "wake_word",
    "wake_word": "okay_nabu",
    "score": 0.97,
    "turn": "t",
    "time": "2026-11-21T08:00:00Z",
}


@pytest.fixture
async def house(home_assistant: HomeAssistant) -> HomeAssistant:
    """Nothing is going on any more, the light is off, and nothing was counted."""
    commands = "automation.commands_of_the_study"
    await answered(
        lambda: home_assistant.attribute(commands, "current"), lambda runs: not runs
    )
    await home_assistant.act("light.turn_off", LIGHT)
    for counter in (COMMANDS, ANGRY):
        await home_assistant.act("counter.reset", counter)
    await home_assistant.becomes(LIGHT, "off")
    return home_assistant


async def test_a_spoken_command_switches_a_light_on(
    broker: Broker, house: HomeAssistant, tmp_path: Path
) -> None:
    # Home Assistant has to know the satellite before it can hear it.
    spoken = silence(3) + read_recording(Path(str(OKAY_NABU)))
    recording = save(tmp_path / "spoken.wav", spoken)
    async with local_recognizer() as url:
        # However busy this machine is.
        asr = {"url": url, "language": "en", "final_timeout": 30}
        mqtt = {"time_to_live": 60}
        async with study(broker, tmp_path, recording=recording, asr=asr, mqtt=mqtt):
            await house.becomes(LIGHT, "on", timeout=60)
            await house.becomes(COMMANDS, "1")
            # Of the mood its model knows nothing.
            await house.becomes("sensor.study_voice_emotion", "unknown")
            answer = "||en|Turned on the light"
            await house.fits(ANSWER, lambda shown: (shown or "").endswith(answer))


@pytest.mark.skipif(
    find_spec("sherpa_onnx") is None,
    reason="auricle[recognizer-sherpa] is not installed: 17 MB",
)
async def test_the_mood_that_a_model_at_home_hears_is_shown(
    broker: Broker, house: HomeAssistant, tmp_path: Path
) -> None:
    model = sense_voice(tmp_path / "model", said="good morning", mood="FEARFUL")
    spoken = silence(3) + read_recording(Path(str(OKAY_NABU)))
    recording = save(tmp_path / "spoken.wav", spoken)
    async with local_recognizer("--model", str(model)) as url:
        asr = {"url": url, "final_timeout": 30}
        mqtt = {"time_to_live": 60}
        async with study(broker, tmp_path, recording=recording, asr=asr, mqtt=mqtt):
            await house.becomes("sensor.study_voice_emotion", "fearful", timeout=60)
            transcript = "sensor.study_voice_transcript"
            await house.becomes(transcript, "good morning")
            assert await house.attribute(transcript, "language") == "en"


async def test_the_answer_is_spoken_where_one_listens(
    broker: Broker, house: HomeAssistant, tmp_path: Path
) -> None:
    loudspeaker = "media_player.study"
    before = {"media_player_entity_id": loudspeaker, "message": "Good morning."}
    await house.act("tts.speak", "tts.house", **before)
    assert await house.attribute(loudspeaker, "played") == "Good morning."
    async with study(broker, tmp_path) as satellite:
        await house.becomes(STATE, "idle")
        await satellite.hears()
        played = f"{{{{ state_attr('{loudspeaker}', 'played') }}}}"
        await house.renders(played, "Turned on the light")
    assert await house.attribute(loudspeaker, "bytes") > 1000


async def test_the_device_itself_offers_triggers(
    broker: Broker, house: HomeAssistant, tmp_path: Path
) -> None:
    counter = "counter.device_triggers"
    async with study(broker, tmp_path) as satellite:
        await house.becomes("switch.study_voice_mute", "off")
        device = await house.render("{{ device_id('switch.study_voice_mute') }}")
        for name, heard in (("wake_word", "wake word"), ("command", "command")):
            await house.automate(
                f"count_{name}",
                triggers={
                    "trigger": "device",
                    "domain": "mqtt",
                    "device_id": device,
                    "type": "heard",
                    "subtype": heard,
                },
                actions={
                    "action": "counter.increment",
                    "target": {"entity_id": counter},
                },
            )
            await house.becomes(f"automation.count_{name}", "on")
        satellite.house.say(f"{NODE}/event/wake", json.dumps(OKAY_NABU_HEARD))
        await house.becomes(counter, "1")
        await satellite.hears()
        await house.becomes(counter, "2")


async def test_the_names_of_the_house_are_expected_by_the_recognizer(
    broker: Broker, house: HomeAssistant, tmp_path: Path
) -> None:
    async with study(broker, tmp_path) as satellite:
        await house.becomes(STATE, "idle")
        async with HouseClient(broker.port, "auricle/vocabulary") as listener:
            await house.act("automation.trigger", "automation.what_things_are_called")
            await listener.hears("auricle/vocabulary", NAMES)
        await satellite.hears()
        [session] = satellite.recognizer.heard

    expected = session.settings["input_audio_transcription"]["corpus"]["text"]
    assert expected == NAMES


async def test_an_angry_sentence_runs_the_actions_for_that_mood(
    broker: Broker, house: HomeAssistant, tmp_path: Path
) -> None:
    words = "Turn on the kitchen light."
    async with study(broker, tmp_path, words, emotion="angry") as satellite:
        await house.becomes(STATE, "idle")
        await satellite.hears()
        await house.becomes(ANGRY, "1")
        await house.becomes(LIGHT, "on")
        await house.becomes("sensor.study_voice_emotion", "angry")


async def test_a_calm_sentence_does_not(
    broker: Broker, house: HomeAssistant, tmp_path: Path
) -> None:
    async with study(broker, tmp_path, emotion="happy") as satellite:
        await house.becomes(STATE, "idle")
        await satellite.hears()
        await house.becomes(LIGHT, "on")
        await house.becomes("sensor.study_voice_emotion", "happy")

    assert await house.value(ANGRY) == "0"


async def test_a_mood_that_was_not_reported_is_unknown(
    broker: Broker, house: HomeAssistant, tmp_path: Path
) -> None:
    mute_of_mood = [Without(("emotion",))]
    async with study(broker, tmp_path, always=mute_of_mood) as satellite:
        await house.becomes(STATE, "idle")
        await satellite.hears()
        await house.becomes(LIGHT, "on")
        await house.becomes("sensor.study_voice_emotion", "unknown")


async def test_a_command_that_arrives_twice_is_executed_once(
    broker: Broker, house: HomeAssistant, tmp_path: Path
) -> None:
    async with study(broker, tmp_path) as satellite:
        await house.becomes(STATE, "idle")
        await satellite.hears()
        await house.becomes(COMMANDS, "1")

        [utterance] = satellite.house.on(f"{NODE}/event/utterance")
        satellite.house.say(f"{NODE}/event/utterance", utterance)
        await satellite.hears()
        await house.becomes(COMMANDS, "2")


async def test_a_doorbell_makes_it_listen_and_stop(
    broker: Broker, house: HomeAssistant, tmp_path: Path
) -> None:
    async with study(broker, tmp_path) as satellite:
        await house.becomes(STATE, "idle")
        await house.act("input_button.press", "input_button.doorbell")
        await house.becomes("binary_sensor.study_voice_listening", "on")
        heard = satellite.recognizer.heard
        await eventually(lambda: heard and heard[-1].seconds > 0.3)
        await house.act("input_button.press", "input_button.doorbell")
        await house.becomes(LIGHT, "on")


TEXTS = {
    "255 characters": "word " * 50 + "words",
    "256 characters": "word " * 50 + "words!",
    "2000 characters": "lamp " * 399 + "lamps",
    "emoji": "turn it on 👩‍👩‍👧 now 🙂",
    "right to left": "הדלק את האור במטבח",
    "a template": "{{ states('lock.front') }} {% for i in range(9) %}x{% endfor %}",
    "YAML": "!secret password",
    "quotes": "\"}{\" said 'he'",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
async def test_words_are_data_shown_whole_and_never_rendered(
    broker: Broker, house: HomeAssistant, tmp_path: Path, text: str
) -> None:
    async with study(broker, tmp_path, text) as satellite:
        await house.becomes(STATE, "idle")
        await satellite.hears()
        await house.becomes(COMMANDS, "1")

        transcript = "sensor.study_voice_transcript"
        shown = text if len(text) <= 255 else text[:254] + "…"
        await house.becomes(transcript, shown)
        assert await house.attribute(transcript, "text") == text
        utterance = "event.study_voice_utterance"
        assert await house.attribute(utterance, "text") == text
        answer = text[:60] + "|"
        await house.fits(ANSWER, lambda shown: (shown or "").startswith(answer))


async def test_lines_and_control_characters_are_shown_as_one_line(
    broker: Broker, house: HomeAssistant, tmp_path: Path
) -> None:
    spoken = "turn on\nthe\tkitchen\x00 light\u202e"
    async with study(broker, tmp_path, spoken) as satellite:
        await house.becomes(STATE, "idle")
        await satellite.hears()
        await house.becomes(LIGHT, "on")
        transcript = "sensor.study_voice_transcript"
        await house.becomes(transcript, "turn on the kitchen light")


async def test_nothing_said_is_no_command(
    broker: Broker, house: HomeAssistant, tmp_path: Path
) -> None:
    async with study(broker, tmp_path, "") as satellite:
        await house.becomes(STATE, "idle")
        await satellite.hears()
        kind = "{{ state_attr('event.study_voice_utterance', 'event_type') }}"
        await house.renders(kind, "no_speech")

    assert await house.value(COMMANDS) == "0"
