"""A real server of the Wyoming protocol speaks, and others that do not."""

import asyncio
import contextlib
import json
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import pytest

from auricle.audio.playing import SoundFormat
from auricle.errors import SynthesisError
from auricle.speech.speaking import Speaking
from auricle.speech.synthesizer import PATIENCE
from auricle.speech.wyoming import WyomingSynthesizer
from auricle.turns.sounds import (
    SoundArrived,
    SoundKind,
    SoundOpening,
    SpeechFailed,
    Then,
)
from rigs.audio.synthesizers import SENTENCE, needs_espeak, needs_flite, said
from rigs.homes.wyoming_voice import serving
from rigs.waiting import elapse, eventually

pytestmark = pytest.mark.usefixtures("no_programming_errors")

Answer = Callable[[StreamReader, StreamWriter], Awaitable[None]]


def synthesizer(
    port: int, *, voice: str = "", patience: float = PATIENCE
) -> WyomingSynthesizer:
    return WyomingSynthesizer(
        "127.0.0.1", port, voice=voice, language="", patience=patience
    )


@contextlib.asynccontextmanager
async def answering(answer: Answer) -> AsyncIterator[int]:
    """A server that does this with whoever connects."""

    over: list[asyncio.Task[None]] = []

    async def hold(reader: StreamReader, writer: StreamWriter) -> None:
        try:
            await reader.readline()
            await answer(reader, writer)
        except ConnectionError:
            return
        finally:
            writer.transport.abort()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    def serve(reader: StreamReader, writer: StreamWriter) -> None:
        over.append(asyncio.create_task(hold(reader, writer)))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        await asyncio.gather(*over)


def event(kind: str, payload: bytes = b"", **data: Any) -> bytes:
    head = {"type": kind, "data": data, "payload_length": len(payload)}
    return json.dumps(head).encode() + b"\n" + payload


LAST = SoundArrived("washing", 1, b"", then=Then.IDLE)
SOUND: dict[str, Any] = {"rate": 16_000, "width": 2, "channels": 1}


@needs_flite
async def test_a_server_speaks_a_text() -> None:
    async with serving() as port:
        seconds, pcm = await said(synthesizer(port))

    assert 1.5 < seconds < 6
    assert max(pcm) > 0


@needs_espeak
@needs_flite
async def test_the_voice_that_is_asked_for_speaks() -> None:
    async with serving() as port:
        stretches = [s async for s in synthesizer(port, voice="de").synthesize("Zwei")]

    assert stretches[0].format.rate == 22_050


async def test_a_sound_begins_before_the_server_has_made_all_of_it() -> None:
    go_on = asyncio.Event()

    async def answer(_: StreamReader, writer: StreamWriter) -> None:
        writer.write(
            event("audio-start", **SOUND) + event("audio-chunk", b"ab", **SOUND)
        )
        await writer.drain()
        await go_on.wait()
        writer.write(event("audio-chunk", b"cd", **SOUND) + event("audio-stop"))
        await writer.drain()

    async with (
        answering(answer) as port,
        aclosing(synthesizer(port).synthesize(SENTENCE)) as stretches,
    ):
        pieces = [(await anext(stretches)).pcm, (await anext(stretches)).pcm]
        go_on.set()
        pieces += [s.pcm async for s in stretches]

    assert b"".join(pieces) == b"abcd"


async def test_the_first_sentence_is_heard_before_the_next_one_is_asked_for() -> None:
    asked = 0

    async def answer(_: StreamReader, writer: StreamWriter) -> None:
        nonlocal asked
        asked += 1
        writer.write(
            event("audio-start", **SOUND) + event("audio-chunk", b"ab", **SOUND)
        )
        writer.write(event("audio-stop"))
        await writer.drain()

    async with (
        answering(answer) as port,
        aclosing(synthesizer(port).synthesize(f"{SENTENCE} {SENTENCE}")) as sounds,
    ):
        first = [(await anext(sounds)).pcm, (await anext(sounds)).pcm]
        by_then = asked
        rest = [sound.pcm async for sound in sounds]

    assert (b"".join(first), b"".join(rest)) == (b"ab", b"ab")
    assert (by_then, asked) == (1, 2)


@pytest.mark.parametrize("makes_sound", [0, 1], ids=["the first", "the last"])
@pytest.mark.parametrize(
    "of_nothing",
    [b"", event("audio-start", rate=16_000, width=2, channels=1)],
    ids=["nothing", "a start"],
)
async def test_a_sentence_that_the_server_makes_no_sound_of_ends_no_other(
    of_nothing: bytes, makes_sound: int
) -> None:
    sound: dict[str, Any] = {"rate": 22_050, "width": 2, "channels": 1}
    spoken = event("audio-start", **sound) + event("audio-chunk", b"ab", **sound)
    answers = [of_nothing, of_nothing]
    answers[makes_sound] = spoken

    async def answer(_: StreamReader, writer: StreamWriter) -> None:
        writer.write(answers.pop(0) + event("audio-stop"))
        await writer.drain()

    facts: list[SoundArrived | SpeechFailed] = []
    async with answering(answer) as port:
        speech = Speaking(synthesizer(port), per_hour=0, deliver=facts.append)
        speech.synthesize("washing", f"{SENTENCE} {SENTENCE}")
        await eventually(
            lambda: any(isinstance(f, SpeechFailed) or f.then for f in facts)
        )
        await speech.aclose()

    assert facts == [
        SoundArrived(
            "washing",
            0,
            b"ab",
            SoundOpening(SoundKind.ANNOUNCEMENT, SoundFormat(22_050, 1)),
        ),
        LAST,
    ]


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (b"", "ended the connection"),
        (event("audio-start", **SOUND), "ended the connection"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "does not speak the Wyoming protocol"),
        (b"x" * 200_000, "does not speak the Wyoming protocol"),
        (event("error", text=SENTENCE, code="no-voice"), "cannot say it"),
        (event("audio-stop"), "cannot say it"),
        (event("audio-start", rate=16_000, width=4, channels=1), "cannot be played"),
        (event("audio-start", rate="fast", width=2), "cannot be played"),
        (event("audio-start", rate=16_000, channels=1.0), "cannot be played"),
        (event("audio-start", rate=16_000, channels=True), "cannot be played"),
    ],
)
async def test_what_is_wrong_is_told_without_a_word_of_the_text(
    sent: bytes, why: str
) -> None:
    async def answer(_: StreamReader, writer: StreamWriter) -> None:
        writer.write(sent)
        await writer.drain()

    async with answering(answer) as port:
        with pytest.raises(SynthesisError, match=why) as raised:
            await said(synthesizer(port))

    assert "speech.wyoming: 127.0.0.1" in str(raised.value)
    assert "washing" not in str(raised.value)


async def test_a_server_that_says_nothing_is_given_up() -> None:
    async def answer(reader: StreamReader, _: StreamWriter) -> None:
        await reader.read()

    async with answering(answer) as port:
        with pytest.raises(SynthesisError, match="does not answer in time"):
            await said(synthesizer(port, patience=0.2))


@pytest.mark.parametrize(
    "chatter", [event("info"), event("audio-chunk", **SOUND)], ids=["other", "empty"]
)
async def test_a_server_that_says_much_but_makes_no_sound_is_given_up(
    chatter: bytes,
) -> None:
    async def answer(_: StreamReader, writer: StreamWriter) -> None:
        writer.write(event("audio-start", **SOUND))
        while True:
            writer.write(chatter)
            await writer.drain()
            await elapse(0.02)

    async with answering(answer) as port:
        with pytest.raises(SynthesisError, match="does not answer in time"):
            await said(synthesizer(port, patience=0.3))


async def test_a_server_that_is_away_is_told() -> None:
    async with serving() as port:
        pass

    with pytest.raises(SynthesisError, match="cannot be reached"):
        await said(synthesizer(port))
