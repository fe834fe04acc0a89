"""Several satellites of one house, and one command: it is obeyed once."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from rigs.homes import assist_home
from rigs.homes.contract_satellite import ContractSatellite
from rigs.homes.home_assistant import HomeAssistant
from rigs.homes.home_assistant_events import Events
from rigs.mqtt.broker import Broker

BOTH: dict[str, Any] = {"heard_by": ["east", "west"]}


@dataclass(frozen=True)
class Pair:
    """Two satellites that share one ear, and what the agent is asked."""

    home: HomeAssistant
    east: ContractSatellite
    west: ContractSatellite
    events: Events

    async def tells(self, satellite: ContractSatellite, turn: str) -> None:
        """Wait until Home Assistant has heard of this turn's end."""
        entity = f"event.{satellite.node}_voice_utterance"
        shown = f"{{{{ state_attr('{entity}', 'turn') }}}}"
        await self.home.renders(shown, turn)

    async def asked(self) -> list[str]:
        """What the agent was asked, once all that was said before this has come."""
        sounds = len(self.west.sounds)
        self.west.hears("That is all.", turn=self.west.wakes("alexa"))
        await self.west.plays(sounds + 1)
        asked = self.events.fired("storyteller_asked")
        return [each["text"] for each in asked if each["text"] != "That is all."]


@pytest.fixture
async def pair(broker: Broker, home: HomeAssistant) -> AsyncIterator[Pair]:
    await assist_home.use(home, assist_home.STORYTELLER)
    async with (
        ContractSatellite(broker.port, "east", group="all") as east,
        ContractSatellite(broker.port, "west", group="all") as west,
        Events(home) as events,
    ):
        for each in (east, west):
            await assist_home.add(home, each.name)
            await home.becomes(f"assist_satellite.{each.node}_voice", "idle")
        yield Pair(home, east, west, events)
    for each in (east, west):
        await home.becomes(f"assist_satellite.{each.node}_voice", "unavailable")


async def test_two_people_who_speak_in_two_rooms_at_once_are_both_obeyed(
    pair: Pair,
) -> None:
    turns = [pair.east.wakes(), pair.west.wakes()]
    pair.east.hears("Close the blinds.", turn=turns[0], heard_by=["east"])
    pair.west.hears("Open the door.", turn=turns[1], heard_by=["west"])
    await pair.east.plays()
    await pair.west.plays()

    assert sorted(await pair.asked()) == ["Close the blinds.", "Open the door."]
    assert pair.east.orders("listen") == pair.west.orders("listen") == []


async def test_a_satellite_of_no_group_that_heard_the_same_later_is_not_obeyed(
    home: HomeAssistant, pair: Pair, den: ContractSatellite
) -> None:
    first = pair.east.wakes()
    await home.becomes("assist_satellite.east_voice", "listening")
    den.wakes()
    await den.until(lambda: den.orders("listen"))
    pair.east.hears("I was first.", turn=first, heard_by=["east"])

    assert await pair.asked() == ["I was first."]
    assert den.orders("listen") == ["CANCEL"]


async def test_a_satellite_that_yields_in_the_middle_leaves_the_command_to_the_other(
    home: HomeAssistant, pair: Pair
) -> None:
    wrong = await assist_home.repairs(home, pair.east.name)
    yielding = pair.east.wakes()
    # Its wake-up comes first.
    await home.becomes("assist_satellite.east_voice", "listening")
    answering = pair.west.wakes()
    pair.east.ends(yielding, "yielded", answered_by="west", **BOTH)
    pair.west.hears("Toggle the lights.", turn=answering, **BOTH)
    await home.becomes("assist_satellite.east_voice", "idle")
    await pair.west.plays()

    assert await pair.asked() == ["Toggle the lights."]
    assert pair.east.errors == pair.east.orders("listen") == []
    assert await assist_home.repairs(home, pair.east.name) == wrong


@pytest.mark.parametrize("stand_in_first", [False, True])
async def test_what_a_stand_in_told_as_well_is_obeyed_once(
    pair: Pair, *, stand_in_first: bool
) -> None:
    turn = pair.east.wakes()
    if not stand_in_first:
        pair.east.hears("Toggle the lights.", turn=turn, **BOTH)
        await pair.tells(pair.east, turn)
    standing_in = pair.west.hears("Toggle the light.", stands_in_for=turn, **BOTH)
    if stand_in_first:
        await pair.tells(pair.west, standing_in)
        pair.east.hears("Toggle the lights.", turn=turn, **BOTH)
        await pair.tells(pair.east, turn)

    first = "Toggle the light." if stand_in_first else "Toggle the lights."
    assert await pair.asked() == [first]


async def test_two_stand_ins_and_what_comes_again_are_obeyed_once(
    pair: Pair,
) -> None:
    gone = "f" * 32
    pair.east.hears("Toggle the lights.", stands_in_for=gone, times=2, **BOTH)
    pair.west.hears("Toggle the lights.", stands_in_for=gone, times=2, **BOTH)

    assert await pair.asked() == ["Toggle the lights."]


async def test_a_stand_in_is_obeyed_where_the_first_one_failed(pair: Pair) -> None:
    turn = pair.east.wakes()
    pair.east.ends(turn, "error", reason="asr_unreachable", **BOTH)
    await pair.tells(pair.east, turn)
    pair.west.hears("Toggle the lights.", stands_in_for=turn, **BOTH)

    assert await pair.asked() == ["Toggle the lights."]


async def test_a_question_outlives_a_wake_word_that_another_satellite_answers(
    home: HomeAssistant, pair: Pair
) -> None:
    call = assist_home.call(
        home,
        "assist_satellite.ask_question",
        "assist_satellite.east_voice",
        question="Shall I close the blinds?",
        answers=[{"id": "yes", "sentences": ["yes [please]"]}],
    )
    asking = asyncio.create_task(call)
    await pair.east.plays()
    overheard = "e" * 32
    pair.east.ends(overheard, "yielded", answered_by="west", **BOTH)
    await pair.tells(pair.east, overheard)
    pair.east.hears("Yes please.", turn="d" * 32)
    answer = await asking

    assert answer["result"]["response"]["id"] == "yes"
