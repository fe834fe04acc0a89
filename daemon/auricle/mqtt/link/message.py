"""One message to a broker."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """What is published: a topic, a payload, and how the broker is to treat them."""

    topic: str
    payload: str
    qos: int = 1
    retain: bool = False
    expiry: float | None = None
    """Seconds after which the broker forgets it; None: never."""
    not_after: float = math.inf
    """The time when it is too late to send it, in seconds since the machine's start."""


def compact_json(facts: Mapping[str, object]) -> str:
    """Return `facts` as JSON without a space: brokers have limits on packets."""
    return json.dumps(facts, ensure_ascii=False, separators=(",", ":"))
