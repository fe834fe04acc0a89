"""A visit to the broker, to see what it says and does.

What is published there is harmless: nothing is retained, nobody acts on it, and a
running satellite is not disturbed.
"""

import asyncio
import itertools
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from auricle.doctor.broker import Answers, BrokerVisit
from auricle.mqtt.discovery.introduction import Introduction
from auricle.mqtt.discovery.payload import shell
from auricle.mqtt.link.broker import (
    BrokerSettings,
    Connected,
    Delivered,
    DeliveryResult,
    Denied,
    Disconnected,
    Problem,
    Received,
    Report,
)
from auricle.mqtt.link.client import MqttClient, ReconnectSettings
from auricle.mqtt.link.message import Message
from auricle.mqtt.link.packet_limit import packet_size
from auricle.mqtt.topics import Topics
from auricle.system import event_loop

# The broker has acknowledged everything by then.
_WAY_BACK = 1.0
# The goodbye takes two seconds at most.
LEAVING = 2.0


def visit(
    settings: BrokerSettings,
    topics: Topics,
    patience: float,
    *,
    further: Sequence[str],
    introduction: Introduction | None,
) -> BrokerVisit:
    """Visit the broker; this takes `patience` seconds, and LEAVING, at most.

    `further` topics are only subscribed to; whether a device could be introduced by
    `introduction` is tried. Raises ConfigError for a certificate or key that cannot be
    used.
    """
    visitor = _Visitor(settings, topics, patience, further, introduction)
    return event_loop.run(visitor.visit())


class _Visitor:
    def __init__(
        self,
        settings: BrokerSettings,
        topics: Topics,
        patience: float,
        further: Sequence[str],
        introduction: Introduction | None,
    ) -> None:
        self._settings = settings
        self._topics = topics
        self._patience = patience
        self._further = further
        self._introduction = introduction
        # No command of ours, so that a running satellite ignores it; yet where its
        # commands go.
        self._order = Message(f"{topics.root}/doctor/set", "")
        self._probe = Message(f"{topics.root}/doctor", "")
        self._denied: list[str] = []
        self._results: dict[int, DeliveryResult] = {}
        self._received: dict[str, str] = {}
        self._news = asyncio.Event()
        self._fact: asyncio.Future[Connected | Disconnected]

    async def visit(self) -> BrokerVisit:
        self._fact = asyncio.get_running_loop().create_future()
        client = MqttClient(
            # Of two clients with one id, the broker throws the first one out.
            [replace(self._settings, client_id=f"{self._settings.client_id}_doctor")],
            ReconnectSettings(lambda: itertools.repeat(self._patience)),
            will=self._probe,
            subscriptions=[self._order.topic, self._topics.birth, *self._further],
            on_report=self._take,
        )
        client.start()
        fact: Connected | Disconnected = Disconnected(
            Problem.UNREACHABLE, f"no answer from {self._settings}"
        )
        answers = None
        with suppress(TimeoutError):
            async with asyncio.timeout(self._patience):
                fact = await self._fact
                if isinstance(fact, Connected):
                    answers = await self._ask(client, fact)
        await client.stop(self._probe)
        return BrokerVisit(
            str(self._settings),
            fact,
            self._topics,
            self._denied,
            answers,
            self._introduction,
        )

    async def _ask(self, client: MqttClient, connected: Connected) -> Answers:
        probe = await self._publish(client, self._probe)
        announcement = None
        if self._introduction is not None:
            announced = replace(shell(self._topics), retain=False)
            announcement = await self._publish(client, announced)
        await self._publish(client, self._order)
        with suppress(TimeoutError):
            async with asyncio.timeout(_WAY_BACK):
                await self._until_received(self._order.topic)
        return Answers(
            probe,
            self._order.topic in self._received,
            announcement,
            self._received.get(self._topics.birth),
            # Last, for some brokers drop us for it.
            await self._ask_for_room(client, connected),
        )

    async def _ask_for_room(
        self, client: MqttClient, connected: Connected
    ) -> DeliveryResult | None:
        """What becomes of as much as the introduction has."""
        if self._introduction is None or connected.largest_packet is not None:
            return None
        size = packet_size(self._introduction.whole, connected.version)
        padding = size - packet_size(self._probe, connected.version)
        return await self._publish(client, replace(self._probe, payload="x" * padding))

    async def _publish(self, client: MqttClient, message: Message) -> DeliveryResult:
        message_id = client.publish(message)
        if message_id is None:
            return DeliveryResult.LOST
        while message_id not in self._results:
            self._news.clear()
            await self._news.wait()
        return self._results[message_id]

    async def _until_received(self, topic: str) -> None:
        while topic not in self._received:
            self._news.clear()
            await self._news.wait()

    def _take(self, report: Report) -> None:
        match report:
            case Denied(topic):
                self._denied.append(topic)
            case Connected() | Disconnected():
                if not self._fact.done():
                    self._fact.set_result(report)
            case Received(topic, payload):
                self._received[topic] = payload.decode(errors="replace")
                self._news.set()
            case Delivered(message_id, result):
                self._results[message_id] = result
                self._news.set()
