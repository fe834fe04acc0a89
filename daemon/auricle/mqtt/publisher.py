"""What the rest of the daemon tells the house, and what the house tells it."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from auricle.boot import since_boot
from auricle.mqtt.announcer import QUOTA_PAUSE, Announcer
from auricle.mqtt.broker import (
    BrokerSettings,
    Connected,
    ConnectionFact,
    Delivered,
    DeliveryResult,
    Disconnected,
    Received,
)
from auricle.mqtt.client import MqttClient
from auricle.mqtt.commands import Command, Options, Rejected
from auricle.mqtt.delivery import Due, Ledger, Outbound, Settled
from auricle.mqtt.finals import Finals
from auricle.mqtt.hermes import Hermes
from auricle.mqtt.incoming import HomeAssistantStarted, interpret
from auricle.mqtt.messages import Diagnostics, Message, Messages
from auricle.mqtt.notices import Notice
from auricle.mqtt.outbox_file import Purpose
from auricle.mqtt.partials import Partials
from auricle.mqtt.refusals import Refusal
from auricle.mqtt.topics import Action, Setting
from auricle.turn import Outcome, OutcomeKind, Stamp, Turn

logger = logging.getLogger(__name__)


class Publisher:
    """Lives on the event loop; no call blocks or raises."""

    def __init__(
        self,
        broker: BrokerSettings,
        messages: Messages,
        options: Options,
        *,
        discovery: Message | None,
        outbox: Path,
        time_to_live: float,
        history: bool,
        boot_id: str,
        on_command: Callable[[Command], None],
        on_fate: Callable[[Settled], None],
        delays: Callable[[], Iterator[float]],
        random: Callable[[], float],
        fallbacks: Sequence[BrokerSettings] = (),
        heed_vocabulary: bool = False,
        hermes: Hermes | None = None,
        quota_pause: float = QUOTA_PAUSE,
    ) -> None:
        """`random` returns numbers from 0 to 1; `fallbacks` stand in for the broker
        while it is away; `heed_vocabulary`: take the words that the house expects,
        which are then sent to the recognizer; `quota_pause` seconds after a message
        that the broker had no room for, it is told everything again.

        Raises ConfigError for a certificate or key that cannot be used.
        """
        self._messages = messages
        self._topics = messages.topics
        self._options = options
        self._time_to_live = time_to_live
        self._boot_id = boot_id
        self._on_command = on_command
        self._hermes = hermes
        self._quota_pause = quota_pause
        self._client = MqttClient(
            broker,
            will=messages.availability(online=False),
            subscriptions=[
                self._topics.commands,
                self._topics.birth,
                *([self._topics.vocabulary] if heed_vocabulary else ()),
                *(hermes.subscriptions if hermes else ()),
            ],
            on_connection=self._connection_changed,
            on_message=self._received,
            on_delivery=self._delivered,
            delays=delays,
            fallbacks=fallbacks,
        )
        self._on_fate = on_fate
        self._ledger = Ledger(time_to_live)
        self._finals = Finals(
            self._ledger,
            outbox,
            history=history,
            publish=self._publish_final,
            tell=self._tell_notice,
            on_fate=self._fate_known,
            on_trouble=self._storage_changed,
        )
        self._broker_problem: str | None = None
        self._degraded_storage = False
        online = messages.availability(online=True)
        self._announcer = Announcer(self._client, online, random)
        if discovery is not None:
            self._announcer.put(discovery)
        self._partials = Partials()
        self._seq = 0
        self._warned: set[Setting | Action | None] = set()

    @property
    def connected(self) -> bool:
        return self._client.connected

    @property
    def broker_rounds(self) -> int | None:
        """See MqttClient.rounds."""
        return self._client.rounds

    @property
    def broker_problem(self) -> str | None:
        """Why there is no connection, as a sentence."""
        return self._broker_problem

    @property
    def refusal(self) -> Refusal | None:
        """See MqttClient.refusal."""
        return self._client.refusal

    async def start(self) -> None:
        """Take up what an earlier run left, and find the broker."""
        await self._finals.start()
        self._client.start()

    async def stop(self) -> None:
        """Say that the satellite is gone, if a broker is there to hear it."""
        self._announcer.stop()
        await self._finals.flush()
        await self._client.stop(self._messages.availability(online=False))
        await self._finals.stop()

    # --- what the daemon says ---

    def state(self, state: str) -> None:
        for message in self._messages.state(state):
            self._announcer.put(message)

    def wake(self, turn: Turn, at: datetime) -> None:
        self._client.publish(self._messages.wake(turn, at))
        hotword = self._hermes.begun(turn) if self._hermes else None
        if hotword is not None:
            self._client.publish(hotword)

    def interim(self, turn: str, text: str) -> None:
        if not self._messages.disclosure.partial:
            return
        seq = self._partials.admit(turn, time.monotonic())
        if seq is not None:
            self._client.publish(self._messages.partial(turn, text, seq))

    def outcome(self, outcome: Outcome, stamp: Stamp) -> None:
        self._seq += 1
        outbound = Outbound(outcome, stamp, self._seq, self._boot_id)
        logger.info("turn %s: %s", outcome.turn.id, outcome.reason or outcome.kind)
        if outcome.kind is OutcomeKind.TRANSCRIPT:
            self._finals.accept(outbound)
        else:
            self._report(outbound, age=stamp.latency or 0.0)
            for message in self._in_hermes(outbound, self._time_to_live):
                self._client.publish(message)

    def echo(self, setting: Setting, value: bool | float | str) -> None:
        """Say what a setting is now; also when a command could not change it."""
        self._announcer.put(self._messages.setting(setting, value), again=True)

    def diagnostics(self, diagnostics: Diagnostics) -> None:
        """To be told of changes of health at once, of the rest once a minute."""
        self._announcer.put(self._messages.diagnostics(diagnostics))

    def _publish_final(self, due: Due) -> set[int] | None:
        if not self._client.answers:
            return None
        message_ids = set()
        for message in (
            *self._messages.outcome(due.outbound, age=due.age, expiry=due.expiry),
            *self._in_hermes(due.outbound, due.expiry),
        ):
            if message.topic in (self._topics.last, self._topics.emotion):
                self._announcer.put(message)
                continue
            message_id = self._client.publish(message)
            if message_id is None:
                # Too much is under way: it goes out again, whole, when there is room.
                return None
            message_ids.add(message_id)
        return message_ids

    def _in_hermes(self, outbound: Outbound, expiry: float) -> list[Message]:
        if self._hermes is None:
            return []
        captured = self._hermes.captured(outbound, expiry=expiry)
        return [captured] if captured else []

    def _tell_notice(self, notice: Notice) -> int | None:
        settled = notice.settled
        age = since_boot() - settled.spoken
        if notice.purpose is Purpose.HISTORY:
            history = self._messages.history(settled.outbound, settled.fate, age=age)
            return self._client.publish(history)
        return self._report(settled.outbound, age=age)

    def _report(self, outbound: Outbound, *, age: float) -> int | None:
        """Publish what is no command: one event."""
        [event] = self._messages.outcome(outbound, age=age, expiry=self._time_to_live)
        return self._client.publish(event)

    def _fate_known(self, settled: Settled) -> None:
        self._put_delivery()
        self._on_fate(settled)

    def _storage_changed(self, trouble: str | None) -> None:
        self._degraded_storage = trouble is not None
        self._put_delivery()

    def _put_delivery(self) -> None:
        self._announcer.put(
            self._messages.delivery(
                self._ledger,
                boot_id=self._boot_id,
                degraded_storage=self._degraded_storage,
            )
        )

    # --- what the broker says ---

    def _connection_changed(self, fact: ConnectionFact) -> None:
        match fact:
            case Connected():
                self._broker_problem = None
                self._announce()
            case Disconnected(detail=detail):
                self._broker_problem = detail

    def _announce(self) -> None:
        self._announcer.announce()
        self._finals.listeners_came()

    def _delivered(self, delivered: Delivered) -> None:
        if delivered.result is DeliveryResult.OVER_QUOTA:
            self._announcer.announce_soon(self._announce, after=self._quota_pause)
        self._announcer.catch_up()
        self._finals.delivered(delivered)

    def _received(self, received: Received) -> None:
        order = self._hermes.interpret(received) if self._hermes else None
        if order is not None:
            self._on_command(order)
            return
        match interpret(received, self._topics, self._options):
            case None:
                return
            case HomeAssistantStarted():
                self._announcer.announce_soon(self._announce)
            case Rejected() as rejected:
                self._reject(rejected)
            case command:
                self._on_command(command)

    def _reject(self, rejected: Rejected) -> None:
        # Once each: a log must not grow with what anybody on the network sends.
        known = rejected.what in self._warned
        self._warned.add(rejected.what)
        logger.log(
            logging.DEBUG if known else logging.WARNING,
            "ignoring what was sent to %s: %s",
            rejected.what or "the vocabulary",
            rejected.why,
        )
        if isinstance(rejected.what, Setting):
            self._announcer.repeat(self._topics.setting(rejected.what))
