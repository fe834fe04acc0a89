"""A broker whose name has several addresses, some of which lead nowhere."""

import asyncio
import contextlib
from pathlib import Path

import pytest

from auricle.mqtt.link.broker import DeliveryResult, Disconnected, Problem
from rigs.faults.certificates import Authority
from rigs.faults.names import run_with_names
from rigs.faults.swallowing import swallowing
from rigs.mqtt.broker import Broker, free_port, running_broker
from rigs.mqtt.client import ONLINE, Satellite, satellite
from rigs.waiting import eventually

BROKER = "broker.test"
# Seconds that a command lives: behind them, a connection is of no use to it.
LIFE = 10.0


async def connects(port: int, host: str = BROKER, **settings: object) -> DeliveryResult:
    async with satellite(port, host=host, **settings) as study:
        async with asyncio.timeout(LIFE):
            await study.connected()
        return await study.published(ONLINE)


@pytest.mark.parametrize(
    "dead",
    [
        ["127.0.0.2"],
        ["127.0.0.2", "127.0.0.3"],
        ["127.0.0.2", "127.0.0.3", "127.0.0.4"],
        ["::1"],
    ],
)
def test_addresses_that_swallow_what_is_sent_do_not_hide_the_one_that_answers(
    broker: Broker, dead: list[str]
) -> None:
    names = {BROKER: [*dead, "127.0.0.1"]}
    with contextlib.ExitStack() as stack:
        for address in dead:
            stack.enter_context(swallowing(address, broker.port))
        result = run_with_names(names, connects(broker.port))

    assert result is DeliveryResult.NO_LISTENER


def test_an_address_that_refuses_does_not_hide_the_next_one(broker: Broker) -> None:
    names = {BROKER: ["::1", "127.0.0.2", "127.0.0.1"]}

    assert run_with_names(names, connects(broker.port)) is DeliveryResult.NO_LISTENER


@pytest.fixture
def over_tls(tmp_path: Path) -> tuple[Authority, tuple[str, ...]]:
    authority = Authority(tmp_path, "house")
    server = authority.sign("broker")
    return authority, (
        "allow_anonymous true",
        f"certfile {server.file}",
        f"keyfile {server.key}",
    )


# paho leaves the socket of a failed handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_certificate_must_be_of_the_name_whichever_address_answers(
    tmp_path: Path, over_tls: tuple[Authority, tuple[str, ...]]
) -> None:
    authority, listener = over_tls
    tls = {"tls": True, "ca_file": authority.certificate.file}
    with (
        running_broker(tmp_path, listener) as broker,
        swallowing("::1", broker.port),
    ):
        names = {name: ["::1", "127.0.0.1"] for name in ("localhost", BROKER)}
        of_the_name = run_with_names(names, connects(broker.port, "localhost", **tls))
        of_another = run_with_names(names, first_end(broker.port, BROKER, **tls))

    assert of_the_name is DeliveryResult.NO_LISTENER
    assert of_another.problem is Problem.TLS
    assert BROKER in of_another.detail


async def first_end(port: int, host: str, **settings: object) -> Disconnected:
    async with satellite(port, host=host, **settings) as study:
        await eventually(lambda: study.facts)
    end = study.facts[0]
    assert isinstance(end, Disconnected)
    return end


@pytest.mark.parametrize(
    ("addresses", "told"),
    [
        (["127.0.0.1"], "nothing listens on broker.test"),
        (["::1", "127.0.0.1"], "nothing listens on broker.test"),
        # To nobody in particular: there is no way for a connection.
        (["224.0.0.1", "127.0.0.1"], "nothing listens on broker.test"),
        (["224.0.0.1"], "broker.test"),
        ([], "no address found for 'broker.test'"),
    ],
)
def test_why_nobody_answers_is_said_whatever_the_number_of_addresses(
    addresses: list[str], told: str
) -> None:
    end = run_with_names({BROKER: addresses}, first_end(free_port(), BROKER))

    assert end.problem is Problem.UNREACHABLE
    assert end.detail.startswith(told)


def test_a_broker_that_starts_anew_is_not_hidden_by_an_address_that_swallows(
    broker: Broker,
) -> None:
    async def found_again() -> DeliveryResult:
        async with satellite(broker.port, host=BROKER) as study:
            await eventually(lambda: study.facts)
            async with asyncio.timeout(LIFE):
                broker.start()
                await study.connected()
            return await study.published(ONLINE)

    broker.kill()
    with swallowing("::1", broker.port):
        names = {BROKER: ["::1", "127.0.0.1"]}
        assert run_with_names(names, found_again()) is DeliveryResult.NO_LISTENER


def test_what_is_no_name_is_said() -> None:
    end = run_with_names({}, first_end(1883, "a..b"))

    assert end.problem is Problem.UNREACHABLE
    assert end.detail == "no address found for 'a..b'"


def test_a_satellite_that_stops_while_it_dials_leaves_nothing_open(
    broker: Broker,
) -> None:
    async def stops() -> Satellite:
        async with satellite(broker.port, host=BROKER) as study:
            await asyncio.sleep(0)
        return study

    with swallowing("127.0.0.2", broker.port):
        # A socket left to the garbage collector would be a warning, and an error here.
        study = run_with_names({BROKER: ["127.0.0.2"]}, stops())

    assert study.facts == []
