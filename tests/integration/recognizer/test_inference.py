import asyncio
import time
from dataclasses import replace

import pytest

from auricle.qwen_asr.events import LANGUAGES
from auricle.recognizer.inference import Inference
from auricle.recognizer.transcriptions import RecognizedText, TooBusy, Transcribe
from rigs.recognizer.one_turn import voice
from rigs.recognizer.scripted_engine import ScriptedEngine
from rigs.waiting import eventually, hold


class SlowEngine:
    """Takes a fifth of a second, whatever it is asked."""

    name = "slow"
    languages = LANGUAGES

    def transcribe(
        self, pcm: bytes, *, language: str | None, corpus: str | None, final: bool
    ) -> RecognizedText:
        hold(0.2)
        return RecognizedText("turn on the light")

    def usable(self, corpus: str) -> str | None:
        return None


def order(seconds: float, *, final: bool) -> Transcribe:
    return Transcribe("item", voice(seconds), final, None, None)


@pytest.mark.parametrize(("seconds", "made"), [(0.5, False), (5.0, True)])
async def test_a_slow_engine_drafts_long_utterances_only(
    seconds: float, made: bool
) -> None:
    inference = Inference(SlowEngine(), 4.0, list, list, bool)
    await inference.transcribe(order(1.0, final=False))
    await eventually(lambda: inference.workload.wants_draft(9.0, [], time.monotonic()))
    draft = await inference.transcribe(order(seconds, final=False))
    assert (draft is not None) is made
    await inference.aclose()


async def test_an_engine_that_was_never_used_is_taken_for_a_fast_one() -> None:
    inference = Inference(SlowEngine(), 4.0, list, list, bool)
    assert await inference.transcribe(order(1.0, final=False)) is not None
    await inference.aclose()


async def test_what_an_engine_does_not_heed_is_said_once_and_without_the_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    inference = Inference(ScriptedEngine(), 4.0, list, list, bool)
    for corpus in (None, "Nabu", "Nabu CANARY", "Nabu CANARY", "Nabu"):
        work = replace(order(1.0, final=True), corpus=corpus)
        await inference.transcribe(work)
    assert [record.getMessage() for record in caplog.records] == [
        "scripted heeds the first word of the words to expect that a client sent "
        "(corpus.text)"
    ]
    await inference.aclose()


# --- finals before the silence is over ---


async def test_what_is_foreseen_waits_for_finals_and_is_not_begun_in_vain() -> None:
    engine = ScriptedEngine()
    inference = Inference(engine, 4.0, list, list, bool)
    engine.hold()
    under_way = asyncio.create_task(inference.transcribe(order(1.0, final=True)))
    await eventually(lambda: len(engine.asked) == 1)
    first, second = (
        replace(order(seconds, final=True), ahead=True) for seconds in (2.0, 3.0)
    )
    foreseen = [asyncio.create_task(inference.transcribe(w)) for w in (first, second)]
    waited_for = asyncio.create_task(inference.transcribe(order(4.0, final=True)))
    await asyncio.sleep(0)
    inference.withdraw(first)
    assert await foreseen[0] is None
    engine.go_on()
    await asyncio.gather(under_way, waited_for, foreseen[1])
    assert [asked[0] / 32_000 for asked in engine.asked] == [1.0, 4.0, 3.0]
    await inference.aclose()


async def test_a_final_that_is_confirmed_gives_up_when_it_would_be_late() -> None:
    engine = ScriptedEngine(takes=0.1)
    inference = Inference(engine, 0.3, list, list, bool)
    await inference.transcribe(order(1.0, final=True))
    engine.hold()
    under_way = asyncio.create_task(inference.transcribe(order(1.0, final=True)))
    work = replace(order(1.0, final=True), ahead=True)
    foreseen = asyncio.create_task(inference.transcribe(work))
    await eventually(lambda: len(engine.asked) == 2)
    inference.confirm(work)
    assert isinstance(await foreseen, TooBusy)
    engine.go_on()
    await under_way
    await inference.aclose()


async def test_nothing_is_foreseen_for_one_where_many_may_be_done_in_a_moment() -> None:
    engine = ScriptedEngine(takes=0.1)
    listening = [1.0]
    inference = Inference(engine, 1.0, lambda: listening, list, bool)
    await inference.transcribe(order(1.0, final=True))
    work = replace(order(1.0, final=True), ahead=True)
    assert await inference.transcribe(work) is not None
    listening *= 20
    assert await inference.transcribe(work) is None
    await inference.aclose()
