"""How much of everything is measured, and on whose recordings."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from benchmarks.recordings import Recordings


@dataclass(frozen=True)
class Scale:
    """What all parts are told."""

    seed: int
    short: bool = False
    """For a first look: the figures say little."""
    wake: Path | None = None
    """Somebody's own wake words, in a folder for each: FOLDER/alexa/*.wav."""
    commands: Path | None = None
    """Somebody's own commands."""

    @cached_property
    def recordings(self) -> Recordings:
        """People's voices, with somebody's own where they were given."""
        return Recordings.from_environment(wake=self.wake, commands=self.commands)

    @property
    def is_published(self) -> bool:
        """Whether the figures are those that anybody would get again."""
        return not self.short and self.wake is None and self.commands is None
