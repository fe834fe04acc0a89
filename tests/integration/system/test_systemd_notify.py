"""What arrives on systemd's socket."""

import asyncio
import contextlib
import itertools
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from auricle.capture.hearing_state import HearingState
from auricle.health.supervision import Supervisor
from auricle.health.vitals import Vitals
from auricle.recognizer.engines.weights import find_whisper
from auricle.system.systemd import Notifier
from rigs.homes.program import local_recognizer
from rigs.waiting import eventually

LISTENING = Vitals(
    hearing=HearingState.LISTENING,
    rounds=0,
    frames=0,
    inferences=0,
    broker_rounds=None,
    wanted=True,
    wishes=1,
    wake_words=["okay_nabu"],
)
LOOKS = 0.01


class Systemd:
    """The other end of NOTIFY_SOCKET."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(address)
        self._socket.settimeout(5)

    def told(self) -> str:
        return self._socket.recv(4096).decode()

    async def told_until(self, last: str) -> list[str]:
        """All that is told, up to `last`."""
        return await asyncio.to_thread(self._told_until, last)

    def _told_until(self, last: str) -> list[str]:
        # In one go: a socket keeps ten messages, and what comes then is lost.
        deadline = time.monotonic() + 60.0
        told: list[str] = []
        while last not in told:
            assert time.monotonic() < deadline, f"{last} was not told, but {told[-5:]}"
            told.append(self.told())
        return told

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def address(tmp_path: Path) -> str:
    return str(tmp_path / "notify")


@pytest.fixture
def systemd(address: str) -> Iterator[Systemd]:
    with contextlib.closing(Systemd(address)) as systemd:
        yield systemd


@pytest.fixture
def notifier(address: str) -> Notifier:
    return Notifier({"NOTIFY_SOCKET": address})


class Satellite:
    """Vitals that progress with every look, except for the parts that are stuck."""

    def __init__(self, vitals: Vitals) -> None:
        self.vitals = vitals
        self.stuck = False

    def look(self) -> Vitals:
        if not self.stuck:
            self.vitals = replace(
                self.vitals,
                rounds=self.vitals.rounds + 1,
                frames=self.vitals.frames + 1,
                inferences=self.vitals.inferences + 1,
            )
        return self.vitals


@contextlib.asynccontextmanager
async def supervised(
    look: Callable[[], Vitals], notifier: Notifier
) -> AsyncIterator[None]:
    task = asyncio.create_task(Supervisor(look, notifier, interval=LOOKS).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


# --- the recognizer ---


async def test_the_recognizer_is_ready_when_it_serves_with_its_model(
    systemd: Systemd, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    async with local_recognizer() as url:
        told = await systemd.told_until("READY=1")
    assert told == [f"STATUS=serving on {url}", "READY=1"]


async def test_a_model_of_the_users_own_has_the_time_to_be_tried_and_loaded(
    systemd: Systemd, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    async with local_recognizer("--model", str(find_whisper("tiny.en"))):
        told = await systemd.told_until("READY=1")
    # A trial is given up after 300 s.
    assert told[0] == "EXTEND_TIMEOUT_USEC=600000000"


# --- the notifier ---


def test_systemd_is_told(systemd: Systemd, notifier: Notifier) -> None:
    notifier.ready()
    notifier.alive()
    notifier.still_starting(1.5)
    notifier.stopping()
    assert [systemd.told() for _ in range(4)] == [
        "READY=1",
        "WATCHDOG=1",
        "EXTEND_TIMEOUT_USEC=1500000",
        "STOPPING=1",
    ]


def test_a_status_is_one_line_in_any_language(
    systemd: Systemd, notifier: Notifier
) -> None:
    notifier.status("the microphone\nof the Küche is lost")
    assert systemd.told() == "STATUS=the microphone of the Küche is lost"


def test_an_abstract_socket_is_reached(tmp_path: Path) -> None:
    name = f"auricle-test{tmp_path}"
    with contextlib.closing(Systemd("\0" + name)) as systemd:
        Notifier({"NOTIFY_SOCKET": "@" + name}).ready()
        assert systemd.told() == "READY=1"


async def test_what_a_busy_systemd_has_no_room_for_is_told_later(
    systemd: Systemd, address: str, notifier: Notifier
) -> None:
    room = fill(address)

    notifier.status("opening the microphone")
    notifier.status("listening for okay_nabu")
    notifier.ready()
    notifier.alive()
    told = await systemd.told_until("READY=1")

    # Of the statuses the latest; a sign of life would be too old.
    assert told[room:] == ["STATUS=listening for okay_nabu", "READY=1"]
    notifier.alive()
    assert systemd.told() == "WATCHDOG=1"


def fill(address: str) -> int:
    """Send as much as fits into systemd's queue; how many messages that were."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        for sent in itertools.count():
            try:
                sock.sendto(b"X=1", address)
            except BlockingIOError:
                return sent
    raise AssertionError


def test_a_systemd_that_does_not_listen_is_no_failure(notifier: Notifier) -> None:
    notifier.ready()


# --- the supervisor ---


async def test_a_satellite_that_hears_is_ready_and_then_alive(
    systemd: Systemd, notifier: Notifier
) -> None:
    async with supervised(Satellite(LISTENING).look, notifier):
        told = await systemd.told_until("WATCHDOG=1")
    assert told == ["STATUS=listening for okay_nabu", "READY=1", "WATCHDOG=1"]


async def test_without_a_microphone_systemd_is_asked_for_more_time(
    systemd: Systemd, notifier: Notifier
) -> None:
    lost = replace(LISTENING, hearing=HearingState.LOST, microphone_problem="no device")
    satellite = Satellite(lost)
    async with supervised(satellite.look, notifier):
        told = await systemd.told_until("EXTEND_TIMEOUT_USEC=20000000")
        assert told[0] == "STATUS=microphone lost: no device"
        satellite.vitals = replace(satellite.vitals, hearing=HearingState.LISTENING)
        await systemd.told_until("READY=1")


async def test_readiness_is_told_once(systemd: Systemd, notifier: Notifier) -> None:
    satellite = Satellite(LISTENING)
    async with supervised(satellite.look, notifier):
        await systemd.told_until("READY=1")
        satellite.vitals = replace(satellite.vitals, hearing=HearingState.LOST)
        await systemd.told_until("STATUS=microphone lost: no sound")
        satellite.vitals = replace(satellite.vitals, hearing=HearingState.LISTENING)
        again = await systemd.told_until("STATUS=listening for okay_nabu")
        again += await systemd.told_until("WATCHDOG=1")
    assert "READY=1" not in again


async def test_a_satellite_that_is_stuck_is_not_called_alive(
    systemd: Systemd, notifier: Notifier, caplog: pytest.LogCaptureFixture
) -> None:
    satellite = Satellite(LISTENING)
    async with supervised(satellite.look, notifier):
        await systemd.told_until("WATCHDOG=1")
        satellite.stuck = True
        satellite.vitals = replace(satellite.vitals, wake_words=["alexa"])
        await systemd.told_until("STATUS=listening for alexa")
        looks_before = satellite.vitals
        await eventually(lambda: "no progress" in caplog.text)
        satellite.vitals = replace(looks_before, wake_words=["end"])
        told = await systemd.told_until("STATUS=listening for end")
    assert told == ["STATUS=listening for end"]
    assert "capture thread, microphone, wake word engine" in caplog.text
