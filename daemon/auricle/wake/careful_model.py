"""A streaming wake word model that is asked again where its word was nearly heard.

What is asked again costs about as much as three seconds of listening, and some ten or
hundred times an hour: idle listening does not become dearer.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from auricle.audio.features import BANDS, STEP_BYTES
from auricle.audio.frame import FRAME_BYTES
from auricle.wake.feature_bytes import (
    from_larger_mouth,
    from_smaller_mouth,
    low_tones,
)
from auricle.wake.second_look import (
    FALLEN,
    NEARLY,
    Care,
    Look,
    NearWord,
    SecondChance,
    believed,
)
from auricle.wake.second_opinion import SecondOpinion
from auricle.wake.streaming_model import Interpreter, StreamingModel

_FEATURES_A_FRAME = FRAME_BYTES // STEP_BYTES
_A_FRAME = _FEATURES_A_FRAME * BANDS
# The first likely answer comes 0.18 s behind what made it so: the rest of the word is
# replaced with 0.3 s of quiet. Less of that, and half of the words are lost again.
_UNSURE, _QUIET = 18 * BANDS, 30 * BANDS
# A model that has heard less than a second yet says anything.
_LEAST = 90 * BANDS
# As long as a wake word: 0.7 s.
_WORD = 70 * BANDS


@dataclass(frozen=True, slots=True)
class Judgment:
    """Says what a look into a score came to."""

    heard: bool
    """Whether the word was heard."""
    score: float
    """How sure it is that this was the word, 0 to 1."""
    possible_since: int
    """How many features ago it was held for possible first."""


class CarefulModel:
    """Hears a wake word with a model, and looks again where that is in doubt."""

    def __init__(
        self, model: StreamingModel, care: Care, opinion: SecondOpinion | None
    ) -> None:
        """Be as careful as `care` says; where there is an `opinion`, ask that, too."""
        self._model = model
        # One that answers less often than a frame comes has no score for each of them.
        self._looks = model.input_bytes <= _A_FRAME
        self._care = care
        self._opinion = opinion
        self.hear = model.hear
        self._reader: Interpreter | None = None
        self._candidate = NearWord()
        self._chance = SecondChance()
        self._now = self._begun = 0

    def judge(self, score: float, threshold: float, end: int) -> Judgment | None:
        """Look into what was heard until the sample position `end` and came to `score`,
        where that is called for; `threshold` is what a word's score is above.
        """
        self._now = end
        candidate = self._candidate
        if not self._looks:
            return self._heard(score) if score > threshold else None
        if not candidate.followed:
            if score <= min(NEARLY, threshold):
                return None
            self._begun = end
        threshold = self._chance.threshold(threshold, self._begun)
        look = candidate.step(score, threshold)
        if look is None:
            return None
        if look is Look.HIT and (candidate.accepted or not self._care.doubted):
            return self._heard(score)
        believed_score = self._look(look)
        sure = threshold if look is Look.HIT else max(threshold, self._care.sure)
        if believed_score > sure:
            return self._heard(believed_score)
        if look is Look.PAST:
            self._chance.missed(end, max(candidate.peak, believed_score))
            # Its threshold is not all that it has to pass.
            if believed_score <= self._care.sure:
                return None
        return Judgment(False, believed_score, self._model.possible_since)

    def soonest(self, threshold: float) -> int:
        """Return how many more features it takes at the least to hear the word,
        whatever they are; at least 1.
        """
        if not self._looks:
            return self._model.soonest_above(threshold)
        if self._candidate.followed:
            return 1
        threshold = self._chance.lowest(threshold, self._now)
        return min(
            self._model.soonest_above(threshold),
            self._model.soonest_fall(min(NEARLY, threshold), FALLEN),
        )

    def reset(self) -> None:
        """Forget all that was heard."""
        self._model.reset()
        self._candidate.reset()
        self._chance.reset()

    def _heard(self, score: float) -> Judgment:
        self._candidate.accept()
        self._chance.reset()
        return Judgment(True, score, self._model.possible_since)

    def _look(self, look: Look) -> float:
        quantizer = self._model.quantizer
        past = quantizer.counted_up(self._model.past)
        before = past[: len(past) - self._candidate.age * _A_FRAME]
        with_quiet = b""
        if look is Look.PAST and self._care.with_quiet and len(before) > _LEAST:
            with_quiet = before[:-_UNSURE] + bytes([quantizer.quiet]) * _QUIET
        prominence = (low_tones(before[-_WORD:]) - quantizer.quiet) * quantizer.scale
        return believed(
            look,
            self._readings(past, with_quiet),
            prominence,
            self._care,
            self._opinion.of(self._model.past, len(before), quantizer)
            if self._opinion is not None
            else None,
        )

    def _readings(self, past: bytes, with_quiet: bytes) -> Sequence[float]:
        """The highest score of the word as it was heard, and from either mouth."""
        quiet = self._model.quantizer.quiet
        readings = []
        for changed in (None, from_larger_mouth, from_smaller_mouth):
            if changed is None:
                reading = self._candidate.peak
            else:
                reading = self._read(changed(past, quiet), self._candidate.age + 1)
            if with_quiet:
                heard = changed(with_quiet, quiet) if changed else with_quiet
                reading = max(reading, self._read(heard, _QUIET // _A_FRAME))
            readings.append(reading)
        return readings

    def _read(self, features: bytes, frames: int) -> float:
        """The highest score within the last `frames` of these."""
        # It forgets by itself what it read before: no model remembers so much.
        if self._reader is None:
            self._reader = self._model.reader()
        features = self._model.quantizer.as_it_is(features)
        answers = list(self._reader.answers(features))
        window, kept = self._model.window, frames * _A_FRAME // self._reader.input_bytes
        means = (
            sum(answers[at - window : at]) / window
            for at in range(max(window, len(answers) - kept + 1), len(answers) + 1)
        )
        return max(means, default=0.0)
