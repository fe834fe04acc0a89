"""A connection while it lasts: what is under way on it, and whether it answers."""

import asyncio
import logging
import ssl
from collections.abc import Callable, Sequence

from auricle.mqtt.link import disconnection
from auricle.mqtt.link.broker import (
    BrokerSettings,
    Connected,
    Delivered,
    DeliveryResult,
    Denied,
    Disconnected,
    Oversized,
    Received,
    Report,
    Subscription,
    Version,
)
from auricle.mqtt.link.connection import BrokerConnection
from auricle.mqtt.link.message import Message

logger = logging.getLogger(__name__)

# Seconds for name, TCP, TLS and CONNACK. A name server that never answers would keep
# a connection's thread for as long as it likes.
OPEN_TIMEOUT = 15.0
# Seconds for an acknowledgment. A broker may hang while its machine goes on receiving:
# after the first no command is sent to it, after the second another connection is
# tried. What it has received by then it may still pass on, however late.
ANSWER_TIME = 0.25
HANG_TIME = 4.0
# Seconds for the last acknowledgments, and for the end itself.
GOODBYE_TIMEOUT = 1.0


class InFlight:
    """Holds what was sent on one connection and is not yet acknowledged."""

    def __init__(self) -> None:
        self._messages: dict[int, tuple[Message, float]] = {}

    def __bool__(self) -> bool:
        return bool(self._messages)

    @property
    def ids(self) -> list[int]:
        """The ids of the messages, in the order of sending."""
        return list(self._messages)

    @property
    def oldest(self) -> float | None:
        """When the longest unacknowledged message was sent."""
        return next((since for _, since in self._messages.values()), None)

    def sent(self, message_id: int, message: Message, now: float) -> None:
        """Note that `message` was sent."""
        self._messages[message_id] = (message, now)

    def acknowledged(self, message_id: int) -> tuple[Message, float] | None:
        """Return the message of this id and when it was sent; None for another's id."""
        return self._messages.pop(message_id, None)


class WatchedConnection:
    """One connection, given up where the broker does not take us or answer in time."""

    def __init__(
        self,
        settings: BrokerSettings,
        version: Version,
        tls: ssl.SSLContext | None,
        will: Message,
        subscriptions: Sequence[Subscription],
        *,
        on_report: Callable[[Connected | Denied | Received | Oversized], None],
        on_delivery: Callable[[Delivered, Message, float], None],
    ) -> None:
        """`on_delivery` is told once of each message that was published, with the time
        at which it was sent.
        """
        self.version = version
        self._settings = settings
        self._subscriptions = list(subscriptions)
        self._on_report = on_report
        self._on_delivery = on_delivery

        self._loop = asyncio.get_running_loop()
        self._connection = BrokerConnection(settings, version, tls, will, self._take)
        self._patience: asyncio.Timeout | None = None
        self._connected_at: float | None = None
        self._ended: asyncio.Future[Disconnected] = self._loop.create_future()
        self._in_flight = InFlight()
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def connected(self) -> bool:
        """Whether the broker took us, and still has us."""
        return self._connected_at is not None

    @property
    def answers(self) -> bool:
        """Whether the broker has acknowledged all that it could have by now."""
        oldest = self._in_flight.oldest
        return oldest is None or self._loop.time() - oldest < ANSWER_TIME

    @property
    def rounds(self) -> int:
        """How often its thread went round, once a second or more."""
        return self._connection.rounds

    @property
    def idle(self) -> bool:
        """Whether all that was sent is acknowledged."""
        return not self._in_flight

    async def serve(self) -> tuple[Disconnected, float | None]:
        """Open the connection and wait for its end.

        Return why it ended, and the seconds it lasted, if it was there.
        """
        try:
            async with asyncio.timeout(OPEN_TIMEOUT) as self._patience:
                await self._connection.open()
                end = await self._ended
            self._connection.dispose()
        except TimeoutError:
            self._connection.close()
            end = disconnection.silent(self._settings)
        finally:
            lasted = None
            if self._connected_at is not None:
                lasted = self._loop.time() - self._connected_at
            self._connected_at = self._patience = None
            for message_id in self._in_flight.ids:
                self._deliver(Delivered(message_id, DeliveryResult.LOST))
        return end, lasted

    def publish(self, message: Message) -> int | None:
        """Send `message`; return the id of its Delivered, None where not taken."""
        if not self.connected:
            return None
        message_id = self._connection.publish(message)
        if message_id is not None and message.qos > 0:
            self._in_flight.sent(message_id, message, self._loop.time())
            self._idle.clear()
            self._expect_answer()
        return message_id

    def subscribe(self, subscription: Subscription) -> None:
        """Take the messages of this one as well, as soon as there is a connection."""
        self._subscriptions.append(subscription)
        if self.connected:
            self._connection.subscribe([subscription])

    def unsubscribe(self, subscription: Subscription) -> None:
        """Take no more of its messages."""
        self._subscriptions.remove(subscription)
        if self.connected:
            self._connection.unsubscribe(subscription)

    async def leave(self, last: Message) -> None:
        """Publish `last`, wait for all acknowledgments, disconnect."""
        self.publish(last)
        try:
            await asyncio.wait_for(self._idle.wait(), GOODBYE_TIMEOUT)
        except TimeoutError:
            logger.debug("the broker did not acknowledge our goodbye")
        self._connection.close()

    def _take(self, report: Report | Oversized) -> None:
        if self._patience is None:
            if isinstance(report, Connected):
                # It was given up while it opened.
                self._connection.close()
            return
        match report:
            case Connected():
                if self._patience.expired():
                    return
                self._patience.reschedule(None)
                self._connected_at = self._loop.time()
                if self._subscriptions:
                    self._connection.subscribe(self._subscriptions)
                self._on_report(report)
            case Disconnected():
                if not self._ended.done():
                    self._ended.set_result(report)
            case Denied() | Received() | Oversized():
                self._on_report(report)
            case Delivered():
                self._deliver(report)

    def _deliver(self, delivered: Delivered) -> None:
        acknowledged = self._in_flight.acknowledged(delivered.id)
        if acknowledged is None:
            return
        if not self._in_flight:
            self._idle.set()
        self._expect_answer()
        self._on_delivery(delivered, *acknowledged)

    def _expect_answer(self) -> None:
        """Be patient until the oldest message is overdue."""
        if self._patience is None or self._patience.expired():
            return
        oldest = self._in_flight.oldest
        self._patience.reschedule(None if oldest is None else oldest + HANG_TIME)
