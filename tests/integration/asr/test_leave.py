"""What is left of a session that is closed: nothing."""

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest

from auricle.qwen_asr.address import RecognizerAddress
from auricle.qwen_asr_client.connection import Connection
from rigs.recognizer.faults import (
    AbortAfter,
    CloseAfter,
    CloseInsteadOfFinished,
    ErrorAfter,
    Fault,
    LateFinished,
    Line,
    Message,
    NoFinal,
    NoFinished,
    RefuseHandshake,
    Send,
    SlowFinal,
)
from rigs.recognizer.one_turn import MANUAL, OneTurn, client_of, voice
from rigs.recognizer.scripted_recognizer import ScriptedRecognizer
from rigs.waiting import eventually, hold

pytestmark = pytest.mark.usefixtures("no_programming_errors")


@pytest.mark.parametrize(
    "faults",
    [[], [NoFinished()], [LateFinished(30.0)], [CloseInsteadOfFinished()]],
    ids=str,
)
async def test_a_closed_session_leaves_nothing_behind(faults: Sequence[Fault]) -> None:
    async with (
        ScriptedRecognizer(always=faults) as server,
        client_of(server.url, finish=0.5) as client,
    ):
        turn = OneTurn(client, MANUAL)
        turn.say(voice(1.0))
        turn.session.end_utterance()
        await turn.final()
        turn.session.close()
        await eventually(lambda: not server.open_sessions, timeout=5)
    assert server.heard[0].types[-1] == "session.finish"


async def test_nothing_is_delivered_once_the_turn_is_over() -> None:
    async with (
        ScriptedRecognizer(always=[SlowFinal(0.2)]) as server,
        client_of(server.url) as client,
    ):
        turn = OneTurn(client, MANUAL)
        turn.say(voice(0.6))
        turn.session.end_utterance()
        await eventually(
            lambda: (
                server.heard and "input_audio_buffer.commit" in server.heard[0].types
            )
        )
        delivered = len(turn.delivered)
        turn.session.close()
        await eventually(lambda: not server.open_sessions)
        assert len(turn.delivered) == delivered


async def test_a_turn_that_is_cancelled_while_connecting_says_nothing() -> None:
    async with ScriptedRecognizer() as server, client_of(server.url) as client:
        turn = OneTurn(client, MANUAL)
        turn.say(voice(1.0))
        turn.session.close()
        await client.aclose()
    assert not turn.delivered
    assert not any(heard.audio for heard in server.heard)


async def test_a_session_that_is_closed_twice_or_used_after_is_no_trouble() -> None:
    async with ScriptedRecognizer() as server, client_of(server.url) as client:
        turn = OneTurn(client, MANUAL)
        turn.session.close()
        turn.session.close()
        turn.say(voice(1.0))
        turn.session.end_utterance()
        turn.session.replay()
        await client.aclose()
    assert not turn.delivered


async def test_stopping_does_not_wait_for_a_server_that_does_not_answer() -> None:
    async with ScriptedRecognizer(always=[NoFinished()]) as server:
        async with client_of(server.url, finish=30) as client:
            turn = OneTurn(client, MANUAL)
            turn.say(voice(1.0))
            turn.session.end_utterance()
            await turn.final()
            turn.session.close()
            began = time.monotonic()
            await client.aclose()
        assert time.monotonic() - began < 2


async def failed(turn: OneTurn) -> None:
    turn.session.end_utterance()
    await turn.failure()


async def understood(turn: OneTurn) -> None:
    turn.session.end_utterance()
    await turn.final()


async def spoken_to(_: OneTurn) -> None:
    pass


class NeverUpdated(Fault):
    """Greets, and never takes our settings."""

    async def sending(self, message: Message, line: Line, send: Send) -> None:
        if message["type"] != "session.updated":
            await send(message)


@pytest.mark.parametrize(
    ("faults", "until"),
    [
        pytest.param([], understood, id="all is well"),
        pytest.param([NoFinished()], understood, id="session.finished never comes"),
        pytest.param([NoFinal()], failed, id="the final never comes"),
        pytest.param([ErrorAfter(0.3)], failed, id="an error is told"),
        pytest.param([NeverUpdated()], failed, id="the session never opens"),
        pytest.param([], spoken_to, id="given up in mid-speech"),
        pytest.param([NeverUpdated()], spoken_to, id="given up while it opens"),
    ],
)
@pytest.mark.parametrize("stopped", [False, True], ids=["goes on", "stops"])
async def test_every_session_ends_with_a_close_frame(
    faults: Sequence[Fault],
    until: Callable[[OneTurn], Awaitable[None]],
    *,
    stopped: bool,
) -> None:
    async with (
        ScriptedRecognizer(always=faults) as server,
        client_of(
            server.url, connect=1.0, final=0.3, finish=30.0 if stopped else 0.3
        ) as client,
    ):
        turn = OneTurn(client, MANUAL)
        turn.say(voice(1.0))
        # Before that, there is no WebSocket yet, and so no frame to close it.
        await eventually(lambda: server.heard and server.heard[0].messages)
        await until(turn)
        turn.session.close()
        if stopped:
            await client.aclose(0.1)
        await eventually(lambda: not server.open_sessions)

    assert [heard.close_code for heard in server.heard] == [1000]


async def test_session_finished_is_waited_for_and_nobody_waits_with_it() -> None:
    async with (
        ScriptedRecognizer(faults=[LateFinished(2.5)]) as server,
        client_of(server.url) as client,
    ):
        first, second = OneTurn(client, MANUAL), OneTurn(client, MANUAL)
        for turn in (first, second):
            turn.say(voice(1.0))
            turn.session.end_utterance()
            await turn.final()
            turn.session.close()
        # The second turn is over, and the first one still takes its leave.
        assert not server.heard[0].closed
        began = time.monotonic()
        await client.aclose(60.0)
        assert 1.0 < time.monotonic() - began < 20.0
        await eventually(lambda: not server.open_sessions)

    assert [heard.close_code for heard in server.heard] == [1000, 1000]


@pytest.mark.parametrize("steps", [2, 4, 6])
async def test_of_several_attempts_that_are_through_at_once_one_is_left(
    steps: int,
) -> None:
    """As on a machine that had no time for the first one, nor for anything else."""
    async with ScriptedRecognizer() as server:
        opening = asyncio.create_task(
            Connection.open(RecognizerAddress(server.url), None)
        )
        for _ in range(steps):
            await asyncio.sleep(0)
        # Longer than it waits for the first one before it tries again.
        hold(0.5)
        (await opening).abort()
    # A socket left to the garbage collector would be a warning, and an error here.
    gc.collect()


async def test_turns_that_fail_leave_no_descriptors_behind() -> None:
    faults = [AbortAfter(0.3), CloseAfter(0.3), ErrorAfter(0.3), RefuseHandshake(503)]

    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    async with (
        ScriptedRecognizer(faults=faults * 11) as server,
        client_of(server.url, finish=0.2) as client,
    ):

        async def fail(times: int) -> None:
            for _ in range(times):
                turn = OneTurn(client, MANUAL)
                turn.say(voice(0.6))
                await turn.failure()
                turn.session.close()
            await eventually(lambda: not server.open_sessions)

        await fail(4)
        before = descriptors()
        await fail(40)
        await eventually(lambda: descriptors() <= before)
