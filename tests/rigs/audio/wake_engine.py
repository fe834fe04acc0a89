"""A wake word engine that hears its words where the test says."""

from collections.abc import Collection, Iterable, Mapping

from auricle.audio.frame import Frame
from auricle.wake.detector import Detection, WakeWord


class ScriptedEngine:
    """Detects a word in each frame whose number is given; counts from a reset."""

    def __init__(
        self,
        detections: Iterable[int] = (),
        *,
        wake_word: str = "okay_nabu",
        score: float = 0.9,
        soonest: int = 1,
    ) -> None:
        self._detections = frozenset(detections)
        self._wake_word = wake_word
        self._score = score
        self._soonest = soonest
        self._next = 0
        self._listening = True
        self.thresholds: dict[str, float] = {}

    @property
    def wake_words(self) -> tuple[str, ...]:
        return (self._wake_word,)

    @property
    def described(self) -> tuple[WakeWord, ...]:
        return (WakeWord(self._wake_word, "Okay Nabu", ("en",)),)

    @property
    def scores(self) -> Mapping[str, float]:
        return {self._wake_word: self._score}

    @property
    def soonest(self) -> int:
        return self._soonest

    def listen_for(self, wake_words: Collection[str]) -> None:
        self._listening = self._wake_word in wake_words

    def set_threshold(self, wake_word: str, threshold: float) -> None:
        self.thresholds[wake_word] = threshold

    def detect(self, frame: Frame) -> Detection | None:
        number, self._next = self._next, self._next + 1
        if self._listening and number in self._detections:
            return Detection(self._wake_word, self._score, frame.end)
        return None

    def reset(self) -> None:
        self._next = 0
