"""Satellites of a group at a real mosquitto."""

import contextlib
from collections.abc import AsyncIterator

import pytest

from auricle.arbitration.messages import Bid, Claim, Done
from auricle.mqtt.link.broker import Version
from auricle.mqtt.settings import Setting
from auricle.mqtt.topics import Topics
from rigs.faults.fault_proxy import FaultProxy
from rigs.mqtt.broker import Broker
from rigs.mqtt.old_broker import old_broker
from rigs.mqtt.publisher import Publishing, publishing
from rigs.mqtt.subscriber import HouseClient
from rigs.waiting import elapse, eventually

KITCHEN, STUDY, HALL = (Topics("auricle", n) for n in ("kitchen", "study", "hall"))


def bid(member: str, turn: str = "t1") -> Bid:
    return Bid(Claim(member, turn, "okay_nabu", 14.3, 0.1))


@contextlib.asynccontextmanager
async def member(
    broker: Broker, topics: Topics, group: str = "all", port: int | None = None
) -> AsyncIterator[Publishing]:
    async with publishing(
        broker,
        port=port,
        topics=topics,
        group=group,
        state=topics.node,
        run_id=topics.node,
    ) as satellite:
        yield satellite


async def test_satellites_of_one_group_know_each_other_and_nobody_else(
    broker: Broker,
) -> None:
    async with (
        member(broker, KITCHEN) as kitchen,
        member(broker, STUDY) as study,
        member(broker, HALL, "upstairs") as hall,
    ):
        await kitchen.knows("study")
        await study.knows("kitchen")

        kitchen.publisher.tell_group(bid("kitchen"))
        hall.publisher.tell_group(bid("hall"))
        await eventually(lambda: study.group_messages)
        study.publisher.tell_group(bid("study"))
        await eventually(lambda: kitchen.group_messages)

    assert study.group_messages == [bid("kitchen")]
    assert kitchen.group_messages == [bid("study")]
    assert hall.groups == []
    assert hall.group_messages == []


async def test_one_that_stops_is_known_no_more(broker: Broker) -> None:
    async with member(broker, KITCHEN) as kitchen:
        async with member(broker, STUDY):
            await kitchen.knows("study")
        await kitchen.knows()


async def test_one_that_died_and_is_back_knows_the_others_again(
    broker: Broker,
) -> None:
    async with (
        member(broker, KITCHEN) as kitchen,
        FaultProxy(broker.port) as proxy,
        member(broker, STUDY, port=proxy.port) as study,
    ):
        await study.knows("kitchen")
        await kitchen.knows("study")

        proxy.reset()
        await eventually(lambda: frozenset() in study.groups)

        await study.knows("kitchen")
        assert kitchen.groups == [{"study"}]


async def test_a_last_word_makes_nobody_known_who_has_left(broker: Broker) -> None:
    done = Done(Claim("study", "t1", "okay_nabu", 14.3, 2.0), "transcript")
    async with member(broker, KITCHEN) as kitchen, HouseClient(broker.port) as house:
        async with member(broker, STUDY) as study:
            await kitchen.knows("study")
            study.publisher.tell_group(done)
        await kitchen.knows()
        said = '{"kind":"done","turn":"t1","wake_word":"okay_nabu","level":143,'
        house.say(STUDY.bid("all"), said + '"after_ms":2000,"outcome":"transcript"}')
        await eventually(lambda: len(kitchen.group_messages) == 2)

    assert kitchen.group_messages == [done, done]
    assert kitchen.groups[-1] == set()


async def test_nobody_is_known_as_soon_as_the_broker_is_gone(broker: Broker) -> None:
    async with member(broker, KITCHEN) as kitchen, member(broker, STUDY) as study:
        await kitchen.knows("study")
        await study.knows("kitchen")

        broker.kill()
        await kitchen.knows()
        await study.knows()
        kitchen.publisher.tell_group(bid("kitchen", "stale"))
        broker.start()
        await kitchen.knows("study")
        await study.knows("kitchen")
        kitchen.publisher.tell_group(bid("kitchen", "fresh"))
        await eventually(lambda: study.group_messages)

    assert study.group_messages == [bid("kitchen", "fresh")]


async def test_the_group_can_be_changed_at_any_time(broker: Broker) -> None:
    async with member(broker, KITCHEN) as kitchen, member(broker, STUDY) as study:
        await kitchen.knows("study")
        await study.knows("kitchen")

        study.publisher.join_group("upstairs")
        await kitchen.knows()
        await study.knows()
        kitchen.publisher.tell_group(bid("kitchen", "unheard"))
        kitchen.publisher.join_group("upstairs")
        await kitchen.knows("study")
        await study.knows("kitchen")
        kitchen.publisher.tell_group(bid("kitchen", "heard"))
        await eventually(lambda: study.group_messages)

        kitchen.publisher.join_group("")
        await study.knows()
        assert kitchen.groups[-1] == set()

    assert study.group_messages == [bid("kitchen", "heard")]


@pytest.mark.parametrize("version", list(Version))
async def test_no_satellite_takes_its_own_words_for_anothers(
    broker: Broker, version: Version
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        port = None
        if version is Version.V311:
            port = await stack.enter_async_context(old_broker(broker.port))
        kitchen = await stack.enter_async_context(member(broker, KITCHEN, port=port))
        study = await stack.enter_async_context(member(broker, STUDY, port=port))
        await kitchen.knows("study")
        await study.knows("kitchen")
        kitchen.publisher.tell_group(bid("kitchen"))
        study.publisher.tell_group(bid("study"))
        await eventually(lambda: kitchen.group_messages and study.group_messages)

    assert kitchen.group_messages == [bid("study")]
    assert all("kitchen" not in group for group in kitchen.groups)


async def test_where_mqtt_5_is_spoken_no_satellites_own_words_come_back(
    broker: Broker,
) -> None:
    topic = KITCHEN.bid("all")
    async with (
        member(broker, KITCHEN) as kitchen,
        HouseClient(broker.port, topic) as house,
    ):
        kitchen.publisher.tell_group(bid("kitchen"))
        await house.hears(topic)

    assert f"Sending PUBLISH to auricle_kitchen (d0, q0, r0, m0, '{topic}'" not in (
        broker.log
    )


async def test_bids_are_neither_retained_nor_acknowledged(broker: Broker) -> None:
    topic = KITCHEN.bid("all")
    async with (
        member(broker, KITCHEN) as kitchen,
        HouseClient(broker.port, topic) as house,
    ):
        kitchen.publisher.tell_group(bid("kitchen"))
        await house.hears(topic)
    async with HouseClient(broker.port, "auricle/#") as late:
        await late.hears(KITCHEN.availability)

    assert {(heard.qos, heard.retain) for heard in house.heard} == {(0, False)}
    assert late.on(topic) == []


async def test_what_somebody_retained_is_nobodys_bid(broker: Broker) -> None:
    topics = STUDY.bid("all"), KITCHEN.bid("all")
    async with HouseClient(broker.port, *topics) as house:
        house.say(STUDY.bid("all"), '{"kind":"here"}', retain=True)
        await house.hears(STUDY.bid("all"))
        async with member(broker, KITCHEN) as kitchen:
            # What it says comes behind its subscription.
            await house.hears(KITCHEN.bid("all"))
            house.say(HALL.bid("all"), "no bid at all")
            house.say(HALL.bid("all"), '{"kind":"here"}')
            await kitchen.knows("hall")

    assert kitchen.groups == [{"hall"}, frozenset()]


async def test_who_leaves_no_word_to_others_is_and_tells_of_no_group(
    broker: Broker,
) -> None:
    async with (
        member(broker, KITCHEN) as kitchen,
        publishing(broker, topics=STUDY, grouped=False, group="all") as study,
        HouseClient(broker.port, STUDY.setting(Setting.GROUP)) as house,
    ):
        study.publisher.tell_setting(Setting.GROUP, "all")
        await house.hears(STUDY.setting(Setting.GROUP), '{"value":""}')

    assert kitchen.groups == study.groups == []


async def test_of_many_who_ask_all_are_answered_at_once(broker: Broker) -> None:
    topic = KITCHEN.bid("all")
    async with (
        member(broker, KITCHEN),
        HouseClient(broker.port, topic) as house,
    ):
        for _ in range(50):
            house.say(STUDY.bid("all"), '{"kind":"who"}')
        await house.hears(topic, '{"kind":"here"}')
        await elapse(0.5)

    # One as it came, one for those who asked; and one for whoever asked last.
    assert house.on(topic).count('{"kind":"here"}') <= 3
