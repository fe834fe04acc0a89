"""Whether who spoke goes on, behind the end of the utterance."""

from collections.abc import Iterable

from auricle.audio.frame import Frame
from auricle.audio.level import power
from auricle.turns.endpointing import Endpoint, Endpointer

# Of the frames with a voice, a fifth are vowels.
_VOWELS = 0.8
# Who goes on is about as loud as a moment ago, and a television is not.
_BELOW_SPEAKER = 10**-0.6


class GoingOn:
    """Hears what comes behind an utterance, until that is another one or none."""

    def __init__(self, endpointer: Endpointer, voice: Iterable[Frame]) -> None:
        """`endpointer` is for another utterance; `voice` was the one before it."""
        self.endpointer = endpointer
        powers = sorted(map(power, voice))
        loudness = powers[int(len(powers) * _VOWELS)] if powers else 0.0
        self._least = loudness * _BELOW_SPEAKER
        self._loud = False

    def push(self, frame: Frame, *, speech: bool) -> Endpoint | None:
        """Take the next frame; what the endpointer says."""
        self._loud = self._loud or (speech and power(frame) >= self._least)
        return self.endpointer.push(frame, speech=speech)

    @property
    def sure(self) -> bool:
        """Whether it has lasted as long as a word, and is as loud as before."""
        return self._loud and self.endpointer.speech_heard

    @property
    def possible(self) -> bool:
        """A voice is under way, or a click."""
        return self.endpointer.voice_now
