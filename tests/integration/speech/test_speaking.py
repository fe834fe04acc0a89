"""Texts are said one after the other, and what goes wrong is told once."""

import logging
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import pytest

from auricle.audio.playing import SoundFormat
from auricle.speech.engines import own_command
from auricle.speech.programs import StreamingProgram
from auricle.speech.speaking import Speaking
from auricle.speech.synthesizer import SpokenSound
from auricle.turns.sounds import (
    PlayReason,
    SoundArrived,
    SpeechFailed,
    Then,
)
from rigs.audio.synthesizers import SENTENCE, needs_espeak
from rigs.waiting import eventually

pytestmark = pytest.mark.usefixtures("no_programming_errors")

Fact = SoundArrived | SpeechFailed


def speaking(
    folder: Path, script: str, deliver: Callable[[Fact], None], *, per_hour: int = 0
) -> Speaking:
    program = folder / "say-it"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o700)
    synthesizer = StreamingProgram(own_command((str(program),)))
    return Speaking(synthesizer, per_hour=per_hour, deliver=deliver)


def ends(facts: list[Fact]) -> list[str]:
    return [
        fact.id
        for fact in facts
        if isinstance(fact, SpeechFailed) or fact.then is not None
    ]


@needs_espeak
async def test_texts_are_made_sound_of_in_their_order_each_as_a_sound_of_its_own(
    tmp_path: Path,
) -> None:
    facts: list[Fact] = []
    speech = speaking(tmp_path, "exec espeak-ng --stdin --stdout", facts.append)

    speech.synthesize("first", SENTENCE)
    speech.synthesize("second", "Dinner.")
    await eventually(lambda: ends(facts) == ["first", "second"])
    await speech.aclose()

    for sound_id in ("first", "second"):
        chunks = [f for f in facts if isinstance(f, SoundArrived) and f.id == sound_id]
        assert [chunk.seq for chunk in chunks] == [*range(len(chunks))]
        assert [chunk.opening is not None for chunk in chunks].index(True) == 0
        assert sum(chunk.opening is not None for chunk in chunks) == 1
        assert [chunk.then for chunk in chunks].index(Then.IDLE) == len(chunks) - 1
    order = [fact.id for fact in facts]
    assert order == sorted(order)


@needs_espeak
async def test_an_engine_that_fails_is_told_once_until_it_speaks_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    facts: list[Fact] = []
    works = tmp_path / "works"
    speech = speaking(
        tmp_path,
        f"[ -e {works} ] || exit 3\nexec espeak-ng --stdin --stdout",
        facts.append,
    )

    speech.synthesize("first", SENTENCE)
    speech.synthesize("second", SENTENCE)
    await eventually(lambda: len(facts) == 2)
    works.touch()
    speech.synthesize("third", SENTENCE)
    await eventually(lambda: ends(facts)[-1] == "third")
    await speech.aclose()

    synthesizer = PlayReason.SYNTHESIZER
    assert facts[:2] == [
        SpeechFailed("first", synthesizer),
        SpeechFailed("second", synthesizer),
    ]
    assert [r.levelname for r in caplog.records] == ["WARNING", "INFO"]
    assert "washing" not in caplog.text


class Broken:
    """A synthesizer with a programming error, which repeats the text."""

    async def synthesize(self, text: str) -> AsyncGenerator[SpokenSound, None]:
        yield SpokenSound(SoundFormat(16_000, 1), b"ab")
        raise ValueError(text)


async def test_a_text_has_an_end_whatever_its_synthesizer_raises(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    facts: list[Fact] = []
    speech = Speaking(Broken(), per_hour=0, deliver=facts.append)

    speech.synthesize("first", SENTENCE)
    await eventually(lambda: ends(facts) == ["first"])
    await speech.aclose()

    assert facts[-1] == SpeechFailed("first", PlayReason.SYNTHESIZER)
    assert [r.levelname for r in caplog.records] == ["ERROR"]
    assert "ValueError" in caplog.text
    assert "washing" not in caplog.text
    # It was meant.
    caplog.clear()


async def test_a_text_that_is_stopped_lets_the_next_one_be_said(tmp_path: Path) -> None:
    facts: list[Fact] = []
    speech = speaking(tmp_path, "read text; sleep $text", facts.append)

    speech.synthesize("long", "1000")
    speech.synthesize("waiting", "1000")
    speech.synthesize("short", "0")
    speech.stop("waiting")
    speech.stop("long")
    await eventually(lambda: facts)
    await speech.aclose()

    # It says that it was said, and nothing is heard of it: it is no sound.
    assert facts == [SpeechFailed("short", PlayReason.SYNTHESIZER)]


async def test_more_than_an_hour_may_have_is_refused_at_once(tmp_path: Path) -> None:
    facts: list[Fact] = []
    speech = speaking(tmp_path, "sleep 1000", facts.append, per_hour=1)

    speech.synthesize("first", SENTENCE)
    speech.synthesize("second", SENTENCE)
    assert facts == [SpeechFailed("second", PlayReason.LIMIT)]
    await speech.aclose()
    assert len(facts) == 1
