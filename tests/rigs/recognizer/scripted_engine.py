"""Speech engines that say what a test wants, when it wants."""

import threading

from auricle.qwen_asr.events import LANGUAGES
from auricle.recognizer.transcriptions import RecognizedText
from rigs.waiting import hold


class ScriptedEngine:
    """Answers in `takes` seconds; holds its breath while `held`; fails on demand."""

    name = "scripted"
    languages = LANGUAGES

    def __init__(self, text: str = "Turn on the light.", takes: float = 0.0) -> None:
        self.text = text
        self.takes = takes
        self.failing = False
        self.asked: list[tuple[int, str | None, str | None, bool]] = []
        """(bytes, language, corpus, final) of each order."""
        self.threads: set[str] = set()
        self._breath = threading.Event()
        self._breath.set()

    def usable(self, corpus: str) -> str | None:
        return "the first word" if " " in corpus else None

    def hold(self) -> None:
        self._breath.clear()

    def go_on(self) -> None:
        self._breath.set()

    def transcribe(
        self, pcm: bytes, *, language: str | None, corpus: str | None, final: bool
    ) -> RecognizedText:
        self.asked.append((len(pcm), language, corpus, final))
        self.threads.add(threading.current_thread().name)
        assert self._breath.wait(30)
        hold(self.takes)
        if self.failing:
            raise RuntimeError("the model is broken")
        return RecognizedText(self.text, language)
