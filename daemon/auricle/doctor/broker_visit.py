"""A visit to the broker, to see what it says and does.

What is published there is harmless: nothing is retained, nobody acts on it, and a
running satellite is not disturbed.
"""

import asyncio
import itertools
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from auricle import event_loop
from auricle.doctor.broker import Answers, Visit
from auricle.mqtt.broker import (
    BrokerSettings,
    Connected,
    ConnectionFact,
    Delivered,
    DeliveryResult,
    Denied,
    Disconnected,
    Problem,
    Received,
)
from auricle.mqtt.client import MqttClient
from auricle.mqtt.messages import Message
from auricle.mqtt.topics import Topics

# The broker has acknowledged everything by then.
_ECHO = 1.0
# The goodbye takes two seconds at most.
LEAVING = 2.0


def visit(
    settings: BrokerSettings,
    topics: Topics,
    patience: float,
    *,
    further: Sequence[str],
    discovery: bool,
) -> Visit:
    """Takes `patience` seconds, and LEAVING, at most.

    `further` topics are only subscribed to; `discovery`: try to introduce a device.
    Raises ConfigError for a certificate or key that cannot be used.
    """
    visitor = _Visitor(settings, topics, patience, further)
    return event_loop.run(visitor.visit(discovery=discovery))


class _Visitor:
    def __init__(
        self,
        settings: BrokerSettings,
        topics: Topics,
        patience: float,
        further: Sequence[str],
    ) -> None:
        self._settings = settings
        self._topics = topics
        self._patience = patience
        self._further = further
        # No command of ours, so that a running satellite ignores it; yet where its
        # commands go.
        self._echo = Message(f"{topics.root}/doctor/set", "")
        self._probe = Message(f"{topics.root}/doctor", "")
        self._denied: list[str] = []
        self._results: dict[int, DeliveryResult] = {}
        self._received: dict[str, str] = {}
        self._news = asyncio.Event()
        self._fact: asyncio.Future[Connected | Disconnected]

    async def visit(self, *, discovery: bool) -> Visit:
        self._fact = asyncio.get_running_loop().create_future()
        client = MqttClient(
            # Of two clients with one id, the broker throws the first one out.
            replace(self._settings, client_id=f"{self._settings.client_id}_doctor"),
            will=self._probe,
            subscriptions=[self._echo.topic, self._topics.birth, *self._further],
            on_connection=self._connection_changed,
            on_message=self._take,
            on_delivery=self._delivered,
            delays=lambda: itertools.repeat(self._patience),
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
                    answers = await self._ask(client, discovery=discovery)
        await client.stop(self._probe)
        return Visit(str(self._settings), fact, self._topics, self._denied, answers)

    async def _ask(self, client: MqttClient, *, discovery: bool) -> Answers:
        probe = await self._publish(client, self._probe)
        announcement = None
        if discovery:
            announcement = await self._publish(client, self._announcement())
        await self._publish(client, self._echo)
        with suppress(TimeoutError):
            async with asyncio.timeout(_ECHO):
                await self._until_received(self._echo.topic)
        return Answers(
            probe,
            self._echo.topic in self._received,
            announcement,
            self._received.get(self._topics.birth),
        )

    def _announcement(self) -> Message:
        payload = {
            "device": {"identifiers": [self._topics.device_id]},
            "origin": {"name": "auricle"},
            "components": {},
        }
        return Message(self._topics.discovery, json.dumps(payload))

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

    def _connection_changed(self, fact: ConnectionFact) -> None:
        if isinstance(fact, Denied):
            self._denied.append(fact.topic)
        elif not self._fact.done():
            self._fact.set_result(fact)

    def _take(self, received: Received) -> None:
        self._received[received.topic] = received.payload.decode(errors="replace")
        self._news.set()

    def _delivered(self, delivered: Delivered) -> None:
        self._results[delivered.id] = delivered.result
        self._news.set()
