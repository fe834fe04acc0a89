"""More satellites at one recognizer than it can serve in time: nobody waits in silence.

Real WebSockets; the engine is scripted, and in one test real.
"""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from importlib.resources import as_file
from typing import Any

import pytest
from pydantic import SecretStr
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from auricle.app.build import recognizer_address
from auricle.assets.recordings import OKAY_NABU
from auricle.audio.files.recording import read_recording
from auricle.config.services import AsrSettings
from auricle.errors import Reason
from auricle.qwen_asr.address import FINAL_TIMEOUT
from auricle.qwen_asr.events import TRANSCRIPTION
from auricle.qwen_asr_client.connection import Connection
from auricle.recognizer.engines.engine import Engine
from auricle.recognizer.engines.whisper import WhisperEngine
from auricle.recognizer.intake import MakeSegmenter
from auricle.recognizer.server import RecognizerServer, ServerSettings
from rigs.recognizer.energy_segmenter import EnergySegmenter, ForesightedSegmenter
from rigs.recognizer.one_turn import MANUAL, OneTurn, client_of, quiet, voice
from rigs.recognizer.scripted_engine import ScriptedEngine
from rigs.waiting import elapse, eventually

THROTTLED = "Throttling.RateQuota"
COMPLETED, FAILED = f"{TRANSCRIPTION}.completed", f"{TRANSCRIPTION}.failed"


@asynccontextmanager
async def serving(
    engine: Engine, segmenter: MakeSegmenter = EnergySegmenter, **options: Any
) -> AsyncIterator[RecognizerServer]:
    server = RecognizerServer(engine, segmenter, ServerSettings(**options))
    await server.start()
    try:
        yield server
    finally:
        await server.aclose()


class Satellite:
    """It ends its utterances itself, and writes down what it was told of them."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self.told: list[dict[str, Any]] = []
        """What became of each utterance, in the order in which it was told."""

    async def open(self) -> None:
        await self._send(type="session.update", session={"turn_detection": None})

    async def say(self, pcm: bytes) -> None:
        await self._append(pcm)
        await self.commit()

    async def speak(self, pcm: bytes) -> None:
        """Until the server has heard it; there is more to come."""
        await self._append(pcm)
        await self._send(type="of no known type")
        async with asyncio.timeout(20):
            while json.loads(await self._connection.recv())["type"] != "error":
                pass

    async def commit(self) -> None:
        await self._send(type="input_audio_buffer.commit")

    async def answer(self) -> str:
        """Whether it was recognized, or else the code of the error."""
        async with asyncio.timeout(20):
            while True:
                message = json.loads(await self._connection.recv())
                if message["type"] in (COMPLETED, FAILED):
                    self.told.append(message)
                    return str(message.get("error", {}).get("code", "recognized"))

    async def _append(self, pcm: bytes) -> None:
        audio = base64.b64encode(pcm).decode()
        await self._send(type="input_audio_buffer.append", audio=audio)

    async def _send(self, **message: object) -> None:
        await self._connection.send(json.dumps(message))


def telling(patience: float | None) -> dict[str, str]:
    """What tells the server for how many seconds its client waits."""
    return {} if patience is None else {FINAL_TIMEOUT: f"{patience:g}"}


@asynccontextmanager
async def satellite(
    server: RecognizerServer, patience: float | None = None
) -> AsyncIterator[Satellite]:
    async with connect(
        f"{server.url}?model=m", proxy=None, additional_headers=telling(patience)
    ) as connection:
        opened = Satellite(connection)
        await opened.open()
        yield opened


async def refusal(server: RecognizerServer) -> InvalidStatus:
    with pytest.raises(InvalidStatus) as refused:
        await connect(f"{server.url}?model=m", proxy=None)
    return refused.value


def held() -> ScriptedEngine:
    engine = ScriptedEngine()
    engine.hold()
    return engine


async def served_at_once(server: RecognizerServer, pcm: bytes, many: int) -> list[str]:
    """What each of so many was told that wake together and then speak together."""
    together = asyncio.Barrier(many)

    async def one() -> str:
        try:
            async with satellite(server) as speaking:
                await together.wait()
                await speaking.say(pcm)
                return await speaking.answer()
        except InvalidStatus as refused:
            await together.wait()
            response = refused.response
            assert json.loads(response.body or b"")["code"] == THROTTLED
            assert int(response.headers["Retry-After"]) >= 1
            return f"refused {response.status_code}"

    return await asyncio.gather(*(one() for _ in range(many)))


async def test_of_many_at_once_those_are_served_for_whom_there_is_time() -> None:
    engine = ScriptedEngine(takes=0.1)
    async with serving(engine, deadline=1.0) as server:
        measured = await server.measure(voice(3.0))
        assert measured is not None
        took, at_once = measured
        answers = await served_at_once(server, voice(1.0), 12)
    assert took >= 0.1
    assert answers.count("refused 429") == 12 - at_once
    # On a machine that is busy with something else now, one of them may be late.
    assert {"recognized"} <= {*answers} <= {"recognized", THROTTLED, "refused 429"}


@pytest.mark.parametrize("failing", [False, True], ids=["no words", "a failure"])
async def test_what_tells_nothing_of_how_long_words_take_is_no_measurement(
    *, failing: bool
) -> None:
    engine = ScriptedEngine("")
    engine.failing = failing
    async with serving(engine) as server:
        assert await server.measure(voice(3.0)) is None


async def test_a_real_model_serves_as_many_as_its_speed_allows() -> None:
    engine = WhisperEngine()
    with as_file(OKAY_NABU) as path:
        command = read_recording(path)
    async with serving(engine, deadline=1.0) as server:
        measured = await server.measure(command)
        assert measured is not None
        _, at_once = measured
        answers = await served_at_once(server, command, at_once + 2)
    assert "refused 429" in answers
    assert {"recognized"} <= {*answers} <= {"recognized", THROTTLED, "refused 429"}


async def test_a_satellite_that_is_refused_comes_again_when_it_was_told() -> None:
    engine = ScriptedEngine(takes=0.3)
    async with (
        serving(engine, deadline=0.5) as server,
        client_of(f"{server.url}?model=m") as second,
    ):
        await server.measure(voice(3.0))
        async with satellite(server) as first:
            await first.speak(voice(2.9))
            turn = OneTurn(second, MANUAL)
            turn.say(voice(1.0))
            refused = await turn.failure()
            assert (refused.reason, refused.transient) == (Reason.RATE_LIMITED, True)
            await first.commit()
            assert await first.answer() == "recognized"
        turn.session.replay()
        turn.session.end_utterance()
        await eventually(lambda: turn.finals or len(turn.failures) == 2)
        turn.session.close()
    assert [final.text for final in turn.finals] == [engine.text]


async def test_a_commit_that_cannot_be_served_in_time_is_told_so_at_once() -> None:
    engine = held()
    async with (
        serving(engine, deadline=0.2) as server,
        satellite(server) as first,
        satellite(server) as second,
    ):
        await first.say(voice(0.5))
        await eventually(lambda: engine.asked)
        await elapse(0.3)
        await second.say(voice(0.6))
        assert await second.answer() == THROTTLED
        assert "try again in 1 s" in second.told[0]["error"]["message"]

        refused = (await refusal(server)).response
        assert refused.status_code == 429
        assert refused.headers["Retry-After"] == "1"

        engine.go_on()
        assert await first.answer() == "recognized"
        # Its session goes on.
        await second.say(voice(0.6))
        assert await second.answer() == "recognized"


async def test_a_final_that_waits_in_vain_is_told_of_and_not_decoded() -> None:
    engine = held()
    async with (
        serving(engine, deadline=1.0) as server,
        satellite(server) as first,
        satellite(server) as second,
    ):
        await first.say(voice(0.5))
        await eventually(lambda: engine.asked)
        await second.say(voice(0.6))
        assert await second.answer() == THROTTLED
        engine.go_on()
        assert await first.answer() == "recognized"
    assert len(engine.asked) == 1


async def test_a_satellite_that_waits_for_longer_is_served_later() -> None:
    engine = held()
    async with (
        serving(engine, deadline=0.2) as server,
        satellite(server, patience=20) as first,
        satellite(server, patience=20) as second,
        satellite(server, patience=0.2) as third,
    ):
        await first.say(voice(0.5))
        await eventually(lambda: engine.asked)
        await elapse(0.3)
        await second.say(voice(0.6))
        await third.say(voice(0.6))
        assert await third.answer() == THROTTLED
        engine.go_on()
        assert await first.answer() == "recognized"
        assert await second.answer() == "recognized"


@pytest.mark.parametrize(
    ("first", "second", "let_in"),
    [
        *((20.0, 20.0, True), (20.0, 0.5, False), (0.5, 20.0, False)),
        *((None, None, False), (0.01, 20.0, True)),
    ],
)
async def test_nobody_is_let_in_for_whom_one_of_all_would_wait_too_long(
    first: float | None, second: float | None, *, let_in: bool
) -> None:
    async with serving(ScriptedEngine(takes=0.3), deadline=0.5) as server:
        await server.measure(voice(3.0))
        async with satellite(server, first):
            came = connect(
                f"{server.url}?model=m",
                proxy=None,
                additional_headers=telling(second),
            )
            if let_in:
                await (await came).close()
                return
            with pytest.raises(InvalidStatus) as refused:
                await came
    assert refused.value.response.status_code == 429


@pytest.mark.parametrize(
    ("patience", "others", "deadline", "made"),
    [
        *((20.0, 20.0, 0.5, True), (20.0, 0.01, 0.5, True)),
        *((0.5, 0.5, 20.0, False), (20.0, 0.5, 20.0, False)),
    ],
)
async def test_drafts_are_made_in_the_time_that_the_satellites_leave_for_them(
    patience: float, others: float, deadline: float, *, made: bool
) -> None:
    engine = ScriptedEngine(takes=0.3)
    async with (
        serving(engine, deadline=deadline) as server,
        satellite(server, others),
        satellite(server, patience) as speaking,
    ):
        await server.measure(voice(3.0))
        await speaking.speak(voice(1.5))
        await speaking.commit()
        assert await speaking.answer() == "recognized"
    assert (False in [final for *_, final in engine.asked]) is made


async def test_a_satellite_tells_the_recognizer_at_home_how_long_it_waits() -> None:
    at_home = AsrSettings(url="wss://recognizer.local", final_timeout=12.5)
    cloud = AsrSettings(api_key=SecretStr("k"), final_timeout=12.5)
    assert recognizer_address(cloud).patience is None
    async with serving(ScriptedEngine(takes=0.3), deadline=0.5) as server:
        await server.measure(voice(3.0))
        address = replace(recognizer_address(at_home), url=f"{server.url}?model=m")
        async with satellite(server, patience=20):
            async with asyncio.timeout(20):
                connection = await Connection.open(address, None)
            await connection.close()


async def test_who_uploads_more_than_is_done_is_not_refused_for_it() -> None:
    engine = held()
    async with serving(engine, deadline=0.1) as server, satellite(server) as uploading:
        for _ in range(3):
            await uploading.say(voice(0.5))
        await elapse(0.3)
        engine.go_on()
        assert [await uploading.answer() for _ in range(3)] == ["recognized"] * 3


async def test_who_says_ten_things_does_not_keep_another_waiting_for_them() -> None:
    engine = held()
    async with (
        serving(engine) as server,
        satellite(server) as talker,
        satellite(server) as other,
    ):
        for _ in range(10):
            await talker.say(voice(0.5))
        await eventually(lambda: engine.asked)
        await other.say(voice(0.6))
        engine.go_on()
        assert await other.answer() == "recognized"
        assert [await talker.answer() for _ in range(10)] == ["recognized"] * 10
    lengths = [length for length, *_ in engine.asked]
    assert lengths.index(len(voice(0.6))) <= 2


async def test_who_may_just_have_finished_finds_the_engine_free_of_others_drafts() -> (
    None
):
    engine = ScriptedEngine()
    async with (
        serving(engine, ForesightedSegmenter) as server,
        satellite(server) as finishing,
        satellite(server) as other,
    ):
        await finishing.speak(voice(0.5) + quiet(0.05))
        await other.speak(voice(1.1))
        await finishing.speak(quiet(0.05))
        for _ in range(5):
            await other.speak(voice(1.1))
        await eventually(lambda: len(engine.asked) > 1)
    assert [final for *_, final in engine.asked][:2] == [True, False]


async def test_who_was_lost_behind_its_last_word_keeps_nobody_from_drafts() -> None:
    engine = ScriptedEngine()
    async with (
        serving(engine, ForesightedSegmenter) as server,
        satellite(server) as lost,
        satellite(server) as other,
    ):
        await lost.speak(voice(0.5) + quiet(0.05))
        await elapse(2.1)
        await other.speak(voice(1.1))
        await eventually(lambda: engine.asked)
    assert [final for *_, final in engine.asked] == [False]


async def test_a_client_that_vanished_is_not_decoded_for() -> None:
    engine = held()
    async with serving(engine) as server, satellite(server) as first:
        await first.say(voice(0.5))
        await eventually(lambda: engine.asked)
        async with satellite(server) as gone:
            await gone.say(voice(0.6))
        async with satellite(server):
            pass  # by now the server has noticed
        engine.go_on()
        assert await first.answer() == "recognized"
        await first.say(voice(0.7))
        assert await first.answer() == "recognized"
    assert [length for length, *_ in engine.asked] == [
        len(voice(0.5)),
        len(voice(0.7)),
    ]


async def test_who_is_lost_on_the_way_does_not_keep_its_own_second_attempt_out() -> (
    None
):
    engine = ScriptedEngine(takes=0.3)
    async with serving(engine, deadline=0.5) as server, satellite(server) as lost:
        await server.measure(voice(3.0))
        await lost.speak(voice(0.5))
        await refusal(server)
        await elapse(2.1)
        async with satellite(server) as again:
            await again.say(voice(0.5))
            assert await again.answer() == "recognized"


async def test_who_has_its_final_does_not_keep_the_next_one_out() -> None:
    engine = ScriptedEngine(takes=0.3)
    async with serving(engine, deadline=0.5) as server:
        await server.measure(voice(3.0))
        async with connect(f"{server.url}?model=m", proxy=None) as finished:
            await refusal(server)
            await finished.send(json.dumps({"type": "session.finish"}))
            while json.loads(await finished.recv())["type"] != "session.finished":
                pass
            async with satellite(server) as other:
                await other.say(voice(0.5))
                assert await other.answer() == "recognized"
