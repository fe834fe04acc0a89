"""What goes to a real mosquitto and comes from it, in MQTT 5 and before."""

import asyncio
import sys

import pytest

from auricle.mqtt.link.broker import Connected, DeliveryResult, Received, Version
from auricle.mqtt.link.message import Message
from auricle.system.clock import since_boot
from rigs.mqtt.broker import Broker
from rigs.mqtt.client import EVENT, ONLINE, STATUS, satellite
from rigs.mqtt.old_broker import old_broker
from rigs.mqtt.subscriber import HouseClient
from rigs.waiting import eventually


async def test_a_published_state_is_retained(broker: Broker) -> None:
    async with satellite(broker.port) as study:
        await study.connected()
        await study.published(ONLINE)

        async with HouseClient(broker.port, STATUS) as house:
            await house.hears(STATUS, "online")

        assert house.heard[0].retain


async def test_a_command_reaches_the_satellite(broker: Broker) -> None:
    async with satellite(broker.port) as study, HouseClient(broker.port) as house:
        await study.connected()
        await eventually(lambda: "Received SUBSCRIBE from auricle" in broker.log)

        house.say("auricle/study/mute/set", b"\xff\xfe")

        await eventually(lambda: study.received)
        assert study.received == [
            Received("auricle/study/mute/set", b"\xff\xfe", retain=False)
        ]


async def test_a_retained_command_says_that_it_is_retained(broker: Broker) -> None:
    async with HouseClient(broker.port, "auricle/#") as house:
        house.say("auricle/study/mute/set", "OFF", retain=True)
        await house.hears("auricle/study/mute/set")

        async with satellite(broker.port) as study:
            await eventually(lambda: study.received)

    assert study.received[0].retain


async def test_a_satellite_that_dies_is_announced_as_offline(broker: Broker) -> None:
    async with HouseClient(broker.port, STATUS) as house:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", SHORT_LIFE, str(broker.port)
        )
        await house.hears(STATUS, "online")

        process.kill()
        await process.wait()

        await house.hears(STATUS, "offline")


SHORT_LIFE = """
import asyncio, itertools, sys
from auricle.mqtt.link.broker import BrokerSettings, Connected
from auricle.mqtt.link.client import MqttClient, ReconnectSettings
from auricle.mqtt.link.message import Message

async def live():
    topic = "auricle/study/availability"

    def take(report):
        if isinstance(report, Connected):
            client.publish(Message(topic, "online", retain=True))

    client = MqttClient(
        [BrokerSettings("127.0.0.1", int(sys.argv[1]), "auricle_study")],
        ReconnectSettings(lambda: itertools.repeat(0.1)),
        will=Message(topic, "offline", retain=True),
        subscriptions=["auricle/study/+/set"],
        on_report=take,
    )
    client.start()
    await asyncio.sleep(60)

asyncio.run(live())
"""


async def test_a_command_that_has_grown_too_old_on_its_way_does_not_leave(
    broker: Broker,
) -> None:
    async with (
        satellite(broker.port) as study,
        HouseClient(broker.port, EVENT) as house,
    ):
        await study.connected()
        late = Message(EVENT, "late", not_after=since_boot())
        assert await study.published(late) is DeliveryResult.LOST

        await study.connected(times=2)
        # A new connection counts from 1 again.
        study.delivered.clear()
        early = Message(EVENT, "early", not_after=since_boot() + 60)
        assert await study.published(early) is DeliveryResult.ACKED

    assert house.on(EVENT) == ["early"]


async def test_a_command_that_is_acknowledged_keeps_nobody_waiting(
    broker: Broker,
) -> None:
    async with (
        satellite(broker.port) as study,
        HouseClient(broker.port, EVENT) as house,
    ):
        await study.connected()
        too_late_at = since_boot() + 0.5
        for text in ("one", "two"):
            message = Message(EVENT, text, not_after=too_late_at)
            assert await study.published(message) is DeliveryResult.ACKED
        await eventually(lambda: since_boot() > too_late_at)
        assert await study.published(Message(EVENT, "three")) is DeliveryResult.ACKED

        assert not study.problems
        assert house.on(EVENT) == ["one", "two", "three"]


async def test_a_message_carries_the_rest_of_its_life(broker: Broker) -> None:
    topic = EVENT
    async with (
        satellite(broker.port) as study,
        HouseClient(broker.port, topic) as house,
    ):
        await study.connected()
        await study.published(Message(topic, "{}", expiry=9.7))
        await house.hears(topic)

    assert house.heard[0].expiry == 9


async def test_a_packet_beyond_all_commands_is_not_even_sent_to_us(
    broker: Broker,
) -> None:
    async with satellite(broker.port) as study, HouseClient(broker.port) as house:
        await study.connected()
        await eventually(lambda: "Received SUBSCRIBE from auricle" in broker.log)

        house.say("auricle/study/context/set", b"x" * 1_000_000)
        house.say("auricle/study/mute/set", "ON")

        await eventually(lambda: study.received)

    assert [received.payload for received in study.received] == [b"ON"]


@pytest.mark.parametrize("silent", [False, True])
async def test_a_broker_from_before_mqtt_5_is_spoken_to_in_its_own_version(
    broker: Broker, silent: bool
) -> None:
    async with (
        old_broker(broker.port, silent=silent) as port,
        satellite(port) as study,
        HouseClient(broker.port, "auricle/#") as house,
    ):
        await study.connected()
        await study.published(ONLINE)
        await house.hears(STATUS, "online")

    assert study.facts[0] == Connected(Version.V311)


async def test_an_old_broker_is_not_given_what_it_could_not_forget(
    broker: Broker,
) -> None:
    topic = "auricle/study/secret"
    async with old_broker(broker.port) as port, satellite(port) as study:
        await study.connected()
        await study.published(Message(topic, "{}", retain=True, expiry=60))
        await study.published(ONLINE)

        async with HouseClient(broker.port, topic, STATUS) as house:
            await house.hears(STATUS)

    assert house.on(topic) == []
