"""What a speech model is to the recognizer."""

from typing import Protocol

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
