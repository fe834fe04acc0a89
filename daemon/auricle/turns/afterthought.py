"""Who goes on behind the transcript: a turn without a wake word, that continues one.

Sound is kept here meanwhile, for as long as a second, and nothing of it is sent before
a voice is heard that lasts as long as a word and is as loud as the speaker was. What
that voice says, and to whom, nobody can tell by its sound.
"""

from collections.abc import Sequence
from enum import Enum, auto

from auricle.audio.frame import FRAME_SECONDS, SAMPLE_RATE
from auricle.turns.events import Heard
from auricle.turns.going_on import GoingOn

# The first sound of a word may be too soft to be heard.
_LEAD_IN = round(0.3 * SAMPLE_RATE)
# Seconds. A voice that began in time, and is none by then, never will be.
_LONGEST_BEGINNING = 0.5


class Afterthought:
    """Listens behind the outcome of a turn, until somebody goes on or nobody does."""

    class Course(Enum):
        """What has become of it."""

        OPEN = auto()
        SPOKEN = auto()
        NONE = auto()

    def __init__(
        self, continues: str, behind: GoingOn, heard: Sequence[Heard], seconds: float
    ) -> None:
        """`behind` has heard what there was behind the end of the utterance, which is
        `heard`, before the turn with the id `continues` was over; within so many
        `seconds` from now on a voice has to begin.
        """
        self.continues = continues
        self._behind = behind
        self._heard = list(heard)
        self._seconds = seconds
        self._waited = 0.0

    def push(self, heard: Heard) -> Course:
        """Take the next frame, and tell what has become of it by now."""
        self._heard.append(heard)
        self._behind.push(heard.frame, speech=heard.speech)
        self._waited += heard.frame.seconds
        if self._behind.sure:
            return self.Course.SPOKEN
        late = self._waited - self._seconds + FRAME_SECONDS / 2
        if late < 0 or (self._behind.possible and late < _LONGEST_BEGINNING):
            return self.Course.OPEN
        return self.Course.NONE

    @property
    def frames(self) -> list[Heard]:
        """What was said by now, and a moment before it."""
        start = self._behind.endpointer.start_of_speech
        if start is None:
            return []
        return [h for h in self._heard if h.frame.end > start - _LEAD_IN]
