"""What becomes of the sounds that are played, told until somebody has heard it."""

import asyncio
from collections import deque

from auricle.mqtt.announcer import ASK_AGAIN, HOUSE_PATIENCE
from auricle.mqtt.link.broker import Delivered, DeliveryResult
from auricle.mqtt.link.client import MqttClient
from auricle.mqtt.link.message import Message
from auricle.system.clock import since_boot

# Whoever waits for a report gives up long before so many others are made.
_MOST_WAITING = 64


class PlayReports:
    """Publishes each report in its turn, and again where it may not have arrived.

    It lives on the event loop.
    """

    def __init__(self, client: MqttClient) -> None:
        self._client = client
        self._waiting: deque[Message] = deque(maxlen=_MOST_WAITING)
        self._under_way: dict[int, Message] = {}
        self._patient_until = 0.0
        self._retry: asyncio.TimerHandle | None = None

    def tell(self, report: Message) -> None:
        """Publish `report`, now or as soon as a broker is there."""
        self._waiting.append(report)
        self._catch_up()

    def connected(self) -> None:
        """Publish what waits: a broker is there."""
        self._patient_until = since_boot() + HOUSE_PATIENCE
        self._catch_up()

    def delivered(self, delivered: Delivered) -> None:
        """Take what became of a message, which may be a report."""
        report = self._under_way.pop(delivered.id, None)
        if report is None:
            return
        match delivered.result:
            case DeliveryResult.LOST:
                self._waiting.append(report)
            case DeliveryResult.NO_LISTENER if since_boot() < self._patient_until:
                # Behind an outage of the broker, Home Assistant is back later than we.
                self._waiting.append(report)
                self._try_again()

    def stop(self) -> None:
        """Publish nothing more."""
        if self._retry is not None:
            self._retry.cancel()

    def _try_again(self) -> None:
        self.stop()
        loop = asyncio.get_running_loop()
        self._retry = loop.call_later(ASK_AGAIN, self._catch_up)

    def _catch_up(self) -> None:
        while self._waiting and self._client.connected:
            message_id = self._client.publish(self._waiting[0])
            if message_id is None:
                # It has no room at present.
                self._try_again()
                return
            self._under_way[message_id] = self._waiting.popleft()
