"""Several brokers: the satellite goes on to the next, and back to the first."""

import contextlib
import itertools
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from auricle.mqtt.delivery.ledger import Fate
from auricle.mqtt.link.broker import (
    BrokerSettings,
    Connected,
    ConnectionFact,
    Denied,
    Disconnected,
    Problem,
    Report,
)
from auricle.mqtt.link.client import MqttClient, ReconnectSettings
from auricle.mqtt.link.message import Message
from auricle.mqtt.settings import Setting
from auricle.mqtt.topics import Topics
from rigs.mqtt.broker import Broker, password_file, running_broker
from rigs.mqtt.publisher import TOPICS, publishing
from rigs.mqtt.subscriber import Heard, HouseClient
from rigs.waiting import elapse, eventually

STATUS = "auricle/study/availability"
ONLINE = Message(STATUS, "online", retain=True)
OFFLINE = Message(STATUS, "offline", retain=True)


@pytest.fixture
def first(tmp_path: Path) -> Iterator[Broker]:
    folder = tmp_path / "first"
    folder.mkdir()
    with running_broker(folder) as broker:
        yield broker


@pytest.fixture
def second(tmp_path: Path) -> Iterator[Broker]:
    folder = tmp_path / "second"
    folder.mkdir()
    with running_broker(folder) as broker:
        yield broker


class Satellite:
    """A client that says that it is there to every broker that takes it."""

    def __init__(self, *brokers: Broker) -> None:
        self.facts: list[ConnectionFact] = []
        settings = [
            BrokerSettings("127.0.0.1", broker.port, "auricle_study", "pi", "s3cret")
            for broker in brokers
        ]
        self.client = MqttClient(
            settings,
            ReconnectSettings(
                lambda: itertools.repeat(0.1),
                lambda: itertools.repeat(0.1),
                look_back=0.1,
            ),
            will=OFFLINE,
            subscriptions=[],
            on_report=self._take,
        )

    def _take(self, report: Report) -> None:
        if isinstance(report, Connected | Disconnected | Denied):
            self.facts.append(report)
        if isinstance(report, Connected):
            self.client.publish(ONLINE)

    @property
    def problems(self) -> list[Problem]:
        return [fact.problem for fact in self.facts if isinstance(fact, Disconnected)]


@contextlib.asynccontextmanager
async def satellite(*brokers: Broker) -> AsyncIterator[Satellite]:
    satellite = Satellite(*brokers)
    satellite.client.start()
    try:
        yield satellite
    finally:
        await satellite.client.stop(OFFLINE)


async def is_said(broker: Broker, payload: str) -> None:
    async with HouseClient(broker.port, STATUS) as house:
        await house.hears(STATUS, payload)


async def test_where_the_first_is_away_the_second_serves(
    first: Broker, second: Broker
) -> None:
    first.kill()
    async with satellite(first, second):
        await is_said(second, "online")


async def test_a_broker_that_dies_is_replaced_and_returned_to(
    first: Broker, second: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "auricle.mqtt.link.client")
    async with satellite(first, second):
        await is_said(first, "online")
        first.kill()
        await is_said(second, "online")
        first.start()
        await is_said(first, "online")

        # Who listens there is told.
        await is_said(second, "offline")

    assert f"the broker 127.0.0.1:{first.port} is back" in caplog.text


async def test_the_end_of_each_connection_is_told_before_the_next_one(
    first: Broker, second: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    first.kill()
    async with satellite(first, second) as study:
        await is_said(second, "online")
        caplog.clear()
        first.start()
        await is_said(first, "online")

        kinds = [type(fact) for fact in study.facts]

    assert kinds[-3:] == [Connected, Disconnected, Connected]
    # It was left, and nobody has to do anything.
    assert "no broker" not in caplog.text


async def test_a_first_broker_that_opens_its_door_and_takes_nobody_is_not_gone_back_to(
    tmp_path: Path, second: Broker
) -> None:
    passwords = password_file(tmp_path, {"somebody": "else"})
    rules = ("allow_anonymous false", f"password_file {passwords}")
    folder = tmp_path / "strict"
    folder.mkdir()
    with running_broker(folder, rules) as strict:
        async with satellite(strict, second) as study:
            await is_said(second, "online")
            facts = len(study.facts)

            await eventually(lambda: strict.log.count("not authorised") >= 4)

            assert len(study.facts) == facts
            assert study.problems == [Problem.AUTH_FAILED]


async def test_all_that_is_retained_is_told_to_the_broker_that_stands_in(
    first: Broker, second: Broker
) -> None:
    async with (
        HouseClient(first.port, "#") as before,
        HouseClient(second.port, "#") as after,
        publishing(first, fallbacks=[second.port]) as study,
    ):
        study.publisher.tell_setting(Setting.VOLUME, 0.4)
        study.hears("turn on the light")
        await before.hears(TOPICS.setting(Setting.VOLUME))
        await before.hears(TOPICS.delivery)
        await before.hears(TOPICS.availability, "online")
        first.kill()
        await after.hears(TOPICS.availability, "online")
        await eventually(lambda: study.publisher.client.idle)
        told = topics_retained(before.heard)

        await after.until(lambda: told <= {heard.topic for heard in after.heard})

    assert told >= {
        TOPICS.availability,
        TOPICS.delivery,
        TOPICS.discovery,
        TOPICS.last,
        TOPICS.run,
        TOPICS.satellite,
        TOPICS.setting(Setting.VOLUME),
        TOPICS.state,
    }


def topics_retained(heard: list[Heard]) -> set[str]:
    return {message.topic for message in heard} & set(TOPICS.retained)


async def test_a_command_that_a_hanging_broker_took_is_heard_at_the_next_in_time(
    first: Broker, second: Broker
) -> None:
    async with (
        HouseClient(second.port, TOPICS.utterance) as house,
        publishing(first, fallbacks=[second.port]) as satellite,
    ):
        await eventually(lambda: satellite.publisher.client.idle)
        first.freeze()
        satellite.hears("turn on the light", latency=0.0)

        await house.hears(TOPICS.utterance)
        await eventually(lambda: satellite.fates)

    assert [settled.fate for settled in satellite.fates] == [Fate.ACKED]


@pytest.mark.parametrize("fault", [Broker.kill, Broker.freeze])
async def test_a_house_on_both_brokers_loses_no_command_to_the_end_of_one(
    first: Broker, second: Broker, fault: Callable[[Broker], None]
) -> None:
    """But for what the first had taken, and the house had not read of it by then:
    that dies with it, acknowledged or not.
    """
    rooms = [Topics("auricle", f"room{number}") for number in range(5)]
    utterances = {room.utterance for room in rooms}
    async with contextlib.AsyncExitStack() as house:
        listeners = [
            await house.enter_async_context(HouseClient(port, "auricle/#"))
            for port in (first.port, second.port)
        ]
        satellites = [
            await house.enter_async_context(
                publishing(
                    first,
                    fallbacks=[second.port],
                    topics=room,
                    state=room.node,
                    run_id=room.node,
                )
            )
            for room in rooms
        ]
        spoken: set[tuple[str, str]] = set()
        for number in range(60):
            if number == 20:
                await eventually(lambda: commands(listeners[0], utterances) == spoken)
            for room, satellite in zip(rooms, satellites, strict=True):
                turn = f"{room.node}_{number}"
                satellite.hears("turn on the light", turn=turn, latency=0.0)
                spoken.add((room.utterance, turn))
            if number == 20:
                fault(first)
            await elapse(0.02)
        await eventually(
            lambda: sum(len(satellite.fates) for satellite in satellites) == len(spoken)
        )
        assert {
            settled.fate for satellite in satellites for settled in satellite.fates
        } == {Fate.ACKED}

        def lost() -> int:
            heard = [commands(listener, utterances) for listener in listeners]
            return len(spoken - set().union(*heard))

        def unread() -> int:
            taken = sum(
                "Received PUBLISH" in line and any(f"'{t}'" in line for t in utterances)
                for line in first.log.splitlines()
            )
            return taken - len(commands(listeners[0], utterances))

        await eventually(lambda: lost() <= unread())


def commands(listener: HouseClient, topics: set[str]) -> set[tuple[str, str]]:
    """The topic and turn of each command that it heard on these."""
    return {
        (message.topic, json.loads(message.payload)["turn"])
        for message in list(listener.heard)
        if message.topic in topics
    }
