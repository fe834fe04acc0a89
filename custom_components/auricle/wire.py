"""What a satellite and Home Assistant tell each other over MQTT, as plain values.

Nothing here knows Home Assistant: messages in, values out, and the other way round.
Every function that reads raises ValueError for what is no such message.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SCHEMA = 1
"""The newest `satellite` message that is understood."""

Payload = str | bytes | bytearray
"""As a broker's client hands it over."""

PLAYS = "play"
TIMES = "timers"

ONLINE = "online"
WAKE_WORD_OFF = "off"
ALL_WAKE_WORDS = "all"
# A broker drops what is larger than a client allows, and tells nobody.
CHUNK = 16_384
"""How many bytes of sound go into one message."""

_NEUTRAL = ("neutral", "other")


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics of one satellite, whose `root` is all that they have in common."""

    root: str

    @property
    def satellite(self) -> str:
        """What the satellite is; retained."""
        return f"{self.root}/satellite"

    @property
    def availability(self) -> str:
        """Whether it is there; retained."""
        return f"{self.root}/availability"

    @property
    def state(self) -> str:
        """What it does now; retained."""
        return f"{self.root}/state"

    @property
    def wake_word(self) -> str:
        """What wakes it; retained."""
        return f"{self.root}/wake_word"

    @property
    def group(self) -> str:
        """Whom it agrees with on who answers; retained."""
        return f"{self.root}/group"

    @property
    def wake(self) -> str:
        """A turn began."""
        return f"{self.root}/event/wake"

    @property
    def utterance(self) -> str:
        """A turn ended, whichever way."""
        return f"{self.root}/event/utterance"

    @property
    def play(self) -> str:
        """What became of a sound."""
        return f"{self.root}/play"

    def command(self, name: str) -> str:
        """Return the topic where the satellite is told to do something."""
        return f"{self.root}/{name}/set"


@dataclass(frozen=True, slots=True)
class WakeWord:
    """One that the satellite can listen for."""

    id: str
    phrase: str
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Satellite:
    """What a satellite says of itself."""

    device: str
    """Its device's identifier in Home Assistant's MQTT integration."""
    name: str
    version: str
    wake_words: tuple[WakeWord, ...]
    max_active_wake_words: int
    features: frozenset[str]

    @property
    def plays(self) -> bool:
        """Whether it has a loudspeaker."""
        return PLAYS in self.features

    def phrase(self, wake_word: str | None) -> str | None:
        """Return the words that stand for a wake word's id."""
        return next((w.phrase for w in self.wake_words if w.id == wake_word), wake_word)


def satellite(payload: Payload) -> Satellite:
    """Read a `satellite` message."""
    said = _object(payload)
    schema = _count(said, "schema")
    if schema > SCHEMA:
        raise NewerSatelliteError(f"schema {schema} is newer than {SCHEMA}")
    return Satellite(
        device=_text(said, "device"),
        name=_text(said, "name"),
        version=_text(said, "version", ""),
        wake_words=tuple(_wake_word(each) for each in _list(said, "wake_words")),
        max_active_wake_words=_count(said, "max_active_wake_words", 1),
        features=frozenset(_texts(said, "features")),
    )


class NewerSatelliteError(ValueError):
    """A satellite whose messages only a later integration understands."""


@dataclass(frozen=True, slots=True)
class Wake:
    """A turn began."""

    turn: str
    wake_word: str | None
    """None where a button was pressed, or it listens again by itself."""


def wake(payload: Payload) -> Wake:
    """Read an `event/wake` message."""
    said = _object(payload)
    word = said.get("wake_word")
    return Wake(_text(said, "turn"), word if isinstance(word, str) else None)


@dataclass(frozen=True, slots=True)
class Utterance:
    """A turn ended."""

    outcome: str
    """`transcript`, `no_speech`, `cancelled`, `yielded` to another satellite that
    answers, or `error`."""
    turn: str
    text: str | None
    """What was said; None where nothing was, or the satellite publishes no words."""
    language: str | None
    emotion: str | None
    stands_in_for: str | None = None
    """The turn of another satellite that heard the same, and seemed to be gone."""

    @property
    def turns(self) -> tuple[str, ...]:
        """The ids by which others that tell of the same words may know them."""
        if self.stands_in_for is None:
            return (self.turn,)
        return self.turn, self.stands_in_for

    @property
    def mood(self) -> str | None:
        """A sentence for an agent that reads along, where there is something to say."""
        if self.emotion is None or self.emotion in _NEUTRAL:
            return None
        return f"The speaker sounds {self.emotion}."


def utterance(payload: Payload) -> Utterance:
    """Read an `event/utterance` message."""
    said = _object(payload)
    outcome = _text(said, "event_type")
    text, language, emotion = (
        value if isinstance(value, str) and outcome == "transcript" else None
        for value in (said.get("text"), said.get("language"), said.get("emotion"))
    )
    first = said.get("stands_in_for")
    return Utterance(
        outcome,
        _text(said, "turn"),
        text,
        language or None,
        emotion,
        first if isinstance(first, str) else None,
    )


def group(payload: Payload) -> str | None:
    """Read a `group` message; None where the satellite answers on its own."""
    return _text(_object(payload), "value", "") or None


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a sound."""

    id: str
    state: str
    """`started`, or how it ended: `finished`, `cancelled` or `failed`."""
    reason: str | None = None

    @property
    def over(self) -> bool:
        """Whether no more is heard of it."""
        return self.state in ("finished", "cancelled", "failed")


def report(payload: Payload) -> Report:
    """Read a `play` message."""
    said = _object(payload)
    reason = said.get("reason")
    return Report(
        # What was sent may have named no sound.
        _text(said, "id") if said.get("id") is not None else "",
        _text(said, "state"),
        reason if isinstance(reason, str) else None,
    )


# --- what the satellite is told ---


def sound_message(header: Mapping[str, Any], pcm: bytes = b"") -> bytes:
    """Return one message of `play/set`: a line that says what it is, and sound."""
    line = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    return line + b"\n" + pcm if pcm else line


def error_message(error: str) -> bytes:
    """Return the message that makes the satellite tell the room of an error."""
    return sound_message({"id": None, "error": error})


# --- reading ---


def _object(payload: Payload) -> dict[str, Any]:
    try:
        said = json.loads(payload)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(said, dict):
        raise ValueError("it is no JSON object")
    return said


def _text(said: Mapping[str, Any], key: str, default: str | None = None) -> str:
    value = said.get(key, default)
    if not isinstance(value, str) or (not value and default is None):
        raise ValueError(f"it has no {key}")
    return value


def _count(said: Mapping[str, Any], key: str, default: int = 0) -> int:
    value = said.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"it has no {key}")
    return value


def _list(said: Mapping[str, Any], key: str) -> list[Any]:
    value = said.get(key, [])
    if not isinstance(value, list):
        raise ValueError(f"its {key} are no list")
    return value


def _texts(said: Mapping[str, Any], key: str) -> tuple[str, ...]:
    values = _list(said, key)
    if not all(isinstance(value, str) for value in values):
        raise ValueError(f"its {key} are no texts")
    return tuple(values)


def _wake_word(said: Any) -> WakeWord:
    if not isinstance(said, dict):
        raise ValueError("a wake word is no object")
    return WakeWord(
        _text(said, "id"), _text(said, "wake_word"), _texts(said, "languages")
    )
