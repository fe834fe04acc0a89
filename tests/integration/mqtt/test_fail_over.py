"""Several brokers: the satellite goes on to the next, and back to the first."""

import contextlib
import itertools
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

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
from rigs.mqtt.broker import Broker, password_file, running_broker
from rigs.mqtt.subscriber import HouseClient
from rigs.waiting import eventually

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
