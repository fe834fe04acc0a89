"""What is under way on one connection to a real mosquitto."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

from auricle.mqtt.link.broker import Delivered, DeliveryResult
from auricle.mqtt.link.message import Message
from rigs.mqtt.broker import Broker
from rigs.mqtt.client import EVENT, ONLINE, satellite
from rigs.mqtt.subscriber import HouseClient
from rigs.waiting import eventually


async def test_nobody_listening_is_noticed(broker: Broker) -> None:
    async with satellite(broker.port) as study:
        await study.connected()

        result = await study.published(Message(EVENT, "{}"))

    assert result is DeliveryResult.NO_LISTENER


async def test_a_listener_makes_it_acknowledged(broker: Broker) -> None:
    topic = EVENT
    async with satellite(broker.port) as study, HouseClient(broker.port, topic):
        await study.connected()

        assert await study.published(Message(topic, "{}")) is DeliveryResult.ACKED


async def test_what_was_under_way_when_the_broker_died_is_reported_lost(
    broker: Broker,
) -> None:
    async with satellite(broker.port) as study:
        await study.connected()
        broker.freeze()
        message_id = study.client.publish(ONLINE)
        assert message_id is not None
        broker.kill()

        await eventually(lambda: study.delivered)

    assert study.delivered == [Delivered(message_id, DeliveryResult.LOST)]


async def test_more_than_fits_is_refused_not_hoarded(broker: Broker) -> None:
    async with satellite(broker.port) as study:
        await study.connected()
        broker.freeze()

        taken = [study.client.publish(ONLINE) is not None for _ in range(300)]

        broker.thaw()
        assert any(taken)
        assert not all(taken)
        await eventually(lambda: len(study.delivered) == taken.count(True))


async def test_a_broker_that_hangs_is_left_and_found_again(broker: Broker) -> None:
    async with satellite(broker.port) as study:
        await study.connected()
        broker.freeze()
        study.client.publish(ONLINE)
        await eventually(lambda: not study.client.connected)

        broker.thaw()
        await study.connected(times=2)


async def test_a_state_behind_an_acknowledgment_is_not_kept_back(
    broker: Broker,
) -> None:
    async with satellite(broker.port) as study:
        await study.connected()
        [nodelay] = own_sockets(broker.port, socket.TCP_NODELAY)

    assert nodelay


def own_sockets(port: int, option: int) -> Iterator[int]:
    """A TCP option of each of this process's connections to `port`."""
    for fd in Path("/proc/self/fd").iterdir():
        with (
            contextlib.suppress(OSError),
            socket.fromfd(int(fd.name), socket.AF_INET, socket.SOCK_STREAM) as sock,
        ):
            if sock.getpeername()[1:] == (port,):
                yield sock.getsockopt(socket.IPPROTO_TCP, option)


async def test_no_lock_is_held_across_publishing_and_acknowledging(
    broker: Broker,
) -> None:
    async with satellite(broker.port) as study:
        await study.connected()
        published = 0
        while published < 5000:
            if study.client.publish(ONLINE) is not None:
                published += 1
            else:
                await asyncio.sleep(0)
        await eventually(lambda: len(study.delivered) == published, timeout=30)
