"""One connection to a broker: paho-mqtt, in a thread of its own, never reused.

The thread opens the connection, moves packets until it ends, and says why it ended:
paho's own thread would retry with the cause lost, at a pace that is the same for all
satellites of the house, and an exception in it would leave the daemon running mute.
"""

import asyncio
import logging
import math
import socket
import ssl
import threading
import traceback
from collections.abc import Callable, Iterable

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, LogLevel, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from auricle.mqtt.link import disconnection
from auricle.mqtt.link.broker import (
    LARGEST_PACKET,
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
from auricle.mqtt.link.message import Message
from auricle.system import tcp
from auricle.system.clock import since_boot
from auricle.system.dialing import dial
from auricle.system.threads import hand_to_loop

logger = logging.getLogger(__name__)

# A shorter absence is not announced: Home Assistant would show the satellite as gone
# at each restart of the daemon.
WILL_DELAY = 5
# Seconds until a subscription is asked for again that the broker could not make.
SUBSCRIBE_AGAIN = 1.0
# What does not fit is refused, so that its sender can decide: it must not grow old in
# here.
QUEUED_MESSAGES = 100

_PROTOCOLS = {
    Version.V5: paho.MQTTv5,
    Version.V311: paho.MQTTv311,
}
_NO_MATCHING_SUBSCRIBERS = 0x10
# Unspecified error, implementation specific error: what a cluster answers while it
# does without a node that has just died.
_FAILURES = (0x80, 0x83)
_QUOTA_EXCEEDED = 0x97
_KEEP_ALIVE_TIMEOUT = 0x8D
# A packet's first byte; we subscribe with QoS 1, and so are sent nothing with 2.
_TYPE_AND_QOS = 0xF6
_PUBLISH_ONCE_OR_MORE = (0x30, 0x32)


class BrokerConnection:
    """Opens one connection, and reports on the event loop what comes of it.

    Connected comes once, then anything, Disconnected once and last.
    """

    def __init__(
        self,
        settings: BrokerSettings,
        version: Version,
        tls: ssl.SSLContext | None,
        will: Message | None,
        report: Callable[[Report | Oversized], None],
    ) -> None:
        self.version = version
        self.rounds = 0
        """How often the network thread went around: once a second or more, while it
        works."""
        self._settings = settings
        self._report = report
        self._loop = asyncio.get_running_loop()
        self._subscribed: set[Subscription] = set()
        """What we want to be subscribed to."""
        self._asked: dict[int, list[Subscription]] = {}
        """What each request asked for, by its id, until it is answered."""
        self._deaf = False
        """It was told that the broker could not subscribe us."""
        self._end: Disconnected | None = None
        self._last_error = ""
        self._too_late_at: dict[int, float] = {}
        # A will waits only as long as its session lives.
        self._session_expiry = 0 if will is None else 2 * WILL_DELAY
        self._client = self._new_client(tls, will)

    async def open(self) -> None:
        """Connect, however long that takes; whatever comes of it is reported."""
        try:
            dialed = await dial(self._settings.host, self._settings.port)
        except (OSError, UnicodeError) as error:
            self._report(disconnection.failed(error, self._settings))
            return
        self._client.dialed = dialed
        threading.Thread(target=self._run, name="mqtt", daemon=True).start()

    def subscribe(self, subscriptions: Iterable[Subscription]) -> None:
        """Subscribe to these as well.

        What the broker cannot subscribe us to just now, it is asked for again.
        """
        wanted = list(subscriptions)
        self._subscribed.update(wanted)
        _, request = self._client.subscribe(
            [
                (each.topic, SubscribeOptions(1, noLocal=each.no_local))
                for each in wanted
            ]
            if self.version is Version.V5
            else [(each.topic, 1) for each in wanted]
        )
        if request is not None:
            self._asked[request] = wanted

    def unsubscribe(self, subscription: Subscription) -> None:
        """Take no more of its messages, but for those that are on their way."""
        self._subscribed.discard(subscription)
        self._client.unsubscribe(subscription.topic)

    def publish(self, message: Message) -> int | None:
        """Send `message`; return the id of its Delivered, None where nothing fits."""
        properties = None
        retain = message.retain
        if message.expiry is not None:
            if self.version is Version.V5:
                properties = _properties(
                    PacketTypes.PUBLISH,
                    MessageExpiryInterval=max(1, int(message.expiry)),
                )
            else:
                # This broker would keep for ever what it was to forget.
                retain = False
        # Before the network thread knows of it.
        self._client.not_after = min(self._client.not_after, message.not_after)
        info = self._client.publish(
            message.topic,
            message.payload.encode(errors="replace"),
            message.qos,
            retain,
            properties,
        )
        refused = info.rc is MQTTErrorCode.MQTT_ERR_QUEUE_SIZE
        if not refused and message.not_after < math.inf:
            self._too_late_at[info.mid] = message.not_after
        self._note_time()
        return None if refused else info.mid

    def _take(self, report: Report | Oversized) -> None:
        if isinstance(report, Delivered):
            self._too_late_at.pop(report.id, None)
            self._note_time()
        self._report(report)

    def _note_time(self) -> None:
        self._client.not_after = min(self._too_late_at.values(), default=math.inf)

    def _answered(self, request: int, reasons: list[ReasonCode]) -> None:
        failed = []
        for subscription, reason in zip(
            self._asked.pop(request, ()), reasons, strict=False
        ):
            # MQTT 3.1.1 has one code for whatever it is, and rules are the likelier.
            if self.version is Version.V5 and reason.value in _FAILURES:
                failed.append(subscription)
            elif reason.is_failure:
                self._report(Denied(subscription.topic))
        if not failed:
            return
        if not self._deaf:
            message = "the broker %s could not subscribe us to %s, and is asked again"
            topics = ", ".join(subscription.topic for subscription in failed)
            logger.warning(message, self._settings, topics)
        self._deaf = True
        self._loop.call_later(SUBSCRIBE_AGAIN, self._subscribe_again, failed)

    def _subscribe_again(self, failed: list[Subscription]) -> None:
        still_wanted = [each for each in failed if each in self._subscribed]
        if still_wanted:
            # Where the connection is over by then, paho does nothing.
            self.subscribe(still_wanted)

    def close(self) -> None:
        """Say goodbye; Disconnected follows."""
        self._client.disconnect()

    def dispose(self) -> None:
        """Close what paho holds open beside the connection; once Disconnected came."""
        self._client.reinitialise()

    # --- the network thread ---

    def _run(self) -> None:
        try:
            end = self._serve()
        except Exception as error:  # noqa: BLE001  # a thread's edge: whatever it was, the connection is over and the client opens another
            end = disconnection.failed(error, self._settings)
            # paho leaves the socket of a failed handshake open, in one of its frames.
            traceback.clear_frames(error.__traceback__)
            self._client.discard()
        self._hand_over(self._end or end)

    def _serve(self) -> Disconnected:
        v5 = self.version is Version.V5
        self._client.connect(
            self._settings.host,
            self._settings.port,
            self._settings.keepalive,
            clean_start=True if v5 else paho.MQTT_CLEAN_START_FIRST_ONLY,
            properties=_properties(
                PacketTypes.CONNECT,
                SessionExpiryInterval=self._session_expiry,
                MaximumPacketSize=self._settings.largest_packet,
            )
            if v5
            else None,
        )
        while self._client.loop() is MQTTErrorCode.MQTT_ERR_SUCCESS:
            self.rounds += 1
            tcp.confirm_at_once(self._client.socket())
        return disconnection.lost(self._last_error, self._settings)

    def _hand_over(self, report: Report | Oversized) -> None:
        hand_to_loop(self._loop, self._take, report)

    def _connack(self, reason: ReasonCode, properties: Properties | None) -> None:
        if reason.is_failure:
            self._end = disconnection.refused(
                reason.value, str(reason), self._settings, self.version
            )
        else:
            largest = getattr(properties, "MaximumPacketSize", None)
            self._hand_over(Connected(self.version, largest))

    def _disconnected(self, reason: ReasonCode, *, by_broker: bool) -> None:
        if by_broker:
            self._end = disconnection.closed_by_broker(
                reason.value, str(reason), self._settings
            )
        elif reason.value == _KEEP_ALIVE_TIMEOUT:
            self._end = disconnection.silent(self._settings)

    def _log(self, level: int, text: str) -> None:
        if level == LogLevel.MQTT_LOG_ERR:
            self._last_error = text

    def _new_client(
        self, tls: ssl.SSLContext | None, will: Message | None
    ) -> "_Client":
        v5 = self.version is Version.V5
        client = _Client(
            CallbackAPIVersion.VERSION2,
            self._settings.client_id,
            clean_session=None if v5 else True,
            protocol=_PROTOCOLS[self.version],
            reconnect_on_failure=False,
        )
        client.largest_packet = self._settings.largest_packet
        client.max_queued_messages_set(QUEUED_MESSAGES)
        if self._settings.username:
            client.username_pw_set(self._settings.username, self._settings.password)
        if tls is not None:
            client.tls_set_context(tls)
        if will is not None:
            will_properties = None
            if v5:
                will_properties = _properties(
                    PacketTypes.WILLMESSAGE, WillDelayInterval=WILL_DELAY
                )
            client.will_set(
                will.topic, will.payload, will.qos, will.retain, will_properties
            )
        # paho calls these on its thread, on_publish even with a lock of its own held:
        # each hands over and returns.
        client.on_connect = lambda _c, _u, _flags, reason, properties: self._connack(
            reason, properties
        )
        client.on_disconnect = lambda _c, _u, flags, reason, _p: self._disconnected(
            reason, by_broker=flags.is_disconnect_packet_from_server
        )
        client.on_publish = lambda _c, _u, mid, reason, _p: self._hand_over(
            Delivered(mid, _result(reason))
        )
        client.on_subscribe = lambda _c, _u, mid, reasons, _p: hand_to_loop(
            self._loop, self._answered, mid, reasons
        )
        client.on_message = lambda _c, _u, message: self._hand_over(
            Received(message.topic, bytes(message.payload), message.retain)
        )
        client.on_oversized = lambda topic, size: self._hand_over(
            Oversized(topic, size)
        )
        client.on_log = lambda _c, _u, level, text: self._log(level, text)
        client.on_socket_open = lambda _c, _u, sock: _prepare(sock)
        # Without it, publish() would write to the socket from the caller's thread.
        client.on_socket_register_write = lambda _c, _u, _sock: None
        return client


def _prepare(sock: object) -> None:
    tcp.notice_dead_links(sock)
    tcp.send_at_once(sock)


class _Client(paho.Client):
    """Takes the connection that it is given: paho would ask one address after the
    other, for 5 s each, and the name is still needed for the certificate.

    It throws away what is too large: an old broker passes on whatever it is sent, and
    where it keeps that, it would do so again at each connection.

    And it sends no command too late: between the decision to publish it and the moment
    in which it leaves, the process may be stopped, or the machine sleep.
    """

    dialed: socket.socket | None = None
    largest_packet: int = LARGEST_PACKET
    """The most bytes that are taken at once."""
    on_oversized: Callable[[str, int], None]
    """Is called on the network thread with the topic and the size of what was not."""
    not_after: float = math.inf
    """The time, in seconds since the machine's start, from which on nothing is sent and
    the connection is over: a command that is not acknowledged is too old, and nobody
    knows whether it has left."""

    def _sock_send(self, buf: bytes | bytearray) -> int:
        if since_boot() > self.not_after:
            raise TimeoutError("a command has grown too old on its way")
        return super()._sock_send(buf)

    def _sock_recv(self, bufsize: int) -> bytes:
        packet = self._in_packet
        if not self._oversized or not packet["have_remaining"]:
            return super()._sock_recv(bufsize)
        if packet["command"] & _TYPE_AND_QOS not in _PUBLISH_ONCE_OR_MORE:
            raise disconnection.PacketTooLargeError(packet["remaining_length"])
        # Its beginning is held, for that tells which message it is.
        room = self.largest_packet - len(packet["packet"])
        if room > 0:
            return super()._sock_recv(min(bufsize, room))
        rest = super()._sock_recv(min(bufsize, self.largest_packet))
        if rest:
            # paho counts what is returned, and appends it.
            packet["to_process"] -= len(rest) - 1
            del packet["packet"][-1]
        return rest[:1]

    def _handle_on_message(self, message: paho.MQTTMessage) -> None:
        if self._oversized:
            self.on_oversized(message.topic, self._in_packet["remaining_length"])
        else:
            super()._handle_on_message(message)

    @property
    def _oversized(self) -> bool:
        return self._in_packet["remaining_length"] > self.largest_packet

    def _create_socket_connection(self) -> socket.socket:
        assert self.dialed is not None
        return self.dialed

    def discard(self) -> None:
        """Close it, if nobody took it over."""
        if self.dialed is not None:
            self.dialed.close()


def _properties(packet: int, **values: int) -> Properties:
    properties = Properties(packet)  # type: ignore[no-untyped-call]  # paho has none
    for name, value in values.items():
        setattr(properties, name, value)
    return properties


def _result(reason: ReasonCode) -> DeliveryResult:
    if reason.value == _NO_MATCHING_SUBSCRIBERS:
        return DeliveryResult.NO_LISTENER
    if reason.value == _QUOTA_EXCEEDED:
        return DeliveryResult.OVER_QUOTA
    if reason.value in _FAILURES:
        return DeliveryResult.FAILED
    return DeliveryResult.REJECTED if reason.is_failure else DeliveryResult.ACKED
