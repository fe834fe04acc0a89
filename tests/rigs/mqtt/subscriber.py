"""The rest of the house: another client of the broker, which hears and speaks."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties

from rigs.mqtt.schemas import complaints
from rigs.waiting import eventually


@dataclass(frozen=True)
class Heard:
    topic: str
    payload: str
    retain: bool
    qos: int
    expiry: int | None


class HouseClient:
    """Subscribes to everything it is told to, and keeps all that it hears.

    Leaving it checks that all of that fits the schemas we give to users.
    """

    def __init__(
        self,
        port: int,
        *topics: str,
        username: str | None = None,
        password: str | None = None,
        later: bool = False,
        client_id: str = "",
    ) -> None:
        """`later`: come even while there is no broker yet; `client_id`: the same at
        each connection, as Home Assistant's is, by default another one.
        """
        self._later = later
        self.heard: list[Heard] = []
        self.on_heard: Callable[[Heard, bytes], None] | None = None
        """Told of every message, in the client's own thread."""
        self._topics = topics
        self._subscribed = threading.Event()
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id, protocol=paho.MQTTv5
        )
        self._client.reconnect_delay_set(1, 1)
        if username:
            self._client.username_pw_set(username, password)
        self._client.on_connect = lambda *_: self._subscribe()
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = lambda _c, _u, message: self._hear(message)
        self._client.connect_async("127.0.0.1", port)

    async def __aenter__(self) -> Self:
        self._client.loop_start()
        if not self._later:
            assert await asyncio.to_thread(self._subscribed.wait, 60)
        return self

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._client.disconnect()
        await asyncio.to_thread(self._client.loop_stop)
        if error_type is None:
            assert [c for m in self.heard for c in complaints(m.topic, m.payload)] == []

    def say(
        self, topic: str, payload: str | bytes, *, retain: bool = False, qos: int = 1
    ) -> None:
        self._client.publish(topic, payload, qos, retain)

    def on(self, topic: str) -> list[str]:
        """The payloads heard on `topic`, in order."""
        return [heard.payload for heard in self.heard if heard.topic == topic]

    async def hears(
        self, topic: str, payload: str | None = None, timeout: float = 60.0
    ) -> None:
        """Wait until `payload` (or anything) is the latest on `topic`."""

        def heard() -> bool:
            on_topic = self.on(topic)
            return bool(on_topic) and payload in (None, on_topic[-1])

        await eventually(heard, timeout)

    async def until(self, condition: Callable[[], object]) -> None:
        await eventually(condition)

    def _subscribe(self) -> None:
        topics = [(topic, 1) for topic in self._topics or ("nothing/to/hear",)]
        self._client.subscribe(topics)

    def _hear(self, message: paho.MQTTMessage) -> None:
        properties = message.properties
        expiry = None
        if isinstance(properties, Properties):
            expiry = getattr(properties, "MessageExpiryInterval", None)
        payload = bytes(message.payload)
        heard = Heard(
            message.topic,
            payload.decode(errors="replace"),
            message.retain,
            message.qos,
            expiry,
        )
        self.heard.append(heard)
        if self.on_heard is not None:
            self.on_heard(heard, payload)
