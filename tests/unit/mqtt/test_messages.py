import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from auricle.errors import Reason
from auricle.mqtt.delivery.ledger import DeliveryLedger, Fate, Outbound
from auricle.mqtt.link.message import Message
from auricle.mqtt.messages import (
    Disclosure,
    Messages,
)
from auricle.mqtt.settings import Setting
from auricle.mqtt.topics import Topics
from auricle.turns.turn import Mode, Outcome, OutcomeKind, Stamp, Transcript, Turn
from auricle.wake.detector import Detection

DEFAULT = Disclosure()
TOPICS = Topics("auricle", "study")
STARTED = datetime(2026, 11, 21, 8, 0, 0, 250_000, tzinfo=timezone(timedelta(hours=1)))
STAMP = Stamp(
    started=STARTED,
    ended=STARTED + timedelta(seconds=1.85),
    latency=0.42,
)
TURN = Turn("t1", Mode.SERVER_VAD, Detection("okay_nabu", 0.93456, 16_000))


def transcript(
    text: str = "turn on the light", emotion: str | None = "happy"
) -> Outcome:
    return Outcome(
        TURN, OutcomeKind.TRANSCRIPT, transcript=Transcript(text, "en", emotion)
    )


def published(
    outcome: Outcome, disclosure: Disclosure = DEFAULT, expiry: float = 9.5
) -> dict[str, Message]:
    outbound = Outbound(outcome, STAMP, seq=7, run_id="b1")
    messages = Messages(TOPICS, disclosure).outcome(outbound, age=0.5, expiry=expiry)
    return {message.topic: message for message in messages}


def payload(message: Message) -> dict[str, Any]:
    decoded = json.loads(message.payload)
    assert isinstance(decoded, dict)
    return decoded


def test_a_final_says_what_was_said_when_and_how() -> None:
    assert payload(published(transcript())[TOPICS.final]) == {
        "turn": "t1",
        "seq": 7,
        "run_id": "b1",
        "text": "turn on the light",
        "wake_confirmed": None,
        "language": "en",
        "emotion": "happy",
        "wake_word": "okay_nabu",
        "heard_by": None,
        "stands_in_for": None,
        "continues": None,
        "mode": "server_vad",
        "started": "2026-11-21T08:00:00.250+01:00",
        "ended": "2026-11-21T08:00:02.100+01:00",
        "duration_ms": 1850,
        "latency_ms": 420,
        "age_ms": 500,
    }


def test_push_to_talk_says_nothing_of_a_wake_phrase() -> None:
    pushed = replace(transcript(), turn=replace(TURN, detection=None))

    assert "wake_confirmed" not in payload(published(pushed)[TOPICS.final])


def test_states_are_published_before_the_event_that_automations_act_on() -> None:
    assert list(published(transcript())) == [
        TOPICS.last,
        TOPICS.emotion,
        TOPICS.final,
        TOPICS.utterance,
    ]


def test_what_automations_act_on_is_never_retained_and_expires() -> None:
    messages = published(transcript(), expiry=9.5)

    for topic in (TOPICS.final, TOPICS.utterance):
        assert not messages[topic].retain
        assert messages[topic].expiry == 9.5


def test_the_broker_forgets_the_last_transcript_and_emotion() -> None:
    messages = published(transcript(), Disclosure(last_expiry=60))

    for topic in (TOPICS.last, TOPICS.emotion):
        assert messages[topic].retain
        assert messages[topic].expiry == 60


def test_the_last_transcript_may_be_kept_out_of_the_broker() -> None:
    messages = published(transcript(), Disclosure(last_expiry=0))

    assert not messages[TOPICS.last].retain
    assert not messages[TOPICS.emotion].retain


def test_without_text_no_word_is_published() -> None:
    messages = published(transcript("open the safe"), Disclosure(text=False))

    assert TOPICS.final not in messages
    assert not any("safe" in message.payload for message in messages.values())
    assert payload(messages[TOPICS.utterance])["event_type"] == "transcript"


def test_without_emotion_no_mood_is_published() -> None:
    messages = published(transcript(), Disclosure(emotion=False))

    assert TOPICS.emotion not in messages
    assert not any("happy" in message.payload for message in messages.values())


def test_an_emotion_that_was_not_reported_is_null_and_clears_the_topic() -> None:
    messages = published(transcript(emotion=None))

    assert payload(messages[TOPICS.last])["emotion"] is None
    assert messages[TOPICS.emotion].payload == ""


def test_a_turn_without_words_is_an_event_and_nothing_else() -> None:
    messages = published(Outcome(TURN, OutcomeKind.ERROR, reason=Reason.ASR_TIMEOUT))

    assert list(messages) == [TOPICS.utterance]
    event = payload(messages[TOPICS.utterance])
    assert event["event_type"] == "error"
    assert event["reason"] == "asr_timeout"
    assert "text" not in event


def test_a_final_names_who_heard_the_word_and_whose_turn_it_stands_in_for() -> None:
    said = replace(transcript(), heard_by=("hall", "study"), stands_in_for="t0")

    for topic in (TOPICS.last, TOPICS.final, TOPICS.utterance):
        facts = payload(published(said)[topic])
        assert facts["heard_by"] == ["hall", "study"]
        assert facts["stands_in_for"] == "t0"
        assert "answered_by" not in facts


def test_a_turn_that_another_satellite_answered_is_an_event_that_names_it() -> None:
    messages = published(
        Outcome(
            TURN, OutcomeKind.YIELDED, heard_by=("hall", "study"), answered_by="hall"
        )
    )

    assert list(messages) == [TOPICS.utterance]
    event = payload(messages[TOPICS.utterance])
    assert event["event_type"] == "yielded"
    assert event["answered_by"] == "hall"
    assert event["heard_by"] == ["hall", "study"]
    assert "reason" not in event


def test_a_wake_event_names_the_word_and_the_turn() -> None:
    message = Messages(TOPICS).wake(TURN, datetime(2026, 11, 21, 8, tzinfo=UTC))

    assert not message.retain
    assert payload(message) == {
        "event_type": "wake_word",
        "wake_word": "okay_nabu",
        "score": 0.935,
        "turn": "t1",
        "time": "2026-11-21T08:00:00.000+00:00",
    }


def test_push_to_talk_names_no_wake_word() -> None:
    turn = Turn("t2", Mode.MANUAL, None)

    message = Messages(TOPICS).wake(turn, STARTED)

    assert payload(message)["event_type"] == "push_to_talk"
    assert "wake_word" not in payload(message)


def test_listening_and_mute_are_said_with_the_state() -> None:
    said = {
        m.topic: m.payload
        for m in Messages(TOPICS).state("listening", muted=False, ringing=False)
    }

    assert said == {
        TOPICS.setting(Setting.MUTE): "OFF",
        TOPICS.listening: "ON",
        TOPICS.state: "listening",
        TOPICS.ringing: "OFF",
    }


def test_who_is_muted_and_spoken_to_is_still_muted() -> None:
    said = {
        m.topic: m.payload
        for m in Messages(TOPICS).state("responding", muted=True, ringing=False)
    }

    assert said[TOPICS.setting(Setting.MUTE)] == "ON"


def test_a_timer_never_looks_like_an_answer_when_it_begins_or_ends_to_ring() -> None:
    """To a subscriber that shows a ring wherever a timer rings, else the state."""
    messages = Messages(TOPICS)
    held = {TOPICS.ringing: "OFF", TOPICS.state: "idle"}
    shown = []
    for state, ringing in (("responding", True), ("idle", False)):
        for message in messages.state(state, muted=False, ringing=ringing):
            held[message.topic] = message.payload
            rings = held[TOPICS.ringing] == "ON"
            shown.append("ringing" if rings else held[TOPICS.state])

    assert "responding" not in shown
    assert shown[-1] == "idle"


@pytest.mark.parametrize(
    ("setting", "value", "expected"),
    [
        (Setting.MUTE, True, "ON"),
        (Setting.MUTE, False, "OFF"),
        (Setting.THRESHOLD, 0.5, "0.5"),
        (Setting.THRESHOLD, 1, "1"),
        (Setting.LANGUAGE, "auto", "auto"),
        (Setting.CONTEXT, "", '{"value":""}'),
    ],
)
def test_a_setting_is_a_retained_plain_value(
    setting: Setting, value: bool | float | str, expected: str
) -> None:
    message = Messages(TOPICS).setting(setting, value)

    assert message.payload == expected
    assert message.retain


@pytest.mark.parametrize(
    "text",
    [
        "{{ states('lock.front') }}",
        "שלום עולם",
        "👩‍👩‍👧 is family",
        "$(reboot); DROP TABLE; <script>",
        "a/+/#",
    ],
)
def test_words_are_carried_as_they_are(text: str) -> None:
    messages = published(transcript(text))

    assert payload(messages[TOPICS.final])["text"] == text


def test_a_transcript_of_several_lines_is_published_as_one() -> None:
    messages = published(transcript("one\r\ntwo\tthree\x00 \u202efour"))

    assert payload(messages[TOPICS.final])["text"] == "one two three four"


def test_the_history_says_what_became_of_a_final() -> None:
    outbound = Outbound(transcript(), STAMP, seq=7, run_id="b1")
    message = Messages(TOPICS).history(outbound, Fate.EXPIRED, age=3600.0)

    assert payload(message)["fate"] == "expired"
    assert payload(message)["text"] == "turn on the light"
    assert payload(message)["age_ms"] == 3_600_000
    assert message.qos == 1
    assert not message.retain
    assert message.expiry is None


def test_an_age_that_no_clock_knows_is_null() -> None:
    outbound = Outbound(transcript(), STAMP, seq=7, run_id="b1")
    message = Messages(TOPICS).history(outbound, Fate.EXPIRED, age=math.inf)

    assert payload(message)["age_ms"] is None


def test_the_ledger_is_retained_with_its_latest_entry() -> None:
    ledger = DeliveryLedger(10)
    ledger.accept(Outbound(transcript(), STAMP, seq=7, run_id="b1"), 0)
    ledger.expire(10)
    message = Messages(TOPICS).delivery(ledger, run_id="b2", degraded_storage=True)

    assert message.retain
    assert payload(message) == {
        "run_id": "b2",
        "accepted": 1,
        "acked": 0,
        "no_listener": 0,
        "expired": 1,
        "rejected": 0,
        "turn": "t1",
        "fate": "expired",
        "storage": "degraded_storage",
    }
