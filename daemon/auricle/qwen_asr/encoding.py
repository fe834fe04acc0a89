"""From an event, of the client or the server, to its message in the service's shape."""

import base64
import json
from typing import Any, assert_never

from auricle.qwen_asr.events import (
    TRANSCRIPTION,
    AppendAudio,
    ClientEvent,
    Commit,
    Committed,
    FinalTranscript,
    Finish,
    InterimTranscript,
    ItemCreated,
    ServerError,
    ServerEvent,
    SessionCreated,
    SessionFinished,
    SessionSettings,
    SessionUpdate,
    SessionUpdated,
    SpeechStarted,
    SpeechStopped,
    TranscriptionFailed,
)

Message = dict[str, Any]
"""A JSON object, as `json.dumps` takes it."""


def encode_client_event(event: ClientEvent) -> str:
    """Return the text frame for `event`."""
    match event:
        case SessionUpdate(event_id, settings):
            return json.dumps(
                {
                    "event_id": event_id,
                    "type": "session.update",
                    "session": _settings(settings),
                }
            )
        case AppendAudio(event_id, audio):
            # By hand: base64 needs no escaping, and this is the one hot message.
            encoded = base64.b64encode(audio).decode("ascii")
            return (
                f'{{"event_id":"{event_id}","type":"input_audio_buffer.append",'
                f'"audio":"{encoded}"}}'
            )
        case Commit(event_id):
            return json.dumps(
                {"event_id": event_id, "type": "input_audio_buffer.commit"}
            )
        case Finish(event_id):
            return json.dumps({"event_id": event_id, "type": "session.finish"})
        case _:
            assert_never(event)


def encode_server_event(
    event: ServerEvent, event_id: str, model: str, settings: SessionSettings
) -> Message:
    """Return the message for `event`; `model` and `settings` are the session's."""
    body = _body(event, model, settings)
    if isinstance(event, TranscriptionFailed):
        # The one event that the service sends without a number.
        return body
    return {"event_id": event_id, **body}


def _body(event: ServerEvent, model: str, settings: SessionSettings) -> Message:
    match event:
        case SessionCreated(session_id):
            session = _session(session_id, model, settings)
            return {"type": "session.created", "session": session}
        case SessionUpdated(session_id):
            session = _session(session_id, model, settings)
            return {"type": "session.updated", "session": session}
        case SpeechStarted(item_id, audio_start_ms):
            return {
                "type": "input_audio_buffer.speech_started",
                "audio_start_ms": audio_start_ms,
                "item_id": item_id,
            }
        case SpeechStopped(item_id, audio_end_ms):
            return {
                "type": "input_audio_buffer.speech_stopped",
                "audio_end_ms": audio_end_ms,
                "item_id": item_id,
            }
        case Committed(item_id, previous_item_id):
            return {
                "type": "input_audio_buffer.committed",
                "previous_item_id": previous_item_id,
                "item_id": item_id,
            }
        case ItemCreated(item_id, previous_item_id):
            return {
                "type": "conversation.item.created",
                "previous_item_id": previous_item_id,
                "item": {
                    "id": item_id,
                    "object": "realtime.item",
                    "type": "message",
                    "status": "completed",
                    "role": "user",
                    "content": [{"type": "input_audio", "transcript": None}],
                },
            }
        case InterimTranscript():
            interim = {
                "type": f"{TRANSCRIPTION}.text",
                **_recognized(event),
                "text": event.confirmed,
                "stash": event.draft,
            }
            if event.audio_end_ms is not None:
                interim["audio_end_ms"] = event.audio_end_ms
            if event.unfinished is not None:
                interim["unfinished"] = event.unfinished
            return interim
        case FinalTranscript():
            final = {
                "type": f"{TRANSCRIPTION}.completed",
                **_recognized(event),
                "transcript": event.text,
            }
            if event.billed_seconds is not None:
                final["usage"] = {"duration": int(event.billed_seconds)}
            if event.unfinished is not None:
                final["unfinished"] = event.unfinished
            return final
        case TranscriptionFailed(item_id, code, message):
            return {
                "type": f"{TRANSCRIPTION}.failed",
                "item_id": item_id,
                "content_index": 0,
                "error": {"code": code, "message": message, "param": None},
            }
        case SessionFinished(transcript):
            return {"type": "session.finished", "transcript": transcript}
        case ServerError():
            return {
                "type": "error",
                "error": {
                    "type": event.type,
                    "code": event.code,
                    "message": event.message,
                    "param": event.param,
                    "event_id": event.event_id,
                },
            }
        case _:
            assert_never(event)


def _recognized(event: InterimTranscript | FinalTranscript) -> Message:
    recognized: Message = {"item_id": event.item_id, "content_index": 0}
    if event.language is not None:
        recognized["language"] = event.language
    if event.emotion is not None:
        recognized["emotion"] = event.emotion
    return recognized


def _session(session_id: str, model: str, settings: SessionSettings) -> Message:
    session = _settings(settings)
    session["input_audio_transcription"] = session["input_audio_transcription"] or None
    return {
        "id": session_id,
        "object": "realtime.session",
        "model": model,
        **session,
    }


def _settings(settings: SessionSettings) -> Message:
    transcription: Message = {}
    if settings.language is not None:
        transcription["language"] = settings.language
    if settings.corpus_text is not None:
        transcription["corpus"] = {"text": settings.corpus_text}
    vad = settings.turn_detection
    return {
        "modalities": ["text"],
        "input_audio_format": settings.input_audio_format,
        "sample_rate": settings.sample_rate,
        "input_audio_transcription": transcription,
        # null is manual mode; a missing key would leave the default, which is VAD.
        "turn_detection": None
        if vad is None
        else {
            "type": "server_vad",
            "threshold": vad.threshold,
            "silence_duration_ms": vad.silence_duration_ms,
        },
    }
