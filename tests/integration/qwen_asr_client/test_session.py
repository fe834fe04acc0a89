"""The library as another program uses it, over real WebSockets."""

import asyncio
import contextlib
import ssl
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest

from auricle.qwen_asr_client import (
    AuthenticationError,
    Committed,
    ConnectionLostError,
    FinalTranscript,
    InterimTranscript,
    InvalidRequestError,
    ItemCreated,
    NotOpenedError,
    QuotaError,
    RateLimitedError,
    RecognizerError,
    ServerError,
    ServerEvent,
    ServerFaultError,
    ServerVad,
    Session,
    SessionCreated,
    SessionFinished,
    SessionOverError,
    SessionSettings,
    SessionUpdated,
    SpeechStarted,
    SpeechStopped,
    UnreachableError,
    UntrustedError,
    ViolationError,
    connect,
)
from auricle.qwen_asr_client.request_rate import MOST_A_SECOND
from rigs.faults.certificates import Authority
from rigs.mqtt.broker import free_port
from rigs.recognizer.faults import (
    AbortAfter,
    CloseAfter,
    CloseAfterCreated,
    DeltaDialect,
    ErrorAfter,
    Fault,
    Line,
    Message,
    NoFinished,
    RefuseHandshake,
    Send,
    Without,
)
from rigs.recognizer.one_turn import MANUAL, VAD, quiet, voice
from rigs.recognizer.raw_server import RawServer, close, frame, text
from rigs.recognizer.scripted_recognizer import ScriptedRecognizer
from rigs.waiting import eventually

_BUFFER = "input_audio_buffer"
KEY = "sk-CANARY0123456789abcdef"


@dataclass
class Anonymous(Fault):
    """Leaves out which of the client's events an error is about, and which field."""

    fields: tuple[str, ...] = ("event_id",)

    async def sending(self, message: Message, line: Line, send: Send) -> None:
        if message["type"] == "error":
            error = {**message["error"], **dict.fromkeys(self.fields)}
            message = {**message, "error": error}
        await send(message)


@dataclass
class Flood(Fault):
    """Says the same without end, once it has heard so many seconds, and closes."""

    times: int
    after: float

    async def heard(self, message: Message, line: Line) -> None:
        if message["type"] == "session.finish" and line.seconds >= self.after:
            for _ in range(self.times):
                await line.send({"type": f"{_BUFFER}.speech_started", "item_id": "i"})
            await line.close(1000, "")


async def finals(session: Session) -> list[str]:
    return [event.text async for event in session if isinstance(event, FinalTranscript)]


async def one_sentence(session: Session) -> list[ServerEvent]:
    """Everything that the server says of a sentence that is spoken, not uploaded."""
    spoken = voice(1.5) + quiet(0.6)
    for at in range(0, len(spoken), 1920):
        await session.append(spoken[at : at + 1920])
        for _ in range(20):
            await asyncio.sleep(0)
    await session.finish()
    return [event async for event in session]


async def test_a_sentence_is_recognized_and_every_event_is_typed() -> None:
    async with (
        ScriptedRecognizer("Turn on the light.", api_key=KEY) as server,
        connect(server.url, KEY, VAD) as session,
    ):
        events = await one_sentence(session)

    assert {type(event) for event in events} == {
        *(SessionCreated, SessionUpdated, SpeechStarted, SpeechStopped, Committed),
        *(ItemCreated, InterimTranscript, FinalTranscript, SessionFinished),
    }
    assert isinstance(events[-1], SessionFinished)
    [final] = [event for event in events if isinstance(event, FinalTranscript)]
    assert final.text == "Turn on the light."
    assert session.session_id
    assert session.last_response_id == final.item_id
    assert server.heard[0].headers["authorization"] == f"Bearer {KEY}"
    assert server.heard[0].close_code == 1000


@pytest.mark.parametrize("always", [[DeltaDialect()], [Without()]], ids=str)
async def test_the_dialects_of_other_servers_are_understood(
    always: list[Fault],
) -> None:
    async with (
        ScriptedRecognizer("Turn on the light.", always=always) as server,
        connect(server.url, None, VAD) as session,
    ):
        events = await one_sentence(session)

    interims = [event for event in events if isinstance(event, InterimTranscript)]
    [final] = [event for event in events if isinstance(event, FinalTranscript)]
    assert final.text == "Turn on the light."
    assert interims
    assert {event.item_id for event in interims} == {final.item_id}


async def test_one_connection_takes_many_commits() -> None:
    said = ["One.", "Two.", "Three."]
    async with (
        ScriptedRecognizer(said) as server,
        connect(server.url, None, MANUAL) as session,
    ):
        for _ in said:
            await session.append(voice(0.5))
            await session.commit()
        await session.finish()
        assert await finals(session) == said
    assert len(server.heard) == 1


async def test_settings_change_between_two_utterances() -> None:
    async with (
        ScriptedRecognizer(["Eins.", "Two."]) as server,
        connect(server.url, None, SessionSettings(None, "de")) as session,
    ):
        await session.append(voice(0.5))
        await session.commit()
        await session.update(SessionSettings(ServerVad(0.0, 400), "en"))
        await session.append(voice(1.0) + quiet(0.6))
        await session.finish()
        assert await finals(session) == ["Eins.", "Two."]

    updates = [m for m in server.heard[0].messages if m["type"] == "session.update"]
    asked = [m["session"]["input_audio_transcription"] for m in updates]
    assert asked == [{"language": "de"}, {"language": "en"}]
    assert server.heard[0].types == [
        *("session.update", "input_audio_buffer.append", "input_audio_buffer.commit"),
        *("session.update", "input_audio_buffer.append", "session.finish"),
    ]


async def test_an_update_that_is_refused_says_why_and_the_session_goes_on() -> None:
    async with (
        ScriptedRecognizer("Two.") as server,
        connect(server.url, None, MANUAL) as session,
    ):
        with pytest.raises(InvalidRequestError) as refused:
            await session.update(SessionSettings(None, "tlh"))
        with pytest.raises(InvalidRequestError, match="the whole session"):
            await session.update(SessionSettings(None, sample_rate=8000))
        await session.append(voice(0.5))
        await session.commit()
        await session.finish()
        events = [event async for event in session]

    assert refused.value.reported is not None
    param = "session.input_audio_transcription.language"
    assert refused.value.reported.param == param
    assert session.settings == MANUAL
    assert [e.text for e in events if isinstance(e, FinalTranscript)] == ["Two."]
    assert any(isinstance(event, ServerError) for event in events)


@pytest.mark.parametrize("left_out", [("event_id",), ("event_id", "param")], ids=str)
async def test_a_server_that_does_not_say_which_event_it_refuses_is_understood(
    left_out: tuple[str, ...],
) -> None:
    async with (
        ScriptedRecognizer(always=[Anonymous(left_out)]) as server,
        asyncio.timeout(4),
        connect(server.url, None, MANUAL) as session,
    ):
        with pytest.raises(InvalidRequestError, match="tlh"):
            await session.update(SessionSettings(None, "tlh"))


async def test_an_update_that_nobody_waits_for_is_not_taken_for_the_next_one() -> None:
    """The server refuses the second; the answer to the first comes before."""
    async with (
        ScriptedRecognizer("Two.") as server,
        connect(server.url, None, MANUAL) as session,
    ):
        impatient = asyncio.create_task(session.update(SessionSettings(None, "de")))
        await asyncio.sleep(0)
        impatient.cancel()
        with pytest.raises(InvalidRequestError, match="tlh"):
            await session.update(SessionSettings(None, "tlh"))
        assert session.settings == SessionSettings(None, "de")
        impatient = asyncio.create_task(session.update(SessionSettings(None, "tlh")))
        await asyncio.sleep(0)
        impatient.cancel()
        await session.update(SessionSettings(None, "en"))
        assert session.settings == SessionSettings(None, "en")


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (SessionSettings(ServerVad(1.5)), "threshold is 1.5: use -1 to 1"),
        (SessionSettings(ServerVad(float("nan"))), "threshold is nan"),
        (SessionSettings(ServerVad(0.0, 50)), "silence_duration_ms is 50: use 200"),
        (SessionSettings(sample_rate=0), "sample_rate is 0: use 16000 or 8000"),
        (SessionSettings(input_audio_format="mp3"), "use 'pcm' or 'opus'"),
    ],
    ids=str,
)
async def test_settings_that_no_server_takes_are_refused_here(
    settings: SessionSettings, told: str
) -> None:
    with pytest.raises(InvalidRequestError, match=told):
        async with connect(f"ws://127.0.0.1:{free_port()}", None, settings):
            pass
    async with (
        ScriptedRecognizer() as server,
        connect(server.url, None, MANUAL) as session,
    ):
        with pytest.raises(InvalidRequestError, match=told):
            await session.update(settings)
        assert session.settings == MANUAL


async def test_an_utterance_that_ends_in_half_a_sample_spoils_no_other() -> None:
    async with (
        ScriptedRecognizer(["One.", "Two."]) as server,
        connect(server.url, None, MANUAL) as session,
    ):
        for spoken in (voice(0.5)[:-1], voice(0.5)):
            await session.append(spoken)
            await session.commit()
        await session.finish()
        assert await finals(session) == ["One.", "Two."]
    assert server.heard[0].pcm.endswith(voice(0.5))


async def test_more_sound_than_memory_should_hold_is_sent_as_fast_as_it_is_taken() -> (
    None
):
    """Ten minutes: `append` waits for the server, and nothing of it is lost."""
    minute = voice(60.0)
    most = 0.0
    async with (
        ScriptedRecognizer() as server,
        connect(server.url, None, VAD) as session,
    ):
        for _ in range(10):
            for at in range(0, len(minute), 64_001):
                await session.append(minute[at : at + 64_001])
                most = max(most, session.unsent_seconds)
        await eventually(lambda: server.heard[0].seconds > 590, timeout=30)
        await session.close()
    assert most < 15
    assert server.heard[0].pcm[: len(minute)] == minute


async def test_opus_leaves_at_a_fraction_of_the_size_and_is_recognized() -> None:
    pytest.importorskip("av")
    settings = SessionSettings(None, "en", input_audio_format="opus")
    async with (
        ScriptedRecognizer(["One.", "Two."]) as server,
        connect(server.url, None, settings) as session,
    ):
        for _ in range(2):
            await session.append(voice(2.0))
            await session.commit()
        await session.finish()
        assert await finals(session) == ["One.", "Two."]
    assert 0 < len(server.heard[0].audio) < len(voice(4.0)) / 4


async def test_callbacks_are_told_everything_in_place_of_the_iterator() -> None:
    opened: list[bool] = []
    heard: list[ServerEvent] = []
    closed: list[tuple[int | None, str]] = []
    async with (
        ScriptedRecognizer("Turn on the light.") as server,
        connect(
            server.url,
            None,
            MANUAL,
            on_open=lambda: opened.append(True),
            on_event=heard.append,
            on_close=lambda code, reason: closed.append((code, reason)),
        ) as session,
    ):
        await session.append(voice(1.0))
        await session.commit()
        await session.finish()
        assert [event async for event in session] == []
    assert opened == [True]
    assert isinstance(heard[0], SessionCreated)
    assert isinstance(heard[-1], SessionFinished)
    assert closed == [(1000, "")]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (RefuseHandshake(401), AuthenticationError),
        (RefuseHandshake(403), AuthenticationError),
        (RefuseHandshake(429), RateLimitedError),
        (RefuseHandshake(503), ServerFaultError),
        (CloseAfterCreated("The free quota has been exhausted"), QuotaError),
    ],
    ids=str,
)
async def test_what_keeps_a_session_from_opening_is_raised_by_its_kind(
    fault: Fault, error: type[RecognizerError]
) -> None:
    closed: list[int | None] = []
    async with ScriptedRecognizer(faults=[fault]) as server:
        with pytest.raises(error) as raised:
            async with connect(
                server.url, KEY, on_close=lambda code, _: closed.append(code)
            ):
                pass
    assert KEY not in str(raised.value)
    assert len(closed) == 1


@pytest.mark.parametrize(
    "greeting",
    [b"SSH-2.0-OpenSSH_9.2\r\n", b"220 mail\r\n", b"HTTP/1.1 101 x\r\n" * 999],
)
async def test_what_speaks_before_it_is_asked_is_no_recognizer(
    greeting: bytes,
) -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        await reader.read()
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        for _ in range(5):
            with pytest.raises(UnreachableError, match=r"does not speak HTTP|valid"):
                async with connect(f"ws://127.0.0.1:{port}"):
                    pass


@pytest.mark.parametrize(
    "sent",
    [
        text({"type": "x", "text": "a" * 300_000}),
        b"\x81\x7f" + (1 << 62).to_bytes(8, "big"),
        frame(1, b"\xff\xfe"),
        b"\x81\x85\0\0\0\0hello",
        frame(5, b"reserved"),
        close(1),
    ],
    ids=["long", "endless", "no text", "masked", "reserved", "no code"],
)
async def test_frames_that_cannot_be_read_end_the_session_and_say_so(
    sent: bytes,
) -> None:
    async with (
        RawServer(sent) as server,
        asyncio.timeout(4),
        connect(server.url) as session,
    ):
        with pytest.raises(ViolationError, match="cannot be read"):
            await finals(session)


async def test_a_close_frame_ends_the_session_though_tcp_stays_open() -> None:
    """Before the next ping, at which websockets would notice."""
    closed: list[tuple[int | None, str]] = []
    async with (
        RawServer(close(1013, "try again")) as server,
        asyncio.timeout(4),
        connect(
            server.url, on_close=lambda code, reason: closed.append((code, reason))
        ) as session,
    ):
        with pytest.raises(ConnectionLostError, match="1013 try again"):
            await finals(session)
    assert closed == [(1013, "try again")]


@pytest.mark.parametrize("seconds", [1, 120])
async def test_no_more_events_wait_than_the_sound_can_bring_about(
    seconds: int,
) -> None:
    async with (
        ScriptedRecognizer(faults=[Flood(2000, after=seconds)]) as server,
        connect(server.url, None, MANUAL) as session,
    ):
        await session.append(bytes(32_000 * seconds))
        with pytest.raises(ViolationError if seconds == 1 else ConnectionLostError):
            await session.finish()


async def test_nobody_at_the_address_is_unreachable() -> None:
    with pytest.raises(UnreachableError):
        async with connect(f"ws://127.0.0.1:{free_port()}"):
            pass


async def test_a_server_that_opens_no_session_is_given_up() -> None:
    async def silent(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(NotOpenedError) as raised:
            async with connect(f"ws://127.0.0.1:{port}", open_within=0.3):
                pass
    assert not raised.value.connected


async def test_a_certificate_is_verified_unless_its_authority_is_given(
    tmp_path: Path,
) -> None:
    authority = Authority(tmp_path, "house")
    certificate = authority.sign("recognizer")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.file, certificate.key)
    async with ScriptedRecognizer(tls=context) as server:
        with pytest.raises(UntrustedError):
            async with connect(server.url, KEY):
                pass
        trusting = ssl.create_default_context(cafile=authority.certificate.file)
        async with connect(server.url, KEY, tls=trusting) as session:
            assert session.session_id


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (AbortAfter(0.3), ConnectionLostError),
        (CloseAfter(0.3), ConnectionLostError),
        (ErrorAfter(0.3), ServerFaultError),
    ],
    ids=str,
)
async def test_what_ends_a_session_is_raised_where_it_is_waited_for(
    fault: Fault, error: type[RecognizerError]
) -> None:
    async with (
        ScriptedRecognizer(faults=[fault]) as server,
        connect(server.url, None, MANUAL) as session,
    ):
        await session.append(voice(1.0))
        with pytest.raises(error):
            await finals(session)
        with pytest.raises(error):
            await session.append(voice(1.0))
        with pytest.raises(error):
            await session.finish()


async def test_a_session_that_is_over_takes_nothing_more() -> None:
    async with (
        ScriptedRecognizer(always=[NoFinished()]) as server,
        connect(server.url, None, VAD) as session,
    ):
        with pytest.raises(InvalidRequestError, match="manual mode"):
            await session.commit()
        await session.close()
        await session.close()
        with pytest.raises(SessionOverError, match="closed"):
            await session.append(voice(0.1))
        assert isinstance([event async for event in session][-1], SessionUpdated)


async def test_closing_while_the_server_is_waited_for_ends_the_wait() -> None:
    async with (
        ScriptedRecognizer(always=[NoFinished()]) as server,
        connect(server.url, None, MANUAL) as session,
    ):
        finishing = asyncio.create_task(session.finish())
        await eventually(lambda: server.heard[0].types[-1] == "session.finish")
        await session.close()
        with pytest.raises(SessionOverError, match="closed"):
            await finishing


class LeftOpen:
    """The tasks and open files that there are; those of earlier tests may yet end."""

    def __init__(self) -> None:
        self._before = self._now()

    @property
    def no_more(self) -> bool:
        pairs = zip(self._now(), self._before, strict=True)
        return all(now <= before for now, before in pairs)

    @staticmethod
    def _now() -> tuple[int, int]:
        return len(asyncio.all_tasks()), len(list(Path("/proc/self/fd").iterdir()))


class AnswersNothing(Fault):
    """It opens sessions, and is silent from then on."""

    def __init__(self) -> None:
        self._opened = False

    async def sending(self, message: Message, line: Line, send: Send) -> None:
        if not self._opened:
            await send(message)
        self._opened |= message["type"] == "session.updated"


async def test_an_update_that_is_not_answered_is_waited_for_as_long_as_an_opening() -> (
    None
):
    async with (
        ScriptedRecognizer(faults=[AnswersNothing()]) as server,
        asyncio.timeout(4),
        connect(server.url, None, MANUAL, open_within=0.5) as session,
    ):
        with pytest.raises(NotOpenedError, match=r"session\.update within 0\.5 s"):
            await session.update(SessionSettings(None, "de"))
        await session.append(voice(0.5))
        await session.commit()


class LateUpdated(Fault):
    """It keeps the answer to its second update back until that may come."""

    def __init__(self) -> None:
        self.may_come = asyncio.Event()
        self._updated = 0

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    async def sending(self, message: Message, line: Line, send: Send) -> None:
        if message["type"] == "session.updated":
            self._updated += 1
            if self._updated == 2:
                await self.may_come.wait()
        await send(message)


async def test_a_late_answer_to_an_update_is_not_taken_for_that_to_the_next() -> None:
    late = LateUpdated()
    async with (
        ScriptedRecognizer(faults=[late]) as server,
        asyncio.timeout(8),
        connect(server.url, None, MANUAL, open_within=1.0) as session,
    ):
        with pytest.raises(NotOpenedError):
            await session.update(SessionSettings(None, "de"))
        refused = asyncio.create_task(session.update(SessionSettings(None, "tlh")))
        await eventually(lambda: len(server.heard[0].messages) == 3)
        late.may_come.set()
        with pytest.raises(InvalidRequestError, match="tlh"):
            await refused
        assert session.settings.language == "de"


class OneUpdatedLost(Fault):
    """It never answers its second update, the first behind the opening."""

    def __init__(self) -> None:
        self._updated = 0

    async def sending(self, message: Message, line: Line, send: Send) -> None:
        if message["type"] == "session.updated":
            self._updated += 1
            if self._updated == 2:
                return
        await send(message)


async def test_an_answer_that_is_lost_costs_one_more_update_at_most() -> None:
    async with (
        ScriptedRecognizer(faults=[OneUpdatedLost()]) as server,
        asyncio.timeout(8),
        connect(server.url, None, MANUAL, open_within=0.5) as session,
    ):
        for _ in range(2):
            with pytest.raises(NotOpenedError):
                await session.update(SessionSettings(None, "de"))
        for _ in range(2):
            await session.update(SessionSettings(None, "en"))


async def test_closing_while_an_update_waits_ends_the_wait() -> None:
    async with (
        ScriptedRecognizer(faults=[AnswersNothing()]) as server,
        asyncio.timeout(4),
        connect(server.url, None, MANUAL) as session,
    ):
        appending = asyncio.create_task(session.append(bytes(32_000 * 600)))
        updating = asyncio.create_task(session.update(SessionSettings(None, "de")))
        await eventually(lambda: session.settings.language == "de")
        await session.close()
        for waiting in (appending, updating):
            with pytest.raises(SessionOverError):
                await waiting


WAITS: dict[str, Callable[[Session], Coroutine[Any, Any, object]]] = {
    "append": lambda session: session.append(bytes(32_000 * 600)),
    "update": lambda session: session.update(SessionSettings(None, "de")),
    "finish": lambda session: session.finish(),
    "iteration": finals,
    "close": lambda session: session.close(),
}


@pytest.mark.parametrize("wait", WAITS)
async def test_a_wait_that_is_given_up_leaves_neither_task_nor_socket(
    wait: str,
) -> None:
    left_open = LeftOpen()
    async with (
        ScriptedRecognizer(faults=[AnswersNothing()]) as server,
        connect(server.url, None, MANUAL) as session,
    ):
        waiting = asyncio.create_task(WAITS[wait](session))
        for _ in range(10):
            await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    await eventually(lambda: left_open.no_more)


async def test_opening_that_is_given_up_leaves_neither_task_nor_socket() -> None:
    async def visit(url: str) -> None:
        async with connect(url):
            pass

    left_open = LeftOpen()
    async with ScriptedRecognizer() as server:
        for steps in range(0, 80, 2):
            opening = asyncio.create_task(visit(server.url))
            for _ in range(steps):
                await asyncio.sleep(0)
            opening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await opening
    await eventually(lambda: left_open.no_more)


async def test_a_callback_that_fails_ends_the_session_and_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(event: ServerEvent) -> None:
        if isinstance(event, FinalTranscript):
            raise ZeroDivisionError

    async with (
        ScriptedRecognizer() as server,
        connect(server.url, None, MANUAL, on_event=fail) as session,
    ):
        await session.append(voice(0.5))
        await session.commit()
        with pytest.raises(RecognizerError, match="internal error"):
            await session.finish()
    assert "ZeroDivisionError" in caplog.text


async def test_no_more_sessions_open_in_a_second_than_the_service_takes() -> None:
    loop = asyncio.get_running_loop()
    opened: list[float] = []

    async def visit(url: str) -> None:
        async with connect(url, on_open=lambda: opened.append(loop.time())):
            pass

    async with ScriptedRecognizer() as server:
        began = loop.time()
        await asyncio.gather(*(visit(server.url) for _ in range(MOST_A_SECOND + 1)))
    assert len(opened) == MOST_A_SECOND + 1
    assert max(opened) - began >= 0.99


async def test_who_gave_up_opening_a_session_keeps_no_other_one_waiting() -> None:
    async def visit(url: str, within: float) -> None:
        async with connect(url, open_within=within):
            pass

    async with ScriptedRecognizer() as server:
        crowd = (visit(server.url, 0.2) for _ in range(10 * MOST_A_SECOND))
        outcomes = await asyncio.gather(*crowd, return_exceptions=True)
        gave_up = [o for o in outcomes if isinstance(o, NotOpenedError)]
        assert len(gave_up) >= 8 * MOST_A_SECOND
        await visit(server.url, 4.0)


@pytest.mark.parametrize("key", ["sk-1\n", "sk-1\r\nX-Other: 1", "sk 1", "ск-1", " "])
async def test_a_key_that_is_none_is_refused_without_being_repeated(key: str) -> None:
    url = f"ws://127.0.0.1:{free_port()}"
    with pytest.raises(ValueError, match="the key holds") as refused:
        async with connect(url, key):
            pass
    assert "1" not in str(refused.value)
    with pytest.raises(ValueError, match="the workspace holds"):
        async with connect(url, workspace=key):
            pass


async def test_plain_text_through_a_network_is_refused() -> None:
    with pytest.raises(ValueError, match="unencrypted"):
        async with connect("ws://asr.example.org"):
            pass
