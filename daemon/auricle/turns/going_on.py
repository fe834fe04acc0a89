"""Whether who spoke goes on, behind the end of the utterance."""

from collections.abc import Iterable

from auricle.audio.frame import FRAME_SECONDS, Frame
from auricle.audio.level import power
from auricle.turns.endpointing import Endpoint, Endpointer

# Of the frames with a voice, a fifth are vowels.
_VOWELS = 0.8
# Who goes on is about as loud as a moment ago, and a television is not.
_BELOW_SPEAKER = 10**-0.6
# Seconds. Of 117 words that people said alone, each was longer by half, and more; what
# rattles in a kitchen is not.
_WORD = 0.2 - FRAME_SECONDS / 2
# Seconds. A word may begin as softly as others speak; no word that people were heard to
# go on with stayed so for longer than 0.3 s.
_SOFT = 0.4 - FRAME_SECONDS / 2
# Seconds for which the lips are closed within a word. What is quiet for longer before
# it has made a word was a click.
_CLOSED = 0.12 - FRAME_SECONDS / 2


class GoingOn:
    """Hears what comes behind an utterance, until that is another one or none."""

    def __init__(self, endpointer: Endpointer, voice: Iterable[Frame]) -> None:
        """`endpointer` is for another utterance; `voice` was the one before it."""
        self.endpointer = endpointer
        powers = sorted(map(power, voice))
        loudness = powers[int(len(powers) * _VOWELS)] if powers else 0.0
        self._least = loudness * _BELOW_SPEAKER
        self._loud = False
        self._lasted = 0.0
        self._silence = 0.0

    def push(self, frame: Frame, *, speech: bool) -> Endpoint | None:
        """Take the next frame; what the endpointer says."""
        endpoint = self.endpointer.push(frame, speech=speech)
        if speech:
            self._loud = self._loud or power(frame) >= self._least
            self._lasted += frame.seconds
            self._silence = 0.0
        else:
            self._silence += frame.seconds
        if not (self.endpointer.voice_now or self.sure):
            # The next voice may be another's.
            self._loud, self._lasted = False, 0.0
        return endpoint

    @property
    def sure(self) -> bool:
        """Whether it has lasted as long as a word, and is as loud as before."""
        lasted = self._lasted >= _WORD and self.endpointer.speech_heard
        return self._loud and lasted

    @property
    def possible(self) -> bool:
        """Whether a voice is under way that may be, or become, the speaker's."""
        if self.sure:
            return self.endpointer.voice_now
        began = self.endpointer.voice_now and self._silence < _CLOSED
        return began and (self._loud or self._lasted < _SOFT)
