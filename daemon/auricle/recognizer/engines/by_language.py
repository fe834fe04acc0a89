"""The models that are installed, each for the languages that it is best at."""

import logging
from collections.abc import Callable, Sequence

from auricle.qwen_asr.events import LANGUAGES
from auricle.recognizer.engines.engine import Engine
from auricle.recognizer.engines.weights import PackagedModel
from auricle.recognizer.transcriptions import RecognizedText

logger = logging.getLogger(__name__)

_ENGLISH = "en"


class ByLanguage(Engine):
    """Who names a language is heard by the first model that knows it; who names none,
    by one that finds out.

    Those are two at most, and loaded before anybody speaks: a command that had to wait
    for its model would be late, and make all others look so.
    """

    def __init__(
        self, models: Sequence[PackagedModel], load: Callable[[str], Engine]
    ) -> None:
        """`models` is not empty; `load` loads the one of a name."""
        self._models = models
        english = models[0]
        other = next((model for model in models if model.multilingual), english)
        logger.info("English is for %s, all else for %s", english.name, other.name)
        self._english = load(english.name)
        self._other = self._english if other is english else load(other.name)

    @property
    def name(self) -> str:
        return ", ".join(model.name for model in self._models)

    @property
    def languages(self) -> frozenset[str]:
        if any(model.multilingual for model in self._models):
            return LANGUAGES
        return frozenset({_ENGLISH})

    def transcribe(
        self, pcm: bytes, *, language: str | None, corpus: str | None, final: bool
    ) -> RecognizedText:
        engine = self._english if language == _ENGLISH else self._other
        return engine.transcribe(pcm, language=language, corpus=corpus, final=final)

    def usable(self, corpus: str) -> str | None:
        return self._other.usable(corpus)
