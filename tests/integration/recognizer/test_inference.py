from dataclasses import replace

import pytest

from auricle.qwen_asr.events import LANGUAGES
from auricle.recognizer.inference import Inference
from auricle.recognizer.transcriptions import RecognizedText, Transcribe
from rigs.recognizer.one_turn import voice
from rigs.recognizer.scripted_engine import ScriptedEngine
from rigs.waiting import hold


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
    inference = Inference(SlowEngine(), 4.0, list)
    await inference.transcribe(order(1.0, final=False))
    draft = await inference.transcribe(order(seconds, final=False))
    assert (draft is not None) is made
    await inference.aclose()


async def test_an_engine_that_was_never_used_is_taken_for_a_fast_one() -> None:
    inference = Inference(SlowEngine(), 4.0, list)
    assert await inference.transcribe(order(1.0, final=False)) is not None
    await inference.aclose()


async def test_what_an_engine_does_not_heed_is_said_once_and_without_the_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    inference = Inference(ScriptedEngine(), 4.0, list)
    for corpus in (None, "Nabu", "Nabu CANARY", "Nabu CANARY", "Nabu"):
        work = replace(order(1.0, final=True), corpus=corpus)
        await inference.transcribe(work)
    assert [record.getMessage() for record in caplog.records] == [
        "scripted heeds the first word of the words to expect that a client sent "
        "(corpus.text)"
    ]
    await inference.aclose()
