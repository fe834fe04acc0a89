"""The messages of the Qwen-ASR-Realtime protocol, as both ends see them.

One JSON object per WebSocket text frame, in both directions. The source is the
service's documentation of client and server events; where its pages differ, the
name used on the wire is taken (`…transcription.text`, not `.delta`).
"""

import base64
import json
from dataclasses import dataclass
from typing import Any

TRANSCRIPTION = "conversation.item.input_audio_transcription"

LANGUAGES = frozenset(
    {
        *("zh", "yue", "en", "ja", "de", "ko", "ru", "fr", "pt", "ar", "it", "es"),
        *("hi", "id", "th", "tr", "uk", "vi", "cs", "da", "fil", "fi", "is", "ms"),
        *("no", "pl", "sv"),
    }
)
EMOTIONS = frozenset(
    {"surprised", "neutral", "happy", "sad", "disgusted", "angry", "fearful"}
)
THRESHOLD_RANGE = (-1.0, 1.0)
SILENCE_MS_RANGE = (200, 6000)
SAMPLE_RATES = (16_000, 8_000)
MAX_APPEND_BYTES = 15 * 1024 * 1024
"""The longest `audio` string of one append: 15 MiB of base64."""


@dataclass(frozen=True, slots=True)
class ServerVad:
    """The server decides the end of the utterance."""

    threshold: float = 0.2
    """-1 to 1; lower hears more as speech."""
    silence_duration_ms: int = 800
    """200 to 6000: silence that ends an utterance."""


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """What `session.update` asks for."""

    turn_detection: ServerVad | None = ServerVad()
    """None is manual mode: the client commits."""
    language: str | None = None
    """One of LANGUAGES; None lets the service detect it."""
    input_audio_format: str = "pcm"
    sample_rate: int = 16_000
    corpus_text: str | None = None
    """Words to expect; on noise the service may answer with these very words."""


# --- client to server ---


@dataclass(frozen=True, slots=True)
class SessionUpdate:
    event_id: str
    settings: SessionSettings


@dataclass(frozen=True, slots=True)
class AppendAudio:
    event_id: str
    audio: bytes
    """Decoded; PCM in the session's rate, or a piece of its Ogg-Opus stream."""


@dataclass(frozen=True, slots=True)
class Commit:
    event_id: str


@dataclass(frozen=True, slots=True)
class Finish:
    event_id: str


ClientEvent = SessionUpdate | AppendAudio | Commit | Finish


# --- server to client ---


@dataclass(frozen=True, slots=True)
class SessionCreated:
    session_id: str


@dataclass(frozen=True, slots=True)
class SessionUpdated:
    session_id: str


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    item_id: str
    audio_start_ms: int | None
    """Milliseconds of audio since the session's first sample; None: not told."""


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    item_id: str
    audio_end_ms: int | None


@dataclass(frozen=True, slots=True)
class Committed:
    item_id: str
    previous_item_id: str | None = None


@dataclass(frozen=True, slots=True)
class ItemCreated:
    """The item is announced; its status "completed" says nothing of recognition."""

    item_id: str
    previous_item_id: str | None = None


@dataclass(frozen=True, slots=True)
class InterimTranscript:
    """Replaces the item's previous one: never append."""

    item_id: str
    confirmed: str
    """`text` on the wire: the prefix that will not change."""
    draft: str
    """`stash` on the wire: the tail that may be rewritten."""
    language: str | None = None
    emotion: str | None = None

    @property
    def text(self) -> str:
        return self.confirmed + self.draft


@dataclass(frozen=True, slots=True)
class FinalTranscript:
    """The item's final; an empty one is noise that was taken for speech."""

    item_id: str
    text: str
    language: str | None = None
    emotion: str | None = None
    billed_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class TranscriptionFailed:
    """This item failed; the session goes on."""

    item_id: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class SessionFinished:
    """Only after `session.finish`, and last."""

    transcript: str = ""
    """All finals of the session once more."""


@dataclass(frozen=True, slots=True)
class ServerError:
    """An `error` event."""

    type: str
    code: str
    message: str
    param: str | None = None
    event_id: str | None = None
    """The client event that caused it."""


ServerEvent = (
    SessionCreated
    | SessionUpdated
    | SpeechStarted
    | SpeechStopped
    | Committed
    | ItemCreated
    | InterimTranscript
    | FinalTranscript
    | TranscriptionFailed
    | SessionFinished
    | ServerError
)


def encode_client_event(event: ClientEvent) -> str:
    """The text frame for `event`."""
    match event:
        case SessionUpdate(event_id, settings):
            return json.dumps(
                {
                    "event_id": event_id,
                    "type": "session.update",
                    "session": _session_as_json(settings),
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


def _session_as_json(settings: SessionSettings) -> dict[str, Any]:
    transcription: dict[str, Any] = {}
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
