"""A publisher in the study, and what it called back."""

import contextlib
import itertools
import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from auricle.arbitration.messages import GroupMessage
from auricle.mqtt.commands import Command
from auricle.mqtt.delivery.ledger import Fate, Settled
from auricle.mqtt.discovery.payload import SatelliteDevice, discovery
from auricle.mqtt.link.broker import BrokerSettings
from auricle.mqtt.messages import Disclosure, Messages
from auricle.mqtt.name_check import Namesake
from auricle.mqtt.publisher import Publisher, PublisherSettings, Run
from auricle.mqtt.settings import Options
from auricle.mqtt.topics import Topics
from auricle.system.clock import since_boot
from auricle.turns.turn import Mode, Outcome, OutcomeKind, Stamp, Transcript, Turn
from auricle.wake.detector import Detection, WakeWord
from rigs.mqtt.broker import Broker
from rigs.mqtt.subscriber import HouseClient
from rigs.waiting import eventually

TOPICS = Topics("auricle", "study")
DEVICE = SatelliteDevice(
    *("Study voice", "0.1.0", "Pi"),
    speaks=True,
    wake_words=(WakeWord("okay_nabu", "Okay Nabu", ("en", "nl")),),
)
OPTIONS = Options(("auto", "en"), ("off", "okay_nabu"))
NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
TURN = Turn("t1", Mode.SERVER_VAD, Detection("okay_nabu", 0.97, 16_000))


class Publishing:
    """A publisher, and what it called back."""

    def __init__(
        self,
        port: int,
        outbox: Path,
        time_to_live: float,
        disclosure: Disclosure,
        *,
        history: bool,
        hermes: bool,
        quota_pause: float,
        reconnect_delays: Callable[[], Iterator[float]],
        run_id: str,
        fallbacks: Sequence[int] = (),
        topics: Topics = TOPICS,
        grouped: bool = True,
    ) -> None:
        self.commands: list[Command] = []
        self.fates: list[Settled] = []
        self.namesakes: list[Namesake] = []
        self.group_messages: list[GroupMessage] = []
        self.groups: list[frozenset[str]] = []
        """The others of the group, each time that they changed."""
        self.told: list[str] = []
        """The turns whose satellites came back, and told their commands."""
        self.obey: Callable[[Command], None] = lambda _: None
        self.publisher = Publisher(
            PublisherSettings(
                [
                    BrokerSettings("127.0.0.1", each, topics.device_id)
                    for each in (port, *fallbacks)
                ],
                Messages(topics, disclosure),
                OPTIONS,
                discovery(topics, DEVICE, disclosure, OPTIONS),
                outbox,
                time_to_live,
                history=history,
                heed_vocabulary=True,
                hermes_site=topics.node if hermes else None,
                reconnect_delays=reconnect_delays,
                quota_pause=quota_pause,
                grouped=grouped,
            ),
            Run(run_id, host="pi"),
            on_command=self._take,
            on_fate=self.fates.append,
            on_name_taken=self.namesakes.append,
            on_group_message=self.group_messages.append,
            on_group=self.groups.append,
            on_told=self.told.append,
            random=lambda: 0.01,
        )

    def _take(self, command: Command) -> None:
        self.commands.append(command)
        self.obey(command)

    def hears(
        self,
        text: str,
        *,
        emotion: str | None = "happy",
        latency: float = 0.4,
        turn: str = "t1",
        heard_by: tuple[str, ...] = (),
        stands_in_for: str | None = None,
    ) -> None:
        outcome = Outcome(
            Turn(turn, TURN.mode, TURN.detection),
            OutcomeKind.TRANSCRIPT,
            transcript=Transcript(text, "en", emotion),
            heard_by=heard_by,
            stands_in_for=stands_in_for,
        )
        self.publisher.outcome(
            outcome, Stamp(NOW, NOW, latency, since_boot() - latency)
        )

    async def knows(self, *others: str) -> None:
        """Wait until these are all that it knows of its group."""
        await eventually(lambda: self.groups and self.groups[-1] == set(others))

    async def fate(self) -> Fate:
        await eventually(lambda: self.fates)
        return self.fates[-1].fate


@contextlib.asynccontextmanager
async def publishing(
    broker: Broker | None = None,
    *,
    directory: Path | None = None,
    time_to_live: float = 10.0,
    history: bool = False,
    hermes: bool = False,
    disclosure: Disclosure = Disclosure(partial=True),  # noqa: B008  # frozen
    port: int | None = None,
    quota_pause: float = 60.0,
    reconnect_delays: Callable[[], Iterator[float]] = lambda: itertools.repeat(0.05),
    run_id: str = "b1",
    state: str = "state",
    fallbacks: Sequence[int] = (),
    topics: Topics = TOPICS,
    group: str = "",
    grouped: bool = True,
) -> AsyncIterator[Publishing]:
    """Publish at `broker`; where none is given, `port` and `directory` stand for it.

    `port`: of what stands before the broker, if anything does; `fallbacks`: of the
    brokers that stand in; `state` is the folder of its state, by default the same at
    every start.
    """
    if broker is not None:
        port, directory = port or broker.port, directory or broker.directory
    assert port is not None
    assert directory is not None
    outbox = directory / state / "outbox.db"
    satellite = Publishing(
        *(port, outbox, time_to_live, disclosure),
        history=history,
        hermes=hermes,
        quota_pause=quota_pause,
        reconnect_delays=reconnect_delays,
        run_id=run_id,
        fallbacks=fallbacks,
        topics=topics,
        grouped=grouped,
    )
    satellite.publisher.state("idle", muted=False, ringing=False)
    satellite.publisher.join_group(group)
    await satellite.publisher.start()
    try:
        await eventually(
            lambda: satellite.publisher.client.connected or satellite.namesakes
        )
        yield satellite
    finally:
        await satellite.publisher.stop()


def event(house: HouseClient, topic: str = TOPICS.utterance) -> dict[str, Any]:
    decoded = json.loads(house.on(topic)[-1])
    assert isinstance(decoded, dict)
    return decoded
