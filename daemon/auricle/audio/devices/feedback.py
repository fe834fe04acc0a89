"""Short sounds that tell a person what the satellite does."""

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from enum import StrEnum

from auricle.audio.devices.playback import play
from auricle.audio.echo import OwnSound
from auricle.audio.playing import PlaybackListener
from auricle.errors import PlaybackError

logger = logging.getLogger(__name__)


class Cue(StrEnum):
    """What a person is told by a sound."""

    WAKE = "wake"
    """The satellite listens from now on."""
    END = "end"
    """The utterance is over."""
    ERROR = "error"


class Feedback:
    """Plays cues in the background, one after the other; a cue without a sound is left
    out.

    A device that is missing costs the sound, and nothing else.
    """

    def __init__(
        self, sounds: Mapping[Cue, OwnSound], device: str, listener: PlaybackListener
    ) -> None:
        """Play `sounds` on an ALSA `device` (see `aplay -L`), and tell `listener` of
        each.
        """
        self._sounds = sounds
        self._device = device
        self._listener = listener
        self._next: Cue | None = None
        self._task: asyncio.Task[None] | None = None
        self._failing = False

    def give(self, cue: Cue) -> None:
        """Play this cue now, or as soon as the one that plays is over; of those that
        wait, the latest says it all.
        """
        if cue not in self._sounds:
            return
        self._next = cue
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._play_all(), name="feedback")

    async def aclose(self) -> None:
        """Stop playing, at once."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _play_all(self) -> None:
        while self._next is not None:
            sound, self._next = self._sounds[self._next], None
            # Before the first sample can be in the air.
            self._listener.expect(sound)
            try:
                await play(sound.pcm, self._device)
            except PlaybackError as error:
                level = logging.DEBUG if self._failing else logging.WARNING
                logger.log(level, "no sound is heard (feedback.device): %s", error)
                self._failing = True
            else:
                if self._failing:
                    logger.info("sounds are heard again")
                self._failing = False
            finally:
                self._listener.played()
