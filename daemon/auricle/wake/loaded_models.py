"""What every wake word engine knows of its models: which run, and how sure each is."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from auricle.errors import ConfigError
from auricle.wake.detector import Detection, WakeWord, WakeWordEngine


class Forgetful(Protocol):
    """Runs a model for its library."""

    def reset(self) -> object:
        """Forget all that was heard."""


RunnerT = TypeVar("RunnerT", bound=Forgetful)


@dataclass(eq=False, slots=True)
class LoadedModel(Generic[RunnerT]):
    """Holds a model that was loaded, its threshold and its latest score."""

    name: str
    threshold: float
    runner: RunnerT
    phrase: str = ""
    """What is said; empty where only its name tells."""
    languages: tuple[str, ...] = ()
    """The codes of the languages that it was trained with, as far as it tells."""
    score: float = 0.0
    """How sure it was of the latest sound, 0 to 1."""


class LoadedModels(WakeWordEngine, Generic[RunnerT]):
    """Keeps what every engine knows of its models; an engine inherits it, and feeds
    those that run.
    """

    def __init__(self, models: Iterable[LoadedModel[RunnerT]]) -> None:
        """Take `models`, which all run.

        Raises ConfigError naming a wake word that comes twice.
        """
        self._models: dict[str, LoadedModel[RunnerT]] = {}
        for model in models:
            if model.name in self._models:
                raise ConfigError(f"wake word {model.name} is configured twice")
            self._models[model.name] = model
        self._running = tuple(self._models.values())

    @property
    def wake_words(self) -> tuple[str, ...]:
        return tuple(self._models)

    @property
    def described(self) -> tuple[WakeWord, ...]:
        return tuple(
            WakeWord(model.name, model.phrase or _spoken(model.name), model.languages)
            for model in self._models.values()
        )

    @property
    def thresholds(self) -> Mapping[str, float]:
        return {model.name: model.threshold for model in self._models.values()}

    @property
    def scores(self) -> Mapping[str, float]:
        return {model.name: model.score for model in self._models.values()}

    def set_threshold(self, wake_word: str, threshold: float) -> None:
        if wake_word in self._models:
            self._models[wake_word].threshold = threshold

    def _run_only(
        self, wake_words: Collection[str]
    ) -> Collection[LoadedModel[RunnerT]]:
        """Return those that did not run before."""
        before = self._running
        self._running = tuple(
            model for model in self._models.values() if model.name in wake_words
        )
        for model in self._models.values():
            model.score = 0.0
        return [model for model in self._running if model not in before]

    def _detection(
        self, end: int, lag_of: Callable[[LoadedModel[RunnerT]], int]
    ) -> Detection | None:
        """The surest one's, if its latest score is above its threshold; `lag_of` tells
        how many samples late it is.
        """
        above = [model for model in self._running if model.score > model.threshold]
        if not above:
            return None
        surest = max(above, key=lambda model: model.score)
        return Detection(surest.name, surest.score, end, lag_of(surest))

    def _forget(self) -> None:
        for model in self._models.values():
            model.runner.reset()
            model.score = 0.0


def _spoken(name: str) -> str:
    return " ".join(word.capitalize() for word in name.split("_"))
