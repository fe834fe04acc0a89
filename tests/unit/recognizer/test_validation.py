import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.asr.events import (
    LANGUAGES,
    MAX_APPEND_BYTES,
    AppendAudio,
    Commit,
    Finish,
    ServerError,
    ServerVad,
    SessionSettings,
    SessionUpdate,
    encode_client_event,
)
from auricle.asr.wording import clean
from auricle.recognizer.validation import read_client_message

DEFAULTS = SessionSettings()


def read(settings: SessionSettings = DEFAULTS, **message: Any) -> Any:
    return read_client_message(json.dumps(message), settings)


def update(settings: SessionSettings = DEFAULTS, **session: Any) -> SessionSettings:
    event = read(settings, event_id="e", type="session.update", session=session)
    assert isinstance(event, SessionUpdate), event
    return event.settings


def refused(**session: Any) -> str | None:
    error = read(event_id="e", type="session.update", session=session)
    assert isinstance(error, ServerError)
    assert (error.type, error.code) == ("invalid_request_error", "invalid_value")
    assert error.event_id == "e"
    assert error.message
    return error.param


# --- what the official SDK sends ---


def test_the_sdks_vad_session_is_taken() -> None:
    settings = update(
        modalities=["text"],
        voice=None,
        input_audio_format="pcm",
        output_audio_format="pcm16",
        input_audio_transcription={"language": "zh"},
        turn_detection={
            "type": "server_vad",
            "threshold": 0.0,
            "prefix_padding_ms": 300,
            "silence_duration_ms": 400,
        },
        sample_rate=16000,
    )
    assert settings == SessionSettings(ServerVad(0.0, 400), language="zh")


def test_the_sdks_manual_session_with_hints_is_taken() -> None:
    settings = update(
        input_audio_transcription={"language": "en", "corpus": {"text": "Nabu"}},
        turn_detection=None,
    )
    assert settings == SessionSettings(None, language="en", corpus_text="Nabu")


def test_the_sdks_session_without_transcription_parameters_is_taken() -> None:
    settings = update(
        modalities=["text"],
        voice=None,
        input_audio_format="pcm16",
        output_audio_format="pcm16",
        input_audio_transcription={"model": None},
        turn_detection={
            "type": "server_vad",
            "threshold": 0.2,
            "prefix_padding_ms": 300,
            "silence_duration_ms": 800,
        },
    )
    assert settings == DEFAULTS


def test_our_own_client_is_understood() -> None:
    settings = SessionSettings(ServerVad(-0.5, 300), "yue", "opus", 8000, "words")
    message = encode_client_event(SessionUpdate("e", settings))
    assert read_client_message(message, DEFAULTS) == SessionUpdate("e", settings)


def test_the_order_of_keys_is_of_no_matter() -> None:
    message: dict[str, Any] = {
        "session": {"turn_detection": None, "input_audio_transcription": {}},
        "type": "session.update",
        "event_id": "last",
    }
    assert read(**message) == SessionUpdate("last", SessionSettings(None))


# --- merging ---


@pytest.mark.parametrize(
    "session",
    [
        {},
        {"input_audio_transcription": None},
        {"input_audio_transcription": {}},
        {"input_audio_transcription": {"language": None, "corpus": None}},
        {"input_audio_transcription": {"corpus": {}}},
        {"sample_rate": None, "input_audio_format": None, "modalities": None},
        {"unknown": {"key": 1}},
    ],
    ids=str,
)
def test_what_is_left_out_stays_as_it_was(session: dict[str, Any]) -> None:
    settings = SessionSettings(None, "de", "opus", 8000, "Küche")
    assert update(settings, **session) == settings


def test_no_turn_detection_and_null_are_different_things() -> None:
    assert update().turn_detection == ServerVad()
    assert update(turn_detection=None).turn_detection is None


def test_turn_detection_from_manual_mode_starts_at_the_defaults() -> None:
    manual = SessionSettings(turn_detection=None)
    settings = update(manual, turn_detection={"type": "server_vad"})
    assert settings.turn_detection == ServerVad(0.2, 800)


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_each_documented_language_is_taken(language: str) -> None:
    settings = update(input_audio_transcription={"language": language})
    assert settings.language == language


@pytest.mark.parametrize(
    "language", ["zh", "auto", "EN", "", "\x1b[2J", "zh" * 10_000], ids=repr
)
def test_a_language_that_is_not_known_here_is_told_from_those_that_are(
    language: str,
) -> None:
    asked = {"input_audio_transcription": {"language": language}}
    message = json.dumps({"event_id": "e", "type": "session.update", "session": asked})
    error = read_client_message(message, DEFAULTS, {"en", "de"})
    assert isinstance(error, ServerError)
    assert (error.type, error.code) == ("invalid_request_error", "invalid_value")
    assert error.param == "session.input_audio_transcription.language"
    assert error.event_id == "e"
    assert error.message.startswith(f"Invalid value: '{clean(language, 64)}'.")
    assert "knows: de, en." in error.message


def test_no_language_may_be_asked_of_whatever_model() -> None:
    message = '{"type":"session.update","session":{"input_audio_transcription":{}}}'
    taken = read_client_message(message, DEFAULTS, {"en"})
    assert taken == SessionUpdate("", DEFAULTS)


@pytest.mark.parametrize(("threshold", "silence"), [(-1, 200), (1, 6000), (0.5, 800)])
def test_vad_parameters_are_taken_up_to_their_limits(
    threshold: float, silence: int
) -> None:
    settings = update(
        turn_detection={
            "type": "server_vad",
            "threshold": threshold,
            "silence_duration_ms": silence,
        }
    )
    assert settings.turn_detection == ServerVad(threshold, silence)


# --- refusing ---


def vad(**fields: Any) -> dict[str, Any]:
    return {"turn_detection": {"type": "server_vad", **fields}}


@pytest.mark.parametrize(
    ("session", "param"),
    [
        ({"modalities": ["audio"]}, "session.modalities"),
        ({"modalities": "text"}, "session.modalities"),
        ({"input_audio_format": "mp3"}, "session.input_audio_format"),
        ({"input_audio_format": ["pcm"]}, "session.input_audio_format"),
        ({"sample_rate": 44100}, "session.sample_rate"),
        ({"sample_rate": "16000"}, "session.sample_rate"),
        ({"sample_rate": True}, "session.sample_rate"),
        (
            {"input_audio_transcription": "en"},
            "session.input_audio_transcription",
        ),
        (
            {"input_audio_transcription": {"language": "auto"}},
            "session.input_audio_transcription.language",
        ),
        (
            {"input_audio_transcription": {"language": ["en"]}},
            "session.input_audio_transcription.language",
        ),
        (
            {"input_audio_transcription": {"corpus": "text"}},
            "session.input_audio_transcription.corpus",
        ),
        (
            {"input_audio_transcription": {"corpus": {"text": 5}}},
            "session.input_audio_transcription.corpus",
        ),
        (
            {"input_audio_transcription": {"corpus": {"text": "word " * 10_001}}},
            "session.input_audio_transcription.corpus.text",
        ),
        ({"turn_detection": "server_vad"}, "session.turn_detection"),
        ({"turn_detection": {}}, "session.turn_detection.type"),
        ({"turn_detection": {"type": "semantic_vad"}}, "session.turn_detection.type"),
        (vad(threshold=1.01), "session.turn_detection.threshold"),
        (vad(threshold=-1.01), "session.turn_detection.threshold"),
        (vad(threshold="0.2"), "session.turn_detection.threshold"),
        (vad(threshold=True), "session.turn_detection.threshold"),
        (vad(silence_duration_ms=199), "session.turn_detection.silence_duration_ms"),
        (vad(silence_duration_ms=6001), "session.turn_detection.silence_duration_ms"),
        (vad(silence_duration_ms="800"), "session.turn_detection.silence_duration_ms"),
    ],
    ids=str,
)
def test_what_is_out_of_range_is_refused_by_its_path(
    session: dict[str, Any], param: str
) -> None:
    assert refused(**session) == param


@pytest.mark.parametrize("session", [None, [], "text", 5])
def test_a_session_that_is_no_object_is_refused(session: object) -> None:
    error = read(event_id="e", type="session.update", session=session)
    assert (error.param, error.event_id) == ("session", "e")


@pytest.mark.parametrize(
    "name", ["input_audio_buffer.clear", "response.create", "", "SESSION.UPDATE"]
)
def test_an_unknown_type_is_an_invalid_value_of_type(name: str) -> None:
    error = read(event_id="e", type=name)
    assert (error.code, error.param, error.event_id) == ("invalid_value", "type", "e")
    assert name in error.message


@pytest.mark.parametrize("name", [None, 5, ["session.finish"], {}])
def test_a_type_that_is_no_string_is_an_invalid_value_of_type(name: object) -> None:
    assert read(event_id="e", type=name).param == "type"


@pytest.mark.parametrize(
    "message",
    [
        "",
        "text",
        "null",
        "[]",
        "5",
        '{"type":"session.finish"',
        '{"type":"session.update","session":{"turn_detection":'
        '{"type":"server_vad","threshold":NaN}}}',
        "[" * 100_000,
        "9" * 10_000,
        b"\x00\x01",
        b'{"type":"session.finish"}',
    ],
    ids=lambda message: repr(message[:20]),
)
def test_what_is_no_message_is_an_error(message: str | bytes) -> None:
    error = read_client_message(message, DEFAULTS)
    assert isinstance(error, ServerError)
    assert error.type == "invalid_request_error"


def test_infinity_in_disguise_is_out_of_range() -> None:
    message = (
        '{"type":"session.update","session":{"turn_detection":'
        '{"type":"server_vad","threshold":1e999}}}'
    )
    error = read_client_message(message, DEFAULTS)
    assert isinstance(error, ServerError)
    assert error.param == "session.turn_detection.threshold"


# --- ids ---


@pytest.mark.parametrize("event_id", [None, 5, ["e"], {}])
def test_an_event_id_is_never_required(event_id: object) -> None:
    assert read(event_id=event_id, type="input_audio_buffer.commit") == Commit("")
    assert read(event_id=event_id, type="nothing").event_id is None


def test_a_giant_event_id_is_not_echoed_whole() -> None:
    error = read(event_id="e" * 10_000, type="nothing")
    assert len(error.event_id) == 256


# --- audio ---


@pytest.mark.parametrize("pcm", [b"", b"\x00\x01", b"odd", bytes(3200)])
def test_audio_is_decoded(pcm: bytes) -> None:
    audio = base64.b64encode(pcm).decode()
    event = read(event_id="e", type="input_audio_buffer.append", audio=audio)
    assert event == AppendAudio("e", pcm)


@pytest.mark.parametrize(
    "audio", [None, 5, ["AAAA"], "AAA", "AA A", "AA\nAA", "ä", "!!!!", "AAAA="]
)
def test_what_is_not_base64_is_an_invalid_value_of_audio(audio: object) -> None:
    error = read(event_id="e", type="input_audio_buffer.append", audio=audio)
    assert (error.param, error.event_id) == ("audio", "e")


def test_fifteen_mebibytes_are_taken_and_more_are_not() -> None:
    largest = "A" * MAX_APPEND_BYTES
    taken = read(type="input_audio_buffer.append", audio=largest)
    assert isinstance(taken, AppendAudio)
    error = read(type="input_audio_buffer.append", audio=largest + "AAAA")
    assert error.param == "audio"


def test_commit_and_finish_need_nothing_but_their_type() -> None:
    assert read(type="input_audio_buffer.commit") == Commit("")
    assert read(type="session.finish") == Finish("")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
session_values = st.dictionaries(
    st.sampled_from(
        [
            "modalities",
            "input_audio_format",
            "sample_rate",
            "input_audio_transcription",
            "turn_detection",
        ]
    ),
    json_values
    | st.dictionaries(
        st.sampled_from(
            ["type", "threshold", "silence_duration_ms", "language", "corpus"]
        ),
        json_values | st.just("server_vad"),
    ),
)


@given(session_values)
def test_no_session_raises(session: dict[str, object]) -> None:
    read(type="session.update", session=session)


@given(st.text() | st.binary())
def test_no_frame_raises(message: str | bytes) -> None:
    read_client_message(message, DEFAULTS)
