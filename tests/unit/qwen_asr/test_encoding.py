import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.qwen_asr.decoding import decode_server_event
from auricle.qwen_asr.encoding import encode_client_event, encode_server_event
from auricle.qwen_asr.events import (
    EMOTIONS,
    SAMPLE_RATES,
    Committed,
    FinalTranscript,
    InterimTranscript,
    ItemCreated,
    ServerError,
    ServerEvent,
    ServerVad,
    SessionCreated,
    SessionFinished,
    SessionSettings,
    SessionUpdate,
    SessionUpdated,
    SpeechStarted,
    SpeechStopped,
    TranscriptionFailed,
)

ids = st.text("abcdef_0123456789", min_size=1, max_size=20)
words = st.text("abc de.,", max_size=30)
milliseconds = st.integers(0, 10**7)
labels = st.none() | st.sampled_from(sorted(EMOTIONS))
languages = st.none() | st.sampled_from(["en", "zh", "yue"])
EVENTS: st.SearchStrategy[ServerEvent] = st.one_of(
    st.builds(SessionCreated, ids),
    st.builds(SessionUpdated, ids),
    st.builds(SpeechStarted, ids, milliseconds),
    st.builds(SpeechStopped, ids, milliseconds),
    st.builds(Committed, ids, st.none() | ids),
    st.builds(ItemCreated, ids, st.none() | ids),
    st.builds(InterimTranscript, ids, words, words, languages, labels),
    st.builds(
        FinalTranscript,
        ids,
        words.map(str.strip),
        languages,
        labels,
        st.none() | st.integers(0, 100).map(float),
    ),
    st.builds(TranscriptionFailed, ids, ids, words),
    st.builds(SessionFinished, words.map(str.strip)),
    st.builds(ServerError, ids, ids, words, st.none() | ids, st.none() | ids),
)
SETTINGS = st.builds(
    SessionSettings,
    st.none() | st.builds(ServerVad, st.floats(-1, 1), st.integers(200, 6000)),
    languages,
    st.sampled_from(["pcm", "opus"]),
    st.sampled_from(SAMPLE_RATES),
    st.none() | words,
)


@given(EVENTS)
def test_the_client_reads_what_the_server_wrote(event: ServerEvent) -> None:
    message = encode_server_event(event, "event_1", "m", SessionSettings())
    assert decode_server_event(json.dumps(message)) == event


@given(EVENTS)
def test_every_message_but_a_failure_is_numbered(event: ServerEvent) -> None:
    message = encode_server_event(event, "event_1", "m", SessionSettings())
    numbered = not isinstance(event, TranscriptionFailed)
    assert ("event_id" in message) is numbered


def test_a_session_is_described_as_the_service_does() -> None:
    settings = SessionSettings(ServerVad(0.0, 400), "en", corpus_text="Nabu")
    assert encode_server_event(SessionCreated("s"), "event_1", "model", settings) == {
        "event_id": "event_1",
        "type": "session.created",
        "session": {
            "id": "s",
            "object": "realtime.session",
            "model": "model",
            "modalities": ["text"],
            "input_audio_format": "pcm",
            "sample_rate": 16000,
            "input_audio_transcription": {
                "language": "en",
                "corpus": {"text": "Nabu"},
            },
            "turn_detection": {
                "type": "server_vad",
                "threshold": 0.0,
                "silence_duration_ms": 400,
            },
        },
    }


@given(SETTINGS)
def test_both_ends_say_the_same_of_a_session(settings: SessionSettings) -> None:
    asked = json.loads(encode_client_event(SessionUpdate("event_1", settings)))
    updated = encode_server_event(SessionUpdated("s"), "event_1", "m", settings)
    # The service names no transcription where there is nothing to say of it.
    asked["session"]["input_audio_transcription"] = (
        asked["session"]["input_audio_transcription"] or None
    )
    identity = {"id": "s", "object": "realtime.session", "model": "m"}
    assert updated["session"] == identity | asked["session"]


def test_manual_mode_is_described_as_null() -> None:
    manual = SessionSettings(turn_detection=None)
    message = encode_server_event(SessionUpdated("s"), "event_1", "m", manual)
    assert message["session"]["turn_detection"] is None


def test_a_final_reads_as_the_service_writes_it() -> None:
    final = FinalTranscript("i", "Turn on.", "en", "neutral", 3.0)
    assert encode_server_event(final, "event_1", "m", SessionSettings()) == {
        "event_id": "event_1",
        "type": "conversation.item.input_audio_transcription.completed",
        "item_id": "i",
        "content_index": 0,
        "language": "en",
        "emotion": "neutral",
        "transcript": "Turn on.",
        "usage": {"duration": 3},
    }


def test_an_interim_is_a_text_and_a_stash() -> None:
    interim = InterimTranscript("i", "turn on ", "the kit", "en", "neutral")
    message = encode_server_event(interim, "event_1", "m", SessionSettings())
    assert (message["text"], message["stash"]) == ("turn on ", "the kit")
    assert "audio_end_ms" not in message


@pytest.mark.parametrize("unfinished", [True, False, None])
def test_whether_a_sentence_breaks_off_is_read_as_it_is_told(
    unfinished: bool | None,
) -> None:
    interim = InterimTranscript("i", "turn on ", "the", unfinished=unfinished)
    final = FinalTranscript("i", "turn on the", unfinished=unfinished)
    for event in (interim, final):
        message = encode_server_event(event, "event_1", "m", SessionSettings())
        assert ("unfinished" in message) is (unfinished is not None)
        assert decode_server_event(json.dumps(message)) == event


def test_an_interim_tells_what_it_was_made_of_and_is_read_like_that() -> None:
    interim = InterimTranscript("i", "turn on ", "the kit", audio_end_ms=1200)
    message = encode_server_event(interim, "event_1", "m", SessionSettings())
    assert message["audio_end_ms"] == 1200
    assert decode_server_event(json.dumps(message)) == interim
