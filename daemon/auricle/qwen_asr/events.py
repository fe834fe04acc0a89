"""What the messages of the Qwen-ASR-Realtime protocol mean, to both ends.

One JSON object per WebSocket text frame, in both directions. The source is the
service's documentation of client and server events; where its pages differ, the
name used on the wire is taken (`…transcription.text`, not `.delta`).
"""

from dataclasses import dataclass

TRANSCRIPTION = "conversation.item.input_audio_transcription"
"""What the types of the four events that tell of an item's words begin with."""
EMPTY_COMMIT = "Error committing input audio buffer"
"""What the service's message for a commit that finds no audio begins with; the error's
code is not documented.
"""
THROTTLED = "Throttling.RateQuota"
"""The service's code for a client that asks for more than there is."""

LANGUAGES = frozenset(
    {
        *("zh", "yue", "en", "ja", "de", "ko", "ru", "fr", "pt", "ar", "it", "es"),
        *("hi", "id", "th", "tr", "uk", "vi", "cs", "da", "fil", "fi", "is", "ms"),
        *("no", "pl", "sv"),
    }
)
"""The codes that `language` takes."""
EMOTIONS = (
    *("neutral", "happy", "sad", "angry"),
    *("surprised", "fearful", "disgusted"),
)
"""The labels that the service documents."""
OTHER_EMOTION = "other"
"""What decoding makes of any other label: rules can rely on a closed list."""
THRESHOLD_RANGE = (-1.0, 1.0)
"""What `threshold` takes, both ends included."""
SILENCE_MS_RANGE = (200, 6000)
"""What `silence_duration_ms` takes, both ends included."""
FORMATS = ("pcm", "opus")
"""What `input_audio_format` takes."""
SAMPLE_RATES = (16_000, 8_000)
"""What `sample_rate` takes, in Hz."""
LONGEST_UTTERANCE = 60.0
"""Seconds of audio that the service takes in one utterance, in manual mode."""
MAX_APPEND_BYTES = 15 * 1024 * 1024
"""An append's `audio` is no longer than this: 15 MiB of base64."""


@dataclass(frozen=True, slots=True)
class ServerVad:
    """The server decides where an utterance ends, by these two measures.

    `threshold`, from -1 to 1 (THRESHOLD_RANGE), by default 0.2: the lower it is, the
    more sound is taken for speech. The service recommends 0.0.

    `silence_duration_ms`, from 200 to 6000 (SILENCE_MS_RANGE), by default 800: so many
    milliseconds of silence end an utterance. The service recommends 400; fewer may
    split a sentence at a pause, more are slower.
    """

    threshold: float = 0.2
    silence_duration_ms: int = 800


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """What `session.update` asks for; the defaults are the service's.

    `turn_detection`: what the server's VAD goes by; None is manual mode: the client
    commits.

    `language`: one of the 27 codes in LANGUAGES; None lets the service detect it.

    `input_audio_format`: "pcm" (mono, signed 16 bits, little-endian) or "opus" (one
    Ogg-Opus stream).

    `sample_rate`: samples a second on the wire, 16000, or 8000 for telephone sound,
    which the service converts (SAMPLE_RATES).

    `corpus_text`: words to expect, of 10,000 tokens at most (`hints`); on noise the
    service may answer with these very words.
    """

    turn_detection: ServerVad | None = ServerVad()
    language: str | None = None
    input_audio_format: str = "pcm"
    sample_rate: int = 16_000
    corpus_text: str | None = None


# --- client to server ---


@dataclass(frozen=True, slots=True)
class SessionUpdate:
    """The client asks for settings (`session.update`)."""

    event_id: str
    settings: SessionSettings


@dataclass(frozen=True, slots=True)
class AppendAudio:
    """The client sends audio (`input_audio_buffer.append`); nobody answers."""

    event_id: str
    audio: bytes
    """The decoded bytes: PCM in the session's rate, or a piece of its Ogg-Opus stream.
    """


@dataclass(frozen=True, slots=True)
class Commit:
    """The client ends an utterance (`input_audio_buffer.commit`), in manual mode."""

    event_id: str


@dataclass(frozen=True, slots=True)
class Finish:
    """The client sends no more, and waits for the rest (`session.finish`)."""

    event_id: str


ClientEvent = SessionUpdate | AppendAudio | Commit | Finish


# --- server to client ---


@dataclass(frozen=True, slots=True)
class SessionCreated:
    """The session is open, with the default settings (`session.created`)."""

    session_id: str


@dataclass(frozen=True, slots=True)
class SessionUpdated:
    """The settings that were asked for apply (`session.updated`)."""

    session_id: str


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The server hears the beginning of an utterance (`…speech_started`)."""

    item_id: str
    audio_start_ms: int | None
    """Milliseconds of audio since the session's first sample; None: not told."""


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    """The server hears the end of an utterance (`…speech_stopped`)."""

    item_id: str
    audio_end_ms: int | None
    """Milliseconds of audio since the session's first sample; None: not told."""


@dataclass(frozen=True, slots=True)
class Committed:
    """The item has all its audio, and is to be recognized (`…committed`)."""

    item_id: str
    previous_item_id: str | None = None


@dataclass(frozen=True, slots=True)
class ItemCreated:
    """The item is announced (`conversation.item.created`).

    Its status "completed" says nothing of the recognition.
    """

    item_id: str
    previous_item_id: str | None = None


@dataclass(frozen=True, slots=True)
class InterimTranscript:
    """What the item seems to say so far (`…text`). It replaces the item's previous
    one: never append it.
    """

    item_id: str
    confirmed: str
    """`text` on the wire: the prefix that will not change."""
    draft: str
    """`stash` on the wire: the tail that may be rewritten."""
    language: str | None = None
    emotion: str | None = None
    audio_end_ms: int | None = None
    """Milliseconds of the session's audio up to which it was recognized; None where the
    server does not tell. The service does not, and clients of it pass that over."""
    unfinished: bool | None = None
    """Whether whoever said that has stopped in the middle of a sentence; None where the
    server does not tell, as the service does not."""

    @property
    def text(self) -> str:
        """The whole of it, as it stands now."""
        return self.confirmed + self.draft


@dataclass(frozen=True, slots=True)
class FinalTranscript:
    """What the item says, for good (`…completed`). An empty one is noise that was taken
    for speech.
    """

    item_id: str
    text: str
    language: str | None = None
    emotion: str | None = None
    billed_seconds: float | None = None
    """What the service counts of the item's audio; None where it does not tell."""
    unfinished: bool | None = None
    """Whether whoever said it has stopped in the middle of a sentence; None where the
    server does not tell, as the service does not."""


@dataclass(frozen=True, slots=True)
class TranscriptionFailed:
    """The item could not be recognized (`…failed`); the session goes on."""

    item_id: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class SessionFinished:
    """All is said (`session.finished`): only after `session.finish`, and last."""

    transcript: str = ""
    """All finals of the session once more."""


@dataclass(frozen=True, slots=True)
class ServerError:
    """The server refuses a client's event, or has a fault of its own (`error`)."""

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
