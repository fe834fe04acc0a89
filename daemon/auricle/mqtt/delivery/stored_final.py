"""Finals as they are stored: to text, and back from text that may be anything."""

import json
from dataclasses import dataclass

from pydantic import TypeAdapter

from auricle.mqtt.delivery.ledger import Fate, Outbound


@dataclass(frozen=True, slots=True)
class StoredFinal:
    """What is known of a final, as the outbox keeps it."""

    outbound: Outbound
    fate: Fate | None = None
    """How its delivery ended; None while that is open."""


_STORED = TypeAdapter(StoredFinal)


def to_text(stored: StoredFinal) -> str:
    """Return `stored` as JSON, in ASCII."""
    # A recognizer may send half of a character, which only JSON can carry.
    return json.dumps(_STORED.dump_python(stored, mode="json"))


def from_text(text: str) -> StoredFinal:
    """Return what `text` holds. Raises ValueError for what is no final."""
    try:
        return _STORED.validate_python(json.loads(text))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
