"""The client against a real mosquitto."""

import asyncio
import contextlib
import itertools
import logging
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from auricle.errors import ConfigError
from auricle.mqtt.broker import (
    BrokerSettings,
    Connected,
    ConnectionFact,
    Delivered,
    DeliveryResult,
    Disconnected,
    Problem,
    Received,
    Version,
)
from auricle.mqtt.client import MqttClient
from auricle.mqtt.messages import Message
from rigs.broker import Broker, free_port, password_file, running_broker
from rigs.certificates import Authority
from rigs.dated_certificate import dated_certificate
from rigs.eventually import eventually
from rigs.house import House
from rigs.old_broker import old_broker

STATUS = "auricle/study/availability"
OFFLINE = Message(STATUS, "offline", retain=True)
KNOCK = "auricle/study/event/knock"
ONLINE = Message(STATUS, "online", retain=True)


class Satellite:
    """A client, and all that it reported."""

    def __init__(self, port: int, **settings: Any) -> None:
        self.facts: list[ConnectionFact] = []
        self.received: list[Received] = []
        self.delivered: list[Delivered] = []
        self.client = MqttClient(
            BrokerSettings("127.0.0.1", port, "auricle_study", **settings),
            will=OFFLINE,
            subscriptions=["auricle/study/+/set"],
            on_connection=self.facts.append,
            on_message=self.received.append,
            on_delivery=self.delivered.append,
            delays=lambda: itertools.repeat(0.1),
            refusal_delays=lambda: itertools.repeat(0.1),
        )

    @property
    def problems(self) -> list[Problem]:
        return [f.problem for f in self.facts if isinstance(f, Disconnected)]

    async def connected(self, times: int = 1) -> None:
        await eventually(
            lambda: (
                sum(isinstance(f, Connected) for f in self.facts) >= times
                and self.client.connected
            )
        )

    async def published(self, message: Message) -> DeliveryResult:
        message_id = self.client.publish(message)
        assert message_id is not None
        await eventually(lambda: any(d.id == message_id for d in self.delivered))
        return next(d.result for d in self.delivered if d.id == message_id)


@contextlib.asynccontextmanager
async def satellite(port: int, **settings: Any) -> AsyncIterator[Satellite]:
    satellite = Satellite(port, **settings)
    satellite.client.start()
    try:
        yield satellite
    finally:
        await satellite.client.stop(OFFLINE)


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[Broker]:
    """A broker that knows `pi`, who may write and read below its own node."""
    passwords = password_file(tmp_path, {"pi": "s3cret", "house": "h0use"})
    rules = tmp_path / "rules"
    rules.write_text(
        "user pi\ntopic readwrite auricle/study/#\nuser house\ntopic readwrite #\n"
    )
    rules.chmod(0o600)
    listener = (
        "allow_anonymous false",
        f"password_file {passwords}",
        f"acl_file {rules}",
    )
    with running_broker(tmp_path, listener) as broker:
        yield broker


async def test_a_published_state_is_retained(broker: Broker) -> None:
    async with satellite(broker.port) as study:
        await study.connected()
        await study.published(ONLINE)

        async with House(broker.port, STATUS) as house:
            await house.hears(STATUS, "online")

        assert house.heard[0].retain


async def test_a_command_reaches_the_satellite(broker: Broker) -> None:
    async with satellite(broker.port) as study, House(broker.port) as house:
        await study.connected()
        await eventually(lambda: "Received SUBSCRIBE from auricle" in broker.log)

        house.say("auricle/study/mute/set", b"\xff\xfe")

        await eventually(lambda: study.received)
        assert study.received == [
            Received("auricle/study/mute/set", b"\xff\xfe", retain=False)
        ]


async def test_a_retained_command_says_that_it_is_retained(broker: Broker) -> None:
    async with House(broker.port, "auricle/#") as house:
        house.say("auricle/study/mute/set", "OFF", retain=True)
        await house.hears("auricle/study/mute/set")

        async with satellite(broker.port) as study:
            await eventually(lambda: study.received)

    assert study.received[0].retain


async def test_a_clean_stop_leaves_offline_behind(broker: Broker) -> None:
    async with satellite(broker.port) as study:
        await study.connected()
        await study.published(ONLINE)

    async with House(broker.port, STATUS) as house:
        await house.hears(STATUS, "offline")


async def test_a_satellite_that_dies_is_announced_as_offline(broker: Broker) -> None:
    async with House(broker.port, STATUS) as house:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", SHORT_LIFE, str(broker.port)
        )
        await house.hears(STATUS, "online")

        process.kill()
        await process.wait()

        await house.hears(STATUS, "offline")


SHORT_LIFE = """
import asyncio, itertools, sys
from auricle.mqtt.broker import BrokerSettings
from auricle.mqtt.client import MqttClient
from auricle.mqtt.messages import Message

async def live():
    topic = "auricle/study/availability"
    client = MqttClient(
        BrokerSettings("127.0.0.1", int(sys.argv[1]), "auricle_study"),
        will=Message(topic, "offline", retain=True),
        subscriptions=["auricle/study/+/set"],
        on_connection=lambda _: client.publish(Message(topic, "online", retain=True)),
        on_message=print,
        on_delivery=print,
        delays=lambda: itertools.repeat(0.1),
    )
    client.start()
    await asyncio.sleep(60)

asyncio.run(live())
"""


async def test_nobody_listening_is_noticed(broker: Broker) -> None:
    async with satellite(broker.port) as study:
        await study.connected()

        result = await study.published(Message(KNOCK, "{}"))

    assert result is DeliveryResult.NO_LISTENER


async def test_a_listener_makes_it_acknowledged(broker: Broker) -> None:
    topic = KNOCK
    async with satellite(broker.port) as study, House(broker.port, topic):
        await study.connected()

        assert await study.published(Message(topic, "{}")) is DeliveryResult.ACKED


async def test_a_message_carries_the_rest_of_its_life(broker: Broker) -> None:
    topic = KNOCK
    async with satellite(broker.port) as study, House(broker.port, topic) as house:
        await study.connected()
        await study.published(Message(topic, "{}", expiry=9.7))
        await house.hears(topic)

    assert house.heard[0].expiry == 9


async def test_nothing_waits_in_the_client_while_the_broker_is_away(
    broker: Broker,
) -> None:
    topic = KNOCK
    async with satellite(broker.port) as study:
        await study.connected()
        broker.kill()
        await eventually(lambda: not study.client.connected)

        refused = study.client.publish(Message(topic, "turn on the oven"))

        broker.start()
        async with House(broker.port, "auricle/#") as house:
            await study.connected(times=2)
            await study.published(ONLINE)
            await house.hears(STATUS, "online")
        assert refused is None
        assert house.on(topic) == []


async def test_what_was_under_way_when_the_broker_died_is_reported_lost(
    broker: Broker,
) -> None:
    async with satellite(broker.port) as study:
        await study.connected()
        broker.freeze()
        message_id = study.client.publish(ONLINE)
        assert message_id is not None
        broker.kill()

        await eventually(lambda: study.delivered)

    assert study.delivered == [Delivered(message_id, DeliveryResult.LOST)]


async def test_more_than_fits_is_refused_not_hoarded(broker: Broker) -> None:
    async with satellite(broker.port) as study:
        await study.connected()
        broker.freeze()

        taken = [study.client.publish(ONLINE) is not None for _ in range(300)]

        broker.thaw()
        assert any(taken)
        assert not all(taken)
        await eventually(lambda: len(study.delivered) == taken.count(True))


async def test_a_broker_that_comes_late_is_found() -> None:
    port = free_port()
    async with satellite(port) as study:
        await eventually(lambda: study.facts)

    assert study.problems[0] is Problem.UNREACHABLE


async def test_an_outage_is_warned_of_once(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "auricle.mqtt.client")
    async with satellite(broker.port) as study:
        await study.connected()
        broker.kill()
        await eventually(lambda: study.problems.count(Problem.UNREACHABLE) >= 3)
        broker.start()
        await study.connected(times=2)

    levels = [r.levelname for r in caplog.records if "nothing listens" in r.message]
    assert levels[0] == "WARNING"
    assert set(levels[1:]) == {"DEBUG"}
    assert caplog.text.count("INFO") == 2


async def test_a_wrong_password_is_named_as_such(secured: Broker) -> None:
    async with satellite(secured.port, username="pi", password="wrong") as study:
        await eventually(lambda: study.facts)

    fact = study.facts[0]
    assert isinstance(fact, Disconnected)
    assert fact.problem is Problem.AUTH_FAILED
    assert "'pi'" in fact.detail
    assert "wrong" not in fact.detail


async def test_a_forbidden_topic_is_rejected_and_warned_of_once(
    secured: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    async with satellite(secured.port, username="pi", password="s3cret") as study:
        await study.connected()
        results = [
            await study.published(Message("auricle/kitchen/state", "idle"))
            for _ in range(3)
        ]

    assert results == [DeliveryResult.REJECTED] * 3
    assert caplog.text.count("do not let us write auricle/kitchen/state") == 1


async def test_an_authority_of_ones_own_is_trusted_where_named(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "house")
    server = authority.sign("broker")
    listener = (
        "allow_anonymous true",
        f"certfile {server.file}",
        f"keyfile {server.key}",
    )
    with running_broker(tmp_path, listener) as broker:
        ca_file = authority.certificate.file
        async with satellite(broker.port, tls=True, ca_file=ca_file) as study:
            await study.connected()
            assert await study.published(ONLINE) is DeliveryResult.NO_LISTENER


# paho leaves the socket of a failed handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_another_authority_is_refused_as_a_tls_problem(tmp_path: Path) -> None:
    server = Authority(tmp_path, "house").sign("broker")
    stranger = Authority(tmp_path, "stranger")
    listener = (
        "allow_anonymous true",
        f"certfile {server.file}",
        f"keyfile {server.key}",
    )
    with running_broker(tmp_path, listener) as broker:
        ca_file = stranger.certificate.file
        async with satellite(broker.port, tls=True, ca_file=ca_file) as study:
            await eventually(lambda: len(study.facts) >= 2)

    assert set(study.problems) == {Problem.TLS}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_brokers_certificate_from_the_future_asks_about_our_clock(
    tmp_path: Path,
) -> None:
    future = dated_certificate(tmp_path, "20900101000000Z", "20910101000000Z")
    listener = (
        "allow_anonymous true",
        f"certfile {future.file}",
        f"keyfile {future.key}",
    )
    with running_broker(tmp_path, listener) as broker:
        async with satellite(broker.port, tls=True, ca_file=future.file) as study:
            await eventually(lambda: study.facts)

    fact = study.facts[0]
    assert isinstance(fact, Disconnected)
    assert "is this machine's clock right?" in fact.detail


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_client_certificate_opens_a_broker_that_asks_for_one(
    tmp_path: Path,
) -> None:
    authority = Authority(tmp_path, "house")
    server, pi = authority.sign("broker"), authority.sign("pi")
    ca_file = authority.certificate.file
    listener = (
        f"cafile {ca_file}",
        f"certfile {server.file}",
        f"keyfile {server.key}",
        "require_certificate true",
        "use_identity_as_username true",
    )
    with running_broker(tmp_path, listener) as broker:
        async with satellite(
            broker.port, tls=True, ca_file=ca_file, cert_file=pi.file, key_file=pi.key
        ) as study:
            await study.connected()
        async with satellite(broker.port, tls=True, ca_file=ca_file) as stranger:
            await eventually(lambda: stranger.facts)

    assert stranger.problems[0] is Problem.TLS


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_tls_to_a_broker_without_it_is_asked_about(broker: Broker) -> None:
    async with satellite(broker.port, tls=True) as study:
        await eventually(lambda: study.facts)

    fact = study.facts[0]
    assert isinstance(fact, Disconnected)
    assert "does it speak TLS" in fact.detail


def test_a_missing_authority_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.pem"):
        Satellite(1883, tls=True, ca_file=tmp_path / "nowhere.pem")


@pytest.mark.parametrize("silent", [False, True])
async def test_a_broker_from_before_mqtt_5_is_spoken_to_in_its_own_version(
    broker: Broker, silent: bool
) -> None:
    async with (
        old_broker(broker.port, silent=silent) as port,
        satellite(port) as study,
        House(broker.port, "auricle/#") as house,
    ):
        await study.connected()
        await study.published(ONLINE)
        await house.hears(STATUS, "online")

    assert study.facts[0] == Connected(Version.V311)


async def test_an_old_broker_is_not_given_what_it_could_not_forget(
    broker: Broker,
) -> None:
    topic = "auricle/study/secret"
    async with old_broker(broker.port) as port, satellite(port) as study:
        await study.connected()
        await study.published(Message(topic, "{}", retain=True, expiry=60))
        await study.published(ONLINE)

        async with House(broker.port, topic, STATUS) as house:
            await house.hears(STATUS)

    assert house.on(topic) == []


async def test_two_clients_of_one_name_are_noticed(broker: Broker) -> None:
    async with satellite(broker.port) as first:
        await first.connected()
        async with satellite(broker.port) as second:
            await eventually(
                lambda: Problem.TAKEN_OVER in first.problems + second.problems
            )


async def test_a_broker_restart_is_survived(broker: Broker) -> None:
    async with satellite(broker.port) as study:
        await study.connected()
        broker.stop()
        broker.start()

        await study.connected(times=2)
        assert await study.published(ONLINE) is DeliveryResult.NO_LISTENER


async def test_a_packet_beyond_all_commands_is_not_even_sent_to_us(
    broker: Broker,
) -> None:
    async with satellite(broker.port) as study, House(broker.port) as house:
        await study.connected()
        await eventually(lambda: "Received SUBSCRIBE from auricle" in broker.log)

        house.say("auricle/study/context/set", b"x" * 1_000_000)
        house.say("auricle/study/mute/set", "ON")

        await eventually(lambda: study.received)

    assert [received.payload for received in study.received] == [b"ON"]


async def test_what_is_not_mqtt_is_a_lost_connection_not_a_dead_daemon() -> None:
    async def babble(
        _reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    async with server, satellite(server.sockets[0].getsockname()[1]) as study:
        await eventually(lambda: len(study.facts) >= 2)

    assert not study.client.connected


async def test_no_lock_is_held_across_publishing_and_acknowledging(
    broker: Broker,
) -> None:
    async with satellite(broker.port) as study:
        await study.connected()
        published = 0
        while published < 5000:
            if study.client.publish(ONLINE) is not None:
                published += 1
            else:
                await asyncio.sleep(0)
        await eventually(lambda: len(study.delivered) == published, timeout=30)
