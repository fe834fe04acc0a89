"""A turn with a recognizer over a real WebSocket."""

import base64
import logging

import numpy as np
import pytest

from auricle.errors import Reason
from auricle.qwen_asr.address import RecognizerAddress
from auricle.qwen_asr.events import (
    Committed,
    FinalTranscript,
    ServerVad,
    SessionFinished,
    SessionSettings,
    SpeechStarted,
    SpeechStopped,
)
from auricle.system.log import LineFormatter
from auricle.system.redaction import OURS
from rigs.recognizer.faults import (
    AbortAfter,
    CloseAfterCreated,
    ErrorAfter,
    Fault,
    NoFinal,
    OneFinal,
    RefuseHandshake,
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
CANARY = "sk-CANARY0123456789abcdef"


async def test_in_manual_mode_a_turn_ends_with_transcript_and_emotion() -> None:
    async with ScriptedRecognizer(LIGHT, emotion="happy") as server:
        turn = await take_turn(server.url, MANUAL)
    final = turn.finals[0]
    assert (final.text, final.language, final.emotion) == (LIGHT, "en", "happy")
    assert server.heard[0].types == [
        "session.update",
        "input_audio_buffer.append",
        "input_audio_buffer.commit",
        "session.finish",
    ]


async def test_in_server_vad_the_server_tells_start_and_stop() -> None:
    async with ScriptedRecognizer(LIGHT) as server:
        turn = await take_turn(server.url, VAD)
    kinds = [type(said) for said in turn.said]
    assert kinds[0] is SpeechStarted
    assert kinds[-3:] == [SpeechStopped, Committed, FinalTranscript]
    assert "input_audio_buffer.commit" not in server.heard[0].types


async def test_what_is_said_while_connecting_arrives_whole_and_in_order() -> None:
    async with ScriptedRecognizer(LIGHT) as server, client_of(server.url) as client:
        turn = OneTurn(client, MANUAL)
        turn.say(voice(2.0))
        turn.session.end_utterance()
        await turn.final()
        turn.session.close()
    assert server.heard[0].pcm == voice(2.0)[: len(server.heard[0].pcm)]
    assert server.heard[0].seconds == pytest.approx(2.0, abs=0.03)


@pytest.mark.parametrize("rate", [16_000, 8_000])
async def test_who_goes_on_speaking_behind_a_commit_is_heard_in_the_same_session(
    rate: int,
) -> None:
    settings = SessionSettings(None, language="en", sample_rate=rate)
    async with (
        ScriptedRecognizer([LIGHT, "And the lamp."]) as server,
        client_of(server.url) as client,
    ):
        turn = OneTurn(client, settings)
        for _ in range(2):
            turn.say(voice(0.9))
            turn.session.end_utterance()
        await eventually(lambda: len(turn.finals) == 2)
        turn.session.close()
    assert [final.text for final in turn.finals] == [LIGHT, "And the lamp."]
    assert len(server.heard) == 1
    seconds = len(server.heard[0].pcm) / 2 / rate
    assert seconds == pytest.approx(1.8, abs=0.01)


async def test_a_final_has_no_deadline_while_the_person_goes_on() -> None:
    async with (
        ScriptedRecognizer(always=[NoFinal()]) as server,
        client_of(server.url, final=0.3) as client,
    ):
        turn = OneTurn(client, MANUAL)
        turn.say(voice(0.9))
        turn.session.end_utterance()
        turn.session.keep_listening()
        await a_later_deadline_passes(client)
        assert not turn.failures
        turn.session.end_utterance()
        assert (await turn.failure()).reason is Reason.ASR_TIMEOUT


async def test_one_final_leaves_the_other_its_deadline() -> None:
    async with (
        ScriptedRecognizer(always=[OneFinal()]) as server,
        client_of(server.url, final=0.5) as client,
    ):
        turn = OneTurn(client, MANUAL)
        for _ in range(2):
            turn.say(voice(0.9))
            turn.session.end_utterance()
        await turn.final()
        assert (await turn.failure()).reason is Reason.ASR_TIMEOUT


async def test_what_is_said_live_arrives_whole_and_in_order() -> None:
    async with ScriptedRecognizer(LIGHT) as server, client_of(server.url) as client:
        turn = OneTurn(client, MANUAL)
        spoken = voice(3.0)
        await turn.speak(spoken)
        turn.session.end_utterance()
        await turn.final()
        turn.session.close()
    assert server.heard[0].pcm == spoken


async def test_interim_transcripts_grow_towards_the_final() -> None:
    async with ScriptedRecognizer(LIGHT) as server, client_of(server.url) as client:
        turn = OneTurn(client, MANUAL)
        turn.say(voice(1.1))
        await eventually(lambda: turn.interims)
        turn.session.end_utterance()
        final = await turn.final()
        turn.session.close()
    assert turn.interims
    assert all(final.text.startswith(interim.text) for interim in turn.interims)


async def test_an_utterance_that_we_end_in_server_vad_is_transcribed() -> None:
    async with ScriptedRecognizer(LIGHT) as server, client_of(server.url) as client:
        turn = OneTurn(client, VAD)
        turn.say(voice(0.4))
        turn.session.end_utterance()
        assert (await turn.final()).text == LIGHT
        turn.session.close()


async def test_silence_that_we_end_in_server_vad_is_a_finished_session() -> None:
    async with ScriptedRecognizer(LIGHT) as server, client_of(server.url) as client:
        turn = OneTurn(client, VAD)
        turn.say(quiet(1.0))
        turn.session.end_utterance()
        await eventually(lambda: turn.said)
        turn.session.close()
    assert turn.said == [SessionFinished()]


async def test_an_utterance_too_short_for_a_word_is_empty_without_asking() -> None:
    async with ScriptedRecognizer(LIGHT) as server, client_of(server.url) as client:
        turn = OneTurn(client, MANUAL)
        turn.say(voice(0.06))
        turn.session.end_utterance()
        assert (await turn.final()).text == ""
        turn.session.close()


async def test_eight_kilohertz_carry_the_same_sound_in_half_the_bytes() -> None:
    settings = SessionSettings(turn_detection=None, sample_rate=8000)
    at = np.arange(2 * 16_000)
    tone = (np.sin(2 * np.pi * 440 * at / 16_000) * 8000).astype("<i2").tobytes()
    async with ScriptedRecognizer(LIGHT) as server, client_of(server.url) as client:
        turn = OneTurn(client, settings)
        turn.say(tone)
        turn.session.end_utterance()
        await turn.final()
        turn.session.close()
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
        await take_turn(server.url, settings)
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
        address = RecognizerAddress(
            server.url, "sk-1", workspace="ws-9", data_inspection=True
        )
        async with client_of(address) as client:
            turn = OneTurn(client, MANUAL)
            turn.say(voice(0.5))
            turn.session.end_utterance()
            await turn.final()
            turn.session.close()
    headers = server.heard[0].headers
    assert headers["authorization"] == "Bearer sk-1"
    assert headers["x-dashscope-workspace"] == "ws-9"
    assert headers["x-dashscope-datainspection"] == "enable"
    assert headers["user-agent"].startswith("auricle/")
    assert "sec-websocket-extensions" not in headers


async def test_the_handshake_says_no_more_than_needed() -> None:
    async with ScriptedRecognizer() as server:
        await take_turn(server.url)
    assert not [name for name in server.heard[0].headers if "dashscope" in name]
    assert "authorization" not in server.heard[0].headers


async def test_what_has_left_the_house_is_counted() -> None:
    async with ScriptedRecognizer() as server, client_of(server.url) as client:
        turn = OneTurn(client, MANUAL)
        turn.say(voice(1.5))
        turn.session.end_utterance()
        await turn.final()
        turn.session.close()
        assert client.traffic.audio_seconds == pytest.approx(1.5)
        assert 64_000 < client.traffic.message_bytes < 68_000


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
        address = RecognizerAddress(server.url, CANARY)
        async with client_of(address) as client:
            turn = OneTurn(client, MANUAL)
            turn.say(spoken)
            turn.session.end_utterance()
            await eventually(lambda: turn.finals or turn.failures)
            turn.session.close()
    # As `auricle` knows it from its configuration.
    OURS.keep(CANARY)
    lines = LineFormatter(for_journal=False)
    logged = "\n".join(lines.format(record) for record in caplog.records)
    assert CANARY not in logged
    assert base64.b64encode(spoken).decode()[:40] not in logged
    assert "blue door" not in logged
    assert CANARY not in repr(address)


async def test_more_hints_than_a_recognizer_takes_are_cut_and_the_log_says_so_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings = SessionSettings(None, corpus_text=", ".join(["客厅的灯"] * 3000))
    async with ScriptedRecognizer(LIGHT) as server, client_of(server.url) as client:
        for _ in range(2):
            turn = OneTurn(client, settings)
            turn.say(voice(0.6))
            turn.session.end_utterance()
            await turn.final()
            turn.session.close()
    for heard in server.heard:
        sent = heard.settings["input_audio_transcription"]["corpus"]["text"]
        assert 1900 < sent.count("客厅的灯") <= 2000
    assert caplog.text.count("a recognizer takes 10000 tokens") == 1
    assert "客厅" not in caplog.text
