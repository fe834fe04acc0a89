"""How a satellite takes part in a group."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ArbitrationSettings:
    """What a satellite is known by in its group, and what it asks for there."""

    member: str
    """The node name."""
    enabled: bool = True
    """Whether a wake word is left to whoever heard it best."""
    window: float = 0.25
    """Seconds of audio in which others may bid, from our own detection on."""
    bias_db: float = 0.0
    """What is added to our level: greater answers more often."""
    publish_text: bool = True
    """Whether the group may be told what was said."""
