"""What may be ordered over MQTT: topics and payloads as typed commands."""

import math
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from auricle.mqtt.playing import UnusableError, parse_play, parse_timer
from auricle.mqtt.settings import (
    DESCRIPTIONS,
    Choice,
    Number,
    Options,
    Setting,
    Switch,
    Text,
    Value,
    Word,
)
from auricle.mqtt.topics import Action
from auricle.text import presentable
from auricle.turns.sounds import PlayOrder, TimerChanged

LONGEST_SPEECH = 3_000
"""The most characters of a text that is spoken: some minutes."""
LONGEST_VOCABULARY = 20_000
"""The most characters; about half of what the recognizer takes."""


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
class Change:
    """Set a setting to something that its description allows."""

    setting: Setting
    value: Value


@dataclass(frozen=True, slots=True)
class SetVocabulary:
    """Set the words to expect, for every satellite of the house."""

    text: str
    left_out: int = 0
    """The characters that were too many."""


@dataclass(frozen=True, slots=True)
class Restart:
    """Stop the daemon, which its service starts anew."""


@dataclass(frozen=True, slots=True)
class Speak:
    """Say a text, which is empty where there is nothing to say."""

    text: str


Command = Listen | Change | SetVocabulary | Restart | PlayOrder | TimerChanged


@dataclass(frozen=True, slots=True)
class Rejected:
    """A command means nothing; `why` says what is wrong and repeats nothing of it."""

    what: Setting | Action | None
    """The setting or action that it was sent to; None for the vocabulary, which is not
    ours alone."""
    why: str


def parse(
    what: Setting | Action, payload: bytes, options: Options
) -> Command | Speak | Rejected:
    """Return the command in `payload`, which may be anything."""
    try:
        match what:
            case Action.PLAY:
                return parse_play(payload)
            case Action.TIMER:
                return parse_timer(payload)
            case Action.SPEAK:
                return Speak(_bounded(_text(payload), LONGEST_SPEECH))
            case _:
                return _parse(what, _text(payload), options)
    except UnusableError as error:
        return Rejected(what, str(error))


def parse_vocabulary(payload: bytes) -> SetVocabulary | Rejected:
    """Return the house's words: plain text, separated as its author likes.

    Of too many, the first are kept, up to the last separator.
    """
    try:
        text = _text(payload)
        kept = _first_words(text, LONGEST_VOCABULARY)
    except UnusableError as error:
        return Rejected(None, str(error))
    return SetVocabulary(presentable(kept, LONGEST_VOCABULARY), len(text) - len(kept))


def _parse(
    what: Setting | Literal[Action.LISTEN, Action.RESTART], text: str, options: Options
) -> Command:
    match what:
        case Action.LISTEN:
            return Listen(ListenAction(_option(text, tuple(ListenAction))))
        case Action.RESTART:
            _option(text, ("PRESS",))
            return Restart()
        case setting:
            return Change(setting, _value(setting, text, options))


def _value(setting: Setting, text: str, options: Options) -> Value:
    match DESCRIPTIONS[setting].values:
        case Switch():
            return _option(text, ("ON", "OFF")) == "ON"
        case Choice(among):
            return _option(text, among(options))
        case Number(least, most):
            return _number(text, least, most)
        case Text(longest):
            return _bounded(text, longest)
        case Word(longest):
            return _word(text, longest)


def _text(payload: bytes) -> str:
    try:
        return payload.decode()
    except UnicodeDecodeError:
        raise UnusableError("it is not UTF-8") from None


def _option(text: str, options: tuple[str, ...]) -> str:
    wanted = text.strip().casefold()
    for option in options:
        if option.casefold() == wanted:
            return option
    raise UnusableError(f"it is none of {', '.join(options)}")


def _number(text: str, least: float, most: float) -> float:
    try:
        # float() takes the digits of a long text one by one.
        number = float(text[:32])
    except ValueError:
        number = math.nan
    if not least <= number <= most:
        raise UnusableError(f"it is not a number from {least:g} to {most:g}")
    return number


def _word(text: str, longest: int) -> str:
    word = text.strip().lower()
    if len(word) > longest or not re.fullmatch(r"[a-z0-9_]*", word):
        raise UnusableError(
            f"it is no word of at most {longest} letters without accents, digits and _"
        )
    return word


def _first_words(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    # A name that is cut off would be expected as it is.
    end = max(text.rfind(separator, 0, longest + 1) for separator in ",;\n")
    return text[:end] if end > 0 else _bounded(text, longest)


def _bounded(text: str, longest: int) -> str:
    if len(text) > longest:
        raise UnusableError(f"it has {len(text)} characters; {longest} are the most")
    return presentable(text, longest)
