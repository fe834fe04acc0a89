"""What the rest of the daemon tells the house, and hears from it."""

import asyncio
import logging
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import SystemRandom
from typing import assert_never
from uuid import uuid4

from auricle.arbitration.messages import GroupMessage
from auricle.arbitration.told import is_worth_asking
from auricle.errors import Reason
from auricle.mqtt.announcer import BIRTH_JITTER, QUOTA_PAUSE, Announcer
from auricle.mqtt.commands import Command, Rejected
from auricle.mqtt.delivery.final_delivery import FinalDelivery
from auricle.mqtt.delivery.ledger import DeliveryLedger, Fate, Outbound, Settled
from auricle.mqtt.discovery.introduction import Introduction
from auricle.mqtt.group_channel import GroupChannel
from auricle.mqtt.hermes import Hermes
from auricle.mqtt.interims import InterimLimit
from auricle.mqtt.link.broker import (
    BrokerSettings,
    Connected,
    Delivered,
    DeliveryResult,
    Denied,
    Disconnected,
    Received,
    Report,
)
from auricle.mqtt.link.client import MqttClient, ReconnectSettings
from auricle.mqtt.link.message import Message
from auricle.mqtt.link.route import reconnect_delays
from auricle.mqtt.messages import Diagnostics, Messages
from auricle.mqtt.name_check import NameCheck, Namesake, RunQuery, reply
from auricle.mqtt.outcome_publisher import OutcomePublisher
from auricle.mqtt.play_reports import PlayReports
from auricle.mqtt.settings import Options, Setting, Value
from auricle.mqtt.subscriber import HomeAssistantStarted, Subscriber
from auricle.mqtt.topics import Action
from auricle.retry import OutagePauses, full_jitter
from auricle.system.clock import since_boot
from auricle.turns.sounds import PlayReport
from auricle.turns.turn import Outcome, OutcomeKind, Stamp, Turn

logger = logging.getLogger(__name__)

# Seconds. Anybody on the network may change a setting a thousand times a second: the
# house has no use for each, and would be told the last one late.
TELLING_PAUSE = 0.1
# Seconds at most, at first, that a broker is left alone which could not pass on a
# message; while that goes on, up to the pause of one that has no room. Until everything
# is told again, BIRTH_JITTER is added to it.
FAILURE_PAUSE = 1.0

_RANDOM = SystemRandom()


def _new_sound_id() -> str:
    return uuid4().hex


@dataclass(frozen=True, slots=True)
class PublisherSettings:
    """What the configuration says of publishing."""

    brokers: Sequence[BrokerSettings]
    """The first is where the satellite belongs; the others stand in for it, in their
    order, while it is away."""
    messages: Messages
    options: Options
    introduction: Introduction | None
    """What Home Assistant is told of the device; None: nothing."""
    outbox: Path
    """The file of the finals whose fate is open. Beside it, in `sounds.json`, is which
    sounds have not come to an end."""
    time_to_live: float
    """Seconds after its end of speech in which a final may be published."""
    history: bool = False
    """Publish every final once more when its fate is known."""
    heed_vocabulary: bool = False
    """Take the words that the house expects, which are then sent to the recognizer."""
    hermes_site: str | None = None
    """Rhasspy's name of the satellite; None: its topics are not served."""
    plays: bool = True
    """Sounds can be heard."""
    speaks: bool = False
    """Texts can be made sound of."""
    grouped: bool = True
    """Be one of a group of satellites, where one is named."""
    reconnect_delays: Callable[[], Iterator[float]] = reconnect_delays
    """Makes the seconds to wait between rounds through all brokers."""
    quota_pause: float = QUOTA_PAUSE
    """Seconds after a message that the broker had no room for, when it is told
    everything again."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the daemon."""

    id: str = field(default_factory=lambda: uuid4().hex)
    earlier: str | None = None
    """The one before it, where that is certain to be over."""
    host: str = field(default_factory=platform.node)
    """The machine's name, for whoever looks for it."""


class Publisher:
    """Publishes what the daemon says, and calls back with what it is ordered.

    It lives on the event loop; no call blocks or raises.
    """

    def __init__(
        self,
        settings: PublisherSettings,
        run: Run,
        *,
        on_command: Callable[[Command], None],
        on_fate: Callable[[Settled], None],
        on_name_taken: Callable[[Namesake], None],
        on_group_message: Callable[[GroupMessage], None] = lambda _: None,
        on_group: Callable[[frozenset[str]], None] = lambda _: None,
        on_sent: Callable[[str], None] = lambda _: None,
        on_told: Callable[[str], None] = lambda _: None,
        random: Callable[[], float] = _RANDOM.random,
    ) -> None:
        """`on_name_taken` is told of another satellite that has our name: we are
        connected to no broker any more. `on_group_message` takes what the others of our
        group tell each other, `on_group` their names each time that they change.
        `on_sent` hears of each turn whose final has left for the broker, `on_told` of
        each whose satellite was gone, and whose final the broker has all the same.
        `random` returns numbers from 0 to 1.

        Raises ConfigError for a certificate or key that cannot be used.
        """
        self._messages = messages = settings.messages
        self._topics = messages.topics
        self._run = run
        self._started = since_boot()
        self._quota_pause = settings.quota_pause
        self._failure_pauses = OutagePauses(
            lambda: full_jitter(FAILURE_PAUSE, settings.quota_pause, random),
            # Failures of one outage are half as far apart at most.
            2 * (settings.quota_pause + BIRTH_JITTER),
        )
        self._on_command = on_command
        self._on_fate = on_fate
        self._on_sent = on_sent
        self._on_name_taken = on_name_taken
        self._hermes = None
        if settings.hermes_site is not None:
            self._hermes = Hermes(
                settings.hermes_site,
                plays=settings.plays,
                speaks=settings.speaks,
                new_sound_id=_new_sound_id,
            )
        self._subscriber = Subscriber(
            self._topics,
            settings.options,
            heed_vocabulary=settings.heed_vocabulary,
            hermes=self._hermes,
            speaks=settings.speaks,
            new_sound_id=_new_sound_id,
        )
        over = () if run.earlier is None else (run.earlier,)
        self._name_check = NameCheck(
            self._topics, run.id, over, new_id=lambda: uuid4().hex
        )
        self.client = MqttClient(
            settings.brokers,
            ReconnectSettings(settings.reconnect_delays),
            will=messages.availability(online=False),
            subscriptions=self._subscriber.subscriptions,
            on_report=self._take,
            name_check=self._name_check,
            on_name_taken=self._name_taken,
        )
        """The connection to the broker, which says how it is."""
        self._grouped = settings.grouped
        self._channel = GroupChannel(
            self.client,
            self._topics,
            on_message=on_group_message,
            on_members=on_group,
            on_told=on_told,
            random=random,
        )
        self._announcer = Announcer(
            self.client,
            messages.availability(online=True),
            settings.introduction,
            random,
        )
        self._announcer.put(messages.run(run.id))
        self._outcomes = OutcomePublisher(
            self.client, self._announcer, messages, self._hermes, settings.time_to_live
        )
        self._ledger = DeliveryLedger(settings.time_to_live)
        self._finals = FinalDelivery(
            self._ledger,
            settings.outbox,
            self._outcomes,
            history=settings.history,
            ask=self._ask,
            on_sent=self._final_sent,
            on_fate=self._fate_known,
            on_trouble=self._storage_changed,
            on_urgent=self.client.hurry,
        )
        self._play_reports = PlayReports(
            self.client, messages, settings.outbox.with_name("sounds.json")
        )
        self._degraded_storage = False
        self._interims = InterimLimit()
        # What the house is to be told of each in a moment; None: as it was.
        self._to_tell: dict[Setting | Action, Message | None] = {}
        self._telling: asyncio.Handle | None = None
        self._seq = 0
        self.wins = 0
        """How many wake words we answered that others heard as well."""
        self.yields = 0
        """How many were answered by others."""

    async def start(self) -> None:
        """Take up what an earlier run left, and find the broker."""
        await self._finals.start()
        self._play_reports.start()
        self.client.start()

    async def stop(self) -> None:
        """Say that the satellite is gone, if a broker is there to hear it."""
        self._announcer.stop()
        self._tell_now()
        if self._telling is not None:
            self._telling.cancel()
        await self._finals.flush()
        await self._play_reports.flush()
        self._channel.leave()
        # What is acknowledged from now on is no occasion to say that we are online.
        self._announcer.end()
        await self.client.stop(self._messages.availability(online=False))
        await self._finals.stop()
        await self._play_reports.stop()

    # --- what the daemon says ---

    def state(self, state: str, *, muted: bool, ringing: bool) -> None:
        """Say what the satellite does now: `idle`, `listening`, `processing`,
        `responding`, `muted` or `error`; whether its microphone is closed, and whether
        what it plays is a timer's ring.
        """
        for message in self._messages.state(state, muted=muted, ringing=ringing):
            self._announcer.put(message)

    def wake(self, turn: Turn, at: datetime) -> None:
        """Say that a turn began."""
        self._announcer.be_there()
        self.client.publish(self._messages.wake(turn, at))
        hotword = self._hermes.begun(turn) if self._hermes else None
        if hotword is not None:
            self.client.publish(hotword)

    def interim(self, turn: str, text: str) -> None:
        """Say what was understood so far, where that is to be published."""
        if not self._messages.disclosure.partial:
            return
        seq = self._interims.admit(turn, time.monotonic())
        if seq is not None:
            self.client.publish(self._messages.partial(turn, text, seq))

    def outcome(self, outcome: Outcome, stamp: Stamp) -> None:
        """Say how a turn ended; a final is told until somebody hears it."""
        self._seq += 1
        self._count(outcome)
        outbound = Outbound(outcome, stamp, self._seq, self._run.id)
        logger.info("turn %s: %s", outcome.turn.id, outcome.reason or outcome.kind)
        expired = outcome.reason is Reason.EXPIRED
        if outcome.kind is OutcomeKind.TRANSCRIPT or expired:
            # What is too late is told until somebody hears it.
            self._finals.accept(outbound)
        else:
            self._outcomes.publish_end(outbound)

    def _count(self, outcome: Outcome) -> None:
        if outcome.kind is OutcomeKind.YIELDED:
            self.yields += 1
        elif len(outcome.heard_by) > 1:
            self.wins += 1

    def sound_accepted(self, sound_id: str) -> None:
        """Keep in mind that the sound of this id is to come to an end."""
        self._play_reports.accepted(sound_id)

    def play(self, report: PlayReport) -> None:
        """Say what became of a sound, until somebody has heard it."""
        logger.debug("sound %s: %s", report.id, report.reason or report.state)
        self._play_reports.report(report)
        over = self._hermes.over(report) if self._hermes else None
        if over is not None:
            self.client.publish(over)

    def tell_setting(self, setting: Setting, value: Value) -> None:
        """Say what a setting is now; of many values in a moment, the last."""
        if setting is Setting.GROUP and not self._grouped:
            # Home Assistant relies on whoever is in a group to have agreed with it.
            value = ""
        self._to_tell[setting] = self._messages.setting(setting, value)
        self._tell_soon()

    @property
    def group_members(self) -> frozenset[str]:
        """The names of the other satellites of the group, as far as known."""
        return self._channel.members

    def join_group(self, group: str) -> None:
        """Be one of this group of satellites from now on; empty: of none."""
        if self._grouped:
            self._channel.join(group)

    def tell_group(self, message: GroupMessage) -> None:
        """Tell the other satellites of the group, if they can be told at once."""
        self._channel.tell(message)

    def diagnostics(self, diagnostics: Diagnostics) -> None:
        """Say how the satellite is: health at once, the rest once a minute."""
        self._announcer.put(self._messages.diagnostics(diagnostics))

    def update(self, installed: str, latest: str | None = None, page: str = "") -> None:
        """Say which version is installed, and which is the latest, as far as known."""
        self._announcer.put(self._messages.update(installed, latest, page))

    def _ask(
        self, outbound: Outbound, rest: float, then: Callable[[bool], None]
    ) -> bool:
        outcome = outbound.outcome
        others = frozenset(outcome.heard_by) - {self._topics.node}
        return is_worth_asking(others, rest) and self._channel.ask(
            outcome.turn.id, outcome.stands_in_for, others, then
        )

    def _final_sent(self, outbound: Outbound, asked: bool) -> None:
        outcome = outbound.outcome
        if asked:
            self._channel.tell_of(outcome.turn.id, outcome.stands_in_for)
        self._on_sent(outcome.turn.id)

    def _fate_known(self, settled: Settled) -> None:
        outcome = settled.outbound.outcome
        if settled.fate is Fate.ACKED:
            self._channel.confirmed(outcome.turn.id, outcome.stands_in_for)
        self._put_delivery()
        self._on_fate(settled)

    def _storage_changed(self, trouble: str | None) -> None:
        self._degraded_storage = trouble is not None
        self._put_delivery()

    def _put_delivery(self) -> None:
        self._announcer.put(
            self._messages.delivery(
                self._ledger,
                run_id=self._run.id,
                degraded_storage=self._degraded_storage,
            )
        )

    # --- what the broker says ---

    def _take(self, report: Report) -> None:
        match report:
            case Connected():
                self._channel.connected()
                self._announcer.connected()
                self._play_reports.connected()
                self._finals.connected()
                self._failure_pauses.over()
                self._announce()
            case Received():
                self._received(report)
            case Delivered():
                self._delivered(report)
            case Disconnected():
                self._channel.disconnected()
                self._finals.hurry()
            case Denied():
                # The client tells of it itself.
                pass
            case _:
                assert_never(report)

    def _announce(self) -> None:
        # Commands first: they grow old.
        self._finals.listeners_came()
        self._play_reports.listeners_came()
        self._announcer.announce()

    def _received(self, received: Received) -> None:
        # First, for a word is waiting for it.
        if self._channel.take(received) or self._announcer.noted(received):
            return
        match self._subscriber.interpret(received):
            case None:
                return
            case HomeAssistantStarted():
                self._announcer.announce_soon(self._announce)
            case RunQuery() as query:
                self._reply(query)
            case Rejected(Action.PLAY | Action.SPEAK):
                self._to_tell[Action.PLAY] = self._messages.play_refused()
                self._tell_soon()
            case Rejected(what):
                # The house shows what it asked for, until it is told again.
                if isinstance(what, Setting):
                    self._to_tell.setdefault(what, None)
                    self._tell_soon()
            case command:
                self._on_command(command)

    def _reply(self, query: RunQuery) -> None:
        if query.run_id == self._run.id:
            return
        # The clock of a Pi may have been set since the start.
        since = datetime.now().astimezone() - timedelta(
            seconds=since_boot() - self._started
        )
        us = Namesake(self._run.id, self._run.host, since.isoformat(timespec="seconds"))
        self.client.publish(reply(self._topics, query, us))

    def _name_taken(self) -> None:
        namesake = self._name_check.namesake
        assert namesake is not None
        self._on_name_taken(namesake)

    def _delivered(self, delivered: Delivered) -> None:
        if delivered.result is DeliveryResult.OVER_QUOTA:
            self._announcer.announce_soon(self._announce, after=self._quota_pause)
        if delivered.result is DeliveryResult.FAILED:
            self._failure_pauses.failed(asyncio.get_running_loop().time())
            if not self._announcer.announces_soon:
                # Of a cluster, the node that we are connected to may have taken none.
                pause = self._failure_pauses.next()
                self._announcer.announce_soon(self._announce, after=pause)
        self._announcer.catch_up()
        self._finals.delivered(delivered)
        self._play_reports.delivered(delivered)
        self._announcer.delivered(delivered)

    def _tell_soon(self) -> None:
        if self._telling is None:
            loop = asyncio.get_running_loop()
            self._telling = loop.call_soon(self._tell_now)

    def _tell_now(self) -> None:
        self._telling = None
        told, self._to_tell = self._to_tell, {}
        for what, message in told.items():
            if message is not None:
                self._announcer.put(message, again=True)
            elif isinstance(what, Setting):
                self._announcer.repeat(self._topics.setting(what))
        if told:
            loop = asyncio.get_running_loop()
            self._telling = loop.call_later(TELLING_PAUSE, self._tell_now)
