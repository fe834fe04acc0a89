"""One client's session on the loop, with a socket that a test holds in its hand."""

import asyncio
import json

from auricle.qwen_asr.encoding import encode_client_event
from auricle.qwen_asr.events import AppendAudio
from auricle.recognizer.codecs import make_decoder
from auricle.recognizer.conversation import Conversation
from auricle.recognizer.session import RecognizerSession
from auricle.recognizer.transcriptions import RecognizedText, Transcribe
from rigs.recognizer.energy_segmenter import EnergySegmenter
from rigs.recognizer.one_turn import quiet, voice
from rigs.waiting import eventually


class EndlessUpload:
    """A client that sends an utterance of 11 s with every message, for ever."""

    def __init__(self) -> None:
        self.read = 0
        self.told: list[str] = []
        utterance = AppendAudio("e", voice(10.0) + quiet(1.0))
        self._message = encode_client_event(utterance)

    async def recv(self) -> str | bytes:
        await asyncio.sleep(0)
        self.read += 1
        return self._message

    async def send(self, message: str) -> None:
        await asyncio.sleep(0)
        self.told.append(json.loads(message)["type"])

    async def close(self, code: int, reason: str) -> None:
        raise AssertionError("the client is neither silent nor wrong")


class SlowEngine:
    """Does one order whenever it is allowed to."""

    def __init__(self) -> None:
        self.allowed = asyncio.Semaphore(0)
        self.done = 0

    async def transcribe(self, work: Transcribe) -> RecognizedText:
        await self.allowed.acquire()
        self.done += 1
        return RecognizedText("turn on the light")

    def confirm(self, work: Transcribe) -> None:
        """Whatever is allowed is done."""

    def withdraw(self, work: Transcribe) -> None:
        """Whatever is allowed is done."""


async def test_an_upload_is_read_as_fast_as_the_engine_works() -> None:
    socket, engine = EndlessUpload(), SlowEngine()
    session = RecognizerSession("s", "m", EnergySegmenter, make_decoder)
    running = asyncio.create_task(
        Conversation(session, socket, engine, 60.0, 10.0).run()
    )
    await eventually(lambda: session.backlog > 60)
    read = socket.read
    for _ in range(100):
        await asyncio.sleep(0)
    assert socket.read == read <= 10

    for _ in range(20):
        engine.allowed.release()
    await eventually(lambda: engine.done == 20)
    await eventually(lambda: session.backlog > 60)
    assert socket.read <= 40
    running.cancel()
    await asyncio.wait([running])
