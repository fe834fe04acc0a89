"""Finals as they are stored: to text, and back from text that may be anything."""

import json
from dataclasses import MISSING, asdict, dataclass, fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from auricle.mqtt.delivery.ledger import Fate, Outbound


@dataclass(frozen=True, slots=True)
class StoredFinal:
    """What is known of a final, as the outbox keeps it."""

    outbound: Outbound
    fate: Fate | None = None
    """How its delivery ended; None while that is open."""


def to_text(stored: StoredFinal) -> str:
    """Return `stored` as JSON, in ASCII."""
    # A recognizer may send half of a character, which only JSON can carry.
    return json.dumps(asdict(stored), default=datetime.isoformat)


def from_text(text: str) -> StoredFinal:
    """Return what `text` holds. Raises ValueError for what is no final."""
    try:
        stored: StoredFinal = _checked(StoredFinal, json.loads(text))
    except (RecursionError, OverflowError) as error:
        raise ValueError("nested too deeply, or too large") from error
    return stored


def _checked(kind: Any, value: Any) -> Any:
    """What JSON made of a value of this type, as it was. Raises ValueError."""
    arguments = get_args(kind)
    if get_origin(kind) is UnionType:
        kind = next(each for each in arguments if each is not type(None))
        return None if value is None else _checked(kind, value)
    if get_origin(kind) is tuple and isinstance(value, list):
        return tuple(_checked(arguments[0], each) for each in value)
    if is_dataclass(kind) and isinstance(value, dict):
        return _filled(kind, value)
    if kind is datetime and isinstance(value, str):
        return datetime.fromisoformat(value)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return kind(value)
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise ValueError(f"a {type(value).__name__} where {kind} belongs")
    return value


def _filled(kind: Any, table: dict[str, Any]) -> Any:
    # Another version of this program knows more fields, or fewer.
    kinds = get_type_hints(kind)
    for field in fields(kind):
        if field.name not in table and field.default is MISSING:
            raise ValueError(f"{field.name} is missing")
    return kind(
        **{
            field.name: _checked(kinds[field.name], table[field.name])
            for field in fields(kind)
            if field.name in table
        }
    )
