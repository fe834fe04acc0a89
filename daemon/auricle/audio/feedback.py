"""Short sounds that tell a person what the satellite does."""

from collections.abc import Callable, Mapping
from enum import StrEnum

from auricle.audio.echo import OwnSound


class Cue(StrEnum):
    """What a person is told by a sound."""

    WAKE = "wake"
    """The satellite listens from now on."""
    END = "end"
    """The utterance is over."""
    ERROR = "error"
    """It did not work."""


class Feedback:
    """Gives cues by their sounds; a cue without one is left out."""

    def __init__(
        self, sounds: Mapping[Cue, OwnSound], play: Callable[[OwnSound], None]
    ) -> None:
        """`play` plays a sound in the background, as `AplayPlayer.play_known` does."""
        self._sounds = sounds
        self._play = play

    def give(self, cue: Cue) -> None:
        """Play the sound of this cue, if it has one."""
        if (sound := self._sounds.get(cue)) is not None:
            self._play(sound)
