"""Short sounds that tell a person what the satellite does."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

from auricle.audio.echo import OwnSound


class Cue(StrEnum):
    """What a person is told by a sound."""

    WAKE = "wake"
    """The satellite listens from now on."""
    END = "end"
    """The utterance is over."""
    ERROR = "error"
    """It did not work."""


class PlayCue(Protocol):
    """Plays a sound in the background, as `AplayPlayer.play_known` does."""

    def __call__(self, sound: OwnSound, *, heard_out: bool) -> None:
        """Play `sound`; with `heard_out`, what begins meanwhile waits for its end."""


class Feedback:
    """Gives cues by their sounds; a cue without one is left out."""

    def __init__(self, sounds: Mapping[Cue, OwnSound], play: PlayCue) -> None:
        self._sounds = sounds
        self._play = play

    def give(self, cue: Cue) -> None:
        """Play the sound of this cue, if it has one."""
        if (sound := self._sounds.get(cue)) is not None:
            # An answer ends the others, which would only keep it waiting.
            self._play(sound, heard_out=cue is Cue.ERROR)
