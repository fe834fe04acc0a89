import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.qwen_asr.decoding import InterimDelta, decode_server_event
from auricle.qwen_asr.events import (
    EMOTIONS,
    TRANSCRIPTION,
    Committed,
    FinalTranscript,
    InterimTranscript,
    ItemCreated,
    ServerError,
    SessionCreated,
    SessionFinished,
    SessionUpdated,
    SpeechStarted,
    SpeechStopped,
    TranscriptionFailed,
)
from auricle.text import LONGEST_WHOLE


def decode(**event: Any) -> Any:
    return decode_server_event(json.dumps(event))


def test_of_a_whole_session_as_much_is_taken_as_a_recognizer_tells() -> None:
    said = "Turn on the light. " * 2100
    event = decode(type="session.finished", transcript=said)
    assert event == SessionFinished(said.strip())
    event = decode(type="session.finished", transcript=said * 2)
    assert len(event.transcript) <= LONGEST_WHOLE


@pytest.mark.parametrize(
    ("message", "event"),
    [
        (
            '{"event_id":"e","type":"session.created","session":{"id":"s","x":[1]}}',
            SessionCreated("s"),
        ),
        ('{"type":"session.updated","session":{"id":"s"}}', SessionUpdated("s")),
        ('{"type":"session.finished"}', SessionFinished()),
        (
            '{"type":"input_audio_buffer.speech_started","audio_start_ms":480,'
            '"item_id":"i"}',
            SpeechStarted("i", 480),
        ),
        (
            '{"type":"input_audio_buffer.speech_stopped","audio_end_ms":2310,'
            '"item_id":"i"}',
            SpeechStopped("i", 2310),
        ),
        (
            '{"type":"input_audio_buffer.committed","previous_item_id":null,'
            '"item_id":"i"}',
            Committed("i"),
        ),
        (
            '{"type":"conversation.item.created","previous_item_id":"h",'
            '"item":{"id":"i","status":"completed"}}',
            ItemCreated("i", "h"),
        ),
        (
            '{"type":"conversation.item.input_audio_transcription.text","item_id":"i",'
            '"content_index":0,"language":"en","emotion":"happy","text":"turn on ",'
            '"stash":"the kit"}',
            InterimTranscript("i", "turn on ", "the kit", "en", "happy"),
        ),
        (
            '{"type":"conversation.item.input_audio_transcription.completed",'
            '"item_id":"i","language":"en","emotion":"sad","transcript":"Turn on.",'
            '"usage":{"duration":3}}',
            FinalTranscript("i", "Turn on.", "en", "sad", 3.0),
        ),
        (
            '{"type":"conversation.item.input_audio_transcription.failed",'
            '"item_id":"i","error":{"code":"c","message":"m","param":null}}',
            TranscriptionFailed("i", "c", "m"),
        ),
        (
            '{"type":"error","error":{"type":"t","code":"c","message":"m",'
            '"param":"p","event_id":"e"}}',
            ServerError("t", "c", "m", "p", "e"),
        ),
    ],
)
def test_every_documented_event_is_understood(message: str, event: object) -> None:
    assert decode_server_event(message) == event


@pytest.mark.parametrize(
    "message",
    [
        "",
        "not JSON",
        "null",
        "5",
        '"text"',
        "[]",
        '[{"type":"session.finished"}]',
        "{}",
        '{"type":null}',
        '{"type":["session.finished"]}',
        '{"type":{"a":1}}',
        '{"type":"response.done"}',
        '{"type":"session.created"',
        "[" * 100_000,
        '{"a":' * 1000 + "1" + "}" * 1000,
        "9" * 10_000,
        b'{"type":"session.finished"}',
        b"\x00\xff",
    ],
)
def test_what_is_no_event_is_nothing(message: str | bytes) -> None:
    assert decode_server_event(message) is None


def test_an_error_told_at_the_top_level_is_an_error() -> None:
    assert decode(type="error", code="c", message="m") == ServerError("", "c", "m")


def test_an_error_that_is_a_mere_text_is_an_error() -> None:
    assert decode(type="error", error="broken") == ServerError("", "", "broken")


def test_an_error_without_anything_is_an_error() -> None:
    assert decode(type="error") == ServerError("", "", "")


def test_the_delta_dialect_is_a_piece_of_the_interim() -> None:
    assert decode(
        type=f"{TRANSCRIPTION}.delta", item_id="i", delta="turn "
    ) == InterimDelta("i", "turn ", None, None)


def test_delta_by_name_and_text_by_content_is_text() -> None:
    assert decode(
        type=f"{TRANSCRIPTION}.delta", item_id="i", text="turn ", stash="on"
    ) == InterimTranscript("i", "turn ", "on")


@pytest.mark.parametrize("label", sorted(EMOTIONS))
def test_each_of_the_seven_emotions_is_reported_as_it_is(label: str) -> None:
    final = decode(type=f"{TRANSCRIPTION}.completed", emotion=label, transcript="")
    assert final.emotion == label


@pytest.mark.parametrize("label", ["bored", "HAPPY?", "x" * 10_000])
def test_an_unknown_emotion_is_other(label: str) -> None:
    final = decode(type=f"{TRANSCRIPTION}.completed", emotion=label, transcript="")
    assert final.emotion == "other"


@pytest.mark.parametrize("label", [None, "", " ", 5, ["happy"], {"happy": 1}])
def test_what_is_no_label_is_no_emotion(label: object) -> None:
    final = decode(type=f"{TRANSCRIPTION}.completed", emotion=label, transcript="")
    assert final.emotion is None


@pytest.mark.parametrize(
    "number", ["NaN", "1e999", "-1e999", "-5", '"480"', "true", "null"]
)
def test_a_time_that_is_none_is_not_told(number: str) -> None:
    message = (
        '{"type":"input_audio_buffer.speech_started","item_id":"i",'
        f'"audio_start_ms":{number}}}'
    )
    assert decode_server_event(message) == SpeechStarted("i", None)


def test_a_transcript_is_freed_of_what_a_terminal_would_obey() -> None:
    final = decode(
        type=f"{TRANSCRIPTION}.completed",
        transcript=" \x1b[2JTurn\non \u202elight\x00 ",
    )
    assert final.text == "Turn on light"


def test_interim_text_keeps_its_spaces() -> None:
    interim = decode(type=f"{TRANSCRIPTION}.text", text="turn on ", stash=" the ")
    assert interim.text == "turn on  the "


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=10,
)
TYPES = [
    "session.created",
    "session.updated",
    "session.finished",
    "input_audio_buffer.speech_started",
    "input_audio_buffer.speech_stopped",
    "input_audio_buffer.committed",
    "conversation.item.created",
    f"{TRANSCRIPTION}.text",
    f"{TRANSCRIPTION}.delta",
    f"{TRANSCRIPTION}.completed",
    f"{TRANSCRIPTION}.failed",
    "error",
]
FIELDS = [
    *("session", "item", "item_id", "previous_item_id", "text", "stash", "delta"),
    *("transcript", "usage", "language", "emotion", "error", "message", "code"),
    *("audio_start_ms", "audio_end_ms", "unfinished"),
]


@given(st.sampled_from(TYPES), st.dictionaries(st.sampled_from(FIELDS), json_values))
def test_wrong_types_in_any_field_raise_nothing(
    name: str, fields: dict[str, object]
) -> None:
    decode_server_event(json.dumps({"type": name, **fields}))


@given(st.text() | st.binary())
def test_no_frame_raises(message: str | bytes) -> None:
    decode_server_event(message)
