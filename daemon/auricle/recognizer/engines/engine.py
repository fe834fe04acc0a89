"""What a speech model is to the recognizer, and which one a name stands for."""

from typing import Protocol

from auricle.errors import ConfigError, how_to_install
from auricle.recognizer.engines.weights import MOONSHINE, TINY_EN
from auricle.recognizer.transcriptions import RecognizedText


class Engine(Protocol):
    """A speech model, which blocks, and is called by one thread at a time."""

    @property
    def name(self) -> str:
        """The model's name, for logs and `auricle recognizer`."""

    @property
    def languages(self) -> frozenset[str]:
        """The protocol's codes that it knows; others are refused before they come."""

    def transcribe(
        self, pcm: bytes, *, language: str | None, corpus: str | None, final: bool
    ) -> RecognizedText:
        """Return what is said in `pcm`; an empty text where nothing is.

        `pcm` is mono s16le at 16 kHz, of 0.1 to 60 s.

        `language` is the speaker's where known, `corpus` words to expect. What is not
        `final` is wanted sooner rather than better. The answer's language is that of
        its words, its emotion what was heard of one: None where it cannot tell. May
        raise anything: the item fails then, and the session goes on.
        """

    def usable(self, corpus: str) -> str | None:
        """Say how much of `corpus` it heeds; None where that is all of it."""


def load_engine(model: str, *, threads: int) -> Engine:
    """Load `model`, a name or a folder of one's own, to be run by so many threads.

    Only then is its library imported: each is an optional extra. Raises ConfigError
    where it is not installed, or cannot be used.
    """
    extra = MOONSHINE.extra if model == MOONSHINE.name else TINY_EN.extra
    try:
        if model == MOONSHINE.name:
            from auricle.recognizer.engines.moonshine import MoonshineEngine

            return MoonshineEngine()
        from auricle.recognizer.engines.whisper import WhisperEngine

        return WhisperEngine(model, threads=threads)
    except ImportError as error:
        raise ConfigError(
            f"{error.name} is not installed; run {how_to_install(extra)}"
        ) from error
