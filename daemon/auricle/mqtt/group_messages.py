"""What the satellites of a group tell each other over MQTT: payloads as facts.

Beside what is said of a wake word, there is who is there at all, and what has become
of commands:

| kind | says |
|---|---|
| `here` | the sender is one of the group |
| `who` | every one of the group is to say so; the sender need not be one itself |
| `gone` | the sender leaves the group |
| `ask` | whoever knows what became of this turn's command is to say so |
| `told` | the broker has it |
| `untold` | the sender knows of nobody who has given it to the broker |
"""

import base64
import json
from dataclasses import dataclass
from typing import Any

from auricle.arbitration.messages import Alive, Bid, Claim, Done, GroupMessage, Take
from auricle.arbitration.round import MOST_RIVALS
from auricle.mqtt.link.message import compact_json
from auricle.mqtt.topics import require_word
from auricle.text import presentable
from auricle.turns.turn import OutcomeKind

LONGEST_MESSAGE = 8_192
"""Bytes; no message of ours comes near."""
LONGEST_ID = 64
LONGEST_WAKE_WORD = 255
LONGEST_PRINT = 512
"""Bytes of the print of a voice."""
LONGEST_TEXT = 1_000
MOST_DB = 200.0
_LONGEST_AFTER = 600.0
_TENTHS = 10


@dataclass(frozen=True, slots=True)
class Here:
    """The sender is one of the group."""

    member: str


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody wants to know who is there."""


@dataclass(frozen=True, slots=True)
class Gone:
    """The sender leaves the group."""

    member: str


@dataclass(frozen=True, slots=True)
class Ask:
    """The sender comes back with a turn's command, and asks whether it is told."""

    member: str
    turn: str
    stands_in_for: str | None = None
    """The first turn of the word, where that is another one."""


@dataclass(frozen=True, slots=True)
class Told:
    """The broker has the command of that turn."""

    member: str
    turn: str
    stands_in_for: str | None = None


@dataclass(frozen=True, slots=True)
class Untold:
    """The sender knows of nobody who has told the command of that turn."""

    member: str
    turn: str


Presence = Here | Who | Gone
Remembrance = Ask | Told | Untold
"""About commands whose satellites were gone for a moment."""


class UnreadableError(Exception):
    """A message means nothing; the text repeats nothing of it."""


def encode(message: GroupMessage | Presence | Remembrance) -> str:
    """Return the payload; who says it is told by the topic."""
    match message:
        case Here():
            return compact_json({"kind": "here"})
        case Who():
            return compact_json({"kind": "who"})
        case Gone():
            return compact_json({"kind": "gone"})
        case Ask(_, turn, stands_in_for):
            return _of_command("ask", turn, stands_in_for)
        case Told(_, turn, stands_in_for):
            return _of_command("told", turn, stands_in_for)
        case Untold(_, turn):
            return _of_command("untold", turn, None)
        case Bid():
            return _payload("bid", message.claim)
        case Take(claim, stands_in_for, apart_from, print):
            return _payload(
                "take",
                claim,
                stands_in_for=stands_in_for,
                apart_from=apart_from,
                print=None if print is None else base64.b64encode(print).decode(),
            )
        case Alive(claim, stands_in_for, apart_from, print):
            return _payload(
                "alive",
                claim,
                stands_in_for=stands_in_for,
                apart_from=apart_from,
                print=None if print is None else base64.b64encode(print).decode(),
            )
        case Done(claim, outcome, stands_in_for, apart_from, text, told_to_stop):
            return _payload(
                "done",
                claim,
                outcome=outcome,
                stands_in_for=stands_in_for,
                apart_from=apart_from,
                text=None if text is None else presentable(text, LONGEST_TEXT),
                told_to_stop=told_to_stop or None,
            )


def decode(member: str, payload: bytes) -> GroupMessage | Presence | Remembrance:
    """Return what `member` says in `payload`, which may be anything.

    Raises UnreadableError.
    """
    facts = _object(payload)
    _require(_is_word(member), "its sender has no name of ours")
    match facts.get("kind"):
        case "here":
            return Here(member)
        case "who":
            return Who()
        case "gone":
            return Gone(member)
        case "ask":
            return Ask(member, *_command(facts))
        case "told":
            return Told(member, *_command(facts))
        case "untold":
            return Untold(member, _word(facts, "turn", LONGEST_ID))
        case "bid":
            return Bid(_claim(member, facts))
        case "take":
            return Take(_claim(member, facts), *_relations(facts), _print(facts))
        case "alive":
            return Alive(_claim(member, facts), *_relations(facts), _print(facts))
        case "done":
            outcome = facts.get("outcome")
            known = isinstance(outcome, str) and outcome in set(OutcomeKind)
            _require(known, "its outcome is none that we know")
            assert isinstance(outcome, str)
            return Done(
                _claim(member, facts),
                outcome,
                *_relations(facts),
                _text(facts),
                facts.get("told_to_stop") is True,
            )
        case _:
            raise UnreadableError("its kind is none that we know")


def _payload(kind: str, claim: Claim, **further: str | bool | list[str] | None) -> str:
    facts = {
        "kind": kind,
        "turn": claim.turn,
        "wake_word": claim.wake_word,
        "level": round(claim.level * _TENTHS),
        "after_ms": round(claim.after * 1000),
    }
    further["interrupting"] = claim.interrupting or None
    further["later"] = list(claim.later) or None
    return compact_json(facts | {k: v for k, v in further.items() if v is not None})


def _of_command(kind: str, turn: str, stands_in_for: str | None) -> str:
    facts = {"kind": kind, "turn": turn}
    if stands_in_for is not None:
        facts["stands_in_for"] = stands_in_for
    return compact_json(facts)


def _command(facts: dict[str, Any]) -> tuple[str, str | None]:
    return _word(facts, "turn", LONGEST_ID), _optional_word(facts, "stands_in_for")


def _object(payload: bytes) -> dict[str, Any]:
    _require(len(payload) <= LONGEST_MESSAGE, "it is too long")
    try:
        facts: Any = json.loads(payload)
    except (ValueError, RecursionError):
        raise UnreadableError("it is no JSON") from None
    _require(isinstance(facts, dict), "it is no JSON object")
    assert isinstance(facts, dict)
    return facts


def _claim(member: str, facts: dict[str, Any]) -> Claim:
    return Claim(
        member,
        _word(facts, "turn", LONGEST_ID),
        _word(facts, "wake_word", LONGEST_WAKE_WORD),
        _number(facts, "level", -MOST_DB * _TENTHS, MOST_DB * _TENTHS) / _TENTHS,
        _number(facts, "after_ms", 0, _LONGEST_AFTER * 1000) / 1000,
        facts.get("interrupting") is True,
        _turns(facts, "later"),
    )


def _relations(facts: dict[str, Any]) -> tuple[str | None, str | None]:
    return (
        _optional_word(facts, "stands_in_for"),
        _optional_word(facts, "apart_from"),
    )


def _turns(facts: dict[str, Any], key: str) -> tuple[str, ...]:
    values = facts.get(key, [])
    fits = isinstance(values, list) and len(values) <= MOST_RIVALS
    _require(fits, f"its {key} is no short list")
    return tuple(_fitting(value, key, LONGEST_ID) for value in values)


def _word(facts: dict[str, Any], key: str, longest: int) -> str:
    return _fitting(facts.get(key), key, longest)


def _fitting(value: object, key: str, longest: int) -> str:
    _require(isinstance(value, str), f"its {key} is no text")
    assert isinstance(value, str)
    fits = 0 < len(value) <= longest and value.isprintable()
    _require(fits, f"its {key} cannot be one")
    return value


def _optional_word(facts: dict[str, Any], key: str) -> str | None:
    return None if facts.get(key) is None else _word(facts, key, LONGEST_ID)


def _number(facts: dict[str, Any], key: str, least: float, most: float) -> float:
    value = facts.get(key)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    _require(is_number, f"its {key} is no number")
    assert isinstance(value, int | float)
    _require(least <= value <= most, f"its {key} is not from {least:g} to {most:g}")
    return value


def _print(facts: dict[str, Any]) -> bytes | None:
    value = facts.get("print")
    if value is None:
        return None
    _require(isinstance(value, str), "its print is no text")
    assert isinstance(value, str)
    try:
        decoded = base64.b64decode(value, validate=True)
    except ValueError:
        raise UnreadableError("its print is no base64") from None
    _require(len(decoded) <= LONGEST_PRINT, "its print is too long")
    return decoded


def _text(facts: dict[str, Any]) -> str | None:
    value = facts.get("text")
    if value is None:
        return None
    _require(isinstance(value, str), "its text is no text")
    assert isinstance(value, str)
    _require(len(value) <= LONGEST_TEXT, "its text is too long")
    return presentable(value, LONGEST_TEXT)


def _is_word(name: str) -> bool:
    try:
        require_word(name, example=name)
    except ValueError:
        return False
    return True


def _require(condition: object, why: str) -> None:
    if not condition:
        raise UnreadableError(why)
