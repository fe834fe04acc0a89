"""Making the broker, and with it Home Assistant, forget a satellite."""

import asyncio
import itertools
from dataclasses import dataclass, replace
from typing import assert_never

from auricle.mqtt.discovery.payload import single_discoveries
from auricle.mqtt.link.broker import (
    BrokerSettings,
    Connected,
    Delivered,
    DeliveryResult,
    Denied,
    Disconnected,
    Received,
    Report,
)
from auricle.mqtt.link.client import MqttClient, ReconnectSettings
from auricle.mqtt.link.message import Message
from auricle.mqtt.topics import Topics

# Seconds. The broker sends what it retained at once, one after the other.
_QUIET = 0.5
_LONGEST = 20.0


class ForgettingError(Exception):
    """The broker cannot be reached, or does not let us."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was found of the satellite, and cleared."""

    topics: tuple[str, ...]
    """What the broker had retained, as far as it let us read."""
    was_online: bool
    """The satellite may be running still, and will tell it all again."""


async def forget(
    broker: BrokerSettings, topics: Topics, *, unless_online: bool = False
) -> Forgotten:
    """Clear every topic retained for the satellite.

    Also what earlier versions or other programs retained below its root; Home Assistant
    then removes the device and its entities. With `unless_online` nothing is cleared of
    a satellite that is there. Raises ForgettingError.
    """
    try:
        async with asyncio.timeout(_LONGEST):
            return await _Forgetting(broker, topics, unless_online=unless_online).run()
    except TimeoutError:
        raise ForgettingError(f"the broker {broker} does not answer") from None


class _Forgetting:
    def __init__(
        self, broker: BrokerSettings, topics: Topics, *, unless_online: bool
    ) -> None:
        self._topics = topics
        self._unless_online = unless_online
        # Nobody acts on it: whatever befalls us, a satellite that is there stays so.
        self._nothing = Message(f"{topics.root}/doctor", "")
        self._retained: dict[str, bytes] = {}
        self._news = asyncio.Event()
        self._first_fact: asyncio.Future[Connected | Disconnected] = (
            asyncio.get_running_loop().create_future()
        )
        self._results: dict[int, DeliveryResult] = {}
        self._client = MqttClient(
            [replace(broker, client_id=f"{broker.client_id}_forget")],
            ReconnectSettings(lambda: itertools.repeat(_LONGEST)),
            will=self._nothing,
            subscriptions=[
                f"{topics.root}/#",
                topics.discovery,
                topics.single_discoveries,
                # Where the broker, or its rules, let us read no more.
                topics.discovery_note,
                topics.availability,
            ],
            on_report=self._take,
        )

    async def run(self) -> Forgotten:
        self._client.start()
        try:
            fact = await self._first_fact
            if isinstance(fact, Disconnected):
                what_to_do = "for what to do: auricle doctor"
                raise ForgettingError(f"{fact.detail}; {what_to_do}")
            await self._read()
            was_online = self._retained.get(self._topics.availability) == b"online"
            if was_online and self._unless_online:
                raise ForgettingError(_still_there(self._topics))
            await self._clear()
        finally:
            await self._client.stop(self._nothing)
        return Forgotten(tuple(sorted(self._retained)), was_online)

    async def _read(self) -> None:
        # However slow the way is, the broker takes what we send in its order.
        last = self._client.publish(self._nothing)
        while last is not None and last not in self._results:
            self._news.clear()
            await self._news.wait()
        while True:
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), _QUIET)
            except TimeoutError:
                return

    async def _clear(self) -> None:
        # The lists by heart are for brokers that let nobody read. As long as Home
        # Assistant knows single entities, it would take the end of the device for
        # theirs, on the wrong topic.
        single = [
            topic
            for topic in single_discoveries(self._topics)
            if topic in self._retained
            or self._retained.get(self._topics.discovery_note)
        ]
        to_clear = dict.fromkeys([*single, *self._topics.retained, *self._retained])
        ids = {topic: self._client.publish(_clearing(topic)) for topic in to_clear}
        while any(i is not None and i not in self._results for i in ids.values()):
            self._news.clear()
            await self._news.wait()
        left = [
            topic
            for topic, message_id in ids.items()
            if message_id is None
            or self._results.get(message_id)
            not in (DeliveryResult.ACKED, DeliveryResult.NO_LISTENER)
        ]
        if left:
            raise ForgettingError(f"the broker did not clear {', '.join(left)}")

    def _take(self, report: Report) -> None:
        match report:
            case Connected() | Disconnected():
                if not self._first_fact.done():
                    self._first_fact.set_result(report)
            case Received(topic, payload, retain):
                if retain:
                    self._retained[topic] = payload
                    self._news.set()
            case Delivered(message_id, result):
                self._results[message_id] = result
                self._news.set()
            case Denied():
                # What cannot be read is cleared by heart.
                pass
            case _:
                assert_never(report)


def _still_there(topics: Topics) -> str:
    return (
        f"the broker says that {topics.node!r} is online: stop that satellite first; "
        f"if there is none any more: mosquitto_pub -r -n -t {topics.availability}, and "
        "run this again"
    )


def _clearing(topic: str) -> Message:
    """An empty retained message deletes what the broker keeps."""
    return Message(topic, "", retain=True)
