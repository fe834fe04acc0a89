"""How a turn ended, on all the topics that tell it."""

from dataclasses import replace

from auricle.mqtt.announcer import Announcer
from auricle.mqtt.delivery.ledger import Due, Notice, Outbound, Purpose
from auricle.mqtt.hermes import Hermes
from auricle.mqtt.link.client import MqttClient
from auricle.mqtt.link.message import Message
from auricle.mqtt.messages import Messages
from auricle.system.clock import since_boot


class OutcomePublisher:
    """Publishes how a turn ended, at once.

    None is returned where the broker takes no more now.
    """

    def __init__(
        self,
        client: MqttClient,
        announcer: Announcer,
        messages: Messages,
        hermes: Hermes | None,
        time_to_live: float,
    ) -> None:
        """`time_to_live` is the seconds in which what is no command is passed on."""
        self._client = client
        self._announcer = announcer
        self._messages = messages
        self._hermes = hermes
        self._time_to_live = time_to_live

    def publish_final(self, due: Due) -> set[int] | None:
        """Publish a final; return the ids of the messages that decide its fate."""
        if not self._client.answers:
            return None
        self._announcer.be_there()
        topics = self._messages.topics
        message_ids = set()
        for message in (
            *self._messages.outcome(due.outbound, age=due.age, expiry=due.expiry),
            *self._in_hermes(due.outbound, due.expiry),
        ):
            if message.topic in (topics.last, topics.emotion):
                # The announcer sees to it from then on.
                if not due.again:
                    self._announcer.put(message)
                continue
            message = replace(message, not_after=due.not_after)
            message_id = self._client.publish(message)
            if message_id is None:
                # Too much is under way: it goes out again, whole, when there is room.
                return None
            message_ids.add(message_id)
        return message_ids

    def publish_end(self, outbound: Outbound) -> None:
        """Publish the end of a turn that brought no final."""
        spoken = outbound.stamp.spoken
        age = 0.0 if spoken is None else since_boot() - spoken
        self._publish_event(outbound, age=age)
        for message in self._in_hermes(outbound, self._time_to_live):
            self._client.publish(message)

    def publish_notice(self, notice: Notice) -> int | None:
        """Publish what became of a final; return the id of the message."""
        settled = notice.settled
        age = since_boot() - settled.spoken
        if notice.purpose is Purpose.HISTORY:
            history = self._messages.history(settled.outbound, settled.fate, age=age)
            return self._client.publish(history)
        return self._publish_event(settled.outbound, age=age)

    def _publish_event(self, outbound: Outbound, *, age: float) -> int | None:
        """What is no command is one event."""
        self._announcer.be_there()
        [event] = self._messages.outcome(outbound, age=age, expiry=self._time_to_live)
        return self._client.publish(event)

    def _in_hermes(self, outbound: Outbound, expiry: float) -> list[Message]:
        if self._hermes is None:
            return []
        captured = self._hermes.captured(outbound, expiry=expiry)
        return [captured] if captured else []
