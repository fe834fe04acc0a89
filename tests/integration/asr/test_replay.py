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
    Asked,
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
        asked = Asked(client, settings)
        await asked.speak(spoken)
        if settings.turn_detection is None:
            asked.session.end_utterance()
        failure = await asked.failure()
        assert failure.transient
        asked.session.replay()
        await eventually(lambda: asked.finals)
        asked.session.close()
    assert asked.finals[0].text == LIGHT
    assert server.heard[1].pcm == spoken


async def test_what_has_had_its_final_is_not_said_again() -> None:
    first, second = voice(1.0) + quiet(0.6), voice(0.7) + quiet(0.6)
    async with (
        ScriptedRecognizer([LIGHT, "And off."], faults=[AbortAfter(2.0)]) as server,
        client_of(server.url) as client,
    ):
        asked = Asked(client, VAD)
        await asked.speak(first)
        await asked.final()
        await asked.speak(second)
        await asked.failure()
        asked.session.replay()
        await eventually(lambda: len(asked.finals) == 2)
        asked.session.close()
    assert [final.text for final in asked.finals] == [LIGHT, "And off."]
    ends = [s.audio_end_ms for s in asked.said if isinstance(s, SpeechStopped)]
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
        asked = Asked(client, MANUAL)
        asked.say(voice(70.0))
        await asked.failure()
        asked.session.replay()
        asked.session.end_utterance()
        await eventually(lambda: asked.finals)
        asked.session.close()
    assert server.heard[1].seconds == pytest.approx(60.0)
    assert caplog.text.count("beyond 60 s is not sent") == 1


async def test_what_is_said_between_loss_and_replay_is_said_as_well() -> None:
    async with (
        ScriptedRecognizer(LIGHT, faults=[AbortAfter(0.3)]) as server,
        client_of(server.url) as client,
    ):
        asked = Asked(client, MANUAL)
        asked.say(voice(0.6))
        await asked.failure()
        asked.say(quiet(0.3))
        asked.session.replay()
        asked.say(voice(0.6))
        asked.session.end_utterance()
        await eventually(lambda: asked.finals)
        asked.session.close()
    assert server.heard[1].pcm == voice(0.6) + quiet(0.3) + voice(0.6)


async def test_who_went_on_speaking_is_said_again_with_both_ends() -> None:
    async with (
        ScriptedRecognizer(
            [LIGHT, LIGHT, "And the lamp."], faults=[AbortAfter(2.0)]
        ) as server,
        client_of(server.url) as client,
    ):
        asked = Asked(client, MANUAL)
        asked.say(voice(1.5))
        asked.session.end_utterance()
        await asked.final()
        asked.say(voice(0.9))
        await asked.failure()
        asked.session.replay()
        asked.session.end_utterance()
        await eventually(lambda: len(asked.finals) == 3)
        asked.session.close()
    assert [final.text for final in asked.finals[1:]] == [LIGHT, "And the lamp."]
    assert server.heard[1].types.count("input_audio_buffer.commit") == 2
    assert server.heard[1].pcm == voice(1.5) + voice(0.9)


async def test_a_failed_session_is_silent_until_it_is_replayed() -> None:
    async with (
        ScriptedRecognizer(LIGHT, faults=[ErrorAfter(0.3), NoFinal()]) as server,
        client_of(server.url, final=0.3) as client,
    ):
        asked = Asked(client, MANUAL)
        asked.say(voice(0.6))
        await asked.failure()
        asked.session.end_utterance()
        await a_later_deadline_passes(client)
        assert len(asked.delivered) == 1


async def test_a_replay_that_fails_says_so_again() -> None:
    async with (
        ScriptedRecognizer(LIGHT, always=[AbortAfter(0.3)]) as server,
        client_of(server.url) as client,
    ):
        asked = Asked(client, MANUAL)
        asked.say(voice(0.6))
        asked.session.end_utterance()
        await asked.failure()
        asked.session.replay()
        await asked.failure(2)
    assert server.attempts == 2
