import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.qwen_asr.encoding import encode_client_event
from auricle.qwen_asr.events import (
    LANGUAGES,
    MAX_APPEND_BYTES,
    AppendAudio,
    Commit,
    Finish,
    ServerError,
    ServerVad,
    SessionSettings,
    SessionUpdate,
)
from auricle.qwen_asr.hints import MOST_TOKENS
from auricle.qwen_asr.validation import PartialUpdate, read_client_message
from auricle.text import clean

DEFAULTS = SessionSettings()


def read(settings: SessionSettings = DEFAULTS, **message: Any) -> Any:
    return read_client_message(json.dumps(message), settings)


def update(settings: SessionSettings = DEFAULTS, **session: Any) -> SessionSettings:
    event = read(settings, event_id="e", type="session.update", session=session)
    assert isinstance(event, SessionUpdate), event
    return event.settings


def partial(settings: SessionSettings = DEFAULTS, **session: Any) -> PartialUpdate:
    event = read(settings, event_id="e", type="session.update", session=session)
    assert isinstance(event, PartialUpdate), event
    for error in event.refused:
        assert (error.type, error.code) == ("invalid_request_error", "invalid_value")
        assert error.event_id == "e"
        assert error.message.endswith(
            ". The other fields of this session.update apply."
        )
    return event


def refused(**session: Any) -> list[str | None]:
    return [error.param for error in partial(**session).refused]


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
        {"input_audio_transcription": {}},
        {"input_audio_transcription": {"model": None}},
        {"input_audio_transcription": {"corpus": {}}},
        {"voice": None, "output_audio_format": None, "modalities": None},
        {"unknown": {"key": 1}},
    ],
    ids=str,
)
def test_what_is_left_out_stays_as_it_was(session: dict[str, Any]) -> None:
    settings = SessionSettings(None, "de", "opus", 8000, "Küche")
    assert update(settings, **session) == settings


ASKED = SessionSettings(ServerVad(-0.5, 300), "de", "opus", 8000, "Küche")


@pytest.mark.parametrize(
    ("session", "changed"),
    [
        ({"input_audio_transcription": {"language": None}}, {"language": None}),
        ({"input_audio_transcription": {"corpus": None}}, {"corpus_text": None}),
        (
            {"input_audio_transcription": {"corpus": {"text": None}}},
            {"corpus_text": None},
        ),
        (
            {"input_audio_transcription": None},
            {"language": None, "corpus_text": None},
        ),
        ({"input_audio_format": None}, {"input_audio_format": "pcm"}),
        ({"sample_rate": None}, {"sample_rate": 16000}),
        (
            {"turn_detection": {"type": "server_vad", "threshold": None}},
            {"turn_detection": ServerVad(0.2, 300)},
        ),
        (
            {"turn_detection": {"type": "server_vad", "silence_duration_ms": None}},
            {"turn_detection": ServerVad(-0.5, 800)},
        ),
    ],
    ids=str,
)
def test_null_goes_back_to_what_applies_by_default(
    session: dict[str, Any], changed: dict[str, Any]
) -> None:
    assert update(ASKED, **session) == replace(ASKED, **changed)


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
    told = read_client_message(message, DEFAULTS, {"en", "de"})
    assert isinstance(told, PartialUpdate)
    [error] = told.refused
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
            "session.input_audio_transcription.corpus.text",
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
    assert refused(**session) == [param]


BAD: list[tuple[dict[str, Any], str, dict[str, Any]]] = [
    (
        {"input_audio_transcription": {"language": "auto", "corpus": {"text": "Nabu"}}},
        "session.input_audio_transcription.language",
        {"corpus_text": "Nabu"},
    ),
    (
        {"input_audio_transcription": {"language": "en", "corpus": {"text": 5}}},
        "session.input_audio_transcription.corpus.text",
        {"language": "en"},
    ),
    ({"input_audio_format": "mp3"}, "session.input_audio_format", {}),
    ({"sample_rate": 44100}, "session.sample_rate", {}),
    ({"modalities": ["audio"]}, "session.modalities", {}),
]
MODES: list[tuple[dict[str, Any], ServerVad | None]] = [
    ({"turn_detection": None}, None),
    (
        {
            "turn_detection": {
                "type": "server_vad",
                "threshold": 0.0,
                "silence_duration_ms": 400,
            }
        },
        ServerVad(0.0, 400),
    ),
]


@pytest.mark.parametrize(("bad", "param", "good"), BAD, ids=str)
@pytest.mark.parametrize(("asked", "mode"), MODES, ids=str)
def test_what_stands_beside_a_refused_field_applies(
    asked: dict[str, Any],
    mode: ServerVad | None,
    bad: dict[str, Any],
    param: str,
    good: dict[str, Any],
) -> None:
    told = partial(**asked, **bad)
    assert told.update.settings == replace(DEFAULTS, turn_detection=mode, **good)
    assert [error.param for error in told.refused] == [param]


def test_of_turn_detection_too_what_is_valid_applies() -> None:
    manual = SessionSettings(turn_detection=None)
    told = partial(manual, **vad(threshold=5, silence_duration_ms=400))
    assert told.update.settings.turn_detection == ServerVad(0.2, 400)


def test_each_refused_field_is_named() -> None:
    assert refused(
        sample_rate=1,
        input_audio_transcription={"language": 5},
        **vad(threshold=5),
    ) == [
        "session.sample_rate",
        "session.input_audio_transcription.language",
        "session.turn_detection.threshold",
    ]


def test_a_text_of_many_characters_and_few_tokens_is_taken() -> None:
    hints = "Wohnzimmerdeckenleuchtenhelligkeit " * 9_999
    settings = update(input_audio_transcription={"corpus": {"text": hints}})
    assert settings.corpus_text == hints


def test_half_a_character_where_a_client_cut_its_hints_is_left_out() -> None:
    """JavaScript cuts an emoji in two, and no speech model reads a half."""
    cut = update(input_audio_transcription={"corpus": {"text": "Kathryn \ud83d"}})
    assert cut.corpus_text == "Kathryn "
    whole = update(input_audio_transcription={"corpus": {"text": "\ud83c\udf89, Nabu"}})
    assert whole.corpus_text == "\N{PARTY POPPER}, Nabu"


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
    told = read_client_message(message, DEFAULTS)
    assert isinstance(told, PartialUpdate)
    [error] = told.refused
    assert error.param == "session.turn_detection.threshold"


# --- ids ---


@pytest.mark.parametrize("values", ["[]", "{}", "5", '{"a":[5]}'])
def test_a_message_that_becomes_many_times_its_size_is_not_taken_apart(
    values: str,
) -> None:
    many = ",".join([values] * 700_000)
    message = f'{{"type":"input_audio_buffer.commit","x":[{many}]}}'
    error = read_client_message(message, DEFAULTS)
    assert isinstance(error, ServerError)
    assert error.param == "message"


def test_the_longest_list_of_words_to_expect_is_taken() -> None:
    corpus = ", ".join(
        f"Donaudampfschifffahrt{number}" for number in range(MOST_TOKENS)
    )
    assert update(input_audio_transcription={"corpus": {"text": corpus}})


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
FIELDS = [
    "modalities",
    "input_audio_format",
    "sample_rate",
    "input_audio_transcription",
    "turn_detection",
]
session_values = st.dictionaries(
    st.sampled_from(FIELDS),
    json_values
    | st.dictionaries(
        st.sampled_from(
            ["type", "threshold", "silence_duration_ms", "language", "corpus"]
        ),
        json_values | st.just("server_vad"),
    ),
)


def settings_after(
    settings: SessionSettings, session: dict[str, Any]
) -> SessionSettings:
    event = read(settings, event_id="e", type="session.update", session=session)
    update = event.update if isinstance(event, PartialUpdate) else event
    assert isinstance(update, SessionUpdate)
    return update.settings


@given(session_values)
def test_a_field_applies_or_is_refused_whatever_stands_beside_it(
    session: dict[str, Any],
) -> None:
    # NaN and Infinity are refused with the whole message.
    session = json.loads(json.dumps(session), parse_constant=lambda _: None)
    alone = DEFAULTS
    for key in FIELDS:
        if key in session:
            alone = settings_after(alone, {key: session[key]})
    assert settings_after(DEFAULTS, session) == alone


@given(st.text() | st.binary())
def test_no_frame_raises(message: str | bytes) -> None:
    read_client_message(message, DEFAULTS)
