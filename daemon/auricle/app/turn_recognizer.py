"""The recognizer, as turns use it: each with the settings of the moment it begins."""

from collections.abc import Callable
from dataclasses import replace

from auricle.asr.client import AsrClient
from auricle.asr.turn_recognition import TurnRecognition
from auricle.qwen_asr.events import SessionSettings
from auricle.turns.events import RecognizerFailed, RecognizerSaid
from auricle.turns.turn import Turn


class TurnRecognizer:
    """Has the client recognize one turn after the other; lives on the event loop."""

    def __init__(self, client: AsrClient, session: SessionSettings) -> None:
        """`session` is what a turn asks of the recognizer, until `expect` is called."""
        self.client = client
        self._session = session

    def expect(self, language: str | None, words: str | None) -> None:
        """Ask for this language and these words from the next turn on; without a
        language, the recognizer detects it.
        """
        self._session = replace(self._session, language=language, corpus_text=words)

    def open(
        self, turn: Turn, deliver: Callable[[RecognizerSaid | RecognizerFailed], None]
    ) -> TurnRecognition:
        """Start connecting, and return at once; failures are delivered."""
        return self.client.open(turn.id, self._session, deliver)
