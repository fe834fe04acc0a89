"""What outlives a restart: settings changed while running, and what was spent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from auricle.mqtt.settings import Setting, Value
from auricle.turns.budget import Usage


@dataclass(frozen=True, slots=True)
class Remembered:
    """Holds what was changed; what is missing is as the configuration says."""

    muted: bool = False
    changed: Mapping[Setting, Value] = field(
        default_factory=lambda: MappingProxyType({})
    )
    """What each setting was changed to, but for the mute and the thresholds."""
    thresholds: Mapping[str, float] = field(
        default_factory=lambda: MappingProxyType({})
    )
    """How sure the engine must be of each wake word where that was changed; 0 to 1."""
    usage: Usage | None = None
    """What was used today of the recognizer; None where nothing was."""
    name: str | None = ""
    """What the satellite was called in its last run; empty where nothing says so, None
    where what was saved cannot be read."""
