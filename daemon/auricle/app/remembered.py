"""What outlives a restart: settings changed while running, and what was spent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from auricle.turns.budget import Usage


@dataclass(frozen=True, slots=True)
class Remembered:
    """Holds what was changed; None, or missing, is what the configuration says."""

    muted: bool = False
    language: str | None = None
    """`auto`, or a code."""
    wake_word: str | None = None
    """`off`, `all`, or a model's name."""
    thresholds: Mapping[str, float] = field(
        default_factory=lambda: MappingProxyType({})
    )
    context: str | None = None
    """Words to expect."""
    continue_conversation: float | None = None
    """Seconds to listen again after each final."""
    usage: Usage | None = None
