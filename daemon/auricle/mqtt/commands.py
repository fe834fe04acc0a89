"""What may be ordered over MQTT: topics and payloads as typed commands."""

import math
from dataclasses import dataclass
from enum import StrEnum

from auricle.mqtt.topics import Action, Setting
from auricle.text import presentable
from auricle.turns.turn import LONGEST_FOLLOW_UP

ALL, OFF = "all", "off"
"""Wake words at once, or none: push to talk only."""
LONGEST_CONTEXT = 255
"""Characters; what a Home Assistant text entity takes."""
LONGEST_VOCABULARY = 20_000
"""Characters; about half of what the recognizer takes."""
THRESHOLD_RANGE = (0.05, 0.99)
FOLLOW_UP_RANGE = (0.0, LONGEST_FOLLOW_UP)


class ListenAction(StrEnum):
    """What push to talk may order: pressed, released, never mind."""

    START = "START"
    STOP = "STOP"
    CANCEL = "CANCEL"


@dataclass(frozen=True, slots=True)
class Listen:
    """Start, end or drop a turn: push to talk."""

    action: ListenAction


@dataclass(frozen=True, slots=True)
class SetMute:
    """Close the microphone, or open it."""

    muted: bool


@dataclass(frozen=True, slots=True)
class SetLanguage:
    """Set the language that is spoken."""

    language: str
    """`auto`, or a code."""


@dataclass(frozen=True, slots=True)
class SetWakeWord:
    """Choose the wake word to listen for."""

    wake_word: str
    """One of the options."""


@dataclass(frozen=True, slots=True)
class SetThreshold:
    """Set how sure of a wake word the satellite has to be, 0.05 to 0.99."""

    threshold: float


@dataclass(frozen=True, slots=True)
class SetContext:
    """Set the words to expect, for this satellite."""

    text: str


@dataclass(frozen=True, slots=True)
class SetContinueConversation:
    """Set whether a turn is followed by another one without a wake word."""

    seconds: float
    """How long to listen again after each final; 0: not at all."""


@dataclass(frozen=True, slots=True)
class SetVocabulary:
    """Set the words to expect, for every satellite of the house."""

    text: str


@dataclass(frozen=True, slots=True)
class Restart:
    """Stop the daemon, which its service starts anew."""


Command = (
    Listen
    | SetMute
    | SetLanguage
    | SetWakeWord
    | SetThreshold
    | SetContext
    | SetContinueConversation
    | SetVocabulary
    | Restart
)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A command means nothing; `why` says what is wrong and repeats nothing of it."""

    what: Setting | Action | None
    """None for the vocabulary, which is not ours alone."""
    why: str


@dataclass(frozen=True, slots=True)
class Options:
    """What the selectable settings may be set to."""

    languages: tuple[str, ...]
    wake_words: tuple[str, ...]


def parse(
    what: Setting | Action, payload: bytes, options: Options
) -> Command | Rejected:
    """Return the command in `payload`, which may be anything."""
    try:
        return _parse(what, _text(payload), options)
    except _UnusableError as error:
        return Rejected(what, str(error))


def parse_vocabulary(payload: bytes) -> SetVocabulary | Rejected:
    """Return the house's words: plain text, separated as its author likes."""
    try:
        return SetVocabulary(_bounded(_text(payload), LONGEST_VOCABULARY))
    except _UnusableError as error:
        return Rejected(None, str(error))


class _UnusableError(Exception):
    pass


def _parse(what: Setting | Action, text: str, options: Options) -> Command:
    match what:
        case Setting.MUTE:
            return SetMute(_option(text, ("ON", "OFF")) == "ON")
        case Setting.LANGUAGE:
            return SetLanguage(_option(text, options.languages))
        case Setting.WAKE_WORD:
            return SetWakeWord(_option(text, options.wake_words))
        case Setting.THRESHOLD:
            return SetThreshold(_number(text, *THRESHOLD_RANGE))
        case Setting.CONTEXT:
            return SetContext(_bounded(text, LONGEST_CONTEXT))
        case Setting.CONTINUE_CONVERSATION:
            return SetContinueConversation(_number(text, *FOLLOW_UP_RANGE))
        case Action.LISTEN:
            return Listen(ListenAction(_option(text, tuple(ListenAction))))
        case Action.RESTART:
            _option(text, ("PRESS",))
            return Restart()


def _text(payload: bytes) -> str:
    try:
        return payload.decode()
    except UnicodeDecodeError:
        raise _UnusableError("it is not UTF-8") from None


def _option(text: str, options: tuple[str, ...]) -> str:
    wanted = text.strip().casefold()
    for option in options:
        if option.casefold() == wanted:
            return option
    raise _UnusableError(f"it is none of {', '.join(options)}")


def _number(text: str, least: float, most: float) -> float:
    try:
        # float() takes the digits of a long text one by one.
        number = float(text[:32])
    except ValueError:
        number = math.nan
    if not least <= number <= most:
        raise _UnusableError(f"it is not a number from {least:g} to {most:g}")
    return number


def _bounded(text: str, longest: int) -> str:
    if len(text) > longest:
        raise _UnusableError(f"it has {len(text)} characters; {longest} are the most")
    return presentable(text, longest)
