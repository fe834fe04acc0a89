"""The client over real WebSockets, with every fault a recognizer may have."""

import asyncio
import base64
import logging
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from auricle.asr.client import AsrClient
from auricle.asr.connection import Endpoint
from auricle.asr.events import (
    FinalTranscript,
    ServerVad,
    SessionFinished,
    SessionSettings,
    SpeechStarted,
    SpeechStopped,
)
from auricle.breaker import FAILURES
from auricle.turn import Reason
from rigs.asked import MANUAL, VAD, Asked, client_of, quiet, voice
from rigs.eventually import eventually
from rigs.recognizer_faults import (
    AbortAfter,
    CloseAfter,
    CloseAfterCreated,
    CloseInsteadOfFinal,
    CloseInsteadOfFinished,
    CorpusEcho,
    DeltaDialect,
    EmptyFinals,
    ErrorAfter,
    FailItem,
    Fault,
    FinalsOutOfOrder,
    FinalsTwice,
    Junk,
    LateFinished,
    NoFinal,
    NoFinished,
    RefuseHandshake,
    RejectUpdate,
    SilentFromTheStart,
    SlowFinal,
    SpokenWith,
    StrayUpdated,
    Without,
)
from rigs.scripted_recognizer import ScriptedRecognizer

LIGHT = "Turn on the light."
CANARY = "sk-CANARY0123456789abcdef"


@pytest.fixture(autouse=True)
def _no_programming_errors(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever a server does, our own code does not raise what it did not mean to."""
    yield
    assert [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR] == []


async def ask(url: str, settings: SessionSettings = MANUAL) -> Asked:
    """A whole turn: 1.5 s of voice, until the final or the failure."""
    async with client_of(url) as client:
        asked = Asked(client, settings)
        asked.say(voice(1.5))
        if settings.turn_detection is None:
            asked.session.end_utterance()
        else:
            asked.say(quiet(0.6))
        await eventually(lambda: asked.finals or asked.failures)
        asked.session.close()
    return asked


# --- a turn ---


async def test_in_manual_mode_a_turn_ends_with_transcript_and_emotion() -> None:
    async with ScriptedRecognizer(LIGHT, emotion="happy") as server:
        asked = await ask(server.url, MANUAL)
    final = asked.finals[0]
    assert (final.text, final.language, final.emotion) == (LIGHT, "en", "happy")
    assert server.heard[0].types == [
        "session.update",
        "input_audio_buffer.append",
        "input_audio_buffer.commit",
        "session.finish",
    ]


async def test_in_server_vad_the_server_tells_start_and_stop() -> None:
    async with ScriptedRecognizer(LIGHT) as server:
        asked = await ask(server.url, VAD)
    kinds = [type(said) for said in asked.said]
    assert kinds[0] is SpeechStarted
    assert kinds[-2:] == [SpeechStopped, FinalTranscript]
    assert "input_audio_buffer.commit" not in server.heard[0].types


async def test_what_is_said_while_connecting_arrives_whole_and_in_order() -> None:
    async with ScriptedRecognizer(LIGHT) as server, client_of(server.url) as client:
        asked = Asked(client, MANUAL)
        asked.say(voice(2.0))
        asked.session.end_utterance()
        await asked.final()
        asked.session.close()
    assert server.heard[0].pcm == voice(2.0)[: len(server.heard[0].pcm)]
    assert server.heard[0].seconds == pytest.approx(2.0, abs=0.03)


async def test_what_is_said_live_arrives_whole_and_in_order() -> None:
    async with ScriptedRecognizer(LIGHT) as server, client_of(server.url) as client:
        asked = Asked(client, MANUAL)
        spoken = voice(3.0)
        await asked.speak(spoken)
        asked.session.end_utterance()
        await asked.final()
        asked.session.close()
    assert server.heard[0].pcm == spoken


async def test_interim_transcripts_grow_towards_the_final() -> None:
    async with ScriptedRecognizer(LIGHT) as server, client_of(server.url) as client:
        asked = Asked(client, MANUAL)
        asked.say(voice(1.1))
        await eventually(lambda: asked.interims)
        asked.session.end_utterance()
        final = await asked.final()
        asked.session.close()
    assert asked.interims
    assert all(final.text.startswith(interim.text) for interim in asked.interims)


async def test_an_utterance_that_we_end_in_server_vad_is_transcribed() -> None:
    async with ScriptedRecognizer(LIGHT) as server, client_of(server.url) as client:
        asked = Asked(client, VAD)
        asked.say(voice(0.4))
        asked.session.end_utterance()
        assert (await asked.final()).text == LIGHT
        asked.session.close()


async def test_silence_that_we_end_in_server_vad_is_a_finished_session() -> None:
    async with ScriptedRecognizer(LIGHT) as server, client_of(server.url) as client:
        asked = Asked(client, VAD)
        asked.say(quiet(1.0))
        asked.session.end_utterance()
        await eventually(lambda: asked.said)
        asked.session.close()
    assert asked.said == [SessionFinished()]


async def test_an_utterance_too_short_for_a_word_is_empty_without_asking() -> None:
    async with ScriptedRecognizer(LIGHT) as server, client_of(server.url) as client:
        asked = Asked(client, MANUAL)
        asked.say(voice(0.06))
        asked.session.end_utterance()
        assert (await asked.final()).text == ""
        asked.session.close()


async def test_eight_kilohertz_carry_the_same_sound_in_half_the_bytes() -> None:
    settings = SessionSettings(turn_detection=None, sample_rate=8000)
    at = np.arange(2 * 16_000)
    tone = (np.sin(2 * np.pi * 440 * at / 16_000) * 8000).astype("<i2").tobytes()
    async with ScriptedRecognizer(LIGHT) as server, client_of(server.url) as client:
        asked = Asked(client, settings)
        asked.say(tone)
        asked.session.end_utterance()
        await asked.final()
        asked.session.close()
    heard = np.frombuffer(server.heard[0].pcm, "<i2")
    pitch = np.argmax(np.abs(np.fft.rfft(heard))) * 8000 / len(heard)
    assert len(heard) == pytest.approx(2 * 8000, rel=0.02)
    assert pitch == pytest.approx(440, abs=2)
    assert server.heard[0].settings["sample_rate"] == 8000


async def test_the_settings_are_asked_for_as_given() -> None:
    settings = SessionSettings(
        ServerVad(-0.5, 500), language="de", corpus_text="Küchenlicht"
    )
    async with ScriptedRecognizer(LIGHT) as server:
        await ask(server.url, settings)
    assert server.heard[0].settings == {
        "modalities": ["text"],
        "input_audio_format": "pcm",
        "sample_rate": 16000,
        "input_audio_transcription": {
            "language": "de",
            "corpus": {"text": "Küchenlicht"},
        },
        "turn_detection": {
            "type": "server_vad",
            "threshold": -0.5,
            "silence_duration_ms": 500,
        },
    }


async def test_the_handshake_says_who_we_are() -> None:
    async with ScriptedRecognizer(api_key="sk-1") as server:
        endpoint = Endpoint(server.url, "sk-1", workspace="ws-9", data_inspection=True)
        async with client_of(endpoint) as client:
            asked = Asked(client, MANUAL)
            asked.say(voice(0.5))
            asked.session.end_utterance()
            await asked.final()
            asked.session.close()
    headers = server.heard[0].headers
    assert headers["authorization"] == "Bearer sk-1"
    assert headers["x-dashscope-workspace"] == "ws-9"
    assert headers["x-dashscope-datainspection"] == "enable"
    assert headers["user-agent"].startswith("auricle/")
    assert "sec-websocket-extensions" not in headers


async def test_the_handshake_says_no_more_than_needed() -> None:
    async with ScriptedRecognizer() as server:
        await ask(server.url)
    assert not [name for name in server.heard[0].headers if "dashscope" in name]
    assert "authorization" not in server.heard[0].headers


async def test_what_has_left_the_house_is_counted() -> None:
    async with ScriptedRecognizer() as server, client_of(server.url) as client:
        asked = Asked(client, MANUAL)
        asked.say(voice(1.5))
        asked.session.end_utterance()
        await asked.final()
        asked.session.close()
        assert client.traffic.audio_seconds == pytest.approx(1.5)
        assert 64_000 < client.traffic.message_bytes < 68_000


# --- dialects and disorder: all is well ---


@pytest.mark.parametrize(
    "faults",
    [
        [DeltaDialect()],
        [Without(("item_id", "event_id"))],
        [Without(("item_id", "event_id", "emotion", "language", "content_index"))],
        [DeltaDialect(), Without()],
        [FinalsTwice()],
        [StrayUpdated()],
        [NoFinished()],
        [LateFinished(1.0)],
        [CloseInsteadOfFinished()],
        [CloseInsteadOfFinished(1011)],
        [Junk("no JSON")],
        [Junk("[]")],
        [Junk("null")],
        [Junk("")],
        [Junk('{"type":"response.created"}')],
        [Junk('{"type":"session.created","session":7}')],
        [Junk("[" * 2000)],
        [Junk(b"\x00\x01")],
    ],
    ids=str,
)
@pytest.mark.parametrize("settings", [MANUAL, VAD], ids=["manual", "server_vad"])
async def test_a_server_with_habits_of_its_own_is_understood(
    faults: Sequence[Fault], settings: SessionSettings
) -> None:
    async with ScriptedRecognizer(LIGHT, always=faults) as server:
        asked = await ask(server.url, settings)
    assert [final.text for final in asked.finals] == [LIGHT]
    assert not asked.failures


async def test_finals_that_overtake_each_other_are_delivered_both() -> None:
    async with (
        ScriptedRecognizer(
            [LIGHT, "And the radio."], always=[FinalsOutOfOrder()]
        ) as server,
        client_of(server.url) as client,
    ):
        asked = Asked(client, VAD)
        for _ in range(2):
            asked.say(voice(1.0) + quiet(0.6))
        await eventually(lambda: len(asked.finals) == 2)
        asked.session.close()
    assert [final.text for final in asked.finals] == ["And the radio.", LIGHT]


async def test_noise_that_was_taken_for_speech_is_an_empty_final() -> None:
    async with ScriptedRecognizer(LIGHT, always=[EmptyFinals()]) as server:
        asked = await ask(server.url, VAD)
    assert [final.text for final in asked.finals] == [""]


async def test_hints_that_come_back_as_transcript_are_an_empty_final() -> None:
    settings = SessionSettings(None, corpus_text="kitchen light, living room, hallway")
    async with ScriptedRecognizer(LIGHT, always=[CorpusEcho()]) as server:
        asked = await ask(server.url, settings)
    assert [final.text for final in asked.finals] == [""]


async def test_a_transcript_that_would_act_on_a_terminal_is_cleaned() -> None:
    spoken = SpokenWith({"transcript": "\x1b[31mTurn\x00 on\u202e", "emotion": "bored"})
    async with ScriptedRecognizer(always=[spoken]) as server:
        asked = await ask(server.url)
    assert (asked.finals[0].text, asked.finals[0].emotion) == ("Turn on", "other")


# --- failures ---


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
        (Junk("x" * 300_000), Reason.ASR_UNREACHABLE, True),
    ],
    ids=str,
)
async def test_a_failure_says_why_and_whether_to_try_again(
    fault: Fault, reason: Reason, transient: bool
) -> None:
    async with ScriptedRecognizer(LIGHT, always=[fault]) as server:
        asked = await ask(server.url)
    failure = asked.failures[0]
    assert (failure.turn, failure.reason, failure.transient) == (
        "turn_1",
        reason,
        transient,
    )
    assert len(asked.failures) == 1
    assert not asked.finals


async def test_nobody_listening_is_unreachable() -> None:
    async with ScriptedRecognizer() as server:
        url = server.url
    asked = await ask(url)
    assert asked.failures[0].reason is Reason.ASR_UNREACHABLE
    assert asked.failures[0].transient


async def test_a_host_that_accepts_and_never_answers_is_given_up_in_time() -> None:
    accepted = []
    listener = await asyncio.start_server(
        lambda _, writer: accepted.append(writer), "127.0.0.1", 0
    )
    port = listener.sockets[0].getsockname()[1]
    async with client_of(f"ws://127.0.0.1:{port}/?model=m", connect=0.3) as client:
        began = time.monotonic()
        failure = await Asked(client, MANUAL).failure()
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
    asked = await ask(f"ws://127.0.0.1:{port}/?model=m")
    assert asked.failures[0].reason is Reason.ASR_UNREACHABLE
    listener.close()
    await listener.wait_closed()


async def test_a_server_that_never_greets_is_given_up_in_time() -> None:
    async with (
        ScriptedRecognizer(always=[SilentFromTheStart()]) as server,
        client_of(server.url, connect=0.3) as client,
    ):
        failure = await Asked(client, MANUAL).failure()
    assert (failure.reason, failure.transient) == (Reason.ASR_TIMEOUT, True)


async def test_a_server_that_ends_an_idle_session_is_an_outage() -> None:
    async with (
        ScriptedRecognizer(idle_timeout=0.3) as server,
        client_of(server.url) as client,
    ):
        asked = Asked(client, MANUAL)
        asked.say(voice(0.3))
        failure = await asked.failure()
    assert (failure.reason, failure.transient) == (Reason.ASR_UNREACHABLE, True)


@pytest.mark.parametrize("settings", [MANUAL, VAD], ids=["manual", "server_vad"])
async def test_a_final_that_never_comes_is_given_up_in_time(
    settings: SessionSettings,
) -> None:
    async with (
        ScriptedRecognizer(always=[NoFinal()]) as server,
        client_of(server.url, final=0.5) as client,
    ):
        asked = Asked(client, settings)
        asked.say(voice(1.0) + quiet(0.6))
        if settings.turn_detection is None:
            asked.session.end_utterance()
        failure = await asked.failure()
        asked.session.close()
    assert (failure.reason, failure.transient) == (Reason.ASR_TIMEOUT, False)


async def test_a_final_that_comes_too_late_is_not_delivered() -> None:
    async with (
        ScriptedRecognizer(always=[SlowFinal(0.6)]) as server,
        client_of(server.url, final=0.3) as client,
    ):
        asked = Asked(client, MANUAL)
        asked.say(voice(1.0))
        asked.session.end_utterance()
        await asked.failure()
        await eventually(lambda: not server.open_sessions)
        assert not asked.finals


async def test_a_person_who_goes_on_speaking_is_not_timed() -> None:
    """After an empty final the utterance goes on, and its deadline is gone."""
    async with (
        ScriptedRecognizer(LIGHT, faults=[EmptyFinals(), NoFinal()]) as server,
        client_of(server.url, final=0.3) as client,
    ):
        asked = Asked(client, VAD)
        asked.say(voice(0.5) + quiet(0.6))
        await eventually(lambda: asked.finals)
        await _a_later_deadline_passes(client)
        asked.say(voice(1.0) + quiet(0.6))
        await eventually(lambda: len(asked.finals) == 2)
        asked.session.close()
    assert not asked.failures


async def _a_later_deadline_passes(client: AsrClient) -> None:
    """Whatever was to be over by now is: so is this turn, which began after it."""
    other = Asked(client, MANUAL)
    other.say(voice(0.5))
    other.session.end_utterance()
    assert (await other.failure()).reason is Reason.ASR_TIMEOUT
    other.session.close()


async def test_a_server_that_leaves_in_the_middle_of_an_upload_is_an_outage() -> None:
    fault = CloseAfter(0.5, 1011)
    async with (
        ScriptedRecognizer(always=[fault]) as server,
        client_of(server.url) as client,
    ):
        asked = Asked(client, MANUAL)
        asked.say(voice(1.0) * 59)
        asked.session.end_utterance()
        failure = await asked.failure()
        asked.session.close()
    assert (failure.reason, failure.transient) == (Reason.ASR_UNREACHABLE, True)


# --- replay ---


@pytest.mark.parametrize(
    "fault",
    [
        AbortAfter(1.0),
        CloseAfter(1.0),
        ErrorAfter(1.0),
        CloseInsteadOfFinal(),
        FailItem(),
    ],
    ids=str,
)
@pytest.mark.parametrize("settings", [MANUAL, VAD], ids=["manual", "server_vad"])
async def test_a_lost_session_is_said_again_whole(
    fault: Fault, settings: SessionSettings
) -> None:
    spoken = voice(1.5) + quiet(0.6)
    async with (
        ScriptedRecognizer(LIGHT, faults=[fault]) as server,
        client_of(server.url) as client,
    ):
        asked = Asked(client, settings)
        await asked.speak(spoken)
        if settings.turn_detection is None:
            asked.session.end_utterance()
        failure = await asked.failure()
        assert failure.transient
        asked.session.replay()
        await eventually(lambda: asked.finals)
        asked.session.close()
    assert asked.finals[0].text == LIGHT
    assert server.heard[1].pcm == spoken


async def test_no_more_than_a_minute_is_kept_to_be_said_again() -> None:
    async with (
        ScriptedRecognizer(LIGHT, faults=[AbortAfter(0.3)]) as server,
        client_of(server.url) as client,
    ):
        asked = Asked(client, MANUAL)
        asked.say(voice(70.0))
        await asked.failure()
        asked.session.replay()
        asked.session.end_utterance()
        await eventually(lambda: asked.finals)
        asked.session.close()
    assert server.heard[1].seconds == pytest.approx(60.0)


async def test_what_is_said_between_loss_and_replay_is_said_as_well() -> None:
    async with (
        ScriptedRecognizer(LIGHT, faults=[AbortAfter(0.3)]) as server,
        client_of(server.url) as client,
    ):
        asked = Asked(client, MANUAL)
        asked.say(voice(0.6))
        await asked.failure()
        asked.say(quiet(0.3))
        asked.session.replay()
        asked.say(voice(0.6))
        asked.session.end_utterance()
        await eventually(lambda: asked.finals)
        asked.session.close()
    assert server.heard[1].pcm == voice(0.6) + quiet(0.3) + voice(0.6)


async def test_a_failed_session_is_silent_until_it_is_replayed() -> None:
    async with (
        ScriptedRecognizer(LIGHT, faults=[ErrorAfter(0.3), NoFinal()]) as server,
        client_of(server.url, final=0.3) as client,
    ):
        asked = Asked(client, MANUAL)
        asked.say(voice(0.6))
        await asked.failure()
        asked.session.end_utterance()
        await _a_later_deadline_passes(client)
        assert len(asked.delivered) == 1


async def test_a_replay_that_fails_says_so_again() -> None:
    async with (
        ScriptedRecognizer(LIGHT, always=[AbortAfter(0.3)]) as server,
        client_of(server.url) as client,
    ):
        asked = Asked(client, MANUAL)
        asked.say(voice(0.6))
        asked.session.end_utterance()
        await asked.failure()
        asked.session.replay()
        await asked.failure(2)
    assert server.attempts == 2


# --- taking leave ---


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
        asked = Asked(client, MANUAL)
        asked.say(voice(1.0))
        asked.session.end_utterance()
        await asked.final()
        asked.session.close()
        await eventually(lambda: not server.open_sessions, timeout=5)
    assert server.heard[0].types[-1] == "session.finish"


async def test_nothing_is_delivered_once_the_turn_is_over() -> None:
    async with (
        ScriptedRecognizer(always=[SlowFinal(0.2)]) as server,
        client_of(server.url) as client,
    ):
        asked = Asked(client, MANUAL)
        asked.say(voice(0.6))
        asked.session.end_utterance()
        await eventually(
            lambda: (
                server.heard and "input_audio_buffer.commit" in server.heard[0].types
            )
        )
        delivered = len(asked.delivered)
        asked.session.close()
        await eventually(lambda: not server.open_sessions)
        assert len(asked.delivered) == delivered


async def test_a_turn_that_is_cancelled_while_connecting_says_nothing() -> None:
    async with ScriptedRecognizer() as server, client_of(server.url) as client:
        asked = Asked(client, MANUAL)
        asked.say(voice(1.0))
        asked.session.close()
        await client.aclose()
    assert not asked.delivered
    assert not any(heard.audio for heard in server.heard)


async def test_a_session_that_is_closed_twice_or_used_after_is_no_trouble() -> None:
    async with ScriptedRecognizer() as server, client_of(server.url) as client:
        asked = Asked(client, MANUAL)
        asked.session.close()
        asked.session.close()
        asked.say(voice(1.0))
        asked.session.end_utterance()
        asked.session.replay()
        await client.aclose()
    assert not asked.delivered


async def test_stopping_does_not_wait_for_a_server_that_does_not_answer() -> None:
    async with ScriptedRecognizer(always=[NoFinished()]) as server:
        async with client_of(server.url, finish=30) as client:
            asked = Asked(client, MANUAL)
            asked.say(voice(1.0))
            asked.session.end_utterance()
            await asked.final()
            asked.session.close()
            began = time.monotonic()
            await client.aclose()
        assert time.monotonic() - began < 2


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
                asked = Asked(client, MANUAL)
                asked.say(voice(0.6))
                await asked.failure()
                asked.session.close()
            await eventually(lambda: not server.open_sessions)

        await fail(4)
        before = descriptors()
        await fail(40)
        await eventually(lambda: descriptors() <= before)


# --- health and secrets ---


async def test_health_is_the_reason_until_a_session_opens_again() -> None:
    async with (
        ScriptedRecognizer(faults=[RefuseHandshake(503)]) as server,
        client_of(server.url) as client,
    ):
        assert client.health is None
        refused = Asked(client, MANUAL)
        await refused.failure()
        assert client.health is Reason.ASR_UNREACHABLE
        refused.session.close()
        healthy = Asked(client, MANUAL)
        await eventually(lambda: client.health is None)
        healthy.session.close()


async def test_a_refused_key_is_not_tried_again_for_a_while() -> None:
    async with (
        ScriptedRecognizer(always=[RefuseHandshake(401)]) as server,
        client_of(server.url) as client,
    ):
        for _ in range(3):
            asked = Asked(client, MANUAL)
            failure = await asked.failure()
            asked.session.close()
            assert failure.reason is Reason.AUTH_FAILED
            assert not failure.transient

    assert server.attempts == 1


async def test_a_recognizer_that_keeps_failing_is_left_alone_for_a_while() -> None:
    async with (
        ScriptedRecognizer(always=[RefuseHandshake(503)]) as server,
        client_of(server.url) as client,
    ):
        for _ in range(2 * FAILURES):
            asked = Asked(client, MANUAL)
            failure = await asked.failure()
            asked.session.close()
            assert failure.reason is Reason.ASR_UNREACHABLE

    assert server.attempts == FAILURES


async def test_a_recognizer_that_is_asked_too_often_is_asked_again() -> None:
    async with (
        ScriptedRecognizer(always=[RefuseHandshake(429)]) as server,
        client_of(server.url) as client,
    ):
        for _ in range(2 * FAILURES):
            asked = Asked(client, MANUAL)
            failure = await asked.failure()
            asked.session.close()
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
            asked = Asked(client, MANUAL)
            await asked.failure()
            asked.session.close()
        asked = Asked(client, MANUAL)
        await eventually(lambda: client.health is None)
        asked.session.close()
    levels = [r.levelname for r in caplog.records if r.name.startswith("auricle.asr")]
    assert levels == ["WARNING", "DEBUG", "DEBUG", "INFO"]


@pytest.mark.parametrize(
    "fault",
    [
        Fault(),
        RefuseHandshake(401),
        CloseAfterCreated(f"Access denied for {CANARY}"),
        ErrorAfter(0.3, message=f"bad key {CANARY}"),
        AbortAfter(0.3),
    ],
    ids=["none", "refused", "closed", "error", "aborted"],
)
async def test_neither_key_nor_speech_reach_the_log_at_any_level(
    fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("websockets", "websockets.client", "auricle"):
        caplog.set_level(logging.DEBUG, name)
    spoken = voice(0.6)
    async with ScriptedRecognizer("Unlock the blue door.", always=[fault]) as server:
        endpoint = Endpoint(server.url, CANARY)
        async with client_of(endpoint) as client:
            asked = Asked(client, MANUAL)
            asked.say(spoken)
            asked.session.end_utterance()
            await eventually(lambda: asked.finals or asked.failures)
            asked.session.close()
    logged = caplog.text
    assert CANARY not in logged
    assert base64.b64encode(spoken).decode()[:40] not in logged
    assert "blue door" not in logged
    assert CANARY not in repr(endpoint)
