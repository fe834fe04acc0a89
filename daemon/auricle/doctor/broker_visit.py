"""A visit to the broker, to see what it says and does.

What is published there is harmless: nothing is retained, nobody acts on it, and a
running satellite is not disturbed.
"""

import asyncio
import itertools
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from uuid import uuid4

from auricle.doctor.broker import Answers, BrokerVisit
from auricle.mqtt.discovery.introduction import Introduction
from auricle.mqtt.discovery.payload import shell
from auricle.mqtt.group_messages import Here, UnreadableError, Who, decode, encode
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
    Subscription,
)
from auricle.mqtt.link.client import MqttClient, ReconnectSettings
from auricle.mqtt.link.message import Message
from auricle.mqtt.link.packet_limit import packet_size
from auricle.mqtt.name_check import NameCheck
from auricle.mqtt.topics import Topics
from auricle.system import event_loop

# Seconds. The broker has acknowledged everything by then, and other satellites have
# said that they are there, or have our name.
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
    group: str = "",
    own_run: str | None = None,
) -> BrokerVisit:
    """Visit the broker; this takes `patience` seconds, and LEAVING, at most.

    `further` topics are only subscribed to; whether a device could be introduced by
    `introduction` is tried. The satellites of `group` are asked to say that they are
    there, and who has our name, but for `own_run`, the satellite that runs here. Raises
    ConfigError for a certificate or key that cannot be used.
    """
    visitor = _Visitor(
        settings, topics, patience, further, introduction, group, own_run
    )
    return event_loop.run(visitor.visit())


class _Visitor:
    def __init__(
        self,
        settings: BrokerSettings,
        topics: Topics,
        patience: float,
        further: Sequence[str],
        introduction: Introduction | None,
        group: str,
        own_run: str | None,
    ) -> None:
        self._settings = settings
        self._topics = topics
        self._patience = patience
        self._further = further
        self._introduction = introduction
        self._group = group
        self._name_check = NameCheck(
            *(topics, uuid4().hex, () if own_run is None else (own_run,)),
            new_id=lambda: uuid4().hex,
        )
        self._name_is_free: bool | None = None
        self._question: int | None = None
        self._members: set[str] = set()
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
            subscriptions=[
                *(self._order.topic, self._topics.birth, *self._further),
                *self._name_check.subscriptions,
            ],
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
            self._group,
        )

    async def _ask(self, client: MqttClient, connected: Connected) -> Answers:
        self._question = client.publish(self._name_check.ask())
        alone = await self._ask_group(client)
        probe = await self._publish(client, self._probe)
        announcement = None
        if self._introduction is not None:
            announced = replace(shell(self._topics), retain=False)
            announcement = await self._publish(client, announced)
        await self._publish(client, self._order)
        with suppress(TimeoutError):
            async with asyncio.timeout(_WAY_BACK):
                while not (self._all_came_back and self._knows_the_name and alone):
                    await self._wait_for_news()
        return Answers(
            probe,
            self._order.topic in self._received,
            announcement,
            self._received.get(self._topics.birth),
            # Last, for some brokers drop us for it.
            await self._ask_for_room(client, connected),
            self._name_check.namesake,
            bids_come=self._bids_come,
            members=frozenset(self._members),
        )

    async def _ask_group(self, client: MqttClient) -> bool:
        """Ask who is there; return whether it is certain that nobody is."""
        if not self._group:
            return True
        who = Message(self._topics.bid(self._group), encode(Who()))
        # Before we are among those who listen; only MQTT 5 tells.
        alone = await self._publish(client, who) is DeliveryResult.NO_LISTENER
        client.subscribe(Subscription(self._topics.bids(self._group)))
        await self._publish(client, who)
        return alone

    @property
    def _bids_come(self) -> bool:
        return not self._group or self._topics.bid(self._group) in self._received

    @property
    def _all_came_back(self) -> bool:
        return self._bids_come and self._order.topic in self._received

    @property
    def _knows_the_name(self) -> bool:
        return self._name_is_free is not None

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
            await self._wait_for_news()
        return self._results[message_id]

    async def _wait_for_news(self) -> None:
        self._news.clear()
        await self._news.wait()

    def _note(self, received: Received) -> None:
        self._received[received.topic] = received.payload.decode(errors="replace")
        self._note_name(received)
        member = self._topics.bidder(received.topic, self._group)
        if member in (None, self._topics.node) or received.retain:
            return
        assert member is not None
        with suppress(UnreadableError):
            message = decode(member, received.payload)
            if isinstance(message, Here):
                self._members.add(member)

    def _note_name(self, report: Received | Delivered) -> None:
        if self._name_is_free is None:
            self._name_is_free = self._name_check.take(report)

    def _take(self, report: Report) -> None:
        match report:
            case Denied(topic):
                self._denied.append(topic)
            case Connected() | Disconnected():
                if not self._fact.done():
                    self._fact.set_result(report)
            case Received():
                self._note(report)
                self._news.set()
            case Delivered(message_id, result):
                self._results[message_id] = result
                if message_id == self._question:
                    self._note_name(report)
                self._news.set()
