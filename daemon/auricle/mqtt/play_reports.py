"""What becomes of the sounds that are played, told until a broker has it."""

from collections import deque

from auricle.mqtt.link.broker import Delivered, DeliveryResult
from auricle.mqtt.link.client import MqttClient
from auricle.mqtt.link.message import Message

# Whoever waits for a report gives up long before so many others are made.
_MOST_WAITING = 64


class PlayReports:
    """Publishes each report in its turn; one that a broker may not have is published
    again.
    """

    def __init__(self, client: MqttClient) -> None:
        self._client = client
        self._waiting: deque[Message] = deque(maxlen=_MOST_WAITING)
        self._under_way: dict[int, Message] = {}

    def tell(self, report: Message) -> None:
        """Publish `report`, now or as soon as a broker is there."""
        self._waiting.append(report)
        self.catch_up()

    def delivered(self, delivered: Delivered) -> None:
        """Take what became of a message, which may be a report."""
        report = self._under_way.pop(delivered.id, None)
        if report is not None and delivered.result is DeliveryResult.LOST:
            self._waiting.append(report)

    def catch_up(self) -> None:
        """Publish what waits, as far as the broker takes it."""
        while self._waiting:
            message_id = self._client.publish(self._waiting[0])
            if message_id is None:
                return
            self._under_way[message_id] = self._waiting.popleft()
