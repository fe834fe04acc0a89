"""Listens to what the satellites of a group tell each other, and takes no part."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace

from auricle.listen.overheard import Overheard
from auricle.mqtt.group_messages import (
    Ask,
    Gone,
    Here,
    Told,
    UnreadableError,
    Untold,
    Who,
    decode,
    encode,
)
from auricle.mqtt.link.broker import BrokerSettings, Connected, Received, Report
from auricle.mqtt.link.client import MqttClient, ReconnectSettings
from auricle.mqtt.link.message import Message
from auricle.mqtt.link.route import reconnect_delays
from auricle.mqtt.topics import Topics

logger = logging.getLogger(__name__)


class GroupListener:
    """Is connected to the satellite's broker under another name, where there is one."""

    def __init__(
        self,
        brokers: Sequence[BrokerSettings],
        topics: Topics,
        group: str,
        overheard: Overheard,
    ) -> None:
        """Tell `overheard` what the satellites of `group` say.

        Raises ConfigError for a certificate or key that cannot be used.
        """
        self._topics = topics
        self._group = group
        self._overheard = overheard
        self._loop = asyncio.get_running_loop()
        # Nobody acts on it; a client has to have something to say when it leaves.
        self._nothing = Message(f"{topics.root}/doctor", "", qos=0)
        self._client = MqttClient(
            # Of two clients with one id, the broker throws the first one out.
            [replace(b, client_id=f"{b.client_id}_listen") for b in brokers],
            ReconnectSettings(reconnect_delays),
            will=self._nothing,
            subscriptions=[topics.bids(group)],
            on_report=self._take,
        )

    def start(self) -> None:
        """Look for a broker."""
        self._client.start()

    async def stop(self) -> None:
        """Leave the broker."""
        await self._client.stop(self._nothing)

    def _take(self, report: Report) -> None:
        match report:
            case Connected():
                who = Message(self._topics.bid(self._group), encode(Who()), qos=0)
                self._client.publish(who)
            case Received(topic, payload, False):
                member = self._topics.bidder(topic, self._group)
                if member is not None:
                    self._hear(member, payload)

    def _hear(self, member: str, payload: bytes) -> None:
        try:
            message = decode(member, payload)
        except UnreadableError as error:
            logger.debug("ignoring what %s told the group: %s", member, error)
            return
        match message:
            case Here():
                self._overheard.meet(member)
            case Gone():
                self._overheard.part(member)
            case Who() | Ask() | Told() | Untold():
                pass
            case _:
                self._overheard.hear(message, self._loop.time())
