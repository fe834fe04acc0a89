"""The events of the Wyoming protocol, on the wire: a line of JSON, then its data and
its payload, whose sizes the line tells.
"""

import json
from dataclasses import dataclass, field
from typing import Any

LONGEST_LINE = 65_536
"""Bytes of the line, and of what a server may say beside its sound."""
LONGEST_PAYLOAD = 1_048_576


class WyomingError(ValueError):
    """It is none of the protocol's events; the text goes on behind `it`."""


@dataclass(frozen=True, slots=True)
class Head:
    """Says what an event is, and how much of it follows."""

    kind: str
    data: dict[str, Any] = field(default_factory=dict)
    """What it says, as far as that is in the line."""
    data_length: int = 0
    """Bytes of JSON that follow, which add to the data."""
    payload_length: int = 0
    """Bytes of sound that follow those."""


def encode(kind: str, data: dict[str, Any]) -> bytes:
    """Return an event without a payload, as it is sent."""
    said = json.dumps(data, ensure_ascii=False).encode(errors="replace")
    head = {"type": kind, "version": "1.5.4", "data_length": len(said)}
    return json.dumps(head).encode() + b"\n" + said


def parse_head(line: bytes) -> Head:
    """Read the line that an event begins with. Raises WyomingError."""
    found = _object(line)
    kind, data = found.get("type"), found.get("data") or {}
    if not isinstance(kind, str) or not isinstance(data, dict):
        raise WyomingError("does not speak the Wyoming protocol")
    return Head(
        kind,
        data,
        _length(found.get("data_length"), LONGEST_LINE),
        _length(found.get("payload_length"), LONGEST_PAYLOAD),
    )


def parse_data(head: Head, data: bytes) -> dict[str, Any]:
    """Return all that an event says, `data` being what followed its head. Raises
    WyomingError.
    """
    return head.data | _object(data) if data else head.data


def _object(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise WyomingError("does not speak the Wyoming protocol")
    return found


def _length(value: object, most: int) -> int:
    if value is None:
        return 0
    if not isinstance(value, int) or not 0 <= value <= most:
        raise WyomingError("sends more at once than anybody would")
    return value
