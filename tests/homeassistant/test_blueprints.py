"""Our blueprints as newcomers fill them in: they load, and they do their work."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from rigs.homes.automations import Automations, automations, every_filling
from rigs.homes.blueprint_fillings import FILLED_IN, Filling
from rigs.homes.home_assistant import HomeAssistant
from rigs.homes.home_assistant_events import Action
from rigs.homes.program import auricle
from rigs.homes.study import study
from rigs.mqtt.broker import Broker
from rigs.recognizer.faults import Without
from rigs.waiting import answered

COMMANDS = "transcript_to_assist.yaml"
MOODS = "emotion_to_actions.yaml"
PUSH_TO_TALK = "push_to_talk.yaml"
VOCABULARY = "vocabulary.yaml"

SAID = "Turn on the kitchen light."
ANSWER = "Turned on the light"
AND_THEN = "And the other one."
UTTERANCE = "event.study_voice_utterance"
STATE = "sensor.study_voice_state"
DOORBELL = "input_button.doorbell"
MEMORY = ("auricle/conversation/", "auricle/executed/")


# --- every filling ---


def commands_to_assist(inputs: Mapping[str, Any], turn: str) -> list[Action]:
    agent = inputs.get("agent", "conversation.home_assistant")
    # One answers with what it was told, the other as Home Assistant does.
    answer = SAID if "agent" in inputs else ANSWER
    said = {"agent_id": agent, "text": SAID, "language": "en"}
    done = [Action("conversation.process", said)]
    if "player" in inputs:
        spoken = {
            "entity_id": [inputs.get("voice", "tts.house")],
            "media_player_entity_id": inputs["player"],
            "message": answer,
        }
        done.append(Action("tts.speak", spoken))
    if "actions" in inputs:
        done.append(filled_in(turn, answer))
    return done


def emotion_to_actions(_inputs: Mapping[str, Any], turn: str) -> list[Action]:
    return [filled_in(turn, None)]


def push_to_talk(inputs: Mapping[str, Any], _turn: str) -> list[Action]:
    return [Action("button.press", {"entity_id": [inputs["start"]]})]


def what_things_are_called(inputs: Mapping[str, Any], _turn: str) -> list[Action]:
    told = {
        "topic": inputs.get("topic", "auricle/vocabulary"),
        "qos": "1",
        "retain": True,
        "payload": "Kitchen light" if "domains" in inputs else "Kitchen light, Study",
    }
    return [Action("mqtt.publish", told)]


WORK: Mapping[str, Callable[[Mapping[str, Any], str], list[Action]]] = {
    COMMANDS: commands_to_assist,
    MOODS: emotion_to_actions,
    PUSH_TO_TALK: push_to_talk,
    VOCABULARY: what_things_are_called,
}


def filled_in(turn: str, answer: str | None) -> Action:
    """The actions that a person filled in, and what they know of the turn."""
    told = {"text": SAID, "emotion": "angry", "language": "en", "turn": turn}
    return Action(FILLED_IN, {**told, "answer": answer})


def own(actions: Sequence[Action]) -> list[Action]:
    """Without what agents and voices do in a blueprint's name, and its memory."""
    names = ("conversation.process", "tts.speak", "button.press", FILLED_IN)
    return [
        action
        for action in actions
        if action.name in names
        or (
            action.name == "mqtt.publish"
            and not action.data["topic"].startswith(MEMORY)
        )
    ]


async def test_every_blueprint_does_its_work_in_every_filling(
    broker: Broker, home_assistant: HomeAssistant, tmp_path: Path
) -> None:
    async with study(broker, tmp_path, SAID, emotion="angry") as satellite:
        await home_assistant.becomes(STATE, "idle")
        fillings = await every_filling(home_assistant)
        async with automations(home_assistant, *fillings) as at_work:
            states = {f.name: (await at_work.state(f))["state"] for f in fillings}
            assert set(states.values()) == {"on"}, states

            await satellite.hears()
            await home_assistant.becomes(STATE, "idle")
            for filling in fillings:
                if filling.blueprint == VOCABULARY:
                    name = (await at_work.state(filling))["entity_id"]
                    await home_assistant.act("automation.trigger", name)
            await home_assistant.act("input_button.press", DOORBELL)
            done = {f.name: own(await at_work.run(f)) for f in fillings}
            turn = await home_assistant.attribute(UTTERANCE, "turn")

    for filling in fillings:
        expected = WORK[filling.blueprint](filling.inputs, turn)
        assert done[filling.name] == expected, filling.name
    assert await home_assistant.attribute("media_player.study", "played") in (
        SAID,
        ANSWER,
    )


# --- what is not known, or not told ---


async def test_where_no_mood_was_reported_none_is_acted_upon(
    broker: Broker, home_assistant: HomeAssistant, tmp_path: Path
) -> None:
    silent = [Without(("emotion", "language"))]
    async with study(broker, tmp_path, SAID, always=silent) as satellite:
        await home_assistant.becomes(STATE, "idle")
        fillings = await every_filling(home_assistant)
        async with automations(home_assistant, *fillings) as at_work:
            await satellite.hears()
            for filling in of(COMMANDS, fillings):
                [said, *_] = await at_work.run(filling)
                assert "language" not in said.data, filling.name
            await nothing_is_done(MOODS, at_work)


async def test_where_moods_are_not_published_none_is_acted_upon(
    broker: Broker, home_assistant: HomeAssistant, tmp_path: Path
) -> None:
    mqtt = {"publish_emotion": False}
    async with study(broker, tmp_path, SAID, emotion="angry", mqtt=mqtt) as satellite:
        await home_assistant.becomes(STATE, "idle")
        fillings = await every_filling(home_assistant)
        async with automations(home_assistant, *fillings) as at_work:
            await satellite.hears()
            for filling in of(COMMANDS, fillings):
                assert own(await at_work.run(filling)) != []
            await nothing_is_done(MOODS, at_work)


async def test_where_words_are_not_published_only_moods_are_acted_upon(
    broker: Broker, home_assistant: HomeAssistant, tmp_path: Path
) -> None:
    mqtt = {"publish_text": False}
    async with study(broker, tmp_path, SAID, emotion="angry", mqtt=mqtt) as satellite:
        await home_assistant.becomes(STATE, "idle")
        fillings = await every_filling(home_assistant)
        async with automations(home_assistant, *fillings) as at_work:
            await satellite.hears()
            for filling in of(MOODS, fillings):
                [told] = own(await at_work.run(filling))
                assert told.data["text"] == ""
                assert told.data["emotion"] == "angry"
            await nothing_is_done(COMMANDS, at_work)


def of(blueprint: str, fillings: Sequence[Filling]) -> list[Filling]:
    return [filling for filling in fillings if filling.blueprint == blueprint]


async def nothing_is_done(blueprint: str, at_work: Automations) -> None:
    for filling in of(blueprint, at_work.fillings):
        assert await at_work.runs(filling) == [], filling.name


# --- words and answers ---


def told(folder: Path, *, by: str = "study", **inputs: Any) -> Filling:
    """Commands to Assist, with an agent that remembers; new in each test's folder."""
    utterance = f"event.{by}_voice_utterance"
    agent = "conversation.remembering"
    how = f"in {folder.name}"
    return Filling(COMMANDS, how, {"utterance": utterance, "agent": agent, **inputs})


async def test_words_stay_words_whatever_they_look_like(
    broker: Broker, home_assistant: HomeAssistant, tmp_path: Path
) -> None:
    words = ["None", "12", "1, 2, 3", "{'a': 1}", "True", "007", "0x1F"]
    commands = told(tmp_path)
    async with study(broker, tmp_path, words) as satellite:
        await home_assistant.becomes(STATE, "idle")
        async with automations(home_assistant, commands) as at_work:
            for number, text in enumerate(words, 1):
                await satellite.hears()
                [said, *_] = await at_work.run(commands, number)
                assert said.data["text"] == text


async def test_an_agent_without_an_answer_keeps_no_action_from_being_done(
    broker: Broker, home_assistant: HomeAssistant, tmp_path: Path
) -> None:
    commands = told(tmp_path, player="media_player.study", actions=[{"event": "then"}])
    async with study(broker, tmp_path, "Say nothing.") as satellite:
        await home_assistant.becomes(STATE, "idle")
        async with automations(home_assistant, commands) as at_work:
            await satellite.hears()
            done = [action.name for action in await at_work.run(commands)]

    assert done == ["conversation.process", "mqtt.publish", "then"]


async def test_an_agent_that_fails_keeps_neither_actions_nor_commands_from_being_done(
    broker: Broker, home_assistant: HomeAssistant, tmp_path: Path
) -> None:
    commands = told(tmp_path, actions=[{"event": "then"}])
    words = [SAID, "Fail.", "Break.", AND_THEN]
    async with study(broker, tmp_path, words) as satellite:
        await home_assistant.becomes(STATE, "idle")
        async with automations(home_assistant, commands) as at_work:
            for number in range(1, len(words) + 1):
                await satellite.hears()
                await at_work.run(commands, number)
            runs = await at_work.runs(commands)

    done = [[action.name for action in run] for run in runs]
    then = ["conversation.process", "then"]
    # Home Assistant itself gives up where an agent is broken; the newer one does not.
    assert done[1:] in ([then, then[:1], then], [then, then, then])
    assert runs[-1][0].data["conversation_id"] == begun(runs[0])


@pytest.mark.parametrize("blueprint", [COMMANDS, MOODS])
async def test_what_has_waited_too_long_behind_another_command_is_not_carried_out(
    broker: Broker, home_assistant: HomeAssistant, tmp_path: Path, blueprint: str
) -> None:
    light = "light.kitchen_light"
    held_up = [
        {"event": FILLED_IN},
        {"wait_template": f"{{{{ states.{light}.state == 'on' }}}}"},
    ]
    inputs = {"utterance": UTTERANCE, "waits": 2, "actions": held_up}
    if blueprint == COMMANDS:
        inputs["agent"] = "conversation.remembering"
    filling = Filling(blueprint, f"in {tmp_path.name}", inputs)
    words = [SAID, AND_THEN, "Both off again."]
    async with study(broker, tmp_path, words, emotion="angry") as satellite:
        await home_assistant.becomes(STATE, "idle")
        await home_assistant.act("light.turn_off", light)
        async with automations(home_assistant, filling) as at_work:
            for number in (1, 2):
                await satellite.hears()
                await triggered(at_work, filling, number)
            await home_assistant.renders(
                f"{{{{ now() - states.{UTTERANCE}.last_updated"
                " > timedelta(seconds=2) }}",
                "True",
            )
            await home_assistant.act("light.turn_on", light)
            too_late = await at_work.run(filling, 2)
            await satellite.hears()
            in_time = await at_work.run(filling, 3)

    assert too_late == []
    assert [action.name for action in own(in_time)][-1] == FILLED_IN


async def triggered(at_work: Automations, filling: Filling, number: int) -> None:
    """It has been so often, also where a run waits for the one ahead."""
    await answered(lambda: at_work.runs(filling), lambda runs: len(runs) == number)


# --- conversations ---


def begun(run: Sequence[Action]) -> Any:
    """The id of the conversation that this run began, and noted."""
    [said, noted] = [
        action
        for action in run
        if action.name == "conversation.process"
        or action.data.get("topic", "").startswith(MEMORY[0])
    ]
    assert "conversation_id" not in said.data
    return noted.data["payload"]["conversation_id"]


async def test_commands_that_follow_one_another_are_one_conversation(
    broker: Broker, home_assistant: HomeAssistant, tmp_path: Path
) -> None:
    commands = told(tmp_path, player="media_player.study")
    words = [SAID, AND_THEN, "Both off again."]
    async with study(broker, tmp_path, words) as satellite:
        await home_assistant.becomes(STATE, "idle")
        async with automations(home_assistant, commands) as at_work:
            await satellite.hears()
            conversation = begun(await at_work.run(commands))
            for number in (2, 3):
                await satellite.hears()
                [said, spoken, *_] = await at_work.run(commands, number)
                assert said.data["conversation_id"] == conversation
                # It answers with all that it remembers.
                assert spoken.data["message"] == " ".join(words[:number])


async def test_two_satellites_hold_conversations_of_their_own(
    broker: Broker, home_assistant: HomeAssistant, tmp_path: Path
) -> None:
    commands = {name: told(tmp_path / name, by=name) for name in ("study", "attic")}
    conversations = {}
    for name in commands:
        (tmp_path / name).mkdir()
    async with (
        study(broker, tmp_path / "study", SAID) as below,
        study(broker, tmp_path / "attic", SAID, name="attic") as above,
        automations(home_assistant, *commands.values()) as at_work,
    ):
        for name, satellite in (("study", below), ("attic", above)):
            await home_assistant.becomes(f"sensor.{name}_voice_state", "idle")
            await satellite.hears()
            conversations[name] = begun(await at_work.run(commands[name]))
        for name, satellite in (("study", below), ("attic", above)):
            await satellite.hears()
            [said] = own(await at_work.run(commands[name], 2))
            assert said.data["conversation_id"] == conversations[name]

    assert conversations["study"] != conversations["attic"]
    code, _, error = await auricle("forget", "--config", str(above.program.config))
    assert code == 0, error


async def test_a_conversation_ends_after_its_minutes(
    broker: Broker, home_assistant: HomeAssistant, tmp_path: Path
) -> None:
    commands = told(tmp_path, memory=0.05)
    async with study(broker, tmp_path, [SAID, AND_THEN]) as satellite:
        await home_assistant.becomes(STATE, "idle")
        async with automations(home_assistant, commands) as at_work:
            await satellite.hears()
            first = begun(await at_work.run(commands))
            entity = (await at_work.state(commands))["entity_id"]
            await home_assistant.renders(
                f"{{{{ now() - state_attr('{entity}', 'last_triggered')"
                " > timedelta(minutes=0.05) }}",
                "True",
            )
            await satellite.hears()
            second = begun(await at_work.run(commands, 2))

    assert first != second


async def test_a_command_stands_alone_where_a_person_wants_it_so(
    broker: Broker, home_assistant: HomeAssistant, tmp_path: Path
) -> None:
    commands = told(tmp_path, memory=0)
    async with study(broker, tmp_path, [SAID, AND_THEN]) as satellite:
        await home_assistant.becomes(STATE, "idle")
        async with automations(home_assistant, commands) as at_work:
            await satellite.hears()
            first = begun(await at_work.run(commands))
            await satellite.hears()
            second = begun(await at_work.run(commands, 2))

    assert first != second


async def test_a_command_is_processed_whatever_was_kept_of_the_conversation(
    broker: Broker, home_assistant: HomeAssistant, tmp_path: Path
) -> None:
    commands = told(tmp_path)
    async with study(broker, tmp_path, SAID) as satellite:
        await home_assistant.becomes(STATE, "idle")
        async with automations(home_assistant, commands) as at_work:
            await satellite.hears()
            [_, noted] = await at_work.run(commands)
            kept = ("", "5", "[]", "{", '{"conversation_id": null}')
            for number, payload in enumerate(kept, 2):
                satellite.house.say(noted.data["topic"], payload, retain=True)
                await satellite.hears()
                begun(await at_work.run(commands, number))


# --- push to talk ---


async def test_a_release_ends_what_is_said_and_begins_nothing(
    broker: Broker, home_assistant: HomeAssistant, tmp_path: Path
) -> None:
    listening = "binary_sensor.study_voice_listening"
    inputs: dict[str, Any] = {
        "press": [{"trigger": "state", "entity_id": DOORBELL}],
        "release": [{"trigger": "event", "event_type": "released"}],
        "listening": listening,
        "start": "button.study_voice_start_listening",
        "stop": "button.study_voice_stop_listening",
    }
    talk = Filling(PUSH_TO_TALK, f"in {tmp_path.name}", inputs)
    async with study(broker, tmp_path, SAID) as satellite:
        await home_assistant.becomes(STATE, "idle")
        async with automations(home_assistant, talk) as at_work:
            await home_assistant.act("input_button.press", DOORBELL)
            pressed = await at_work.run(talk)
            await home_assistant.becomes(listening, "on")
            await home_assistant.call("/api/events/released", {})
            released = await at_work.run(talk, 2)
            await home_assistant.becomes(listening, "off")
            await home_assistant.becomes(STATE, "idle")
            await home_assistant.call("/api/events/released", {})
            too_late = await at_work.run(talk, 3)
            wakes = len(satellite.house.on(f"{satellite.node}/event/wake"))

    assert pressed == [Action("button.press", {"entity_id": [inputs["start"]]})]
    assert released == [Action("button.press", {"entity_id": [inputs["stop"]]})]
    assert (too_late, wakes) == ([], 1)
