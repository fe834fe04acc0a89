"""From a text frame to what the client asks, or to the error that answers it.

The ranges are those that the service documents; what its clients are known to send
besides is taken without a word.
"""

import base64
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeGuard

from auricle.qwen_asr.events import (
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
from auricle.qwen_asr.hints import MOST_TOKENS
from auricle.qwen_asr.wording import words
from auricle.text import clean

# An append is one long value. Of many short ones Python makes thirty times their size,
# and does nothing else meanwhile, in whatever thread. The longest list of words to
# expect, which may hold commas, is shorter.
_LONG = 1024 * 1024
_MOST_VALUES = 1000
_FORMATS = {"pcm": "pcm", "pcm16": "pcm", "opus": "opus"}
_LONGEST_EVENT_ID = 256
_DEFAULTS = SessionSettings()
_DEFAULT_VAD = ServerVad()
_Json = dict[str, Any]
_Take = Callable[[object, str], None]
"""Takes a value, and the path of its field; raises _InvalidError."""


@dataclass(frozen=True, slots=True)
class PartialUpdate:
    """Some fields of this session.update are refused; the others apply.

    The service's documentation has an error for such an update, and nothing on the
    fields beside. Its SDK tells of the error and goes on: a client that asked for
    manual mode and for a language in vain would find its commits refused as well.
    """

    update: SessionUpdate
    refused: tuple[ServerError, ...]


def read_client_message(
    message: str | bytes,
    settings: SessionSettings,
    languages: Collection[str] = LANGUAGES,
    who_knows_others: str = "",
) -> ClientEvent | PartialUpdate | ServerError:
    """Return the event in a frame, or what is wrong with it.

    `settings` are what a session.update is merged into, `languages` those of the
    protocol's that can be asked for here. `who_knows_others` is a sentence for who asks
    for one that cannot.
    """
    if isinstance(message, bytes):
        return invalid("message", "binary frames are not supported: send JSON as text")
    if len(message) > _LONG and sum(map(message.count, "[{,")) > _MOST_VALUES:
        return invalid("message", "the message holds too many values")
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
        return _read(event, event_id, _Update(settings, languages, who_knows_others))
    except _InvalidError as error:
        return invalid(error.param, str(error), event_id)


def invalid(param: str | None, message: str, event_id: str = "") -> ServerError:
    """Return the error for a request that cannot be carried out.

    The session goes on.
    """
    return ServerError(
        type="invalid_request_error",
        code="invalid_value",
        message=message,
        param=param,
        event_id=event_id or None,
    )


def refused_field(param: str, message: str, event_id: str) -> ServerError:
    """Return the error for one field of a session.update whose other fields apply."""
    note = "The other fields of this session.update apply."
    return invalid(param, f"{message.removesuffix('.')}. {note}", event_id)


class _InvalidError(Exception):
    def __init__(self, param: str, message: str) -> None:
        super().__init__(message)
        self.param = param


def _refuse_constant(name: str) -> float:
    # NaN and Infinity are Python's, not JSON's, and pass through every comparison.
    raise ValueError(name)


def _read(
    event: _Json, event_id: str, update: "_Update"
) -> ClientEvent | PartialUpdate:
    match event.get("type"):
        case "session.update":
            update.session(event.get("session"))
            wanted = SessionUpdate(event_id, update.settings)
            refused = tuple(
                refused_field(error.param, str(error), event_id)
                for error in update.refused
            )
            return PartialUpdate(wanted, refused) if refused else wanted
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


class _Update:
    """Takes a session.update field by field, and refuses it field by field.

    A key that is missing leaves things as they are; null sets them back to what applies
    by default, except that `turn_detection` null is manual mode.
    """

    def __init__(
        self,
        settings: SessionSettings,
        languages: Collection[str],
        who_knows_others: str,
    ) -> None:
        self.settings = settings
        self.refused: list[_InvalidError] = []
        self._languages = languages
        self._who_knows_others = who_knows_others

    def session(self, requested: object) -> None:
        """Raises _InvalidError where it is no session at all."""
        if not isinstance(requested, dict):
            raise _InvalidError("session", "session must be an object")
        self._each(
            requested,
            "session",
            {
                "modalities": self._modalities,
                "input_audio_format": self._format,
                "sample_rate": self._sample_rate,
                "input_audio_transcription": self._transcription,
                "turn_detection": self._turn_detection,
            },
        )

    def _each(self, requested: _Json, path: str, fields: Mapping[str, _Take]) -> None:
        for key, take in fields.items():
            if key in requested:
                try:
                    take(requested[key], f"{path}.{key}")
                except _InvalidError as error:
                    self.refused.append(error)

    def _modalities(self, value: object, param: str) -> None:
        if value is not None and value != ["text"]:
            raise _InvalidError(param, "modalities must be ['text']")

    def _format(self, value: object, param: str) -> None:
        value = _DEFAULTS.input_audio_format if value is None else value
        if not isinstance(value, str) or value not in _FORMATS:
            raise _InvalidError(param, "input_audio_format must be 'pcm' or 'opus'")
        self.settings = replace(self.settings, input_audio_format=_FORMATS[value])

    def _sample_rate(self, value: object, param: str) -> None:
        value = _DEFAULTS.sample_rate if value is None else value
        if not _is_number(value) or value not in SAMPLE_RATES:
            raise _InvalidError(param, "sample_rate must be 16000 or 8000")
        self.settings = replace(self.settings, sample_rate=int(value))

    def _transcription(self, value: object, param: str) -> None:
        if value is None:
            value = {"language": None, "corpus": None}
        if not isinstance(value, dict):
            raise _InvalidError(param, "input_audio_transcription must be an object")
        fields = {"language": self._language, "corpus": self._corpus}
        self._each(value, param, fields)

    def _language(self, value: object, param: str) -> None:
        if value is not None and not isinstance(value, str):
            raise _InvalidError(param, "language must be a string")
        if value is not None and value not in self._languages:
            raise _InvalidError(
                param,
                f"Invalid value: '{clean(value, 64)}'. The speech model of this "
                f"recognizer knows: {', '.join(sorted(self._languages))}. Leave "
                f"language out to have it detected. {self._who_knows_others}".rstrip(),
            )
        self.settings = replace(self.settings, language=value)

    def _corpus(self, value: object, param: str) -> None:
        if value is None:
            value = {"text": None}
        if not isinstance(value, dict):
            raise _InvalidError(param, "corpus must be an object")
        self._each(value, param, {"text": self._corpus_text})

    def _corpus_text(self, value: object, param: str) -> None:
        if value is not None and not isinstance(value, str):
            raise _InvalidError(param, "corpus.text must be a string")
        # No word has less than a token: what the service takes is never refused.
        if value is not None and len(words(value)) > MOST_TOKENS:
            raise _InvalidError(param, "corpus.text must not exceed 10000 tokens")
        # Cut in JavaScript, it may end in half a character, which no engine reads.
        text = (value or "").encode(errors="ignore").decode()
        self.settings = replace(self.settings, corpus_text=text or None)

    def _turn_detection(self, value: object, param: str) -> None:
        if value is None:
            self.settings = replace(self.settings, turn_detection=None)
            return
        if not isinstance(value, dict):
            raise _InvalidError(param, "turn_detection must be an object or null")
        if value.get("type") != "server_vad":
            raise _InvalidError(f"{param}.type", "type must be 'server_vad'")
        self._set_vad(self.settings.turn_detection or _DEFAULT_VAD)
        fields = {
            "threshold": self._threshold,
            "silence_duration_ms": self._silence_duration,
        }
        self._each(value, param, fields)

    def _threshold(self, value: object, param: str) -> None:
        value = _DEFAULT_VAD.threshold if value is None else value
        low, high = THRESHOLD_RANGE
        if not _is_number(value) or not low <= value <= high:
            raise _InvalidError(param, "threshold must be a number from -1 to 1")
        self._set_vad(replace(self._vad, threshold=float(value)))

    def _silence_duration(self, value: object, param: str) -> None:
        value = _DEFAULT_VAD.silence_duration_ms if value is None else value
        shortest, longest = SILENCE_MS_RANGE
        if not _is_number(value) or not shortest <= value <= longest:
            raise _InvalidError(
                param, "silence_duration_ms must be a number from 200 to 6000"
            )
        self._set_vad(replace(self._vad, silence_duration_ms=int(value)))

    @property
    def _vad(self) -> ServerVad:
        assert self.settings.turn_detection is not None
        return self.settings.turn_detection

    def _set_vad(self, vad: ServerVad) -> None:
        self.settings = replace(self.settings, turn_detection=vad)


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
