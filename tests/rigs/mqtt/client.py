"""A client of a broker, and what it reported."""

import contextlib
import itertools
from collections.abc import AsyncIterator
from typing import Any

from auricle.mqtt.link.broker import (
    BrokerSettings,
    Connected,
    ConnectionFact,
    Delivered,
    DeliveryResult,
    Disconnected,
    Problem,
    Received,
    Report,
)
from auricle.mqtt.link.client import MqttClient, ReconnectSettings
from auricle.mqtt.link.message import Message
from rigs.mqtt.subscriber import HouseClient
from rigs.waiting import elapse, eventually

STATUS = "auricle/study/availability"
OFFLINE = Message(STATUS, "offline", retain=True)
EVENT = "auricle/study/event/test"
ONLINE = Message(STATUS, "online", retain=True)


class Satellite:
    """A client, and all that it reported."""

    def __init__(
        self,
        port: int,
        host: str = "127.0.0.1",
        *,
        refused_for: float = 0.1,
        **settings: Any,
    ) -> None:
        self.facts: list[ConnectionFact] = []
        self.received: list[Received] = []
        self.delivered: list[Delivered] = []
        self.client = MqttClient(
            [BrokerSettings(host, port, "auricle_study", **settings)],
            ReconnectSettings(
                lambda: itertools.repeat(0.1), lambda: itertools.repeat(refused_for)
            ),
            will=OFFLINE,
            subscriptions=["auricle/study/+/set"],
            on_report=self._take,
        )

    def _take(self, report: Report) -> None:
        match report:
            case Received():
                self.received.append(report)
            case Delivered():
                self.delivered.append(report)
            case _:
                self.facts.append(report)

    @property
    def problems(self) -> list[Problem]:
        return [f.problem for f in self.facts if isinstance(f, Disconnected)]

    async def connected(self, times: int = 1) -> None:
        await eventually(
            lambda: (
                sum(isinstance(f, Connected) for f in self.facts) >= times
                and self.client.connected
            )
        )

    async def subscribed(self, house: HouseClient) -> None:
        """Wait until it hears what `house` says to it."""
        while not self.received:
            house.say("auricle/study/test/set", "are you there?")
            await elapse(0.05)

    async def published(self, message: Message) -> DeliveryResult:
        message_id = self.client.publish(message)
        assert message_id is not None
        await eventually(lambda: any(d.id == message_id for d in self.delivered))
        return next(d.result for d in self.delivered if d.id == message_id)


@contextlib.asynccontextmanager
async def satellite(port: int, **settings: Any) -> AsyncIterator[Satellite]:
    satellite = Satellite(port, **settings)
    satellite.client.start()
    try:
        yield satellite
    finally:
        await satellite.client.stop(OFFLINE)
