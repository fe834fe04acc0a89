"""The local recognizer over real WebSockets; only its engine is scripted."""

import asyncio
import base64
import contextlib
import json
import logging
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus

from auricle.errors import ConfigError
from auricle.qwen_asr.address import PATH, RecognizerAddress
from auricle.qwen_asr.events import (
    ServerVad,
    SessionFinished,
    SessionSettings,
    SpeechStarted,
    SpeechStopped,
)
from auricle.recognizer.server import RecognizerServer, ServerSettings
from rigs.faults.certificates import Authority
from rigs.recognizer.energy_segmenter import EnergySegmenter
from rigs.recognizer.one_turn import MANUAL, VAD, OneTurn, client_of, quiet, voice
from rigs.recognizer.scripted_engine import ScriptedEngine
from rigs.waiting import eventually

LIGHT = "Turn on the light."
CANARY = "sk-CANARY0123456789abcdef"


@asynccontextmanager
async def serving(
    engine: ScriptedEngine | None = None, **options: Any
) -> AsyncIterator[RecognizerServer]:
    server = RecognizerServer(
        engine or ScriptedEngine(LIGHT), EnergySegmenter, ServerSettings(**options)
    )
    await server.start()
    try:
        yield server
    finally:
        await server.aclose()


def url(server: RecognizerServer) -> str:
    return f"{server.url}?model=qwen3-asr-flash-realtime"


class Client:
    """A client written by hand, message by message."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, **message: object) -> None:
        await self.connection.send(json.dumps(message))

    async def append(self, pcm: bytes) -> None:
        audio = base64.b64encode(pcm).decode()
        await self.send(type="input_audio_buffer.append", audio=audio)

    async def hear(self, name: str) -> dict[str, Any]:
        """The next message of that type; what comes before is passed over."""
        async with asyncio.timeout(15):
            while True:
                message: dict[str, Any] = json.loads(await self.connection.recv())
                if message["type"] == name:
                    return message


@asynccontextmanager
async def client(
    server: RecognizerServer, key: str | None = None, **options: Any
) -> AsyncIterator[Client]:
    headers = {"Authorization": f"bearer {key}"} if key else {}
    async with connect(
        url(server), additional_headers=headers, proxy=None, **options
    ) as opened:
        yield Client(opened)


@pytest.fixture(autouse=True)
def _no_programming_errors(
    caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest
) -> Iterator[None]:
    """Whatever a client does, our own code does not raise what it did not mean to."""
    yield
    if "engine_that_fails" not in request.node.name:
        told = caplog.get_records("call")
        assert [r for r in told if r.levelno >= logging.ERROR] == []


def ogg_page(*packets: bytes) -> bytes:
    lengths = bytes(map(len, packets))
    return b"OggS" + bytes(22) + bytes([len(lengths)]) + lengths + b"".join(packets)


def finished(turn: OneTurn) -> bool:
    over = any(isinstance(said, SessionFinished) for said in turn.said)
    return over or bool(turn.failures)


# --- speaking ---


@pytest.mark.parametrize("settings", [MANUAL, VAD], ids=["manual", "server_vad"])
async def test_our_client_is_transcribed(settings: SessionSettings) -> None:
    async with serving() as server, client_of(url(server)) as ours:
        turn = OneTurn(ours, settings)
        await turn.speak(voice(1.5) + quiet(0.6))
        if settings.turn_detection is None:
            turn.session.end_utterance()
        final = await turn.final()
        turn.session.close()
    assert (final.text, final.language, final.emotion) == (LIGHT, "en", None)


async def test_in_vad_mode_our_client_loses_nothing_however_long_it_goes_on() -> None:
    async with serving() as server, client_of(url(server)) as ours:
        turn = OneTurn(ours, VAD)
        turn.say((voice(3) + quiet(1)) * 75)
        turn.session.end_utterance()
        await eventually(lambda: finished(turn))
        turn.session.close()
    assert not turn.failures
    assert len(turn.finals) == 75
    ends = [s.audio_end_ms for s in turn.said if isinstance(s, SpeechStopped)]
    assert ends == [4000 * number + 3400 for number in range(75)]


async def test_our_client_uploads_no_faster_than_a_slow_engine_works() -> None:
    engine = ScriptedEngine(LIGHT)
    engine.hold()
    async with serving(engine) as server, client_of(url(server)) as ours:
        turn = OneTurn(ours, VAD)
        turn.say((voice(9) + quiet(1)) * 12)
        turn.session.end_utterance()
        await eventually(
            lambda: sum(isinstance(s, SpeechStopped) for s in turn.said) >= 4
        )
        for _ in range(100):
            await asyncio.sleep(0)
        # A minute more, and the server would read no further: not even our pings.
        assert ours.traffic.audio_seconds < 60
        engine.go_on()
        await eventually(lambda: finished(turn))
        turn.session.close()
    assert len(turn.finals) == 12


async def test_a_client_that_is_not_read_for_a_while_is_not_taken_for_dead(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "websockets.client")
    engine = ScriptedEngine(LIGHT)
    engine.hold()
    minutes = voice(58) + quiet(1)
    async with serving(engine, ping_every=0.02) as server, client(server) as other:
        for _ in range(3):
            await other.append(minutes)
        for _ in range(2):
            await other.hear("input_audio_buffer.speech_stopped")
        # What answers a ping from now on lies behind sound that the server does not
        # read.
        uploading = asyncio.create_task(other.append(minutes))
        pings = caplog.text.count("< PING")
        await eventually(lambda: caplog.text.count("< PING") > pings + 5)
        engine.go_on()
        for _ in range(4):
            await other.hear("conversation.item.input_audio_transcription.completed")
        await uploading


async def test_a_session_is_greeted_with_the_model_it_asked_for() -> None:
    async with serving() as server, client(server) as other:
        created = await other.hear("session.created")
    assert created["session"]["model"] == "qwen3-asr-flash-realtime"
    assert created["session"]["id"].startswith("sess_")


async def test_the_engine_hears_what_was_said_and_expected() -> None:
    engine = ScriptedEngine()
    settings = SessionSettings(None, language="de", corpus_text="Küchenlicht")
    async with serving(engine) as server, client_of(url(server)) as ours:
        turn = OneTurn(ours, settings)
        turn.say(voice(0.6))
        turn.session.end_utterance()
        await turn.final()
        turn.session.close()
    assert engine.asked == [(19_200, "de", "Küchenlicht", True)]


async def test_an_append_of_fifteen_mebibytes_is_taken() -> None:
    async with serving() as server, client(server) as other:
        await other.append((voice(10) + quiet(1)) * 33)
        for _ in range(33):
            assert (
                await other.hear(
                    "conversation.item.input_audio_transcription.completed"
                )
            )["transcript"] == LIGHT


async def test_a_message_that_is_larger_than_any_append_closes_the_connection() -> None:
    async with serving() as server:
        connection = await connect(url(server), proxy=None, close_timeout=5)
        with contextlib.suppress(ConnectionClosed):
            await connection.send("x" * (24 * 1024 * 1024 + 1))
        await connection.wait_closed()
    assert connection.close_code == 1009


async def test_a_binary_frame_is_an_error_and_the_session_goes_on() -> None:
    async with serving() as server, client(server) as other:
        await other.connection.send(b"\x00\x01")
        assert (await other.hear("error"))["error"]["type"] == "invalid_request_error"
        await other.send(type="session.finish")
        await other.hear("session.finished")


# --- the engine ---


async def test_a_busy_engine_holds_up_no_other_sessions_events() -> None:
    engine = ScriptedEngine()
    engine.hold()
    async with (
        serving(engine) as server,
        client_of(url(server)) as ours,
        client_of(url(server)) as theirs,
    ):
        waiting = OneTurn(ours, MANUAL)
        waiting.say(voice(0.6))
        waiting.session.end_utterance()
        await eventually(lambda: engine.asked)
        other = OneTurn(theirs, VAD)
        other.say(voice(0.6))
        await eventually(lambda: other.said)
        assert isinstance(other.said[0], SpeechStarted)
        assert not waiting.finals
        engine.go_on()
        await waiting.final()
        waiting.session.close()
        other.session.close()


async def test_minutes_of_sound_in_a_few_bytes_hold_up_no_other_sessions_events() -> (
    None
):
    pytest.importorskip("av")
    head = b"OpusHead\x01\x01" + bytes(2) + b"\x80\xbb\0\0" + bytes(3)
    # Two bytes a packet: 48 frames of 2.5 ms, all of them empty.
    pages = ogg_page(head) + ogg_page(b"OpusTags") + ogg_page(*[b"\x83\x30"] * 255) * 14
    async with serving() as server, client(server) as one, client(server) as other:
        await one.hear("session.created")
        await other.hear("session.created")
        await one.send(type="session.update", session={"input_audio_format": "opus"})
        await one.hear("session.updated")
        await one.append(pages)
        refused = asyncio.create_task(one.hear("error"))
        await other.send(type="nonsense")
        await other.hear("error")
        assert not refused.done()
        assert "400 seconds" in (await refused)["error"]["message"]


async def test_inference_runs_in_one_thread_that_is_not_the_loops() -> None:
    engine = ScriptedEngine()
    async with serving(engine) as server, client_of(url(server)) as ours:
        turns = [OneTurn(ours, MANUAL) for _ in range(3)]
        for turn in turns:
            turn.say(voice(0.6))
            turn.session.end_utterance()
        for turn in turns:
            await turn.final()
            turn.session.close()
    assert len(engine.threads) == 1
    assert engine.threads.pop().startswith("inference")


async def test_a_draft_is_skipped_while_the_engine_is_busy() -> None:
    engine = ScriptedEngine()
    engine.hold()
    async with (
        serving(engine) as server,
        client_of(url(server)) as ours,
        client(server) as other,
    ):
        waiting = OneTurn(ours, MANUAL)
        waiting.say(voice(0.6))
        waiting.session.end_utterance()
        await eventually(lambda: engine.asked)
        await other.append(voice(1.5))
        await other.send(type="input_audio_buffer.clear")
        await other.hear("error")
        engine.go_on()
        await waiting.final()
        waiting.session.close()
    assert [final for *_, final in engine.asked] == [True]


async def test_an_engine_that_fails_costs_the_item_only() -> None:
    engine = ScriptedEngine()
    engine.failing = True
    async with serving(engine) as server, client(server) as other:
        await other.append(voice(0.5) + quiet(1.0))
        failed = await other.hear("conversation.item.input_audio_transcription.failed")
        assert failed["error"]["code"] == "internal_error"
        engine.failing = False
        await other.append(voice(0.5) + quiet(1.0))
        await other.hear("conversation.item.input_audio_transcription.completed")


async def test_a_mistake_of_ours_closes_that_session_only(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def mistaken(vad: ServerVad) -> EnergySegmenter:
        raise ZeroDivisionError

    server = RecognizerServer(ScriptedEngine(LIGHT), mistaken)
    await server.start()
    async with client(server) as victim, client(server) as other:
        await victim.append(voice(0.5))
        with pytest.raises(ConnectionClosed) as closed:
            await victim.hear("nothing")
        await other.send(type="session.finish")
        await other.hear("session.finished")
    await server.aclose()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1011
    assert "programming error" in caplog.text
    caplog.clear()


async def test_a_client_that_vanishes_in_the_middle_is_forgotten() -> None:
    engine = ScriptedEngine()
    engine.hold()
    async with serving(engine, max_sessions=1) as server:
        async with client(server) as other:
            await other.append(voice(0.5) + quiet(1.0))
            await eventually(lambda: engine.asked)
            other.connection.transport.abort()
        engine.go_on()
        async with client_of(url(server)) as ours:
            turn = OneTurn(ours, MANUAL)
            turn.say(voice(0.6))
            turn.session.end_utterance()
            await turn.final()
            turn.session.close()


# --- who may come in ---


async def refusal(server: RecognizerServer, **options: Any) -> InvalidStatus:
    target = options.pop("target", url(server))
    with pytest.raises(InvalidStatus) as refused:
        await connect(target, proxy=None, **options)
    return refused.value


async def test_a_wrong_key_is_refused_in_the_services_shape() -> None:
    async with serving(api_keys=["sk-right"]) as server:
        refused = await refusal(
            server, additional_headers={"Authorization": "Bearer sk-wrong"}
        )
    assert refused.response.status_code == 401
    assert json.loads(refused.response.body or b"")["code"] == "InvalidApiKey"
    assert refused.response.headers["Content-Type"] == "application/json"


async def test_who_guesses_keys_is_slowed_down_and_shuts_nobody_out(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with serving(api_keys=["sk-right"]) as server:

        async def guess(number: int) -> int:
            headers = {"Authorization": f"Bearer sk-{number}"}
            refused = await refusal(server, additional_headers=headers)
            return refused.response.status_code

        guesses = asyncio.gather(*map(guess, range(100)))
        await eventually(lambda: "somebody is guessing" in caplog.text)
        elsewhere = {"local_addr": ("127.0.0.2", 0)}
        async with client(server, "sk-right", **elsewhere) as satellite:
            await satellite.hear("session.created")
            assert not guesses.done(), "it did not wait for them"
        statuses = await guesses
        # As soon as they have stopped, also from the same address.
        async with client(server, "sk-right") as satellite:
            await satellite.hear("session.created")

    assert set(statuses) == {401, 429}
    assert caplog.text.count("somebody is guessing") == 1
    assert "sk-" not in caplog.text


@pytest.mark.parametrize(
    ("name", "status"), [("Authorization", 401), ("X-Auricle-Final-Timeout", 101)]
)
async def test_a_header_that_is_there_twice_says_nothing(
    name: str, status: int
) -> None:
    keys = ["sk-1"] if name == "Authorization" else []
    async with serving(api_keys=keys) as server:
        twice = [(name, "Bearer sk-1"), (name, "Bearer sk-1")]
        if status == 401:
            refused = await refusal(server, additional_headers=twice)
            assert refused.response.status_code == 401
        else:
            async with connect(url(server), additional_headers=twice, proxy=None):
                pass


async def test_any_of_the_keys_opens() -> None:
    async with serving(api_keys=["sk-one", "sk-two"]) as server:
        for key in ("sk-one", "sk-two"):
            async with client(server, key) as other:
                await other.hear("session.created")


async def test_another_path_and_no_model_are_told_apart() -> None:
    async with serving() as server:
        elsewhere = server.url.replace("realtime", "inference")
        assert (
            await refusal(server, target=f"{elsewhere}?model=m")
        ).response.status_code == 404
        assert (await refusal(server, target=server.url)).response.status_code == 400


async def test_one_client_too_many_is_refused_until_another_leaves() -> None:
    async with serving(max_sessions=2) as server:
        async with client(server), client(server):
            refused = await refusal(server)
            assert refused.response.status_code == 429
            code = json.loads(refused.response.body or b"")["code"]
            assert code == "Throttling.RateQuota"
        async with client(server) as other:
            await other.hear("session.created")


async def test_a_crowd_at_the_door_does_not_get_past_the_limit() -> None:
    async with serving(max_sessions=2) as server:
        results = await asyncio.gather(
            *(connect(url(server), proxy=None) for _ in range(20)),
            return_exceptions=True,
        )
        admitted = [r for r in results if isinstance(r, ClientConnection)]
        assert len(admitted) == 2
        for connection in admitted:
            await connection.close()


async def test_a_silent_client_is_sent_away() -> None:
    async with serving(idle_timeout=0.2) as server, client(server) as other:
        with pytest.raises(ConnectionClosed) as closed:
            await other.hear("nothing")
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1000


async def test_a_client_that_does_not_close_when_all_is_said_is_closed() -> None:
    async with serving(linger=0.2) as server, client(server) as other:
        await other.send(type="session.finish")
        await other.hear("session.finished")
        with pytest.raises(ConnectionClosed) as closed:
            await other.hear("nothing")
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1000


async def test_so_is_one_that_said_so_while_its_final_was_made() -> None:
    engine = ScriptedEngine()
    engine.hold()
    async with serving(engine, linger=0.2) as server, client(server) as other:
        await other.append(voice(0.5))
        await other.send(type="session.finish")
        await eventually(lambda: engine.asked)
        engine.go_on()
        await other.hear("session.finished")
        with pytest.raises(ConnectionClosed) as closed:
            await other.hear("nothing")
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1000


async def test_so_is_one_that_goes_on_sending_when_all_is_said() -> None:
    async def go_on(other: Client) -> None:
        while True:
            await other.append(voice(0.1))
            # Once it is answered, the server has read what went before.
            await (await other.connection.ping())

    async with serving(linger=0.2) as server, client(server) as other:
        await other.send(type="session.finish")
        await other.hear("session.finished")
        with pytest.raises(ConnectionClosed) as closed:
            await asyncio.wait_for(go_on(other), 15)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1000
    assert closed.value.rcvd.reason == "all was said 0.2 s ago"


async def test_one_has_its_time_to_close_however_short_it_may_be_silent() -> None:
    async with (
        serving(idle_timeout=0.1, linger=30.0) as server,
        client(server) as other,
        client(server) as silent,
    ):
        await other.send(type="session.finish")
        await other.hear("session.finished")
        with pytest.raises(ConnectionClosed):
            await silent.hear("nothing")
        await (await other.connection.ping())


async def test_a_client_that_waits_for_a_slow_engine_is_not() -> None:
    engine = ScriptedEngine()
    engine.hold()
    async with (
        serving(engine, idle_timeout=0.2) as server,
        client(server) as other,
        client(server) as silent,
    ):
        await other.append(voice(0.5) + quiet(1.0))
        with pytest.raises(ConnectionClosed):
            await silent.hear("nothing")
        engine.go_on()
        await other.hear("conversation.item.input_audio_transcription.completed")


# --- serving ---


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "recognizer.example"])
def test_the_whole_network_is_not_served_without_a_key(host: str) -> None:
    with pytest.raises(ConfigError, match="--api-key-file"):
        RecognizerServer(ScriptedEngine(), EnergySegmenter, ServerSettings(host=host))


def test_keys_in_clear_text_are_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    RecognizerServer(
        ScriptedEngine(), EnergySegmenter, ServerSettings("0.0.0.0", api_keys=["sk-1"])
    )
    assert "without TLS" in caplog.text
    assert "sk-1" not in caplog.text


async def test_a_port_that_is_taken_is_named_and_may_be_free_later() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = RecognizerServer(
            ScriptedEngine(), EnergySegmenter, ServerSettings(port=port)
        )
        with pytest.raises(OSError, match=f"127.0.0.1:{port}: another program has"):
            await server.start()
    await server.start()
    assert server.port == port
    await server.aclose()


async def test_an_address_that_is_not_there_yet_may_be_tried_again() -> None:
    """DHCP may be later than the speech model; of ConfigError, systemd never tries
    again.
    """
    nobodys = ServerSettings("192.0.2.1", api_keys=["sk-1"])  # RFC 5737
    server = RecognizerServer(ScriptedEngine(), EnergySegmenter, nobodys)
    with pytest.raises(OSError, match=r"cannot serve on 192\.0\.2\.1:0: "):
        await server.start()
    await server.aclose()


async def test_so_may_a_name_that_cannot_be_asked_for_yet(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_answer(*_: object, **__: object) -> NoReturn:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", no_answer)
    named = ServerSettings("recognizer.example", api_keys=["sk-1"])
    server = RecognizerServer(ScriptedEngine(), EnergySegmenter, named)
    with pytest.raises(OSError, match=r"recognizer\.example:0: Temporary failure"):
        await server.start()
    await server.aclose()


def test_a_certificate_that_cannot_be_used_is_told_in_words(tmp_path: Path) -> None:
    house = Authority(tmp_path, "house")
    mine, other = house.sign("recognizer"), house.sign("other")
    locked, junk = tmp_path / "locked.pem", tmp_path / "junk.pem"
    junk.write_text("junk")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    locked.write_text(
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
        "MAA=\n-----END ENCRYPTED PRIVATE KEY-----\n"
    )
    for cert, key, told in (
        (mine.file, other.key, "is not the key of the certificate"),
        (mine.file, None, "holds no private key"),
        (mine.file, junk, "holds no private key"),
        (mine.file, locked, "without one into another file"),
        (mine.key, mine.key, "holds no certificate"),
        (junk, mine.key, "holds no certificate"),
        (pipe, mine.key, "is a pipe"),
    ):
        settings = ServerSettings(tls_cert=cert, tls_key=key)
        with pytest.raises(ConfigError, match=told):
            RecognizerServer(ScriptedEngine(), EnergySegmenter, settings)


def test_a_missing_certificate_is_named(tmp_path: Path) -> None:
    settings = ServerSettings(tls_cert=tmp_path / "cert.pem")
    with pytest.raises(ConfigError, match=r"--tls-cert .*cert\.pem.*: No such file"):
        RecognizerServer(ScriptedEngine(), EnergySegmenter, settings)


async def test_speech_is_encrypted_where_a_certificate_is_given(
    tmp_path: Path,
) -> None:
    house = Authority(tmp_path, "house")
    certificate = house.sign("recognizer")
    async with serving(
        tls_cert=certificate.file, tls_key=certificate.key, api_keys=["sk-1"]
    ) as server:
        assert server.url.startswith("wss://")
        address = RecognizerAddress(url(server), "sk-1", ca_file=house.certificate.file)
        async with client_of(address) as ours:
            turn = OneTurn(ours, MANUAL)
            turn.say(voice(0.6))
            turn.session.end_utterance()
            assert (await turn.final()).text == LIGHT
            turn.session.close()
        with pytest.raises(InvalidMessage):
            await connect(url(server).replace("wss://", "ws://"), proxy=None)


async def test_a_client_that_does_not_get_through_tls_is_given_up(
    tmp_path: Path,
) -> None:
    certificate = Authority(tmp_path, "house").sign("recognizer")
    async with serving(
        tls_cert=certificate.file, tls_key=certificate.key, open_timeout=0.3
    ) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        async with asyncio.timeout(15):
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
        writer.close()


@asynccontextmanager
async def deaf_client(server: RecognizerServer) -> AsyncIterator[None]:
    """It sends until its answers fill all there is between it and the server, and reads
    none of them.
    """
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.settimeout(1)
        await asyncio.to_thread(deaf.connect, ("127.0.0.1", server.port))
        request = (
            f"GET {PATH}?model=m HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        await asyncio.to_thread(deaf.sendall, request.encode())
        await asyncio.to_thread(deaf.recv, 1024)
        # "{}", and each is answered by an error.
        frames = (b"\x81\x82" + bytes(4) + b"{}") * 1000
        with contextlib.suppress(TimeoutError, ConnectionError):
            while True:
                await asyncio.to_thread(deaf.sendall, frames)
        yield


async def test_a_client_that_reads_nothing_does_not_keep_others_out() -> None:
    async with (
        serving(idle_timeout=0.5, max_sessions=1) as server,
        deaf_client(server),
        asyncio.timeout(15),
    ):
        while True:
            with contextlib.suppress(InvalidStatus):
                async with client(server) as other:
                    await other.hear("session.created")
                    break


async def test_stopping_does_not_wait_for_a_client_that_reads_nothing() -> None:
    async with serving() as server, deaf_client(server), asyncio.timeout(15):
        await server.aclose()


async def test_stopping_closes_what_is_open() -> None:
    async with serving() as server, client(server) as other:
        await other.hear("session.created")
        await server.aclose()
        with pytest.raises(ConnectionClosed) as closed:
            await other.hear("nothing")
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1001


async def test_two_hundred_connections_that_vanish_leave_nothing_behind() -> None:
    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    def resident_bytes() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

    async with serving() as server:

        async def come_and_go(number: int) -> None:
            connection = await connect(url(server), proxy=None)
            if number % 4:
                await Client(connection).append(voice(0.5))
            if number % 3 == 0:
                await connection.close()
            else:
                connection.transport.abort()

        for number in range(50):
            await come_and_go(number)
        before = descriptors(), resident_bytes()
        for number in range(200):
            await come_and_go(number)
        await eventually(lambda: descriptors() <= before[0] + 1)
        assert resident_bytes() - before[1] < 8 * 1024 * 1024
        async with client(server) as other:
            await other.hear("session.created")


async def test_neither_keys_nor_words_reach_the_log_at_any_level(
    caplog: pytest.LogCaptureFixture,
) -> None:
    # Of the client in this process, other tests tell.
    caplog.set_level(logging.WARNING, "websockets.client")
    for name in ("", "websockets", "websockets.server", "auricle"):
        caplog.set_level(logging.DEBUG, name)
    engine = ScriptedEngine("Unlock the blue door.")
    async with serving(engine, api_keys=[CANARY]) as server:
        async with client(server, CANARY) as other:
            await other.append(voice(0.5) + quiet(1.0))
            await other.hear("conversation.item.input_audio_transcription.completed")
        await refusal(server, additional_headers={"Authorization": f"Basic {CANARY}"})
    assert "opened" in caplog.text
    assert CANARY not in caplog.text
    assert "blue door" not in caplog.text
