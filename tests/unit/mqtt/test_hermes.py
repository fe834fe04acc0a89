import io
import json
import wave
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.audio.playing import SoundFormat
from auricle.mqtt.commands import Listen, ListenAction
from auricle.mqtt.delivery.ledger import Outbound
from auricle.mqtt.hermes import SAY, START_LISTENING, STOP_LISTENING, Hermes
from auricle.mqtt.link.broker import Received
from auricle.mqtt.link.message import Message
from auricle.turns.sounds import (
    PlayReason,
    PlayReport,
    PlayState,
    SoundArrived,
    SoundKind,
    SoundOpening,
    SoundUnusable,
    SpeechRequested,
    Then,
)
from auricle.turns.turn import Mode, Outcome, OutcomeKind, Stamp, Transcript, Turn
from auricle.wake.detector import Detection

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
SPOKEN = Turn("t1", Mode.MANUAL, Detection("okay_nabu", 0.97, 16_000))
PRESSED = Turn("t2", Mode.MANUAL, None)


def site() -> Hermes:
    return Hermes("study", plays=True, speaks=True, new_sound_id=lambda: "sound")


def ended(turn: Turn, text: str | None = "turn on the light") -> Outbound:
    outcome = Outcome(turn, OutcomeKind.NO_SPEECH)
    if text is not None:
        said = Transcript(text, "en", "happy")
        outcome = Outcome(turn, OutcomeKind.TRANSCRIPT, transcript=said)
    return Outbound(outcome, Stamp(NOW, NOW + timedelta(seconds=2), 0.4), 1, "b")


def payload(message: Message | None) -> dict[str, Any]:
    assert message is not None
    decoded = json.loads(message.payload)
    assert isinstance(decoded, dict)
    return decoded


def start(hermes: Hermes, **order: object) -> object:
    message = json.dumps({"siteId": "study", **order}).encode()
    return hermes.interpret(Received(START_LISTENING, message, retain=False))


def test_a_wake_word_that_another_satellite_answers_is_nobodys_session() -> None:
    hermes = site()
    start(hermes, sessionId="s7")
    yielded = replace(
        ended(SPOKEN), outcome=Outcome(SPOKEN, OutcomeKind.YIELDED, answered_by="hall")
    )

    assert hermes.captured(yielded, expiry=9) is None
    assert payload(hermes.captured(ended(PRESSED), expiry=9))["sessionId"] == "s7"


def test_a_wake_word_is_a_hotword_at_our_site() -> None:
    message = site().begun(SPOKEN)

    assert message is not None
    assert message.topic == "hermes/hotword/okay_nabu/detected"
    assert payload(message)["modelId"] == "okay_nabu"
    assert payload(message)["siteId"] == "study"


def test_push_to_talk_is_no_hotword() -> None:
    assert site().begun(PRESSED) is None


def test_a_transcript_is_captured_text_of_the_turn() -> None:
    message = site().captured(ended(SPOKEN), expiry=9)

    assert message is not None
    assert (message.retain, message.expiry) == (False, 9)
    assert payload(message) == {
        "text": "turn on the light",
        "likelihood": 1.0,
        "seconds": 2.0,
        "siteId": "study",
        "sessionId": "t1",
        "wakewordId": "okay_nabu",
        "asrTokens": None,
        "lang": "en",
    }


def test_who_starts_us_listening_gets_the_session_back() -> None:
    hermes = site()

    assert start(hermes, sessionId="s-42") == Listen(ListenAction.START)
    assert payload(hermes.captured(ended(PRESSED), expiry=9))["sessionId"] == "s-42"
    assert payload(hermes.captured(ended(SPOKEN), expiry=9))["sessionId"] == "t1"


def test_the_session_that_answers_a_hotword_returns_with_the_text() -> None:
    hermes = site()
    hermes.begun(SPOKEN)
    start(hermes, sessionId="s-42")

    for _ in range(2):
        captured = hermes.captured(ended(SPOKEN), expiry=9)
        assert payload(captured)["sessionId"] == "s-42"


@pytest.mark.parametrize("again", ["s-42", "s-43"])
def test_an_order_in_the_middle_of_a_turn_that_has_a_session_names_no_later_command(
    again: str,
) -> None:
    hermes = site()
    start(hermes, sessionId="s-42")
    hermes.begun(PRESSED)
    start(hermes, sessionId=again)

    first = hermes.captured(ended(PRESSED), expiry=9)
    hotword = hermes.begun(SPOKEN)
    second = hermes.captured(ended(SPOKEN), expiry=9)

    assert payload(first)["sessionId"] == "s-42"
    assert payload(second)["sessionId"] == payload(hotword)["sessionId"] == "t1"


def test_a_wake_word_with_odd_characters_is_one_topic_level() -> None:
    turn = Turn("t3", Mode.MANUAL, Detection("hey/+#", 0.97, 16_000))

    message = site().begun(turn)

    assert message is not None
    assert message.topic == "hermes/hotword/hey___/detected"


def test_who_waits_for_an_answer_is_told_of_silence() -> None:
    hermes = site()
    start(hermes, sessionId="s-42")

    assert payload(hermes.captured(ended(PRESSED, None), expiry=9))["text"] == ""


def test_nobody_else_is_told_of_silence() -> None:
    assert site().captured(ended(SPOKEN, None), expiry=9) is None


def test_stop_listening_is_push_to_talk_released() -> None:
    received = Received(STOP_LISTENING, b'{"siteId":"study"}', retain=False)

    assert site().interpret(received) == Listen(ListenAction.STOP)


@pytest.mark.parametrize(
    "received",
    [
        Received(START_LISTENING, b'{"siteId":"kitchen"}', retain=False),
        Received(START_LISTENING, b'{"siteId":"study"}', retain=True),
        Received(START_LISTENING, b"study", retain=False),
        Received(START_LISTENING, b"[" * 5000, retain=False),
        Received("hermes/asr/toggleOff", b'{"siteId":"study"}', retain=False),
    ],
)
def test_what_is_not_for_us_is_not_obeyed(received: Received) -> None:
    assert site().interpret(received) is None


@given(st.binary(max_size=200))
def test_no_payload_is_too_strange(junk: bytes) -> None:
    site().interpret(Received(START_LISTENING, junk, retain=False))


PLAY = "hermes/audioServer/study/playBytes/request-7"


def wave_file(rate: int = 22_050, channels: int = 1, width: int = 2) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((channels, width, rate, 0, "NONE", ""))
        sound.writeframes(bytes(range(12)) * channels * width)
    return file.getvalue()


def test_a_wave_file_is_played_as_it_is_and_that_is_told_when_it_is_over() -> None:
    hermes = site()

    sound = hermes.interpret(Received(PLAY, wave_file(), retain=False))

    opening = SoundOpening(SoundKind.ANNOUNCEMENT, SoundFormat(22_050, 1))
    assert sound == SoundArrived("sound", 0, bytes(range(12)) * 2, opening, Then.IDLE)
    assert hermes.over(PlayReport("sound", PlayState.STARTED)) is None
    told = hermes.over(PlayReport("sound", PlayState.CANCELLED, PlayReason.WAKE))
    assert told is not None
    assert told.topic == "hermes/audioServer/study/playFinished"
    assert payload(told)["id"] == "request-7"
    assert hermes.over(PlayReport("sound", PlayState.FINISHED)) is None


@pytest.mark.parametrize("file", [b"", b"RIFF", b"ID3" * 50, wave_file(width=3)])
def test_what_is_no_wave_file_fails_and_is_told_to_be_over(file: bytes) -> None:
    hermes = site()

    sound = hermes.interpret(Received(PLAY, file, retain=False))

    assert sound == SoundUnusable("sound")
    failed = PlayReport("sound", PlayState.FAILED, PlayReason.FORMAT)
    assert payload(hermes.over(failed))["id"] == "request-7"


def say(hermes: Hermes, **order: object) -> object:
    message = json.dumps({"siteId": "study", **order}).encode()
    return hermes.interpret(Received(SAY, message, retain=False))


def test_a_text_is_said_and_that_is_told_with_the_words_of_who_asked() -> None:
    hermes = site()

    asked = say(hermes, text="Dinner is ready.", id="7", sessionId="dialogue")

    assert asked == SpeechRequested("sound", "Dinner is ready.")
    told = hermes.over(PlayReport("sound", PlayState.FINISHED))
    assert told is not None
    assert told.topic == "hermes/tts/sayFinished"
    assert payload(told) == {"siteId": "study", "id": "7", "sessionId": "dialogue"}


@pytest.mark.parametrize("order", [{}, {"text": 7}, {"text": "x", "siteId": "attic"}])
def test_a_text_that_is_none_of_ours_is_not_said(order: dict[str, object]) -> None:
    assert say(site(), **order) is None


def test_another_sites_sound_is_not_played() -> None:
    topic = PLAY.replace("study", "attic")

    assert site().interpret(Received(topic, wave_file(), retain=False)) is None
