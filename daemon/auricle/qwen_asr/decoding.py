"""From a text frame to a server event, whatever the server sent.

Servers of this protocol differ in what they leave out, and a hostile one may send
anything: what cannot be understood is None, and no frame raises.
"""

import json
import math
from dataclasses import dataclass
from typing import Any

from auricle.qwen_asr.events import (
    EMOTIONS,
    OTHER_EMOTION,
    TRANSCRIPTION,
    Committed,
    FinalTranscript,
    InterimTranscript,
    ItemCreated,
    ServerError,
    ServerEvent,
    SessionCreated,
    SessionFinished,
    SessionUpdated,
    SpeechStarted,
    SpeechStopped,
    TranscriptionFailed,
)
from auricle.qwen_asr.wording import language_label
from auricle.text import LONGEST_TRANSCRIPT, LONGEST_WHOLE, clean

_LONGEST_ID = 256
_LONGEST_MESSAGE = 500
_Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class InterimDelta:
    """A server of the `.delta` dialect sends the next piece of the item's interim
    transcript.
    """

    item_id: str
    delta: str
    language: str | None
    emotion: str | None


def decode_server_event(message: str | bytes) -> ServerEvent | InterimDelta | None:
    """Return the event in a frame, or None where it cannot be understood.

    Its `item_id` is empty where the server left it out.
    """
    if isinstance(message, bytes):
        return None
    try:
        event = json.loads(message)
    except (ValueError, RecursionError):
        return None
    if not isinstance(event, dict):
        return None
    return _decode(event)


def _decode(event: _Json) -> ServerEvent | InterimDelta | None:
    match event.get("type"):
        case "session.created":
            return SessionCreated(_text(_object(event, "session"), "id"))
        case "session.updated":
            return SessionUpdated(_text(_object(event, "session"), "id"))
        case "session.finished":
            whole = clean(_string(event, "transcript"), LONGEST_WHOLE)
            return SessionFinished(whole.strip())
        case "input_audio_buffer.speech_started":
            return SpeechStarted(
                _item_id(event), _milliseconds(event, "audio_start_ms")
            )
        case "input_audio_buffer.speech_stopped":
            return SpeechStopped(_item_id(event), _milliseconds(event, "audio_end_ms"))
        case "input_audio_buffer.committed":
            return Committed(_item_id(event), _text(event, "previous_item_id") or None)
        case "conversation.item.created":
            item_id = _text(_object(event, "item"), "id") or _item_id(event)
            return ItemCreated(item_id, _text(event, "previous_item_id") or None)
        # `.delta` is what one of the documentation's pages calls it.
        case str(name) if name in (f"{TRANSCRIPTION}.text", f"{TRANSCRIPTION}.delta"):
            return _interim(event)
        case str(name) if name == f"{TRANSCRIPTION}.completed":
            return FinalTranscript(
                _item_id(event),
                clean(_string(event, "transcript")).strip(),
                language_label(event.get("language")),
                _emotion(event),
                _number(_object(event, "usage"), "duration"),
                _flag(event, "unfinished"),
            )
        case str(name) if name == f"{TRANSCRIPTION}.failed":
            error = _object(event, "error")
            return TranscriptionFailed(
                _item_id(event), _text(error, "code"), _message(error)
            )
        case "error":
            return _error(event)
        case _:
            return None


def _interim(event: _Json) -> InterimTranscript | InterimDelta | None:
    item_id, language = _item_id(event), language_label(event.get("language"))
    if "text" in event or "stash" in event:
        confirmed = clean(_string(event, "text"))
        draft = clean(_string(event, "stash"), LONGEST_TRANSCRIPT - len(confirmed))
        return InterimTranscript(
            item_id,
            confirmed,
            draft,
            language,
            _emotion(event),
            _milliseconds(event, "audio_end_ms"),
            _flag(event, "unfinished"),
        )
    delta = clean(_string(event, "delta"))
    if not delta:
        return None
    return InterimDelta(item_id, delta, language, _emotion(event))


def _error(event: _Json) -> ServerError:
    error = _object(event, "error") or event
    nested = error is not event
    return ServerError(
        type=_text(error, "type") if nested else "",
        code=_text(error, "code"),
        message=_message(error) or clean(_string(event, "error"), _LONGEST_MESSAGE),
        param=_text(error, "param") or None,
        # At the top level it is the server's own event that is numbered.
        event_id=_text(error, "event_id") or None if nested else None,
    )


def _object(event: _Json, key: str) -> _Json:
    value = event.get(key)
    return value if isinstance(value, dict) else {}


def _string(event: _Json, key: str) -> str:
    value = event.get(key)
    return value if isinstance(value, str) else ""


def _text(event: _Json, key: str) -> str:
    """An identifier or code: one over-long is as good as none."""
    value = _string(event, key)
    return clean(value) if len(value) <= _LONGEST_ID else ""


def _item_id(event: _Json) -> str:
    return _text(event, "item_id")


def _message(error: _Json) -> str:
    return clean(_string(error, "message"), _LONGEST_MESSAGE)


def _emotion(event: _Json) -> str | None:
    label = event.get("emotion")
    if not isinstance(label, str) or not label.strip():
        return None
    label = label.strip().lower()
    return label if label in EMOTIONS else OTHER_EMOTION


def _flag(event: _Json, key: str) -> bool | None:
    value = event.get(key)
    return value if isinstance(value, bool) else None


def _number(event: _Json, key: str) -> float | None:
    value = event.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # An integer may be longer than any float.
    if not 0 <= value <= 2**53 or math.isnan(value):
        return None
    return float(value)


def _milliseconds(event: _Json, key: str) -> int | None:
    number = _number(event, key)
    return None if number is None else int(number)
