"""Several satellites of one house without the integration: blueprints act once."""

import itertools
import textwrap
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from rigs.homes.automations import Automations, automations
from rigs.homes.blueprint_fillings import Filling
from rigs.homes.contract_satellite import ContractSatellite
from rigs.homes.home_assistant import HomeAssistant
from rigs.homes.home_assistant_events import Action, Events
from rigs.mqtt.broker import Broker
from rigs.pages import ROOT, Page
from rigs.waiting import answered

COMMANDS = "transcript_to_assist.yaml"
MOODS = "emotion_to_actions.yaml"
DONE = "done_in_the_house"
BOTH: dict[str, Any] = {"heard_by": ["north", "south"], "emotion": "angry"}

NUMBERS = itertools.count(1)

Pair = tuple[ContractSatellite, ContractSatellite]


@pytest.fixture
async def pair(broker: Broker, home_assistant: HomeAssistant) -> AsyncIterator[Pair]:
    # One that was forgotten and is there again at once, Home Assistant clears.
    number = next(NUMBERS)
    async with (
        ContractSatellite(broker.port, f"north{number}", group="all") as north,
        ContractSatellite(broker.port, f"south{number}", group="all") as south,
    ):
        for each in (north, south):
            await home_assistant.fits(
                f"event.{each.node}_voice_utterance",
                lambda state: state not in (None, "unavailable"),
            )
        yield north, south
        for each in (north, south):
            each.forget()
            await home_assistant.becomes(f"event.{each.node}_voice_utterance", None)


def by(
    folder: Path, *satellites: ContractSatellite, blueprint: str = COMMANDS, **more: Any
) -> Filling:
    """What is done when these are spoken to; another automation in each test."""
    told = [f"event.{satellite.node}_voice_utterance" for satellite in satellites]
    how = f"of {' and '.join(told)} in {folder.name}"
    done = [{"event": DONE, "event_data": {"turn": "{{ turn }}"}}]
    utterance = told if len(told) > 1 else told[0]
    return Filling(blueprint, how, {"utterance": utterance, "actions": done, **more})


async def done(at_work: Automations, *numbers: int) -> list[str]:
    """The turns that were acted upon, once each automation has run so often."""

    async def runs() -> list[list[list[Action]]]:
        return [await at_work.runs(filling) for filling in at_work.fillings]

    async def at_rest() -> bool:
        if [len(each) for each in await runs()] != [*numbers]:
            return False
        states = [await at_work.state(filling) for filling in at_work.fillings]
        return not any(state["attributes"]["current"] for state in states)

    await answered(at_rest, bool, of="that all automations are at rest")
    return [
        action.data["turn"]
        for each in await runs()
        for run in each
        for action in run
        if action.name == DONE
    ]


async def heard(home: HomeAssistant, satellite: ContractSatellite, turn: str) -> None:
    """Wait until Home Assistant has heard of this turn's end."""
    entity = f"event.{satellite.node}_voice_utterance"
    await home.renders(f"{{{{ state_attr('{entity}', 'turn') }}}}", turn)


@pytest.mark.parametrize("blueprint", [COMMANDS, MOODS])
@pytest.mark.parametrize("stand_in_first", [False, True])
async def test_what_a_stand_in_told_as_well_is_done_once(
    home_assistant: HomeAssistant,
    pair: Pair,
    tmp_path: Path,
    blueprint: str,
    *,
    stand_in_first: bool,
) -> None:
    north, south = pair
    fillings = [by(tmp_path, each, blueprint=blueprint) for each in pair]
    async with automations(home_assistant, *fillings) as at_work:
        turn = north.wakes()
        if stand_in_first:
            first = south.hears("Toggle the light.", stands_in_for=turn, **BOTH)
            await heard(home_assistant, south, first)
            north.hears("Toggle the lights.", turn=turn, **BOTH)
        else:
            first = north.hears("Toggle the lights.", turn=turn, **BOTH)
            await heard(home_assistant, north, first)
            south.hears("Toggle the light.", stands_in_for=turn, **BOTH)

        assert await done(at_work, 1, 1) == [first]


async def test_what_is_told_in_the_same_moment_is_done_once(
    home_assistant: HomeAssistant, pair: Pair, tmp_path: Path
) -> None:
    north, south = pair
    async with automations(home_assistant, *(by(tmp_path, p) for p in pair)) as at_work:
        for number in range(1, 6):
            turn = north.wakes()
            standing_in = south.hears("Toggle.", stands_in_for=turn, **BOTH)
            north.hears("Toggle.", turn=turn, **BOTH)
            acted = await done(at_work, number, number)
            assert len(acted) == number
            assert {turn, standing_in} & {*acted}


async def test_two_stand_ins_are_obeyed_once(
    home_assistant: HomeAssistant, pair: Pair, tmp_path: Path
) -> None:
    gone = uuid.uuid4().hex
    async with automations(home_assistant, *(by(tmp_path, p) for p in pair)) as at_work:
        for each in pair:
            each.hears("Toggle the lights.", stands_in_for=gone, **BOTH)

        assert len(await done(at_work, 1, 1)) == 1


@pytest.mark.parametrize("blueprint", [COMMANDS, MOODS])
@pytest.mark.parametrize("backwards", [False, True])
async def test_a_stand_in_that_is_stood_in_for_is_obeyed_once(
    home_assistant: HomeAssistant,
    pair: Pair,
    tmp_path: Path,
    blueprint: str,
    *,
    backwards: bool,
) -> None:
    north, south = pair
    first, second, third = (uuid.uuid4().hex for _ in range(3))
    told: list[tuple[ContractSatellite, str, dict[str, Any]]] = [
        (north, first, {}),
        (south, second, {"stands_in_for": first}),
        (north, third, {"stands_in_for": second}),
    ]
    if backwards:
        told.reverse()
    fillings = [by(tmp_path, each, blueprint=blueprint) for each in pair]
    async with automations(home_assistant, *fillings) as at_work:
        for number, (satellite, turn, instead) in enumerate(told, start=1):
            satellite.hears("Toggle the lights.", turn=turn, **instead, **BOTH)
            await heard(home_assistant, satellite, turn)
            runs_of_the_north, runs_of_the_south = (number + 1) // 2, number // 2
            acted = await done(at_work, runs_of_the_north, runs_of_the_south)
            assert acted == [told[0][1]]


async def test_one_automation_for_all_satellites_acts_once(
    home_assistant: HomeAssistant, pair: Pair, tmp_path: Path
) -> None:
    north, south = pair
    async with automations(home_assistant, by(tmp_path, *pair)) as at_work:
        turn = north.hears("Toggle the lights.", **BOTH)
        south.hears("Toggle the light.", stands_in_for=turn, **BOTH)

        assert len(await done(at_work, 2)) == 1


async def test_what_a_satellite_told_before_it_died_is_not_done_again(
    home_assistant: HomeAssistant, pair: Pair, tmp_path: Path
) -> None:
    north, south = pair
    async with automations(home_assistant, *(by(tmp_path, p) for p in pair)) as at_work:
        turn = north.hears("Toggle the lights.", **BOTH)
        await heard(home_assistant, north, turn)
        north.goes_away()
        await home_assistant.becomes(
            f"event.{north.node}_voice_utterance", "unavailable"
        )
        south.hears("Toggle the light.", stands_in_for=turn, **BOTH)

        assert await done(at_work, 1, 1) == [turn]


async def test_what_was_done_is_remembered_behind_later_commands(
    home_assistant: HomeAssistant, pair: Pair, tmp_path: Path
) -> None:
    north, south = pair
    async with automations(home_assistant, *(by(tmp_path, p) for p in pair)) as at_work:
        turns = [north.hears(f"Number {number}.", **BOTH) for number in range(4)]
        await heard(home_assistant, north, turns[-1])
        north.ends(north.wakes(), "yielded", answered_by="south", **BOTH)
        south.hears("Number 0.", stands_in_for=turns[0], **BOTH)

        assert await done(at_work, 4, 1) == turns


async def test_an_automation_that_is_busy_does_not_do_it_late_once_more(
    home_assistant: HomeAssistant, pair: Pair, tmp_path: Path
) -> None:
    north, south = pair
    slow = by(tmp_path, north)
    slow.inputs["actions"].append({"delay": 6})
    async with automations(home_assistant, slow, by(tmp_path, south)) as at_work:
        before = north.hears("Tell a story.", **BOTH)
        turn = north.hears("Toggle the lights.", **BOTH)
        await heard(home_assistant, north, turn)
        standing_in = south.hears("Toggle the light.", stands_in_for=turn, **BOTH)

        assert await done(at_work, 2, 1) == [before, standing_in]


async def test_a_command_is_done_where_nothing_is_done_for_the_stand_in(
    home_assistant: HomeAssistant, pair: Pair, tmp_path: Path
) -> None:
    north, south = pair
    async with automations(home_assistant, by(tmp_path, north)) as at_work:
        turn = north.wakes()
        first = south.hears("Toggle the light.", stands_in_for=turn, **BOTH)
        await heard(home_assistant, south, first)
        north.hears("Toggle the lights.", turn=turn, **BOTH)

        assert await done(at_work, 1) == [turn]


async def test_a_stand_in_is_obeyed_where_the_first_one_failed(
    home_assistant: HomeAssistant, pair: Pair, tmp_path: Path
) -> None:
    north, south = pair
    async with automations(home_assistant, *(by(tmp_path, p) for p in pair)) as at_work:
        turn = north.wakes()
        north.ends(turn, "error", reason="asr_unreachable", **BOTH)
        await heard(home_assistant, north, turn)
        first = south.hears("Toggle the light.", stands_in_for=turn, **BOTH)

        assert await done(at_work, 0, 1) == [first]


async def test_all_automations_of_the_satellite_that_is_obeyed_act(
    home_assistant: HomeAssistant, pair: Pair, tmp_path: Path
) -> None:
    _, south = pair
    fillings = [by(tmp_path, south), by(tmp_path, south, blueprint=MOODS)]
    async with automations(home_assistant, *fillings) as at_work:
        gone = uuid.uuid4().hex
        turn = south.hears("Toggle the light.", stands_in_for=gone, **BOTH)

        assert await done(at_work, 1, 1) == [turn, turn]


async def test_two_people_in_two_rooms_are_both_obeyed(
    home_assistant: HomeAssistant, pair: Pair, tmp_path: Path
) -> None:
    async with automations(home_assistant, *(by(tmp_path, p) for p in pair)) as at_work:
        turns = [each.hears("Toggle the lights.", **BOTH) for each in pair]

        assert await done(at_work, 1, 1) == turns


async def test_who_yields_makes_nothing_happen(
    home_assistant: HomeAssistant, pair: Pair, tmp_path: Path
) -> None:
    north, _ = pair
    fillings = [by(tmp_path, north, blueprint=each) for each in (COMMANDS, MOODS)]
    async with automations(home_assistant, *fillings) as at_work:
        turn = north.wakes()
        north.ends(turn, "yielded", answered_by="south", **BOTH)
        await heard(home_assistant, north, turn)

        assert await done(at_work, 0, 0) == []


async def test_an_automation_of_ones_own_acts_once_as_the_page_says(
    home_assistant: HomeAssistant, pair: Pair
) -> None:
    north, south = pair
    [recipe] = Page(ROOT / "docs" / "home-assistant.md").blocks("yaml")
    recipe = f"- id: own\n  alias: Own\n{textwrap.indent(recipe, '  ')}"
    async with (
        home_assistant.automated_as_written(recipe),
        Events(home_assistant) as events,
    ):
        first = uuid.uuid4().hex

        async def listens() -> bool:
            north.hears("Number 0.", turn=first, **BOTH)
            await events.ask("get_config")
            return bool(events.fired("what_you_want"))

        await answered(listens, bool, of="that the automation is listening")
        for number in range(1, 4):
            turn = north.hears(f"Number {number}.", times=2, **BOTH)
            await heard(home_assistant, north, turn)
            standing_in = south.hears(f"Number {number}.", stands_in_for=turn, **BOTH)
            await heard(home_assistant, south, standing_in)
        idle = "{{ state_attr('automation.own', 'current') }}"
        await home_assistant.renders(idle, "0")
        await events.ask("get_config")
        acted = [each["text"] for each in events.fired("what_you_want")]

    assert acted == ["Number 0.", "Number 1.", "Number 2.", "Number 3."]
