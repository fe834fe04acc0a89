"""How sure a streaming wake word model is: the mean of its last answers."""

from collections import deque

# Where it is in doubt, an answer takes a fifth of a second to become likely. That the
# word is possible at all is told when it ends, quick or slow.
_POSSIBLE = 0.05


class SlidingScore:
    """Averages the last probabilities that a model answered; the score is 0 until there
    are enough.
    """

    def __init__(self, window: int, *, surest: float) -> None:
        """Average `window` probabilities; `surest` is the highest one that the model
        can answer.
        """
        self._window = window
        self._surest = surest
        self._probabilities: deque[float] = deque(maxlen=window)
        self._since = 0
        self._possible = False

    @property
    def possible_since(self) -> int:
        """How many answers ago the latest of those began that hold the word for
        possible; 0 for the latest one, and where none of the window does.
        """
        return self._since if max(self._probabilities, default=0) > _POSSIBLE else 0

    def add(self, probability: float) -> float:
        """Take the next answer; return the score with it."""
        self._probabilities.append(probability)
        begins = probability > _POSSIBLE and not self._possible
        self._possible = probability > _POSSIBLE
        self._since = 0 if begins else self._since + 1
        if len(self._probabilities) < self._window:
            return 0.0
        return sum(self._probabilities) / self._window

    def soonest_above(self, score: float) -> int:
        """Return how many more answers a higher score takes at the least, however sure
        they are.

        It is from 1 to the window; the window also where no answers suffice.
        """
        enough = (n for n in range(1, self._window) if self._highest_after(n) > score)
        return next(enough, self._window)

    def soonest_fall(self, score: float, fall: float) -> int:
        """Return how many more answers it takes at the least until the score has been
        higher than `score` and fallen by `fall`.
        """
        # Within a window of answers only those that are known by now leave it again.
        if sum(self._probabilities) < fall * self._window:
            return self._window + 1
        return self.soonest_above(score) + 1

    def _highest_after(self, answers: int) -> float:
        kept = [*self._probabilities][answers - self._window :]
        if len(kept) + answers < self._window:
            return 0.0
        return (sum(kept) + answers * self._surest) / self._window
