"""The links between simulated houses and their broker: what they lose, and what not."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from rigs.mqtt.broker import Broker, running_broker
from rigs.mqtt.lossy_link import LossyLink, Published, Weather
from rigs.mqtt.subscriber import HouseClient
from rigs.waiting import eventually

MESSAGES = 300
BID, FINAL = "home/kitchen/bid/all", "home/kitchen/transcript/final"


@asynccontextmanager
async def speaking(
    broker: Broker, weather: Weather
) -> AsyncIterator[tuple[LossyLink, paho.Client]]:
    """A client whose messages cross a link on which bids may be lost."""
    link = LossyLink(
        broker.port, weather, may_be_lost=lambda topic: "/bid/" in topic, seed=1
    )
    async with link:
        client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
        client.connect_async("127.0.0.1", link.port)
        client.loop_start()
        await eventually(client.is_connected)
        try:
            yield link, client
        finally:
            client.disconnect()
            await asyncio.to_thread(client.loop_stop)


async def test_only_messages_of_qos_0_that_may_be_lost_are_lost_and_as_often_as_told(
    tmp_path: Path,
) -> None:
    with running_broker(tmp_path) as broker:
        async with (
            HouseClient(broker.port, "home/#") as house,
            speaking(broker, Weather(loss=0.2)) as (link, client),
        ):
            noted: list[Published] = []
            link.on_published = noted.append
            for number in range(MESSAGES):
                client.publish(BID, f"bid {number}", qos=0)
                client.publish(BID, f"kept {number}", qos=1)
                client.publish(FINAL, f"final {number}", qos=0)
            client.publish(FINAL, "the last", qos=1)
            await house.hears(FINAL, "the last")
            bids = house.on(BID)
    lost = MESSAGES - sum(bid.startswith("bid") for bid in bids)
    assert lost == link.lost
    assert 0.1 * MESSAGES < lost < 0.3 * MESSAGES
    assert sum(bid.startswith("kept") for bid in bids) == MESSAGES
    assert len(house.on(FINAL)) == MESSAGES + 1
    # What was lost had been said, in this order.
    said = [each.payload for each in noted if each.payload.startswith(b"bid")]
    assert said == [f"bid {number}".encode() for number in range(MESSAGES)]


async def test_messages_arrive_late_in_varying_ways_and_in_their_order(
    tmp_path: Path,
) -> None:
    with running_broker(tmp_path) as broker:
        async with (
            HouseClient(broker.port, "home/#") as house,
            speaking(broker, Weather(soonest=0.02, latest=0.1)) as (link, client),
        ):
            left: list[float] = []
            came: list[float] = []
            loop = asyncio.get_running_loop()
            link.on_published = lambda _: left.append(loop.time())
            house.on_heard = lambda _, __: came.append(loop.time())
            for number in range(20):
                client.publish(BID, f"bid {number}", qos=0)
                await eventually(partial(_more_than, number, came))
            for number in range(20, 40):
                client.publish(BID, f"bid {number}", qos=0)
            await eventually(lambda: len(came) == 40)
            assert house.on(BID) == [f"bid {number}" for number in range(40)]
    waits = [b - a for a, b in zip(left[:20], came[:20], strict=True)]
    assert min(waits) >= 0.02
    assert max(waits) - min(waits) > 0.01


async def test_whoever_is_gone_is_gone_at_the_broker_as_well_and_as_late(
    tmp_path: Path,
) -> None:
    with running_broker(tmp_path) as broker:
        async with HouseClient(broker.port, "home/#") as house:
            link = LossyLink(
                broker.port, Weather(0.0, 0.1, 0.15), may_be_lost=lambda _: True, seed=1
            )
            async with link:
                client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
                client.will_set("home/kitchen/availability", "offline", qos=1)
                client.connect_async("127.0.0.1", link.port)
                client.loop_start()
                await eventually(client.is_connected)
                # As a power cut does: nobody says good-bye.
                connected = client.socket()
                assert isinstance(connected, socket.socket)
                loop = asyncio.get_running_loop()
                gone = loop.time()
                connected.shutdown(socket.SHUT_RDWR)
                await house.hears("home/kitchen/availability", "offline")
                assert loop.time() - gone >= 0.1
                await asyncio.to_thread(client.loop_stop)


def _more_than(count: int, came: Sequence[float]) -> bool:
    return len(came) > count
