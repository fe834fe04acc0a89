"""Whether the recognizer is there, turn after turn."""

import logging

import pytest

from auricle.asr.client import AsrClient
from auricle.errors import Reason
from auricle.qwen_asr.address import RecognizerAddress
from auricle.retry import FAILURES
from rigs.recognizer.faults import ErrorAfter, RefuseHandshake
from rigs.recognizer.one_turn import MANUAL, OneTurn, client_of, voice
from rigs.recognizer.scripted_recognizer import ScriptedRecognizer
from rigs.waiting import eventually

pytestmark = pytest.mark.usefixtures("no_programming_errors")


async def test_health_is_the_reason_until_a_session_opens_again() -> None:
    async with (
        ScriptedRecognizer(faults=[RefuseHandshake(503)]) as server,
        client_of(server.url) as client,
    ):
        assert client.health is None
        refused = OneTurn(client, MANUAL)
        await refused.failure()
        assert client.health is Reason.ASR_UNREACHABLE
        refused.session.close()
        healthy = OneTurn(client, MANUAL)
        await eventually(lambda: client.health is None)
        healthy.session.close()


async def test_a_tap_on_the_button_is_no_sign_that_the_recognizer_is_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    async with (
        ScriptedRecognizer(always=[RefuseHandshake(503)]) as server,
        client_of(server.url) as client,
    ):
        refused = OneTurn(client, MANUAL)
        await refused.failure()
        refused.session.close()
        tap = OneTurn(client, MANUAL)
        tap.say(voice(0.03))
        tap.session.end_utterance()
        await eventually(lambda: tap.finals)
        tap.session.close()
    assert "the recognizer works again" not in caplog.text


async def test_a_refused_key_is_not_tried_again_for_a_while() -> None:
    async with (
        ScriptedRecognizer(always=[RefuseHandshake(401)]) as server,
        client_of(server.url) as client,
    ):
        for _ in range(3):
            turn = OneTurn(client, MANUAL)
            failure = await turn.failure()
            turn.session.close()
            assert failure.reason is Reason.AUTH_FAILED
            assert not failure.transient

    assert server.attempts == 1


async def test_a_recognizer_that_keeps_failing_is_left_alone_for_a_while() -> None:
    async with (
        ScriptedRecognizer(always=[RefuseHandshake(503)]) as server,
        client_of(server.url) as client,
    ):
        for _ in range(2 * FAILURES):
            turn = OneTurn(client, MANUAL)
            failure = await turn.failure()
            turn.session.close()
            assert failure.reason is Reason.ASR_UNREACHABLE

    assert server.attempts == FAILURES


async def test_a_quota_told_in_an_open_session_counts_in_the_next_ones() -> None:
    quota = ErrorAfter(
        0.3, type="", code="AllocationQuota.FreeTierOnly", message="exhausted"
    )
    async with (
        ScriptedRecognizer(always=[quota]) as server,
        client_of(server.url) as client,
    ):
        for _ in range(2 * FAILURES):
            turn = OneTurn(client, MANUAL)
            turn.say(voice(0.6))
            failure = await turn.failure()
            turn.session.close()
            assert failure.reason is Reason.RATE_LIMITED
            assert client.health is Reason.RATE_LIMITED

    assert server.attempts == FAILURES


async def test_who_asks_with_pauses_of_its_own_is_not_kept_from_it() -> None:
    async with ScriptedRecognizer(always=[RefuseHandshake(503)]) as server:
        client = AsrClient(RecognizerAddress(server.url), spare=False)
        try:
            for _ in range(2 * FAILURES):
                turn = OneTurn(client, MANUAL)
                assert (await turn.failure()).transient
                turn.session.close()
        finally:
            await client.aclose()

    assert server.attempts == 2 * FAILURES


async def test_a_recognizer_that_is_asked_too_often_is_asked_again() -> None:
    async with (
        ScriptedRecognizer(always=[RefuseHandshake(429)]) as server,
        client_of(server.url) as client,
    ):
        for _ in range(2 * FAILURES):
            turn = OneTurn(client, MANUAL)
            failure = await turn.failure()
            turn.session.close()
            assert failure.reason is Reason.RATE_LIMITED

    assert server.attempts == 2 * FAILURES


async def test_an_outage_is_warned_of_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    faults = [RefuseHandshake(503)] * 3
    async with (
        ScriptedRecognizer(faults=faults) as server,
        client_of(server.url) as client,
    ):
        for _ in range(3):
            turn = OneTurn(client, MANUAL)
            await turn.failure()
            turn.session.close()
        turn = OneTurn(client, MANUAL)
        await eventually(lambda: client.health is None)
        turn.session.close()
    levels = [r.levelname for r in caplog.records if r.name.startswith("auricle.asr")]
    assert levels == ["WARNING", "DEBUG", "DEBUG", "INFO"]
