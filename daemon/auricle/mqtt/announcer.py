"""What is true, told to the broker, and told again when it may have been forgotten."""

import asyncio
from collections.abc import Callable

from auricle.boot import since_boot
from auricle.mqtt.client import MqttClient
from auricle.mqtt.messages import Message
from auricle.mqtt.states import States

# Home Assistant's birth message reaches all satellites at once; it asks for this.
BIRTH_JITTER = 5.0
# Seconds to leave a broker alone that has no room.
QUOTA_PAUSE = 30.0


class Announcer:
    """Publishes retained messages; on the event loop."""

    def __init__(
        self, client: MqttClient, online: Message, random: Callable[[], float]
    ) -> None:
        """`online` is told last, when everything else is; `random` from 0 to 1."""
        self._client = client
        self._online = online
        self._random = random
        self._states = States()
        self._timer: asyncio.TimerHandle | None = None

    def put(self, message: Message, *, again: bool = False) -> None:
        """Publish what is true now; what the broker knows only where `again`."""
        if not message.retain:
            self._client.publish(message)
        elif self._states.put(message, since_boot()) or again:
            self._tell(message)

    def repeat(self, topic: str) -> None:
        """Say once more what is true of `topic`."""
        message = self._states.get(topic)
        if message is not None:
            self._tell(message)

    def catch_up(self) -> None:
        """Publish what the broker did not take before; it may have room now."""
        for message in self._states.take_untold(since_boot()):
            self._tell(message)

    def announce(self) -> None:
        """Everything that is true, and last that the satellite is there."""
        self.stop()
        for message in self._states.take_all(since_boot()):
            self._tell(message)
        self._client.publish(self._online)

    def announce_soon(self, then: Callable[[], None], *, after: float = 0.0) -> None:
        """The same, but not at the same moment as every other satellite."""
        loop = asyncio.get_running_loop()
        due = loop.time() + after + self._random() * BIRTH_JITTER
        if self._timer is None or self._timer.when() > due:
            self.stop()
            self._timer = loop.call_at(due, then)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tell(self, message: Message) -> None:
        if self._client.publish(message) is None:
            self._states.untold(message.topic)
