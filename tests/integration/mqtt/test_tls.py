"""TLS to a real mosquitto, with certificates of our own."""

from pathlib import Path

import pytest

from auricle.errors import ConfigError
from auricle.mqtt.link.broker import DeliveryResult, Disconnected, Problem
from rigs.faults.certificates import Authority
from rigs.faults.dated_certificate import dated_certificate
from rigs.mqtt.broker import Broker, running_broker
from rigs.mqtt.client import ONLINE, Satellite, satellite
from rigs.waiting import eventually


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
