"""When a wake word that was nearly heard, or hardly, deserves a second look, and what
that look has to show.

A score that stays below its threshold may be a word that was cut short by the command
behind it, or blurred by a room; one above it may be another word in a noisy room. What
was heard is read again, changed a little: a person's word is still heard as if from a
slightly larger or smaller mouth, and as if quiet followed; what merely resembles it is
not. And a word to us stands out from what was heard before.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from auricle.audio.frame import SAMPLE_RATE

NEARLY = 0.3
"""A score above it is followed: some 30 an hour are where people talk in a kitchen."""
FALLEN = 0.1
"""How far it falls where the word is over."""
_OVER = NEARLY - FALLEN
# Nobody says it again sooner than that, and whoever was missed within these seconds.
_AGAIN_SECONDS, _CHANCE_SECONDS = 0.5, 5.0
# In logarithms of odds: 0.9 becomes 0.6.
_CHANCE_ODDS = 1.8
_NEAR_MISS = 0.5
# A model answers in steps of 1/256, and is never surer than 255 of them.
_SUREST = 0.996
# What another model's opinion weighs, and which one leaves it open.
_OPINION_WEIGHT, _UNDECIDED = 0.35, 0.2


class Look(Enum):
    """Why a score is looked into."""

    HIT = auto()
    """It is above its threshold."""
    PAST = auto()
    """It has been higher, and the word is over."""


@dataclass(frozen=True, slots=True)
class Care:
    """How one model's word is told from what resembles it: chosen by recordings of
    people where there were enough, and cautious otherwise.
    """

    doubted: bool = False
    """Whether a score above the threshold has to be confirmed as well."""
    granted: float = 0.0
    """What the readings of such a score are granted for having passed once already, in
    logarithms of odds."""
    with_quiet: bool = True
    """Whether it is read as if quiet followed: not where half a word is enough for the
    model, which then hears it in other words."""
    sure: float = 0.95
    """What the readings of a word that was only nearly heard have to come to, where its
    threshold is lower."""
    prominence_weight: float = 0.0
    """What a unit of prominence adds to the readings, in logarithms of odds."""
    usual_prominence: float = 0.0


CAUTIOUS = Care()
CARES: Mapping[str, Care] = {
    "alexa": Care(
        doubted=True,
        granted=0.6,
        sure=0.0,
        prominence_weight=0.9,
        usual_prominence=4.5,
    ),
    "hey_jarvis": Care(
        doubted=True, sure=0.0, prominence_weight=0.6, usual_prominence=3.5
    ),
    "hey_mycroft": Care(doubted=True, with_quiet=False, sure=0.0),
}
"""How careful to be with those bundled wake words of which enough was recorded."""


def believed(
    look: Look,
    readings: Sequence[float],
    prominence: float,
    care: Care,
    opinion: float | None,
) -> float:
    """Return the score, 0 to 1, that the `readings` of a word come to.

    `prominence` is how much its low tones stand out from what was heard before;
    `opinion` is another model's score, None where there is none.
    """
    odds = _log_odds(sum(readings) / len(readings))
    if look is Look.HIT:
        odds += care.granted
    odds += care.prominence_weight * (prominence - care.usual_prominence)
    if opinion is not None:
        odds += _OPINION_WEIGHT * (_log_odds(opinion) - _log_odds(_UNDECIDED))
    return min(_probability(odds), _SUREST)


def _probability(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))


def _log_odds(probability: float) -> float:
    clipped = min(max(probability, 1 - _SUREST), _SUREST)
    return math.log(clipped / (1 - clipped))


class NearWord:
    """Follows a model's score while its word is nearly heard."""

    def __init__(self) -> None:
        self.age = 0
        """How many scores ago it was nearly heard first."""
        self.peak = 0.0
        """The highest score since."""
        self._followed = self._accepted = False
        self._looked_at = 0.0

    @property
    def followed(self) -> bool:
        """Whether a word is nearly heard: the next score may be looked into."""
        return self._followed

    @property
    def accepted(self) -> bool:
        """Whether it was taken for the word."""
        return self._accepted

    def accept(self) -> None:
        """Take what is followed for the word, to the end of it."""
        self._accepted = True

    def step(self, score: float, threshold: float) -> Look | None:
        """Take the next score; tell whether it deserves a look, and why."""
        if self._followed:
            self.age += 1
        elif score > min(NEARLY, threshold):
            self.reset()
            self._followed = True
        else:
            return None
        self.peak = max(self.peak, score)
        self._followed = score > min(_OVER, threshold)
        if score > threshold:
            return Look.HIT
        if self.peak - score < FALLEN or self.peak <= self._looked_at:
            return None
        self._looked_at = self.peak
        return None if self._accepted else Look.PAST

    def reset(self) -> None:
        """Follow nothing, as when all sound is forgotten."""
        self.age, self.peak = 0, 0.0
        self._followed = self._accepted = False
        self._looked_at = 0.0


class SecondChance:
    """Lets whoever was nearly heard be heard when they say it again.

    Time counts in samples of audio.
    """

    def __init__(self) -> None:
        self._begins = self._ends = 0

    def missed(self, end: int, score: float) -> None:
        """Note that a word that was over at `end` had no more than `score`."""
        if score > _NEAR_MISS:
            self._begins = end + round(_AGAIN_SECONDS * SAMPLE_RATE)
            self._ends = end + round(_CHANCE_SECONDS * SAMPLE_RATE)

    def threshold(self, threshold: float, end: int) -> float:
        """Return the threshold of a word that is nearly heard first at `end`: for some
        seconds, a lower one.
        """
        return self.lowest(threshold, end) if end >= self._begins else threshold

    def lowest(self, threshold: float, end: int) -> float:
        """Return the lowest threshold from `end` on."""
        if end < self._ends and threshold < _SUREST:
            return _probability(_log_odds(threshold) - _CHANCE_ODDS)
        return threshold

    def reset(self) -> None:
        """Forget it, as when sample positions begin anew, and once it is used."""
        self._begins = self._ends = 0
