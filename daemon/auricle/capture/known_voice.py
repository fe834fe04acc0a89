"""Our own voice, known: taken out of what is heard, and its words told from others'."""

from collections import deque
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from auricle.audio.echo_canceller import EchoCanceller
from auricle.audio.frame import SAMPLE_BYTES, SAMPLE_RATE, Frame, FrameCutter
from auricle.capture.own_voice import OwnVoice
from auricle.wake.detector import Detection, WakeWordEngine

# What is left of our own voice hides a person's: an engine is less sure of it. None of
# our own words is taken for one, so that it need not be.
SURE_ENOUGH = 0.5
# An engine is so sure of our own wake word, or of what sounds like it, as it is played.
# A loud echo that clips may sound more like it: of 133 answers that hold one, one woke
# us by a word of 0.11. In a quarter of an hour of others it is as sure for 3 seconds.
_OWN_WORD = 0.05
# Where no more than that is left of what was heard, it was our own voice alone, whose
# faint rest may sound like anything. Measured: 0.004 at most where it was taken for a
# wake word, and 0.018 at least where somebody said one, 20 dB below our voice.
_NOBODY = 0.01
# Seconds. Both are heard at the same time; the room lets an engine be sure somewhat
# sooner or later of what comes back.
_SOONER, _LATER = 0.5, 0.7
# More than are heard around one moment.
_KEPT = 100
# An engine is sure of the last word in the silence behind it, and stays so.
_SILENCE = bytes(SAMPLE_RATE * SAMPLE_BYTES)


class KnownVoice(OwnVoice):
    """Takes our voice out of what is heard, and listens to it as it is played with
    engines of its own: what they hear is not said by a person.
    """

    sure_enough = SURE_ENOUGH

    def __init__(
        self, canceller: EchoCanceller, engines: Sequence[WakeWordEngine]
    ) -> None:
        """Take our voice out with `canceller`; `engines` are those that listen to the
        room once more, with the same models.
        """
        self._canceller = canceller
        self._engines = engines
        self._cutter = FrameCutter()
        self._words: deque[_OwnWord] = deque()
        """The words of the sound that is played, as its samples are counted."""
        self._before: deque[_HeardWord] = deque(maxlen=_KEPT)
        """The words of sounds before it."""
        self._ended = False
        self._now = 0
        """The position behind the latest frame."""

    @property
    def active(self) -> bool:
        return self._canceller.active or any(
            self._now <= word.last + _LATER * SAMPLE_RATE for word in self._own_words()
        )

    def say(self, pcm: bytes) -> list[Frame]:
        if self._ended or not self._canceller.active:
            self._begin()
        self._listen_to(pcm)
        return self._canceller.play(pcm)

    def end(self) -> None:
        self._ended = True
        self._listen_to(_SILENCE)
        self._canceller.end()

    def push(self, frame: Frame) -> list[Frame]:
        self._now = frame.end
        return self._canceller.push(frame)

    def said(self, detection: Detection) -> bool:
        if self._canceller.left_before(detection.end) < _NOBODY:
            return True
        return any(
            word.wake_word == detection.wake_word
            and word.first - _SOONER * SAMPLE_RATE <= detection.end
            and detection.end <= word.last + _LATER * SAMPLE_RATE
            for word in self._own_words()
        )

    def listen_for(self, wake_words: Collection[str]) -> None:
        for engine in self._engines:
            engine.listen_for(wake_words)

    def reset(self) -> None:
        self._canceller.reset()
        self._words.clear()
        self._before.clear()

    def _begin(self) -> None:
        self._ended = False
        self._before = deque(self._own_words(), maxlen=_KEPT)
        self._words.clear()
        self._cutter = FrameCutter()
        for engine in self._engines:
            engine.reset()

    def _listen_to(self, pcm: bytes) -> None:
        for frame in self._cutter.push(pcm):
            for engine in self._engines:
                engine.detect(frame)
                self._words += [
                    _OwnWord(wake_word, frame.end)
                    for wake_word, score in engine.scores.items()
                    if score > _OWN_WORD
                ]

    def _own_words(self) -> Iterator["_HeardWord"]:
        yield from self._before
        yield from filter(None, map(self._heard, self._words))

    def _heard(self, word: "_OwnWord") -> "_HeardWord | None":
        between = self._canceller.heard_between(word.end)
        return between and _HeardWord(word.wake_word, *between)


class _OwnWord(NamedTuple):
    wake_word: str
    end: int


class _HeardWord(NamedTuple):
    wake_word: str
    first: int
    """The position where its end is heard; up to `last`, where that is not known."""
    last: int
