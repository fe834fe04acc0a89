"""Messages on a socket that takes its time."""

import asyncio
import base64
import json
from typing import Any

import pytest

from auricle.asr.session import AsrSession
from auricle.audio.frame import SAMPLE_BYTES, SAMPLE_RATE
from auricle.errors import AsrError, Reason
from auricle.qwen_asr.events import ServerEvent
from auricle.qwen_asr_client.live_session import Traffic
from rigs.recognizer.one_turn import MANUAL, voice
from rigs.waiting import eventually


class HesitantSocket:
    """Suspends every third send, as a socket does whose buffer is full."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self._sends = 0
        self._answers: asyncio.Queue[str] = asyncio.Queue()
        self._answers.put_nowait('{"type":"session.created","session":{"id":"s"}}')

    async def send(self, message: str) -> None:
        self._sends += 1
        if self._sends % 3 == 0:
            for _ in range(5):
                await asyncio.sleep(0)
        self.sent.append(json.loads(message))
        if self.sent[-1]["type"] == "session.update":
            self._answers.put_nowait('{"type":"session.updated"}')

    async def receive(self) -> str | bytes:
        return await self._answers.get()

    async def all_read(self) -> None:
        pass

    def session_opened(self) -> None:
        pass

    async def close(self) -> None:
        pass

    def abort(self) -> None:
        pass


async def test_messages_keep_their_order_on_a_socket_that_hesitates() -> None:
    socket = HesitantSocket()

    async def connect() -> HesitantSocket:
        return socket

    heard: list[ServerEvent] = []
    failed: list[AsrError] = []
    session = AsrSession(
        MANUAL,
        connect,
        heard.append,
        failed.append,
        traffic=Traffic(),
        open_within=3.0,
    )
    spoken = voice(30)
    for at in range(0, len(spoken), 960):
        session.send_audio(spoken[at : at + 960])
        if at % 5 == 0:
            await asyncio.sleep(0)
    session.end_utterance()
    await eventually(lambda: socket.sent[-1]["type"] == "input_audio_buffer.commit")
    session.abandon()

    audio = [base64.b64decode(m["audio"]) for m in socket.sent if "audio" in m]
    assert b"".join(audio) == spoken
    numbers = [int(message["event_id"].rsplit("_", 1)[1]) for message in socket.sent]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) > 100
    assert not failed


class UnreadSocket(HesitantSocket):
    """Nobody reads what it sends, up to the test's word."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.read = asyncio.Event()

    async def all_read(self) -> None:
        self.asked += 1
        await self.read.wait()


@pytest.mark.parametrize("piece", [0.03, 0.1, 0.7, 5.0, 10.0])
async def test_no_more_than_ten_seconds_leave_unread_however_they_are_cut(
    piece: float,
) -> None:
    socket = UnreadSocket()

    async def connect() -> UnreadSocket:
        return socket

    failed: list[AsrError] = []
    session = AsrSession(
        MANUAL,
        connect,
        lambda event: None,
        failed.append,
        traffic=Traffic(),
        open_within=3.0,
    )
    spoken = voice(35.0)
    length = round(piece * SAMPLE_RATE) * SAMPLE_BYTES
    for at in range(0, len(spoken), length):
        session.send_audio(spoken[at : at + length])
        for _ in range(10):
            await asyncio.sleep(0)
    await eventually(lambda: session.sent_seconds > 9.9)
    assert session.sent_seconds <= 10.0
    socket.read.set()
    session.end_utterance()
    await eventually(lambda: socket.sent[-1]["type"] == "input_audio_buffer.commit")
    session.abandon()

    audio = [base64.b64decode(m["audio"]) for m in socket.sent if "audio" in m]
    assert b"".join(audio) == spoken
    assert socket.asked == 3
    assert not failed


class BrokenSocket(HesitantSocket):
    async def send(self, message: str) -> None:
        raise ZeroDivisionError


async def test_a_programming_error_while_sending_ends_the_turn_and_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def connect() -> HesitantSocket:
        return BrokenSocket()

    failed: list[AsrError] = []
    AsrSession(
        MANUAL,
        connect,
        lambda event: None,
        failed.append,
        traffic=Traffic(),
        open_within=3.0,
    )
    await eventually(lambda: failed)
    assert failed[0].reason is Reason.ASR_FAILED
    assert not failed[0].transient
    assert "ZeroDivisionError" in caplog.text
