"""Whether a satellite's name is free at a real broker, and what becomes of two."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from auricle.mqtt.link.broker import BrokerSettings, Disconnected, Problem, Version
from auricle.mqtt.link.probe import name_is_free
from auricle.mqtt.name_check import NameCheck
from rigs.mqtt.broker import Broker, free_port
from rigs.mqtt.old_broker import old_broker
from rigs.mqtt.publisher import TOPICS, publishing
from rigs.mqtt.subscriber import HouseClient

VERSIONS = list(Version)


def check(run_id: str, *over: str) -> NameCheck:
    return NameCheck(TOPICS, run_id, over, lambda: uuid.uuid4().hex)


async def ask(
    port: int, check: NameCheck, version: Version = Version.V5
) -> bool | Disconnected:
    broker = BrokerSettings("127.0.0.1", port, TOPICS.device_id)
    return await name_is_free(check, broker, version, None, 10)


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_name_that_nobody_ever_had_is_free(
    broker: Broker, version: Version
) -> None:
    # Somebody who listens to everything, and replies to nothing.
    async with HouseClient(broker.port, "#") as house:
        assert await ask(broker.port, check("ours"), version) is True

    assert len(house.on(TOPICS.run_query)) == 1


@pytest.mark.parametrize("version", VERSIONS)
async def test_who_has_the_name_replies_and_says_where_it_is(
    broker: Broker, version: Version
) -> None:
    async with publishing(broker, run_id="theirs") as satellite:
        ours = check("ours")
        assert await ask(broker.port, ours, version) is False
        assert satellite.publisher.client.connected

    assert ours.namesake is not None
    assert (ours.namesake.run_id, ours.namesake.host) == ("theirs", "pi")


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_name_whose_last_run_does_not_reply_is_free(
    broker: Broker, version: Version
) -> None:
    async with HouseClient(broker.port, "#"):
        async with publishing(broker, run_id="theirs"):
            pass
        assert await ask(broker.port, check("ours"), version) is True


@pytest.mark.parametrize("ours", [check("before"), check("ours", "before")])
async def test_the_last_run_of_our_own_has_not_to_be_asked(
    broker: Broker, ours: NameCheck
) -> None:
    """As after `kill -9`, when the broker has not yet told that it is gone."""
    async with publishing(broker, run_id="before"):
        # Whatever it would reply: that it is over is certain.
        assert await ask(broker.port, ours) is True


async def test_a_broker_that_is_away_has_no_names() -> None:
    answer = await ask(free_port(), check("ours"))

    assert isinstance(answer, Disconnected)
    assert answer.problem is Problem.UNREACHABLE


@asynccontextmanager
async def jealous_broker(port: int, client_id: str) -> AsyncIterator[int]:
    """The port of a door to the broker on `port` that lets one client id in, as where
    each device has a certificate or a policy of its own.
    """

    async def visit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connect = await reader.read(4096)
        name = client_id.encode()
        if len(name).to_bytes(2, "big") + name not in connect:
            writer.close()
            return
        broker_reader, broker_writer = await asyncio.open_connection("127.0.0.1", port)
        broker_writer.write(connect)

        async def pass_on(
            source: asyncio.StreamReader, target: asyncio.StreamWriter
        ) -> None:
            while data := await source.read(4096):
                target.write(data)
            target.close()

        await asyncio.gather(
            pass_on(reader, broker_writer), pass_on(broker_reader, writer)
        )

    server = await asyncio.start_server(visit, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_a_broker_that_lets_in_nobody_but_us_is_used_without_asking(
    broker: Broker,
) -> None:
    async with (
        jealous_broker(broker.port, TOPICS.device_id) as port,
        HouseClient(broker.port, "auricle/#") as house,
        publishing(broker, port=port),
    ):
        await house.hears(TOPICS.availability, "online")


async def test_a_broker_from_before_mqtt_5_is_asked_as_well(broker: Broker) -> None:
    async with (
        old_broker(broker.port) as port,
        publishing(broker, port=port, run_id="theirs") as first,
        publishing(broker, port=port, run_id="ours", state="other") as second,
    ):
        assert first.namesakes == []
        assert first.publisher.client.connected

    assert [namesake.run_id for namesake in second.namesakes] == ["theirs"]
