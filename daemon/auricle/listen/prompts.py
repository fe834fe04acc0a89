"""Asking somebody to say the wake words, so that it is known what was missed.

What is said behind a prompt is the wake word, however little an engine thinks of it.
"""

from collections.abc import Mapping, Sequence

from auricle.audio.frame import FRAME_SECONDS
from auricle.listen.candidates import Candidate
from auricle.wake.detector import WakeWord

LONGEST = 7.0
"""Seconds that a prompt waits, the word included."""
# Seconds. A word, and not a cough; and how long one is silent behind it, which is also
# how late an engine may be sure.
_WORD, _SILENCE = 0.2, 1.0
# Where others talk on, nobody is silent.
_LONGEST_WORD = 3.0
# Seconds between two prompts, for whoever draws breath.
_BREATH = 0.8


class Prompts:
    """Asks for each wake word so many times, and takes what is said for it."""

    def __init__(self, wake_words: Sequence[WakeWord], times: int) -> None:
        """Ask for each of `wake_words`, `times` times."""
        self._wanted = [word for word in wake_words for _ in range(times)]
        self._times = times
        self._said = 0
        self._unheard = False
        self._score = 0.0
        self._detected = False
        self._begin()

    @property
    def finished(self) -> bool:
        """Whether all has been said."""
        return self._said == len(self._wanted)

    @property
    def text(self) -> str:
        """What is asked for now; empty between two prompts, and in the end."""
        if self.finished or self._breath > 0:
            return ""
        number = self._said % self._times + 1
        again = "nothing was heard; " if self._unheard else ""
        phrase = self._wanted[self._said].phrase
        return f'{again}say "{phrase}": {number} of {self._times}'

    def hear(
        self,
        scores: Mapping[str, float],
        detected: Mapping[str, float],
        *,
        speech: bool,
    ) -> tuple[Candidate, float] | None:
        """Take the next frame's scores; return what was said, and for how many seconds
        it was waited for, once it is over.
        """
        if self.finished:
            return None
        if self._breath > 0:
            self._breath -= FRAME_SECONDS
            return None
        name = self._wanted[self._said].name
        self._waited += FRAME_SECONDS
        self._score = max(self._score, scores.get(name, 0.0), detected.get(name, 0.0))
        self._detected |= name in detected
        if speech:
            self._spoken += FRAME_SECONDS
            self._silent = 0.0
        else:
            self._silent += FRAME_SECONDS
        if self._spoken:
            self._word += FRAME_SECONDS
        return self._decide(name)

    def _decide(self, name: str) -> tuple[Candidate, float] | None:
        heard = self._spoken >= _WORD or self._detected
        over = self._silent >= _SILENCE or self._word >= _LONGEST_WORD
        if heard and over:
            said = Candidate(name, self._score, self._detected), self._waited
            self._said += 1
            self._unheard = False
            self._begin()
            return said
        if self._waited >= LONGEST or (self._spoken and over):
            self._unheard = True
            self._begin()
        return None

    def _begin(self) -> None:
        self._breath = _BREATH
        self._waited = self._spoken = self._silent = self._word = 0.0
        self._score = 0.0
        self._detected = False
