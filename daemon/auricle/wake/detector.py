"""Hearing a wake word: what an engine must offer, and what it reports."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from auricle.audio.frame import SAMPLE_RATE, Frame

# An engine may answer every 80 ms only, and be unsure once in the middle of a word.
_STILL_FIRES = round(0.2 * SAMPLE_RATE)


@dataclass(frozen=True, slots=True)
class Detection:
    """Reports that a wake word was heard."""

    wake_word: str
    """The model's name as configured, such as `okay_nabu`."""
    score: float
    """The engine's confidence, 0 to 1."""
    end: int
    """Sample position where the engine was sure: up to 0.3 s behind the word."""
    lag: int = 0
    """Samples from where the word has ended to `end`, as far as the engine can tell;
    negative where a part of it is still to come."""

    @property
    def word_end(self) -> int:
        """Sample position where the word has ended, as far as the engine can tell."""
        return self.end - self.lag


@dataclass(frozen=True, slots=True)
class WakeWordModel:
    """Names a model, as configured."""

    source: str
    """The name of a bundled model, or the path of a model file."""
    threshold: float | None = None
    """A detection's score is above it; None takes the model's own."""
    second_opinion: str | None = None
    """The path of another model of the same word, to be asked in doubt."""


@dataclass(frozen=True, slots=True)
class WakeWord:
    """Describes a loaded model to a person."""

    name: str
    """The model's name as configured, such as `okay_nabu`."""
    phrase: str
    """What is said, such as `Okay Nabu`."""
    languages: tuple[str, ...] = ()
    """The codes of the languages that it was trained with; none where it does not
    tell."""


class WakeWordEngine(Protocol):
    """Runs the models of one engine, which is fed every frame by one thread."""

    @property
    def wake_words(self) -> tuple[str, ...]:
        """The names of all loaded models."""

    @property
    def described(self) -> tuple[WakeWord, ...]:
        """All loaded models, as a person knows them."""

    @property
    def thresholds(self) -> Mapping[str, float]:
        """The score of each model, 0 to 1, that a detection is above."""

    @property
    def scores(self) -> Mapping[str, float]:
        """The latest score of each model, 0 to 1; readable from any thread."""

    @property
    def soonest(self) -> int | None:
        """How many more frames it takes at the least to detect anything, whatever they
        hold: 1 or more; None while no model runs.
        """

    def listen_for(self, wake_words: Collection[str]) -> None:
        """Run only these models from now on; names of other engines are ignored."""

    def set_threshold(self, wake_word: str, threshold: float) -> None:
        """Change one model's threshold; a name of another engine is ignored."""

    def detect(self, frame: Frame) -> Detection | None:
        """Take the next frame; report the wake word that it completed, if any."""

    def reset(self) -> None:
        """Forget all audio heard so far, as after a gap in the stream."""


class Refractory:
    """Makes one detection of one spoken wake word.

    A model fires for as long as it is sure of a word. Several may fire on the same
    one, and one model again on its echo: after a detection, those within `seconds` of
    audio are the same, too.
    """

    def __init__(self, seconds: float) -> None:
        self._samples = round(seconds * SAMPLE_RATE)
        self._silent_until = self._fires_until = 0

    def admits(self, detection: Detection) -> bool:
        """Tell whether this is a new wake word; time counts from the last
        admitted one.
        """
        goes_on = detection.end < self._fires_until
        new = not goes_on and detection.end >= self._silent_until
        if goes_on or new:
            self._fires_until = detection.end + _STILL_FIRES
        if new:
            self._silent_until = detection.end + self._samples
        return new

    def reset(self) -> None:
        """Start again, as when sample positions begin anew."""
        self._silent_until = self._fires_until = 0
