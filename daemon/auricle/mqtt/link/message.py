"""One message to a broker."""

import math
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
    """When it is too late to send it, by the time since the machine's start."""
