"""What a turn is told of a recognizer that fails, and when."""

import asyncio
import time

import pytest

from auricle.asr.client import AsrClient
from auricle.asr.session import Timeouts
from auricle.errors import Reason
from auricle.qwen_asr.address import RecognizerAddress
from auricle.qwen_asr.events import SessionSettings
from auricle.turns.events import RecognizerFailed
from rigs.faults.names import run_with_names
from rigs.faults.network import private_network
from rigs.mqtt.broker import free_port
from rigs.recognizer.faults import (
    AbortAfter,
    CloseAfter,
    CloseAfterCreated,
    CloseInsteadOfFinal,
    EmptyFinals,
    ErrorAfter,
    FailItem,
    Fault,
    Junk,
    NoFinal,
    RefuseHandshake,
    RejectUpdate,
    SilentFromTheStart,
    SlowFinal,
)
from rigs.recognizer.one_turn import (
    MANUAL,
    VAD,
    OneTurn,
    a_later_deadline_passes,
    client_of,
    quiet,
    take_turn,
    voice,
)
from rigs.recognizer.scripted_recognizer import ScriptedRecognizer
from rigs.waiting import eventually

pytestmark = pytest.mark.usefixtures("no_programming_errors")

LIGHT = "Turn on the light."


@pytest.mark.parametrize(
    ("fault", "reason", "transient"),
    [
        (RefuseHandshake(401), Reason.AUTH_FAILED, False),
        (RefuseHandshake(403), Reason.AUTH_FAILED, False),
        (RefuseHandshake(404), Reason.ASR_UNREACHABLE, False),
        (RefuseHandshake(429), Reason.RATE_LIMITED, True),
        (RefuseHandshake(503), Reason.ASR_UNREACHABLE, True),
        (CloseAfterCreated("Access denied."), Reason.AUTH_FAILED, False),
        (CloseAfterCreated("Free quota exhausted."), Reason.RATE_LIMITED, False),
        (CloseAfterCreated("", code=1013), Reason.ASR_UNREACHABLE, True),
        (RejectUpdate(), Reason.ASR_PROTOCOL, False),
        (ErrorAfter(0.5), Reason.ASR_FAILED, True),
        (
            ErrorAfter(0.5, code="Throttling.RateQuota"),
            Reason.RATE_LIMITED,
            True,
        ),
        (ErrorAfter(0.5, type="invalid_request_error"), Reason.ASR_PROTOCOL, False),
        (CloseAfter(0.5, 1011), Reason.ASR_UNREACHABLE, True),
        (CloseAfter(0.5, 1000, ""), Reason.ASR_UNREACHABLE, True),
        (AbortAfter(0.5), Reason.ASR_UNREACHABLE, True),
        (CloseInsteadOfFinal(1013), Reason.ASR_UNREACHABLE, True),
        (FailItem(), Reason.ASR_FAILED, True),
        (Junk('{"type":"session.finished"}'), Reason.ASR_PROTOCOL, True),
        (Junk("x" * 300_000), Reason.ASR_PROTOCOL, True),
    ],
    ids=str,
)
async def test_a_failure_says_why_and_whether_to_try_again(
    fault: Fault, reason: Reason, transient: bool
) -> None:
    async with ScriptedRecognizer(LIGHT, always=[fault]) as server:
        turn = await take_turn(server.url)
    failure = turn.failures[0]
    assert (failure.turn, failure.reason, failure.transient) == (
        "turn_1",
        reason,
        transient,
    )
    assert len(turn.failures) == 1
    assert not turn.finals


@pytest.mark.parametrize("status", [429, 503])
async def test_who_is_to_come_again_too_late_is_told_so_at_once(status: int) -> None:
    refused = RefuseHandshake(status, retry_after="5")
    async with (
        ScriptedRecognizer(always=[refused]) as server,
        client_of(server.url, final=4.0) as client,
    ):
        turn = OneTurn(client, MANUAL)
        turn.say(voice(0.6))
        failure = await turn.failure()
        turn.session.close()
    assert not failure.transient
    assert server.attempts == 1


async def test_who_is_to_come_again_in_time_does_and_not_before() -> None:
    refused = RefuseHandshake(429, retry_after="1")
    async with (
        ScriptedRecognizer(LIGHT, faults=[refused]) as server,
        # To wait is no part of the connection's time.
        client_of(server.url, connect=0.9) as client,
    ):
        turn = OneTurn(client, MANUAL)
        turn.say(voice(0.6))
        turn.session.end_utterance()
        failure = await turn.failure()
        assert failure.transient
        told = time.monotonic()
        turn.session.replay()
        await eventually(lambda: turn.finals or len(turn.failures) > 1)
        turn.session.close()
    assert [final.text for final in turn.finals] == [LIGHT]
    assert time.monotonic() - told >= 1.0


async def test_nobody_comes_again_for_a_command_that_is_worth_nothing_by_then() -> None:
    refused = RefuseHandshake(429, retry_after="3")
    patient = Timeouts(final=30.0, time_to_live=2.0)
    async with ScriptedRecognizer(always=[refused]) as server:
        client = AsrClient(RecognizerAddress(server.url), patient)
        turn = OneTurn(client, MANUAL)
        assert not (await turn.failure()).transient
        await client.aclose()


async def test_nobody_listening_is_unreachable() -> None:
    async with ScriptedRecognizer() as server:
        url = server.url
    turn = await take_turn(url)
    assert turn.failures[0].reason is Reason.ASR_UNREACHABLE
    assert turn.failures[0].transient


@pytest.mark.parametrize(
    ("addresses", "no_network"),
    [
        pytest.param(["10.9.9.9"], True, id="no way there"),
        pytest.param(["10.9.9.9", "fd00::9"], True, id="no way to either"),
        pytest.param(["127.0.0.1"], False, id="refused"),
        pytest.param(["fd00::9", "127.0.0.1"], False, id="one of them refuses"),
        pytest.param([], False, id="no such name"),
    ],
)
def test_having_no_network_yet_is_told_from_not_being_answered(
    addresses: list[str], *, no_network: bool
) -> None:
    with private_network():
        names = {"recognizer.test": addresses}
        (failure,) = run_with_names(names, failures_of("recognizer.test"))

    assert failure.reason is Reason.ASR_UNREACHABLE
    assert failure.transient
    assert failure.no_network is no_network


def test_a_name_server_that_cannot_be_asked_is_no_network() -> None:
    with private_network():
        (failure,) = asyncio.run(failures_of("recognizer.invalid"))

    assert failure.no_network


def test_nobody_is_left_alone_who_could_not_be_asked() -> None:
    with private_network():
        failures = asyncio.run(failures_of("10.9.9.9", 10))

    assert all(failure.no_network for failure in failures)


async def failures_of(host: str, turns: int = 1) -> list[RecognizerFailed]:
    async with client_of(f"ws://{host}:{free_port()}/x") as client:
        return [await OneTurn(client, MANUAL).failure() for _ in range(turns)]


async def test_a_host_that_accepts_and_never_answers_is_given_up_in_time() -> None:
    accepted = []
    listener = await asyncio.start_server(
        lambda _, writer: accepted.append(writer), "127.0.0.1", 0
    )
    port = listener.sockets[0].getsockname()[1]
    async with client_of(f"ws://127.0.0.1:{port}/?model=m", connect=0.3) as client:
        began = time.monotonic()
        failure = await OneTurn(client, MANUAL).failure()
        assert failure.reason is Reason.ASR_UNREACHABLE
        assert 0.25 < time.monotonic() - began < 3
    for writer in accepted:
        writer.close()
    listener.close()
    await listener.wait_closed()


async def test_something_else_than_a_recognizer_is_unreachable() -> None:
    async def answer(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await reader.readline()
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        writer.close()

    listener = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    turn = await take_turn(f"ws://127.0.0.1:{port}/?model=m")
    assert turn.failures[0].reason is Reason.ASR_UNREACHABLE
    listener.close()
    await listener.wait_closed()


async def test_a_server_that_never_greets_is_given_up_in_time() -> None:
    async with (
        ScriptedRecognizer(always=[SilentFromTheStart()]) as server,
        client_of(server.url, connect=0.3) as client,
    ):
        failure = await OneTurn(client, MANUAL).failure()
    assert (failure.reason, failure.transient) == (Reason.ASR_TIMEOUT, True)


async def test_a_server_that_ends_an_idle_session_is_an_outage() -> None:
    async with (
        ScriptedRecognizer(idle_timeout=0.3) as server,
        client_of(server.url) as client,
    ):
        turn = OneTurn(client, MANUAL)
        turn.say(voice(0.3))
        failure = await turn.failure()
    assert (failure.reason, failure.transient) == (Reason.ASR_UNREACHABLE, True)


@pytest.mark.parametrize("settings", [MANUAL, VAD], ids=["manual", "server_vad"])
async def test_a_final_that_never_comes_is_given_up_in_time(
    settings: SessionSettings,
) -> None:
    async with (
        ScriptedRecognizer(always=[NoFinal()]) as server,
        client_of(server.url, final=0.5) as client,
    ):
        turn = OneTurn(client, settings)
        turn.say(voice(1.0) + quiet(0.6))
        if settings.turn_detection is None:
            turn.session.end_utterance()
        failure = await turn.failure()
        turn.session.close()
    assert (failure.reason, failure.transient) == (Reason.ASR_TIMEOUT, False)


async def test_a_final_that_comes_too_late_is_not_delivered() -> None:
    async with (
        ScriptedRecognizer(always=[SlowFinal(0.6)]) as server,
        client_of(server.url, final=0.3) as client,
    ):
        turn = OneTurn(client, MANUAL)
        turn.say(voice(1.0))
        turn.session.end_utterance()
        await turn.failure()
        await eventually(lambda: not server.open_sessions)
        assert not turn.finals


async def test_a_person_who_goes_on_speaking_is_not_timed() -> None:
    """After an empty final the utterance goes on, and its deadline is gone."""
    async with (
        ScriptedRecognizer(LIGHT, faults=[EmptyFinals(), NoFinal()]) as server,
        client_of(server.url, final=0.3) as client,
    ):
        turn = OneTurn(client, VAD)
        turn.say(voice(0.5) + quiet(0.6))
        await eventually(lambda: turn.finals)
        await a_later_deadline_passes(client)
        turn.say(voice(1.0) + quiet(0.6))
        await eventually(lambda: len(turn.finals) == 2)
        turn.session.close()
    assert not turn.failures


async def test_a_server_that_leaves_in_the_middle_of_an_upload_is_an_outage() -> None:
    fault = CloseAfter(0.5, 1011)
    async with (
        ScriptedRecognizer(always=[fault]) as server,
        client_of(server.url) as client,
    ):
        turn = OneTurn(client, MANUAL)
        turn.say(voice(1.0) * 59)
        turn.session.end_utterance()
        failure = await turn.failure()
        turn.session.close()
    assert (failure.reason, failure.transient) == (Reason.ASR_UNREACHABLE, True)
