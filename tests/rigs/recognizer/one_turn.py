"""One turn with a recognizer, driven by hand: what was said, and what came of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np

from auricle.asr.client import AsrClient
from auricle.asr.session import Timeouts
from auricle.asr.turn_recognition import TurnRecognition
from auricle.audio.frame import SAMPLE_RATE, FrameCutter
from auricle.audio.resampler import StreamResampler
from auricle.errors import Reason
from auricle.qwen_asr.address import RecognizerAddress
from auricle.qwen_asr.events import (
    FinalTranscript,
    InterimTranscript,
    ServerVad,
    SessionSettings,
    SpeechStopped,
)
from auricle.turns.events import Recognition, RecognizerFailed, RecognizerSaid
from rigs.waiting import eventually

MANUAL = SessionSettings(turn_detection=None, language="en")
VAD = SessionSettings(turn_detection=ServerVad(0.0, 400), language="en")


def voice(seconds: float) -> bytes:
    """Loud, and no two samples of a second in the same place: a gap would show."""
    at = np.arange(round(seconds * SAMPLE_RATE))
    return (((at * 7919) % 20011) - 10005).astype("<i2").tobytes()


def quiet(seconds: float) -> bytes:
    return bytes(round(seconds * SAMPLE_RATE) * 2)


class OneTurn:
    """A turn's session, with what it delivered."""

    def __init__(self, client: AsrClient, settings: SessionSettings) -> None:
        self.delivered: list[RecognizerSaid | RecognizerFailed] = []
        self.seconds = 0.0
        """Audio said so far."""
        self._manual = settings.turn_detection is None
        self._cutter = FrameCutter()
        self.session: TurnRecognition = client.open("turn_1", settings, self._deliver)

    def say(self, pcm: bytes) -> None:
        """All at once, in frames."""
        for frame in self._cutter.push(pcm):
            self.seconds += frame.seconds
            self.session.send(frame)

    async def speak(self, pcm: bytes) -> None:
        """In frames, giving way after each: the network works meanwhile."""
        for frame in self._cutter.push(pcm):
            self.seconds += frame.seconds
            self.session.send(frame)
            await asyncio.sleep(0)

    def _deliver(self, event: RecognizerSaid | RecognizerFailed) -> None:
        self.delivered.append(event)
        # As the satellite does.
        match event:
            case RecognizerSaid(_, SpeechStopped()):
                self.session.await_final()
            case RecognizerSaid(_, FinalTranscript(_, "")) if not self._manual:
                self.session.keep_listening()
            case _:
                pass

    @property
    def said(self) -> list[Recognition]:
        return [e.said for e in self.delivered if isinstance(e, RecognizerSaid)]

    @property
    def finals(self) -> list[FinalTranscript]:
        return [said for said in self.said if isinstance(said, FinalTranscript)]

    @property
    def interims(self) -> list[InterimTranscript]:
        return [said for said in self.said if isinstance(said, InterimTranscript)]

    @property
    def failures(self) -> list[RecognizerFailed]:
        return [e for e in self.delivered if isinstance(e, RecognizerFailed)]

    async def final(self) -> FinalTranscript:
        await eventually(lambda: self.finals or self.failures)
        assert not self.failures, self.failures
        return self.finals[0]

    async def failure(self, number: int = 1) -> RecognizerFailed:
        await eventually(lambda: len(self.failures) >= number)
        return self.failures[number - 1]


@asynccontextmanager
async def client_of(
    url: str | RecognizerAddress,
    *,
    connect: float = Timeouts().connect,
    final: float = Timeouts().final,
    finish: float = Timeouts().finish,
) -> AsyncIterator[AsrClient]:
    address = RecognizerAddress(url) if isinstance(url, str) else url
    client = AsrClient(address, Timeouts(connect, final, finish), StreamResampler)
    try:
        yield client
    finally:
        await client.aclose()


async def take_turn(url: str, settings: SessionSettings = MANUAL) -> OneTurn:
    """A whole turn: 1.5 s of voice, until the final or the failure."""
    async with client_of(url) as client:
        turn = OneTurn(client, settings)
        turn.say(voice(1.5))
        if settings.turn_detection is None:
            turn.session.end_utterance()
        else:
            turn.say(quiet(0.6))
        await eventually(lambda: turn.finals or turn.failures)
        turn.session.close()
    return turn


async def a_later_deadline_passes(client: AsrClient) -> None:
    """Whatever was to be over by now is: so is this turn, which began after it."""
    other = OneTurn(client, MANUAL)
    other.say(voice(0.5))
    other.session.end_utterance()
    assert (await other.failure()).reason is Reason.ASR_TIMEOUT
    other.session.close()
