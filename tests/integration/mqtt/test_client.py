"""Finding a real mosquitto, losing it, and leaving it."""

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from auricle.mqtt.link.broker import (
    Connected,
    DeliveryResult,
    Denied,
    Disconnected,
    Problem,
    Version,
)
from auricle.mqtt.link.message import Message
from rigs.faults.fault_proxy import FaultProxy
from rigs.mqtt.broker import Broker, free_port, password_file, running_broker
from rigs.mqtt.client import EVENT, ONLINE, STATUS, satellite
from rigs.mqtt.refusing import UNSPECIFIED_ERROR, Refusing, is_subscription
from rigs.mqtt.subscriber import HouseClient
from rigs.mqtt.takeover import telling_of_takeovers
from rigs.waiting import eventually


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[Broker]:
    """A broker that knows `pi`, who may write and read below its own node."""
    passwords = password_file(tmp_path, {"pi": "s3cret", "house": "h0use"})
    rules = tmp_path / "rules"
    rules.write_text(
        "user pi\ntopic readwrite auricle/study/#\nuser house\ntopic readwrite #\n"
    )
    rules.chmod(0o600)
    listener = (
        "allow_anonymous false",
        f"password_file {passwords}",
        f"acl_file {rules}",
    )
    with running_broker(tmp_path, listener) as broker:
        yield broker


async def test_a_clean_stop_leaves_offline_behind(broker: Broker) -> None:
    async with satellite(broker.port) as study:
        await study.connected()
        await study.published(ONLINE)

    async with HouseClient(broker.port, STATUS) as house:
        await house.hears(STATUS, "offline")


async def test_nothing_waits_in_the_client_while_the_broker_is_away(
    broker: Broker,
) -> None:
    topic = EVENT
    async with satellite(broker.port) as study:
        await study.connected()
        broker.kill()
        await eventually(lambda: not study.client.connected)

        refused = study.client.publish(Message(topic, "turn on the oven"))

        broker.start()
        async with HouseClient(broker.port, "auricle/#") as house:
            await study.connected(times=2)
            await study.published(ONLINE)
            await house.hears(STATUS, "online")
        assert refused is None
        assert house.on(topic) == []


async def test_a_broker_that_comes_late_is_found() -> None:
    port = free_port()
    async with satellite(port) as study:
        await eventually(lambda: study.facts)

    assert study.problems[0] is Problem.UNREACHABLE


async def test_an_outage_is_warned_of_once(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "auricle.mqtt.link.client")
    async with satellite(broker.port) as study:
        await study.connected()
        broker.kill()
        await eventually(lambda: study.problems.count(Problem.UNREACHABLE) >= 3)
        broker.start()
        await study.connected(times=2)

    levels = [r.levelname for r in caplog.records if "nothing listens" in r.message]
    assert levels[0] == "WARNING"
    assert set(levels[1:]) == {"DEBUG"}
    assert caplog.text.count("INFO") == 2


async def test_a_wrong_password_is_named_as_such(secured: Broker) -> None:
    async with satellite(secured.port, username="pi", password="wrong") as study:
        await eventually(lambda: study.facts)

    fact = study.facts[0]
    assert isinstance(fact, Disconnected)
    assert fact.problem is Problem.AUTH_FAILED
    assert "'pi'" in fact.detail
    assert "wrong" not in fact.detail


async def test_a_forbidden_topic_is_rejected_and_warned_of_once(
    secured: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    async with satellite(secured.port, username="pi", password="s3cret") as study:
        await study.connected()
        results = [
            await study.published(Message("auricle/kitchen/state", "idle"))
            for _ in range(3)
        ]

    assert results == [DeliveryResult.REJECTED] * 3
    assert caplog.text.count("do not let us write auricle/kitchen/state") == 1


async def test_what_a_cluster_could_not_subscribe_us_to_is_heard_soon(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        HouseClient(broker.port) as house,
        FaultProxy(broker.port) as door,
    ):
        failing = Refusing(UNSPECIFIED_ERROR, is_subscription)
        door.screen(failing.screen)
        async with satellite(door.port) as study:
            await eventually(lambda: failing.refused >= 2)
            door.heal()
            await study.subscribed(house)

    assert not any(isinstance(fact, Denied) for fact in study.facts)
    assert caplog.text.count("could not subscribe us to auricle/study/+/set") == 1


async def test_a_node_that_dies_while_we_connect_leaves_us_with_mqtt_5(
    broker: Broker,
) -> None:
    async with FaultProxy(broker.port) as door, satellite(door.port) as study:
        await study.connected()
        dying = Dying(door)
        door.screen(dying.screen)
        door.reset()
        await study.connected(times=2)

    assert dying.visits >= 1
    assert {fact.version for fact in study.facts if isinstance(fact, Connected)} == {
        Version.V5
    }


class Dying:
    """Stands before a broker, and ends the first connection that asks for MQTT 5."""

    def __init__(self, door: FaultProxy) -> None:
        self.visits = 0
        self._door = door

    def screen(self, data: bytes) -> tuple[bytes, bytes]:
        if data[0] == 0x10 and not self.visits:
            self.visits += 1
            self._door.close()
            return b"", b""
        return data, b""


async def test_two_clients_of_one_name_are_noticed(broker: Broker) -> None:
    async with satellite(broker.port) as first:
        await first.connected()
        async with satellite(broker.port) as second:
            await eventually(
                lambda: Problem.TAKEN_OVER in first.problems + second.problems
            )


async def test_of_two_clients_of_one_name_one_leaves_the_broker_to_the_other(
    broker: Broker,
) -> None:
    async with (
        telling_of_takeovers(broker.port) as port,
        satellite(port, refused_for=600) as first,
    ):
        await first.connected()
        async with satellite(port, refused_for=600) as second:
            both = {first, second}
            await eventually(
                lambda: any(s.problems.count(Problem.TAKEN_OVER) > 2 for s in both)
            )
            loser = max(both, key=lambda s: s.problems.count(Problem.TAKEN_OVER))
            (winner,) = both - {loser}
            await winner.connected()
            assert await winner.published(ONLINE) is DeliveryResult.NO_LISTENER
            assert not loser.client.connected
            end = loser.facts[-1]

    assert isinstance(end, Disconnected)
    assert "as 'auricle_study'" in end.detail
    assert "satellite.name" in end.detail


async def test_a_broker_restart_is_survived(broker: Broker) -> None:
    async with satellite(broker.port) as study:
        await study.connected()
        broker.stop()
        broker.start()

        await study.connected(times=2)
        assert await study.published(ONLINE) is DeliveryResult.NO_LISTENER


async def test_what_is_not_mqtt_is_a_lost_connection_not_a_dead_daemon() -> None:
    async def babble(
        _reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    async with server, satellite(server.sockets[0].getsockname()[1]) as study:
        await eventually(lambda: len(study.facts) >= 2)

    assert not study.client.connected
