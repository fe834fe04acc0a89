"""A lost session is said again."""

import pytest

from auricle.qwen_asr.events import SessionSettings, SpeechStopped
from rigs.recognizer.faults import (
    AbortAfter,
    CloseAfter,
    CloseInsteadOfFinal,
    ErrorAfter,
    FailItem,
    Fault,
    NoFinal,
)
from rigs.recognizer.one_turn import (
    MANUAL,
    VAD,
    OneTurn,
    a_later_deadline_passes,
    client_of,
    quiet,
    voice,
)
from rigs.recognizer.scripted_recognizer import ScriptedRecognizer
from rigs.waiting import eventually

pytestmark = pytest.mark.usefixtures("no_programming_errors")

LIGHT = "Turn on the light."


@pytest.mark.parametrize(
    "fault",
    [
        AbortAfter(1.0),
        CloseAfter(1.0),
        ErrorAfter(1.0),
        CloseInsteadOfFinal(),
        FailItem(),
    ],
    ids=str,
)
@pytest.mark.parametrize("settings", [MANUAL, VAD], ids=["manual", "server_vad"])
async def test_a_lost_session_is_said_again_whole(
    fault: Fault, settings: SessionSettings
) -> None:
    spoken = voice(1.5) + quiet(0.6)
    async with (
        ScriptedRecognizer(LIGHT, faults=[fault]) as server,
        client_of(server.url) as client,
    ):
        turn = OneTurn(client, settings)
        await turn.speak(spoken)
        if settings.turn_detection is None:
            turn.session.end_utterance()
        failure = await turn.failure()
        assert failure.transient
        turn.session.replay()
        await eventually(lambda: turn.finals)
        turn.session.close()
    assert turn.finals[0].text == LIGHT
    assert server.heard[1].pcm == spoken


async def test_what_has_had_its_final_is_not_said_again() -> None:
    first, second = voice(1.0) + quiet(0.6), voice(0.7) + quiet(0.6)
    async with (
        ScriptedRecognizer([LIGHT, "And off."], faults=[AbortAfter(2.0)]) as server,
        client_of(server.url) as client,
    ):
        turn = OneTurn(client, VAD)
        await turn.speak(first)
        await turn.final()
        await turn.speak(second)
        await turn.failure()
        turn.session.replay()
        await eventually(lambda: len(turn.finals) == 2)
        turn.session.close()
    assert [final.text for final in turn.finals] == [LIGHT, "And off."]
    ends = [s.audio_end_ms for s in turn.said if isinstance(s, SpeechStopped)]
    assert ends == [1400, pytest.approx(1600 + 700 + 400, abs=30)]
    # From the frame on that the first one's end, its silence included, lies in.
    again = (first + second).find(server.heard[1].pcm)
    assert again / 32000 == pytest.approx(1.4, abs=0.03)


async def test_in_manual_mode_a_minute_is_taken_and_the_log_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with (
        ScriptedRecognizer(LIGHT, faults=[AbortAfter(0.3)]) as server,
        client_of(server.url) as client,
    ):
        turn = OneTurn(client, MANUAL)
        turn.say(voice(70.0))
        await turn.failure()
        turn.session.replay()
        turn.session.end_utterance()
        await eventually(lambda: turn.finals)
        turn.session.close()
    assert server.heard[1].seconds == pytest.approx(60.0)
    assert caplog.text.count("beyond 60 s is not sent") == 1


async def test_what_is_said_between_loss_and_replay_is_said_as_well() -> None:
    async with (
        ScriptedRecognizer(LIGHT, faults=[AbortAfter(0.3)]) as server,
        client_of(server.url) as client,
    ):
        turn = OneTurn(client, MANUAL)
        turn.say(voice(0.6))
        await turn.failure()
        turn.say(quiet(0.3))
        turn.session.replay()
        turn.say(voice(0.6))
        turn.session.end_utterance()
        await eventually(lambda: turn.finals)
        turn.session.close()
    assert server.heard[1].pcm == voice(0.6) + quiet(0.3) + voice(0.6)


async def test_who_went_on_speaking_is_said_again_with_both_ends() -> None:
    async with (
        ScriptedRecognizer(
            [LIGHT, LIGHT, "And the lamp."], faults=[AbortAfter(2.0)]
        ) as server,
        client_of(server.url) as client,
    ):
        turn = OneTurn(client, MANUAL)
        turn.say(voice(1.5))
        turn.session.end_utterance()
        await turn.final()
        turn.say(voice(0.9))
        await turn.failure()
        turn.session.replay()
        turn.session.end_utterance()
        await eventually(lambda: len(turn.finals) == 3)
        turn.session.close()
    assert [final.text for final in turn.finals[1:]] == [LIGHT, "And the lamp."]
    assert server.heard[1].types.count("input_audio_buffer.commit") == 2
    assert server.heard[1].pcm == voice(1.5) + voice(0.9)


async def test_a_failed_session_is_silent_until_it_is_replayed() -> None:
    async with (
        ScriptedRecognizer(LIGHT, faults=[ErrorAfter(0.3), NoFinal()]) as server,
        client_of(server.url, final=0.3) as client,
    ):
        turn = OneTurn(client, MANUAL)
        turn.say(voice(0.6))
        await turn.failure()
        turn.session.end_utterance()
        await a_later_deadline_passes(client)
        assert len(turn.delivered) == 1


async def test_a_replay_that_fails_says_so_again() -> None:
    async with (
        ScriptedRecognizer(LIGHT, always=[AbortAfter(0.3)]) as server,
        client_of(server.url) as client,
    ):
        turn = OneTurn(client, MANUAL)
        turn.say(voice(0.6))
        turn.session.end_utterance()
        await turn.failure()
        turn.session.replay()
        await turn.failure(2)
    assert server.attempts == 2
