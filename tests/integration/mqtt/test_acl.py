"""The access control list that we give to users, on a real mosquitto."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from auricle.arbitration.messages import Bid, Claim, GroupMessage
from auricle.mqtt.commands import Change, Command
from auricle.mqtt.delivery.ledger import Fate, Settled
from auricle.mqtt.discovery.payload import SatelliteDevice, discovery
from auricle.mqtt.link.broker import LARGEST_WITH_SOUND, BrokerSettings, Version
from auricle.mqtt.link.probe import name_is_free
from auricle.mqtt.messages import Diagnostics, Disclosure, Messages
from auricle.mqtt.name_check import NameCheck, Namesake
from auricle.mqtt.publisher import Publisher, PublisherSettings, Run
from auricle.mqtt.settings import Options, Setting
from auricle.mqtt.topics import Action, Topics
from auricle.panel.hooks import Hook, HookEvents
from auricle.panel.scene import SatelliteView
from auricle.turns.sounds import (
    PlayReport,
    PlayState,
    SoundCancelRequested,
    SoundUnusable,
    SpeechRequested,
)
from auricle.turns.turn import Mode, Outcome, OutcomeKind, Stamp, Transcript, Turn
from rigs.mqtt.broker import Broker, password_file, running_broker
from rigs.mqtt.subscriber import HouseClient
from rigs.waiting import eventually

ACL = Path(__file__).parents[3] / "mosquitto" / "acl.example"
USERS = {"homeassistant": "h", "kitchen": "k", "study": "s"}
NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
NOT_AUTHORIZED = 0x87


@pytest.fixture
def limits() -> tuple[str, ...]:
    return ()


@pytest.fixture
def rhasspy() -> bool:
    return False


@pytest.fixture
def guarded(
    tmp_path: Path, limits: tuple[str, ...], *, rhasspy: bool
) -> Iterator[Broker]:
    acl = tmp_path / "acl"
    rules = ACL.read_text()
    acl.write_text(rules.replace("# pattern", "pattern") if rhasspy else rules)
    acl.chmod(0o600)
    listener = (
        "allow_anonymous false",
        f"password_file {password_file(tmp_path, USERS)}",
        f"acl_file {acl}",
        *limits,
    )
    with running_broker(tmp_path, listener) as broker:
        yield broker


def house(broker: Broker, user: str, *topics: str) -> HouseClient:
    return HouseClient(broker.port, *topics, username=user, password=USERS[user])


class Intruder:
    """Somebody with the kitchen's password, who publishes anything."""

    def __init__(self, port: int) -> None:
        self.answers: dict[int, int] = {}
        self._client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
        self._client.username_pw_set("kitchen", USERS["kitchen"])
        self._client.on_publish = lambda _c, _u, mid, reason, _p: (
            self.answers.__setitem__(mid, reason.value)
        )
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    async def answer_to(self, topic: str, *, retain: bool = False) -> int:
        mid = self._client.publish(topic, "x", qos=1, retain=retain).mid
        await eventually(lambda: mid in self.answers)
        return self.answers[mid]

    def leave(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def intruder(guarded: Broker) -> Iterator[Intruder]:
    intruder = Intruder(guarded.port)
    yield intruder
    intruder.leave()


@pytest.mark.parametrize("limits", [(), ("max_packet_size 4000",)])
async def test_a_satellite_may_do_all_that_it_does(
    guarded: Broker,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    limits: tuple[str, ...],
) -> None:
    topics = Topics("auricle", "kitchen")
    options = Options(("auto",), ("off",))
    commands: list[Command] = []
    fates: list[Settled] = []
    namesakes: list[Namesake] = []
    device = SatelliteDevice("Kitchen", "1", "Pi")
    broker = BrokerSettings(
        "127.0.0.1", guarded.port, topics.device_id, "kitchen", USERS["kitchen"]
    )
    publisher = Publisher(
        PublisherSettings(
            [broker],
            Messages(topics),
            options,
            discovery(topics, device, Disclosure(), options),
            tmp_path / "state" / "outbox.db",
            10.0,
            history=True,
            reconnect_delays=lambda: itertools.repeat(0.1),
        ),
        Run("b1"),
        on_command=commands.append,
        on_fate=fates.append,
        on_name_taken=namesakes.append,
        random=lambda: 0.0,
    )
    async with house(guarded, "homeassistant", "#") as home_assistant:
        await publisher.start()
        turn = Turn("t1", Mode.MANUAL, None)
        said = Transcript("turn on the light", "en", "happy")
        publisher.state("idle", muted=False, ringing=False)
        publisher.wake(turn, NOW)
        publisher.diagnostics(Diagnostics(NOW, asr=True, mic=True))
        publisher.outcome(
            Outcome(turn, OutcomeKind.TRANSCRIPT, said), Stamp(NOW, NOW, 0.4)
        )
        publisher.play(PlayReport("a1", PlayState.STARTED))
        await home_assistant.hears(topics.history)
        await home_assistant.hears(topics.play)
        home_assistant.say(topics.command(Setting.MUTE), "ON")
        home_assistant.say(topics.command(Action.PLAY), '{"cancel":true}')
        await eventually(lambda: len(commands) == 2)
        await home_assistant.hears(topics.availability, "online")
        await home_assistant.hears(topics.satellite)
        copy = NameCheck(topics, "b2", (), lambda: "q1")
        assert await name_is_free(copy, broker, Version.V5, None, 10) is False
        await publisher.stop()
        await home_assistant.hears(topics.availability, "offline")

    assert namesakes == []
    assert copy.namesake is not None
    assert commands == [Change(Setting.MUTE, True), SoundCancelRequested(None)]
    assert [settled.fate for settled in fates] == [Fate.ACKED]
    assert home_assistant.on(topics.discovery)
    assert home_assistant.on(topics.satellite)
    assert home_assistant.on(topics.single_discovery("switch", "mute")) or not limits
    assert "access rules" not in caplog.text


async def test_satellites_hear_what_the_others_of_their_group_tell_it(
    guarded: Broker, tmp_path: Path
) -> None:
    heard: dict[str, list[GroupMessage]] = {"kitchen": [], "study": []}
    publishers = {}
    for user, messages in heard.items():
        topics = Topics("auricle", user)
        publishers[user] = Publisher(
            PublisherSettings(
                [
                    BrokerSettings(
                        *("127.0.0.1", guarded.port, topics.device_id),
                        *(user, USERS[user]),
                    )
                ],
                Messages(topics),
                Options(("auto",), ("off",)),
                None,
                tmp_path / user / "outbox.db",
                10.0,
            ),
            Run(user),
            on_command=lambda _: None,
            on_fate=lambda _: None,
            on_name_taken=lambda _: None,
            on_group_message=messages.append,
        )
    bids = {user: Bid(Claim(user, "t1", "okay_nabu", 9.5, 0.1)) for user in heard}
    for publisher in publishers.values():
        publisher.join_group("all")
        await publisher.start()
    await eventually(lambda: all(p.group_members for p in publishers.values()))
    for user, publisher in publishers.items():
        publisher.tell_group(bids[user])
    await eventually(lambda: all(heard.values()))
    for publisher in publishers.values():
        await publisher.stop()

    assert heard == {"kitchen": [bids["study"]], "study": [bids["kitchen"]]}


@pytest.mark.parametrize("rhasspy", [True])
async def test_a_satellite_may_serve_rhasspys_topics_for_itself_alone(
    guarded: Broker, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    topics = Topics("auricle", "kitchen")
    commands: list[Command] = []
    broker = BrokerSettings(
        *("127.0.0.1", guarded.port, topics.device_id, "kitchen", USERS["kitchen"]),
        largest_packet=LARGEST_WITH_SOUND,
    )
    publisher = Publisher(
        PublisherSettings(
            [broker],
            Messages(topics),
            Options(("auto",), ("off",)),
            None,
            tmp_path / "state" / "outbox.db",
            10.0,
            hermes_site="kitchen",
            plays=True,
            speaks=True,
        ),
        Run("b1"),
        on_command=commands.append,
        on_fate=lambda _: None,
        on_name_taken=lambda _: None,
    )
    async with house(guarded, "homeassistant", "#") as home_assistant:
        await publisher.start()
        await home_assistant.hears(topics.run)
        # More than is taken where Rhasspy sends nothing.
        for site in ("study", "kitchen"):
            play = f"hermes/audioServer/{site}/playBytes/{site}"
            home_assistant.say(play, b"no sound" * 12_000)
        say = '{"text":"Hello.","siteId":"kitchen","id":"7"}'
        home_assistant.say("hermes/tts/say", say)
        await eventually(lambda: len(commands) == 2)
        for command in commands:
            assert isinstance(command, SoundUnusable | SpeechRequested)
            publisher.play(PlayReport(command.id, PlayState.FINISHED))
        await home_assistant.hears("hermes/audioServer/kitchen/playFinished")
        await home_assistant.hears("hermes/tts/sayFinished")
        await publisher.stop()

    assert '"id":"kitchen"' in home_assistant.on(
        "hermes/audioServer/kitchen/playFinished"
    )[0].replace(" ", "")
    assert "access rules" not in caplog.text


@pytest.mark.parametrize(
    "topic",
    [
        "auricle/study/transcript/final",
        "auricle/study/event/utterance",
        "auricle/study/mute/set",
        "auricle/study/bid/all",
        "auricle/study/availability",
        "auricle/vocabulary",
        "auricle",
        "homeassistant/status",
        "homeassistant/device/auricle_study/config",
        "homeassistant/switch/auricle_study/mute/config",
        "homeassistant/light/lamp/config",
        "zigbee2mqtt/lock/set",
        "$SYS/broker/uptime",
    ],
)
async def test_a_satellite_can_say_nothing_outside_its_own_node(
    intruder: Intruder, topic: str
) -> None:
    assert await intruder.answer_to(topic, retain=True) == NOT_AUTHORIZED


async def test_a_satellite_hears_its_own_orders_and_nothing_else(
    guarded: Broker,
) -> None:
    private = [
        "auricle/study/transcript/final",
        "auricle/study/mute/set",
        "auricle/kitchen/transcript/last",
        "zigbee2mqtt/lock",
    ]
    allowed = [
        "auricle/kitchen/mute/set",
        "auricle/study/bid/all",
        "auricle/vocabulary",
        "homeassistant/status",
    ]
    async with (
        house(guarded, "homeassistant") as home_assistant,
        house(guarded, "kitchen", "#", "auricle/#", "$SYS/#") as kitchen,
    ):
        for topic in private + allowed:
            home_assistant.say(topic, '{"kind":"here"}')
        await kitchen.hears(allowed[-1])

    assert {heard.topic for heard in kitchen.heard} == set(allowed)


def seen_by_a_panel(topics: Topics) -> list[str]:
    hooks = HookEvents(topics, tuple(Hook))
    return [*SatelliteView(topics).subscriptions, *hooks.subscriptions]


async def test_a_panel_sees_its_own_satellite_and_no_other_room(
    guarded: Broker,
) -> None:
    """It is its satellite's user."""
    own, other = Topics("auricle", "kitchen"), Topics("auricle", "study")
    seen = [*seen_by_a_panel(own), *seen_by_a_panel(other)]
    async with (
        house(guarded, "kitchen", *seen) as panel,
        house(guarded, "homeassistant") as home_assistant,
    ):
        for topics in (other, own):
            for message in Messages(topics).state("idle", muted=False, ringing=False):
                home_assistant.say(message.topic, message.payload)
            for topic in HookEvents(topics, tuple(Hook)).subscriptions:
                home_assistant.say(topic, "")
            home_assistant.say(topics.availability, "online")
        await panel.hears(own.availability, "online")

    assert {heard.topic for heard in panel.heard} == set(seen_by_a_panel(own))


async def test_without_a_password_nobody_gets_in(guarded: Broker) -> None:
    refused: list[bool] = []
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
    client.on_connect = lambda _c, _u, _f, reason, _p: refused.append(reason.is_failure)
    client.connect("127.0.0.1", guarded.port)
    client.loop_start()
    await eventually(lambda: refused)
    client.disconnect()
    client.loop_stop()

    assert refused[0]
