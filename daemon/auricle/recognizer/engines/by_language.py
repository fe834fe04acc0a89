"""The models that are installed, each for the languages that it is best at."""

import logging
from collections.abc import Callable, Sequence
from threading import Lock

from auricle.qwen_asr.events import LANGUAGES
from auricle.recognizer.engines.engine import Engine
from auricle.recognizer.engines.weights import PackagedModel
from auricle.recognizer.transcriptions import RecognizedText

logger = logging.getLogger(__name__)

_ENGLISH = "en"


class ByLanguage(Engine):
    """Who names a language is heard by the first model that knows it; who names none,
    by one that finds out.

    That one is loaded at once, another as soon as somebody needs it.
    """

    def __init__(
        self, models: Sequence[PackagedModel], load: Callable[[str], Engine]
    ) -> None:
        """`models` is not empty; `load` loads the one of a name."""
        self._models = models
        self._load = load
        self._loaded: dict[str, Engine] = {}
        self._lock = Lock()
        self._engine(None)

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
        return self._engine(language).transcribe(
            pcm, language=language, corpus=corpus, final=final
        )

    def usable(self, corpus: str) -> str | None:
        return self._engine(None).usable(corpus)

    def _engine(self, language: str | None) -> Engine:
        model = self._model(language)
        with self._lock:
            if model.name not in self._loaded:
                logger.info(
                    "loading %s, for %s",
                    model.name,
                    "whatever is spoken" if language is None else language,
                )
                self._loaded[model.name] = self._load(model.name)
            return self._loaded[model.name]

    def _model(self, language: str | None) -> PackagedModel:
        if language == _ENGLISH:
            return self._models[0]
        knowing = [model for model in self._models if model.multilingual]
        return (knowing or self._models)[0]
