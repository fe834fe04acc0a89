"""What the satellite hears while it speaks itself."""

import math
from collections.abc import Collection
from typing import Protocol

from auricle.audio.frame import Frame
from auricle.wake.detector import Detection

# Seconds: what a room keeps of it, and until an engine is sure.
_ECHO = 0.7


class OwnVoice(Protocol):
    """Is told what we say, and what is heard meanwhile."""

    @property
    def active(self) -> bool:
        """Whether we speak, or are still heard."""

    @property
    def sure_enough(self) -> float:
        """The score, 0 to 1, above which a wake word counts while we speak, where its
        own threshold is higher.
        """

    def say(self, pcm: bytes) -> list[Frame]:
        """Take the next stretch of what we are about to say, 16 kHz mono s16le; return
        frames that waited for the end of what we said before.
        """

    def end(self) -> None:
        """Note that we are silent from now on; the echo is waited for."""

    def push(self, frame: Frame) -> list[Frame]:
        """Take the next frame; return those that may go on, without our voice."""

    def said(self, detection: Detection) -> bool:
        """Tell whether it may have been us who said this wake word."""

    def listen_for(self, wake_words: Collection[str]) -> None:
        """Listen only for these wake words of ours from now on."""

    def reset(self) -> None:
        """Forget all sound, as when sample positions begin anew."""


class UnknownVoice(OwnVoice):
    """Stands where nothing takes our voice out of what is heard: any wake word may be
    our own.
    """

    sure_enough = math.inf

    def __init__(self) -> None:
        self._speaks = False
        self._echo = 0.0

    @property
    def active(self) -> bool:
        return self._speaks or self._echo > 0

    def say(self, pcm: bytes) -> list[Frame]:
        self._speaks = True
        return []

    def end(self) -> None:
        if self._speaks:
            self._speaks = False
            self._echo = _ECHO

    def push(self, frame: Frame) -> list[Frame]:
        if self._echo > 0 and not self._speaks:
            self._echo -= frame.seconds
        return [frame]

    def said(self, detection: Detection) -> bool:
        return True

    def listen_for(self, wake_words: Collection[str]) -> None:
        pass

    def reset(self) -> None:
        self._speaks = False
        self._echo = 0.0
