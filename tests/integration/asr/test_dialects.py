"""Recognizers with habits of their own: all is well."""

from collections.abc import Sequence

import pytest

from auricle.qwen_asr.events import FinalTranscript, SessionSettings
from auricle.turns.events import RecognizerSaid
from rigs.recognizer.faults import (
    CloseInsteadOfFinished,
    CorpusEcho,
    DeltaDialect,
    EmptyFinals,
    Fault,
    FinalsOutOfOrder,
    FinalsTwice,
    Junk,
    LateFinished,
    NoFinished,
    SpokenWith,
    StrayUpdated,
    Without,
)
from rigs.recognizer.one_turn import (
    MANUAL,
    VAD,
    OneTurn,
    client_of,
    quiet,
    take_turn,
    voice,
)
from rigs.recognizer.scripted_recognizer import ScriptedRecognizer
from rigs.waiting import eventually

pytestmark = pytest.mark.usefixtures("no_programming_errors")

LIGHT = "Turn on the light."


@pytest.mark.parametrize(
    "faults",
    [
        [DeltaDialect()],
        [Without(("item_id", "event_id"))],
        [Without(("item_id", "event_id", "emotion", "language", "content_index"))],
        [DeltaDialect(), Without()],
        [Without(("audio_start_ms", "audio_end_ms"))],
        [FinalsTwice()],
        [StrayUpdated()],
        [NoFinished()],
        [LateFinished(1.0)],
        [CloseInsteadOfFinished()],
        [CloseInsteadOfFinished(1011)],
        [Junk("no JSON")],
        [Junk("[]")],
        [Junk("null")],
        [Junk("")],
        [Junk('{"type":"response.created"}')],
        [Junk('{"type":"session.created","session":7}')],
        [Junk("[" * 2000)],
        [Junk(b"\x00\x01")],
    ],
    ids=str,
)
@pytest.mark.parametrize("settings", [MANUAL, VAD], ids=["manual", "server_vad"])
async def test_a_server_with_habits_of_its_own_is_understood(
    faults: Sequence[Fault], settings: SessionSettings
) -> None:
    async with ScriptedRecognizer(LIGHT, always=faults) as server:
        turn = await take_turn(server.url, settings)
    assert [final.text for final in turn.finals] == [LIGHT]
    assert not turn.failures


async def test_finals_that_overtake_each_other_are_delivered_both() -> None:
    async with (
        ScriptedRecognizer(
            [LIGHT, "And the radio."], always=[FinalsOutOfOrder()]
        ) as server,
        client_of(server.url) as client,
    ):
        turn = OneTurn(client, VAD)
        for _ in range(2):
            turn.say(voice(1.0) + quiet(0.6))
        await eventually(lambda: len(turn.finals) == 2)
        turn.session.close()
    assert [final.text for final in turn.finals] == ["And the radio.", LIGHT]


async def test_noise_that_was_taken_for_speech_is_an_empty_final() -> None:
    async with ScriptedRecognizer(LIGHT, always=[EmptyFinals()]) as server:
        turn = await take_turn(server.url, VAD)
    assert [final.text for final in turn.finals] == [""]


async def test_a_final_comes_with_the_hints_that_it_may_be_an_echo_of() -> None:
    hints = "kitchen light, living room, hallway"
    settings = SessionSettings(None, corpus_text=hints)
    async with ScriptedRecognizer(LIGHT, always=[CorpusEcho()]) as server:
        turn = await take_turn(server.url, settings)
    [final] = [
        event
        for event in turn.delivered
        if isinstance(event, RecognizerSaid) and isinstance(event.said, FinalTranscript)
    ]
    assert isinstance(final.said, FinalTranscript)
    assert (final.said.text, final.hints) == (hints, hints)


async def test_a_transcript_that_would_act_on_a_terminal_is_cleaned() -> None:
    spoken = SpokenWith({"transcript": "\x1b[31mTurn\x00 on\u202e", "emotion": "bored"})
    async with ScriptedRecognizer(always=[spoken]) as server:
        turn = await take_turn(server.url)
    assert (turn.finals[0].text, turn.finals[0].emotion) == ("Turn on", "other")
