"""What a client may ask: from a text frame to a client event, or to an error.

The ranges are those that the service documents; what its clients are known to send
besides is taken without a word.
"""

import base64
import json
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any, TypeGuard

from auricle.asr.events import (
    LANGUAGES,
    MAX_APPEND_BYTES,
    SAMPLE_RATES,
    SILENCE_MS_RANGE,
    THRESHOLD_RANGE,
    AppendAudio,
    ClientEvent,
    Commit,
    Finish,
    ServerError,
    ServerVad,
    SessionSettings,
    SessionUpdate,
)
from auricle.asr.wording import clean, words

_FORMATS = {"pcm": "pcm", "pcm16": "pcm", "opus": "opus"}
_MAX_CORPUS_TOKENS = 10_000
_LONGEST_EVENT_ID = 256
_Json = dict[str, Any]


def read_client_message(
    message: str | bytes,
    settings: SessionSettings,
    languages: Collection[str] = LANGUAGES,
) -> ClientEvent | ServerError:
    """The event in a frame.

    `settings` are what a session.update is merged into, `languages` those of the
    protocol's that can be asked for here.
    """
    if isinstance(message, bytes):
        return invalid("message", "binary frames are not supported: send JSON as text")
    try:
        event = json.loads(message, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return invalid("message", "the message is not valid JSON")
    if not isinstance(event, dict):
        return invalid("message", "the message is not a JSON object")
    event_id = event.get("event_id")
    if not isinstance(event_id, str):
        event_id = ""
    event_id = clean(event_id[:_LONGEST_EVENT_ID])
    try:
        return _read(event, event_id, settings, languages)
    except _InvalidError as error:
        return invalid(error.param, str(error), event_id)


def invalid(param: str | None, message: str, event_id: str = "") -> ServerError:
    """The error for a request that cannot be carried out; the session goes on."""
    return ServerError(
        type="invalid_request_error",
        code="invalid_value",
        message=message,
        param=param,
        event_id=event_id or None,
    )


class _InvalidError(Exception):
    def __init__(self, param: str, message: str) -> None:
        super().__init__(message)
        self.param = param


def _refuse_constant(name: str) -> float:
    # NaN and Infinity are Python's, not JSON's, and pass through every comparison.
    raise ValueError(name)


def _read(
    event: _Json, event_id: str, settings: SessionSettings, languages: Collection[str]
) -> ClientEvent:
    match event.get("type"):
        case "session.update":
            settings = _merged(settings, event.get("session"))
            _check_language(settings.language, languages)
            return SessionUpdate(event_id, settings)
        case "input_audio_buffer.append":
            return AppendAudio(event_id, _audio(event.get("audio")))
        case "input_audio_buffer.commit":
            return Commit(event_id)
        case "session.finish":
            return Finish(event_id)
        case unknown:
            named = f"'{clean(unknown, 64)}'" if isinstance(unknown, str) else "none"
            raise _InvalidError(
                "type",
                f"Invalid value: {named}. Supported values are: 'session.update', "
                "'input_audio_buffer.append', 'input_audio_buffer.commit', "
                "'session.finish'.",
            )


def _audio(audio: object) -> bytes:
    if not isinstance(audio, str):
        raise _InvalidError("audio", "audio must be a base64 string")
    if len(audio) > MAX_APPEND_BYTES:
        raise _InvalidError("audio", "audio must not be longer than 15 MiB")
    try:
        # Padding to spare is the one thing that validation lets pass.
        if len(audio) % 4:
            raise ValueError
        return base64.b64decode(audio, validate=True)
    except ValueError:
        raise _InvalidError("audio", "audio is not valid base64") from None


def _merged(settings: SessionSettings, session: object) -> SessionSettings:
    if not isinstance(session, dict):
        raise _InvalidError("session", "session must be an object")
    for key, read in _FIELDS.items():
        # A missing key leaves things as they are. So does null, but for the one key
        # where null has a meaning.
        if session.get(key) is not None or (key == "turn_detection" and key in session):
            settings = read(settings, session[key])
    return settings


def _with_modalities(settings: SessionSettings, value: object) -> SessionSettings:
    if value != ["text"]:
        raise _InvalidError("session.modalities", "modalities must be ['text']")
    return settings


def _with_format(settings: SessionSettings, value: object) -> SessionSettings:
    if not isinstance(value, str) or value not in _FORMATS:
        raise _InvalidError(
            "session.input_audio_format", "input_audio_format must be 'pcm' or 'opus'"
        )
    return replace(settings, input_audio_format=_FORMATS[value])


def _with_sample_rate(settings: SessionSettings, value: object) -> SessionSettings:
    if not _is_number(value) or value not in SAMPLE_RATES:
        raise _InvalidError("session.sample_rate", "sample_rate must be 16000 or 8000")
    return replace(settings, sample_rate=int(value))


def _with_transcription(settings: SessionSettings, value: object) -> SessionSettings:
    param = "session.input_audio_transcription"
    if not isinstance(value, dict):
        raise _InvalidError(param, "input_audio_transcription must be an object")
    language = value.get("language")
    if language is not None:
        if not isinstance(language, str):
            raise _InvalidError(f"{param}.language", "language must be a string")
        settings = replace(settings, language=language)
    corpus = value.get("corpus")
    if corpus is not None:
        text = corpus.get("text") if isinstance(corpus, dict) else corpus
        if isinstance(corpus, dict) and text is None:
            return settings
        if not isinstance(corpus, dict) or not isinstance(text, str):
            raise _InvalidError(f"{param}.corpus", "corpus.text must be a string")
        if len(words(text)) > _MAX_CORPUS_TOKENS:
            raise _InvalidError(
                f"{param}.corpus.text", "corpus.text must not exceed 10000 tokens"
            )
        settings = replace(settings, corpus_text=text or None)
    return settings


def _check_language(language: str | None, languages: Collection[str]) -> None:
    if language is None or language in languages:
        return
    raise _InvalidError(
        "session.input_audio_transcription.language",
        f"Invalid value: '{clean(language, 64)}'. The speech model of this recognizer "
        f"knows: {', '.join(sorted(languages))}. Leave language out to have it "
        "detected.",
    )


def _with_turn_detection(settings: SessionSettings, value: object) -> SessionSettings:
    param = "session.turn_detection"
    if value is None:
        return replace(settings, turn_detection=None)
    if not isinstance(value, dict):
        raise _InvalidError(param, "turn_detection must be an object or null")
    if value.get("type") != "server_vad":
        raise _InvalidError(f"{param}.type", "type must be 'server_vad'")
    vad = settings.turn_detection or ServerVad()
    threshold = value.get("threshold")
    if threshold is not None:
        low, high = THRESHOLD_RANGE
        if not _is_number(threshold) or not low <= threshold <= high:
            raise _InvalidError(
                f"{param}.threshold", "threshold must be a number from -1 to 1"
            )
        vad = replace(vad, threshold=float(threshold))
    silence_ms = value.get("silence_duration_ms")
    if silence_ms is not None:
        shortest, longest = SILENCE_MS_RANGE
        if not _is_number(silence_ms) or not shortest <= silence_ms <= longest:
            raise _InvalidError(
                f"{param}.silence_duration_ms",
                "silence_duration_ms must be a number from 200 to 6000",
            )
        vad = replace(vad, silence_duration_ms=int(silence_ms))
    return replace(settings, turn_detection=vad)


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


_FIELDS: dict[str, Callable[[SessionSettings, object], SessionSettings]] = {
    "modalities": _with_modalities,
    "input_audio_format": _with_format,
    "sample_rate": _with_sample_rate,
    "input_audio_transcription": _with_transcription,
    "turn_detection": _with_turn_detection,
}
