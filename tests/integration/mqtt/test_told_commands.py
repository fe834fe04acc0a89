"""A satellite that was gone for a moment asks who told its command meanwhile."""

import contextlib
from collections.abc import AsyncIterator

import pytest

from auricle.arbitration.messages import Claim, Done
from auricle.mqtt.delivery.ledger import Fate
from auricle.mqtt.topics import Topics
from rigs.faults.fault_proxy import FaultProxy
from rigs.mqtt.broker import Broker
from rigs.mqtt.publisher import Publishing, publishing
from rigs.mqtt.subscriber import HouseClient
from rigs.waiting import eventually

KITCHEN, STUDY = (Topics("auricle", name) for name in ("kitchen", "study"))
BOTH = ("kitchen", "study")


@contextlib.asynccontextmanager
async def member(
    broker: Broker, topics: Topics, port: int | None = None
) -> AsyncIterator[Publishing]:
    async with publishing(
        broker,
        port=port,
        topics=topics,
        group="all",
        state=topics.node,
        run_id=topics.node,
    ) as satellite:
        yield satellite


def done(member: str, turn: str, instead: str | None = None) -> Done:
    return Done(Claim(member, turn, "okay_nabu", 9.0, 3.0), "transcript", instead)


async def leave_a_command_behind(broker: Broker, heard_by: tuple[str, ...]) -> None:
    """The next run of the kitchen's satellite finds one that nobody has heard."""
    async with member(broker, KITCHEN) as kitchen:
        kitchen.hears("turn on the light", latency=0.0, heard_by=heard_by)
        await eventually(lambda: kitchen.fates)


@pytest.mark.parametrize(
    "told",
    [done("kitchen", "t1"), done("study", "t2", "t1")],
    ids=["its own", "instead"],
)
async def test_a_command_that_another_one_knows_to_be_told_does_not_come_again(
    broker: Broker, told: Done
) -> None:
    await leave_a_command_behind(broker, BOTH)
    async with (
        HouseClient(broker.port, KITCHEN.utterance, STUDY.utterance) as house,
        HouseClient(broker.port, STUDY.bid("all")) as hall,
        member(broker, STUDY) as study,
    ):
        # From its own connection the broker has confirmed nothing.
        if told.claim.member == "study":
            study.hears("turn on the light", turn="t2", stands_in_for="t1")
            await eventually(lambda: study.fates)
        else:
            # What it says comes behind its subscription.
            await hall.hears(STUDY.bid("all"))
            hall.say(
                KITCHEN.bid("all"),
                '{"kind":"done","turn":"t1","wake_word":"okay_nabu","level":90,'
                '"after_ms":3000,"outcome":"transcript"}',
            )
            await eventually(lambda: study.group_messages == [told])
        async with member(broker, KITCHEN) as kitchen:
            await eventually(lambda: kitchen.fates)

    assert [settled.fate for settled in kitchen.fates] == [Fate.ACKED]
    assert house.on(KITCHEN.utterance) == []


@pytest.mark.parametrize(
    "heard_by", [BOTH, ("kitchen", "cellar", "study"), ("kitchen",), ()]
)
async def test_a_command_that_nobody_knows_to_be_told_comes(
    broker: Broker, heard_by: tuple[str, ...]
) -> None:
    await leave_a_command_behind(broker, heard_by)
    async with (
        HouseClient(broker.port, KITCHEN.utterance) as house,
        member(broker, STUDY) as study,
        member(broker, KITCHEN) as kitchen,
    ):
        await house.hears(KITCHEN.utterance)
        await eventually(lambda: kitchen.fates)
        if "study" in heard_by:
            # Whoever stands in for it, or will, may leave it alone.
            await eventually(lambda: "t1" in study.told)

    assert [settled.fate for settled in kitchen.fates] == [Fate.ACKED]
    assert len(house.heard) == 1


async def test_where_all_who_heard_it_are_gone_the_command_comes(
    broker: Broker,
) -> None:
    await leave_a_command_behind(broker, BOTH)
    async with (
        HouseClient(broker.port, KITCHEN.utterance) as house,
        member(broker, KITCHEN),
    ):
        await house.hears(KITCHEN.utterance)


async def test_what_was_on_its_way_when_the_link_broke_is_asked_for_as_well(
    broker: Broker,
) -> None:
    async with (
        HouseClient(broker.port, "auricle/+/event/utterance") as house,
        FaultProxy(broker.port) as door,
        member(broker, STUDY) as study,
        member(broker, KITCHEN, door.port) as kitchen,
    ):
        await kitchen.knows("study")
        await study.knows("kitchen")
        door.stall()
        kitchen.hears("turn on the light", heard_by=BOTH)
        study.hears("turn on the light", turn="t2", stands_in_for="t1", heard_by=BOTH)
        await eventually(lambda: study.fates)
        door.reset()
        door.heal()
        await eventually(lambda: kitchen.fates)

    assert [settled.fate for settled in kitchen.fates] == [Fate.ACKED]
    assert [heard.topic for heard in house.heard] == [STUDY.utterance]


async def test_of_two_that_lost_the_broker_neither_takes_the_others_word_for_proof(
    broker: Broker,
) -> None:
    """Each has a command of the word on its way, and none has arrived."""
    async with (
        FaultProxy(broker.port) as door,
        member(broker, STUDY, door.port) as study,
        member(broker, KITCHEN, door.port) as kitchen,
    ):
        await kitchen.knows("study")
        await study.knows("kitchen")
        door.stall()
        kitchen.hears("turn on the light", heard_by=BOTH)
        kitchen.publisher.tell_group(done("kitchen", "t1"))
        study.hears("turn on the light", turn="t2", stands_in_for="t1", heard_by=BOTH)
        study.publisher.tell_group(done("study", "t2", "t1"))
        async with HouseClient(broker.port, "auricle/+/event/utterance") as house:
            door.reset()
            door.heal()
            await eventually(lambda: house.heard)
            await eventually(lambda: kitchen.fates and study.fates)
