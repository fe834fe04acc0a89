"""The latest release is asked for of a real server, and what fails harms nobody."""

import asyncio
import itertools
import logging
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from auricle.health.release import LARGEST_ANSWER, Release
from auricle.health.release_watch import AskingPauses, ReleaseWatch
from rigs.faults.certificates import Authority
from rigs.release_server import PAGE, ReleaseServer, release_server
from rigs.waiting import eventually

SOON = AskingPauses(answered=0.05, failed=lambda: itertools.repeat(0.05))
NEVER_AGAIN = AskingPauses(answered=3600, failed=lambda: itertools.repeat(3600))


class House:
    """Keeps what it was told."""

    def __init__(self) -> None:
        self.told: list[Release | None] = []


def watch(url: str, house: House, pauses: AskingPauses = SOON) -> ReleaseWatch:
    return ReleaseWatch(url, "0.2.0", tell=house.told.append, pauses=pauses)


@pytest.fixture
def server() -> Iterator[ReleaseServer]:
    with release_server("0.3.0") as server:
        yield server


@pytest.fixture(autouse=True)
def _log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="auricle")


def levels(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.levelname for r in caplog.records if r.levelno >= logging.INFO]


async def test_a_new_release_is_told_when_it_is_out(
    server: ReleaseServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.has_out("0.2.0")
    house = House()
    watching = watch(server.url, house)
    watching.start()
    await eventually(lambda: len(house.told) > 1)
    server.has_out("0.3.0")
    await eventually(lambda: house.told[-1] == Release("0.3.0", PAGE))
    asked = len(server.asked)
    await eventually(lambda: len(server.asked) > asked + 2)
    watching.stop()

    assert house.told[:2] == [None, Release("0.2.0", PAGE)]
    told = [r.getMessage() for r in caplog.records if r.levelno >= logging.INFO]
    assert told == [f"auricle 0.3.0 is out: {PAGE}"]


async def test_who_is_asked_learns_nothing_of_this_house(server: ReleaseServer) -> None:
    house = House()
    watching = watch(server.url, house, NEVER_AGAIN)
    watching.start()
    await eventually(lambda: len(house.told) > 1)
    watching.stop()

    assert server.asked == [
        {
            "Accept-Encoding": "identity",
            "Host": server.url.split("/")[2],
            "User-Agent": "auricle",
            "Accept": "application/json",
            "Connection": "close",
        }
    ]


def gone(server: ReleaseServer) -> None:
    server.status, server.answer = 404, b"not here"


def busy(server: ReleaseServer) -> None:
    server.status, server.answer = 403, b"{}"


def another_page(server: ReleaseServer) -> None:
    server.answer = b"<html>sign in to this network</html>"


def endless(server: ReleaseServer) -> None:
    server.answer = b" " * (LARGEST_ANSWER + 1)


def moved(server: ReleaseServer) -> None:
    server.status = 302
    server.headers = {"Location": "http://192.0.2.1/releases/latest"}


def in_a_circle(server: ReleaseServer) -> None:
    server.status, server.headers = 302, {"Location": server.url}


def a_file(server: ReleaseServer) -> None:
    server.status, server.headers = 302, {"Location": "file:///etc/hostname"}


@pytest.mark.parametrize(
    ("fail", "reason"),
    [
        (gone, "answers 404"),
        (busy, "answers 403"),
        (another_page, "other than JSON"),
        (endless, "more than anybody"),
        (moved, "not https://"),
        (in_a_circle, "answers 302"),
        (a_file, "answers 302"),
    ],
)
async def test_a_failure_is_told_once_and_so_is_its_end(
    server: ReleaseServer,
    caplog: pytest.LogCaptureFixture,
    fail: Callable[[ReleaseServer], None],
    reason: str,
) -> None:
    fail(server)
    house = House()
    watching = watch(server.url, house)
    watching.start()
    await eventually(lambda: caplog.text.count("is not known") > 2)
    assert house.told == [None]
    server.headers = {}
    server.has_out("0.2.0")
    await eventually(lambda: len(house.told) > 1)
    watching.stop()

    assert levels(caplog) == ["WARNING", "INFO"]
    warning = next(r for r in caplog.records if r.levelno == logging.WARNING)
    assert "(update.url)" in warning.getMessage()
    assert reason in warning.getMessage()


async def test_nobody_at_all_is_a_failure_like_any_other(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    house = House()
    watching = watch(f"http://127.0.0.1:{port}/", house)
    watching.start()
    await eventually(lambda: levels(caplog))
    watching.stop()

    assert "Connection refused" in caplog.text
    assert house.told == [None]


async def test_a_stranger_is_not_believed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Its certificate is of an authority that this machine does not know."""
    certificate = Authority(tmp_path, "stranger").sign("localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.file, certificate.key)
    asked: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        asked.append(await reader.read(1000))

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    async with server:
        house = House()
        watching = watch(f"https://localhost:{port}/", house)
        watching.start()
        await eventually(lambda: levels(caplog))
        watching.stop()

    assert "certificate verify failed" in caplog.text
    assert asked == []


async def test_a_network_that_is_late_at_the_start_is_no_news(
    server: ReleaseServer, caplog: pytest.LogCaptureFixture
) -> None:
    gone(server)
    house = House()
    later = AskingPauses(answered=3600, failed=lambda: itertools.repeat(0.5))
    watching = watch(server.url, house, later)
    watching.start()
    await eventually(lambda: "answers 404" in caplog.text)
    server.has_out("0.2.0")
    await eventually(lambda: len(house.told) > 1)
    watching.stop()

    assert levels(caplog) == []


async def test_who_stops_does_not_wait_for_an_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        house = House()
        watching = watch(f"http://127.0.0.1:{silent.getsockname()[1]}/", house)
        watching.start()
        connection, _ = await asyncio.to_thread(silent.accept)
        watching.stop()
        connection.close()

    assert house.told == [None]
