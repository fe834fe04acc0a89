"""What is said of sounds and timers over MQTT: payloads as facts.

A message about a sound is a line of JSON; behind the line break, where there is one,
come the bytes of the sound as they are.
"""

import json
from enum import StrEnum
from typing import Any, TypeVar

from auricle.audio.playing import MOST_PLAYED_CHANNELS, PLAYED_RATES, SoundFormat
from auricle.text import presentable
from auricle.turns.sounds import (
    AnswerFailed,
    PlayOrder,
    SoundArrived,
    SoundCancelRequested,
    SoundKind,
    SoundOpening,
    SoundUnusable,
    Then,
    TimerChange,
    TimerChanged,
)

LONGEST_ID = 64
LONGEST_HEADER = 4_096
"""Bytes of JSON in front of the sound, and of a timer's message."""
LONGEST_NAME = 255
LONGEST_TIMER = 10 * 366 * 86_400.0
_LONGEST_ERROR = 64
_MOST_CHUNKS = 1_000_000
_WIDTH = 2

_Option = TypeVar("_Option", bound=StrEnum)


class UnusableError(Exception):
    """A message means nothing; the text says what is wrong and repeats nothing."""


def parse_play(payload: bytes) -> PlayOrder:
    """Return what a message about a sound says.

    Raises UnusableError where it does not even say which sound it is about.
    """
    line, _, pcm = payload.partition(b"\n")
    header = _object(line)
    if "error" in header:
        return AnswerFailed(_error(header["error"]))
    if header.get("cancel") is True:
        named = header.get("id")
        return SoundCancelRequested(None if named is None else _id(named))
    sound_id = _id(header.get("id"))
    try:
        return _chunk(sound_id, header, pcm)
    except UnusableError:
        return SoundUnusable(sound_id)


def parse_timer(payload: bytes) -> TimerChanged:
    """Return what became of a timer. Raises UnusableError."""
    facts = _object(payload)
    name, active = facts.get("name"), facts.get("active", True)
    if not isinstance(name, str | None):
        raise UnusableError("its name is no text")
    if not isinstance(active, bool):
        raise UnusableError("active is neither true nor false")
    return TimerChanged(
        _option(TimerChange, facts.get("event"), "event"),
        _id(facts.get("id")),
        presentable(name or "", LONGEST_NAME),
        _seconds(facts.get("seconds", 0)),
        _seconds(facts.get("seconds_left", 0)),
        active,
    )


def _chunk(sound_id: str, header: dict[str, Any], pcm: bytes) -> SoundArrived:
    seq = _whole_number(header.get("seq"), 0, _MOST_CHUNKS)
    then = None
    if header.get("last", False) is not False:
        _require(header["last"] is True, "last is neither true nor false")
        then = _option(Then, header.get("then", "idle"), "then")
    opening = _opening(header) if seq == 0 else None
    return SoundArrived(sound_id, seq, pcm, opening, then)


def _opening(header: dict[str, Any]) -> SoundOpening:
    kind = _option(SoundKind, header.get("kind"), "kind")
    _require(header.get("width", _WIDTH) == _WIDTH, "its samples have not 16 bits")
    rate = _whole_number(header.get("rate"), *PLAYED_RATES)
    channels = _whole_number(header.get("channels", 1), 1, MOST_PLAYED_CHANNELS)
    turn = header.get("turn")
    return SoundOpening(
        kind, SoundFormat(rate, channels), None if turn is None else _id(turn)
    )


def _object(line: bytes) -> dict[str, Any]:
    _require(len(line) <= LONGEST_HEADER, "its first line is too long")
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise UnusableError("its first line is no JSON object")
    return found


def _id(value: object) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= LONGEST_ID:
        raise UnusableError(f"its id is no text of 1 to {LONGEST_ID} characters")
    if not value.isprintable() or any(map(str.isspace, value)):
        raise UnusableError("its id holds a space, or what cannot be printed")
    return value


def _error(value: object) -> str:
    return presentable(value, _LONGEST_ERROR) if isinstance(value, str) else ""


def _option(options: type[_Option], value: object, called: str) -> _Option:
    for option in options:
        if option.value == value:
            return option
    raise UnusableError(f"{called} is none of {', '.join(options)}")


def _whole_number(value: object, least: int, most: int) -> int:
    # True and False are numbers to Python.
    if not isinstance(value, int) or isinstance(value, bool):
        raise UnusableError("a number is missing")
    _require(least <= value <= most, f"a number is not from {least} to {most}")
    return value


def _seconds(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise UnusableError("its seconds are no number")
    _require(0 <= value <= LONGEST_TIMER, "its seconds are no duration")
    return float(value)


def _require(condition: object, otherwise: str) -> None:
    if not condition:
        raise UnusableError(otherwise)
