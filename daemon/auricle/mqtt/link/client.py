"""A broker that is there or will be: connections, one after the other, for ever."""

import asyncio
import itertools
import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from auricle.mqtt.link.broker import (
    BrokerSettings,
    Connected,
    Delivered,
    DeliveryResult,
    Denied,
    Disconnected,
    Oversized,
    Problem,
    Received,
    Report,
    Subscription,
    Version,
)
from auricle.mqtt.link.message import Message
from auricle.mqtt.link.packet_limit import PacketLimit, packet_size
from auricle.mqtt.link.probe import NameInquiry, name_is_free, probe
from auricle.mqtt.link.refusals import BrokerRefusal, BrokerRefusals
from auricle.mqtt.link.route import SETTLED, Route, refusal_delays
from auricle.mqtt.link.watched_connection import (
    GOODBYE_TIMEOUT,
    OPEN_TIMEOUT,
    WatchedConnection,
)
from auricle.system.tls import client_context

logger = logging.getLogger(__name__)

# Not every broker tells a client that another one took its place: it is seen by
# connections in a row that are dropped before they have settled.
DROPS = 3


@dataclass(frozen=True, slots=True)
class ReconnectSettings:
    """How often a client tries to connect."""

    delays: Callable[[], Iterator[float]]
    """Makes the seconds to wait between rounds through all brokers."""
    refusal_delays: Callable[[], Iterator[float]] = refusal_delays
    """Makes the seconds to leave a broker alone that only a person can mend."""
    look_back: float = 30.0
    """Seconds between looks whether a broker that is rather to be used is back."""


class _NameTakenError(Exception):
    pass


class MqttClient:
    """Keeps connected to one of the brokers, and reports on the event loop.

    It never gives up because a broker is away.
    """

    def __init__(
        self,
        brokers: Sequence[BrokerSettings],
        reconnect: ReconnectSettings,
        *,
        will: Message,
        subscriptions: Sequence[str],
        on_report: Callable[[Report], None],
        name_check: NameInquiry | None = None,
        on_name_taken: Callable[[], None] = lambda: None,
    ) -> None:
        """The first of `brokers` is the one to use; the others stand in, in their
        order, while those before them are away. All are verified alike.

        Where somebody else has our name, by `name_check`, it stays away from all of
        them for good, and says so once.

        Raises ConfigError for a certificate or key that cannot be used.
        """
        self._settings = settings = brokers[0]
        self._tls = None
        if settings.tls:
            self._tls = client_context(
                "mqtt",
                ca_file=settings.ca_file,
                cert_file=settings.cert_file,
                key_file=settings.key_file,
            )
        self._will = will
        self._subscriptions = [Subscription(topic) for topic in subscriptions]
        self._on_report = on_report
        self._route = Route(brokers, reconnect.delays, reconnect.refusal_delays)
        self._look_back = reconnect.look_back
        self._going_back = False
        self._hurried = asyncio.Event()

        self._loop = asyncio.get_running_loop()
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self._connection: WatchedConnection | None = None
        self._problem: Problem | None = None
        self._detail: str | None = None
        self._refusals = BrokerRefusals()
        self._name_check = name_check
        self._on_name_taken = on_name_taken
        self._speak_v5: set[BrokerSettings] = set()
        """Those that took us with MQTT 5."""
        self._limits: defaultdict[BrokerSettings, PacketLimit]
        self._limits = defaultdict(PacketLimit)
        # Of MQTT's own, none is below 1.
        self._ids_of_left_out = itertools.count(-1, -1)
        self._doubtful: int | None = None
        """The id of what is under way and may be more than the broker takes."""
        self._lost: list[Message] = []
        """What was under way when the connection ended."""

    @property
    def connected(self) -> bool:
        """Whether a broker takes messages now."""
        return self._connection is not None and self._connection.connected

    @property
    def problem(self) -> str | None:
        """Why there is no connection, as a sentence.

        None while there is one, and before the first attempt has failed.
        """
        return self._detail

    @property
    def refusal(self) -> BrokerRefusal | None:
        """What the broker does not let us do, where it takes us at all."""
        return self._refusals.standing

    @property
    def answers(self) -> bool:
        """Whether what is sent now is likely to be acknowledged.

        The broker has done so with all that it could have by now, and with whatever it
        may drop us for.
        """
        if self._connection is None:
            return True
        return self._connection.answers and self._doubtful is None

    @property
    def idle(self) -> bool:
        """Whether all that was published is acknowledged."""
        return self._connection is not None and self._connection.idle

    @property
    def rounds(self) -> int | None:
        """How often the connection's thread went round, once a second or more.

        None while there is no connection and another one is tried.
        """
        if self._connection is not None and self._connection.connected:
            return self._connection.rounds
        trying = self._task is None or not self._task.done()
        return None if trying else 0

    def start(self) -> None:
        """Begin to connect."""
        self._task = asyncio.create_task(self._live(), name="mqtt")

    async def stop(self, last: Message) -> None:
        """Publish `last`, wait for all acknowledgments, disconnect; at most 2 s."""
        self._stopping = True
        if self._task is None:
            return
        if self._connection is not None and self._connection.connected:
            await self._connection.leave(last)
            await asyncio.wait([self._task], timeout=GOODBYE_TIMEOUT)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def publish(self, message: Message) -> int | None:
        """Send `message` now, and return the id that its Delivered will carry.

        None where it was not taken, because there is no connection or too much is under
        way: nothing waits in here, where it would grow old. What is more than the
        broker takes at once is left out, as its Delivered says.
        """
        if self._connection is None or not self._connection.connected:
            return None
        size = self._size(message)
        if self._limit.fits(size):
            message_id = self._connection.publish(message)
            if message.qos > 0 and self._limit.is_doubtful(size):
                self._doubtful = message_id
            return message_id
        self.leave_out([message])
        delivered = Delivered(next(self._ids_of_left_out), DeliveryResult.TOO_LARGE)
        if message.qos > 0:
            self._loop.call_soon(self._on_report, delivered)
        return delivered.id

    def subscribe(self, subscription: Subscription) -> None:
        """Take the messages of this one as well, at every broker from now on."""
        self._subscriptions.append(subscription)
        if self._connection is not None:
            self._connection.subscribe(subscription)

    def unsubscribe(self, subscription: Subscription) -> None:
        """Take no more of the messages of one that was subscribed to."""
        self._subscriptions.remove(subscription)
        if self._connection is not None:
            self._connection.unsubscribe(subscription)

    def fits(self, message: Message) -> bool:
        """Whether the broker takes as much at once, as far as we know."""
        return self._limit.fits(self._size(message))

    def leave_out(self, messages: Sequence[Message]) -> None:
        """Tell the log that these are more than the broker takes at once."""
        topics = [message.topic for message in messages]
        self._warn(self._refusals.too_large(topics, self._limit.largest))

    def hurry(self) -> None:
        """Wait for the first of the delays at most before a broker is tried next, also
        where that wait is under way.
        """
        self._route.hurry(self._loop.time())
        self._hurried.set()

    async def _live(self) -> None:
        try:
            await self._keep_connected()
        except _NameTakenError:
            self._on_name_taken()

    async def _keep_connected(self) -> None:
        drops = 0
        while True:
            await self._pause()
            self._settings = self._route.current
            version = Version.V5
            end, lasted = await self._serve_one(version)
            if lasted is not None:
                self._speak_v5.add(self._settings)
            if end.problem is Problem.VERSION or (
                # What a broker from before MQTT 5 may do instead of refusing it; and of
                # a cluster, a node that dies, of which the others speak it.
                end.problem is Problem.LOST
                and lasted is None
                and self._settings not in self._speak_v5
            ):
                version = Version.V311
                end, lasted = await self._serve_one(version)
            if self._stopping:
                return
            if self._going_back:
                self._going_back = False
                self._route.start_over()
                # Nothing is wrong, but what was known over this connection is over.
                self._on_report(end)
                continue
            end = self._explained(end, version)
            if lasted is not None and lasted >= SETTLED:
                drops = 0
                self._problem = None
            elif lasted is not None:
                drops = drops + 1 if end.unexplained else 0
            pause = self._route.ended(end, lasted, self._loop.time())
            if drops >= DROPS and end.unexplained:
                end = Disconnected(
                    Problem.TAKEN_OVER,
                    f"{self._settings} drops us as soon as we are connected: is "
                    f"another client connected as {self._settings.client_id!r}?",
                )
            self._report_end(end)
            if pause and end.problem is Problem.TAKEN_OVER:
                message = "%s is left to that other client for %.0f s"
                logger.warning(message, self._settings, pause)

    async def _pause(self) -> None:
        """Go on to the next broker, and wait until it may be tried."""
        wait = self._route.next(self._loop.time())
        while True:
            self._hurried.clear()
            try:
                async with asyncio.timeout(wait):
                    await self._hurried.wait()
            except TimeoutError:
                return
            wait = self._route.wait(self._loop.time())

    async def _go_back(self, connection: WatchedConnection) -> None:
        """Leave a broker that stands in for others as soon as one of those is back."""
        while True:
            await asyncio.sleep(self._look_back)
            for broker in self._route.before_current(self._loop.time()):
                end = await probe(broker, self._tls, OPEN_TIMEOUT)
                self._route.probed(broker, end, self._loop.time())
                if end is None:
                    logger.info("the broker %s is back", broker)
                    self._going_back = True
                    # To whoever listens there we are gone.
                    await connection.leave(self._will)
                    return

    async def _serve_one(self, version: Version) -> tuple[Disconnected, float | None]:
        """One connection, from its opening to its end; and the seconds it lasted."""
        if self._name_check is not None:
            free = await name_is_free(
                *(self._name_check, self._settings, version, self._tls, OPEN_TIMEOUT)
            )
            if isinstance(free, Disconnected):
                return free, None
            if not free:
                raise _NameTakenError
        connection = WatchedConnection(
            self._settings,
            version,
            self._tls,
            self._will,
            self._subscriptions,
            on_report=self._take,
            on_delivery=self._deliver,
        )
        self._connection = connection
        self._lost.clear()
        self._doubtful = None
        looking_back = None
        if self._route.stands_in:
            looking_back = asyncio.create_task(
                self._go_back(connection), name="mqtt back"
            )
        try:
            return await connection.serve()
        finally:
            if looking_back is not None:
                looking_back.cancel()
            self._connection = None

    def _take(self, report: Connected | Denied | Received | Oversized) -> None:
        match report:
            case Connected(version, largest):
                self._limit.told(largest)
                # Where two clients share an id, each connection is news to nobody.
                again = self._problem is Problem.TAKEN_OVER
                logger.log(
                    logging.DEBUG if again else logging.INFO,
                    "connected to the broker %s, MQTT %s",
                    self._settings,
                    version,
                )
                if not again:
                    self._problem = None
                self._detail = None
                self._refusals.connected()
                self._on_report(report)
            case Denied(topic):
                self._warn(self._refusals.may_not_read(topic))
                self._on_report(report)
            case Received():
                self._on_report(report)
            case Oversized(topic, size):
                self._warn(self._refusals.thrown_away(topic, size))

    def _deliver(self, delivered: Delivered, message: Message, sent: float) -> None:
        now = self._loop.time()
        if delivered.id == self._doubtful:
            self._doubtful = None
        if delivered.result is DeliveryResult.LOST:
            self._lost.append(message)
        else:
            self._limit.accepted(self._size(message))
        self._warn(self._refusals.settled(message.topic, delivered.result, sent, now))
        self._on_report(delivered)

    @property
    def _limit(self) -> PacketLimit:
        return self._limits[self._settings]

    def _size(self, message: Message) -> int:
        assert self._connection is not None
        return packet_size(message, self._connection.version)

    def _explained(self, end: Disconnected, version: Version) -> Disconnected:
        """Name the message that must have been why, where one was."""
        sizes = {packet_size(message, version): message for message in self._lost}
        if end.problem is Problem.TOO_LARGE:
            size = self._limit.refused(sizes)
        elif end.unexplained:
            size = self._limit.dropped(sizes)
        else:
            return end
        if size is None:
            return end
        return Disconnected(
            Problem.TOO_LARGE,
            f"the broker {self._settings} drops us for {size} bytes at once, on "
            f"{sizes[size].topic}: as much is not sent to it any more",
        )

    def _report_end(self, end: Disconnected) -> None:
        known = end.problem is self._problem
        logger.log(
            logging.DEBUG if known else logging.WARNING,
            "no broker: %s; for what to do: auricle doctor",
            end.detail,
        )
        self._problem, self._detail = end.problem, end.detail
        self._on_report(end)

    def _warn(self, news: str | None) -> None:
        if news is not None:
            logger.warning("%s", news)
