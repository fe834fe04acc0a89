"""The wake phrase at the front of a transcript, however the recognizer spelled it.

A recognizer writes down what it hears of the wake phrase, and spells a name as it
likes: "okay nabu" becomes "Okay, Naboo", "Ok Nubble", or one word with the command's
first. Taken away is only what is spelled like the phrase, letter by letter: a name may
have one letter in eight wrong, so short ones have to be right. Of a phrase that was cut
off, the end is taken where a comma or a full stop sets it apart.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice

from auricle.qwen_asr.spelling import letters, likeness

WHOLE_PHRASE = 1.5
"""Seconds of the wake phrase. A recognizer that was sent less of it cannot tell whether
it was said."""

_LIKENESS = 7 / 8

SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "alexa": (),
    "hey_jarvis": (),
    "hey_mycroft": ("hey minecraft", "hey my cross", "hey my crout", "hey my crump"),
    "okay_nabu": (
        *("okay naboo", "okay nubble", "okay now we", "okay not do"),
        *("ok nabu", "ok naboo", "ok nubble", "ok now we"),
    ),
}
"""How recognizers have been seen to write the bundled models' phrases, beside right.

Not those that are words of a command, such as "okay, never".
"""

_ENDS: Mapping[str, tuple[str, ...]] = {
    "alexa": ("lexa",),
    "hey_mycroft": ("croft", "craft"),
    "okay_nabu": ("naboo", "boo"),
}

# As in hey_jarvis_v0.1, the file name of an openWakeWord model.
_VERSION = re.compile(r"_v?\d+(?:\.\d+)*$")
# Chinese and Japanese write no spaces: there a character counts as a word.
_WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"
    r"|[^\W_\u3040-\u9fff]+(?:['\u2019][^\W_\u3040-\u9fff]+)*"
)
# A dash in front of a number is its sign, a point its decimal.
_BETWEEN = re.compile(r"(?:[\s,!?;:…、。，！？]|\.(?!\d)|[-–—](?=\s))*")  # noqa: RUF001


@dataclass(frozen=True, slots=True)
class Command:
    """A transcript, and what was said in it behind the wake phrase."""

    text: str
    """The end of `raw_text`: empty where nothing but the wake phrase was said."""
    raw_text: str
    confirmed: bool
    """Whether the recognizer heard the wake phrase, too."""


class WakePhrase:
    """One wake word's phrase in all its spellings."""

    def __init__(self, wake_word: str, spellings: Iterable[str] = ()) -> None:
        """`spellings` are further ones, for a model of one's own or another language;
        what the model is called counts as one.
        """
        model = _VERSION.sub("", wake_word)
        name = model.replace("_", " ")
        phrases = (name, *SPELLINGS.get(model, ()), *spellings)
        self._phrases = {spelled for phrase in phrases if (spelled := letters(phrase))}
        ends = (name.split()[-1:], _ENDS.get(model, ()))
        self._ends = {letters(end) for some in ends for end in some} - self._phrases
        # One more than the longest: a recognizer may write a word in two.
        self._most_words = 1 + max(len(_WORD.findall(phrase)) for phrase in phrases)

    def remove_from(self, transcript: str) -> Command:
        """Take the phrase away from the front, once, with what sets it apart."""
        end = self._end_of_phrase(transcript)
        if end is None:
            return Command(transcript, transcript, confirmed=False)
        between = _BETWEEN.match(transcript, end)
        assert between is not None
        return Command(transcript[between.end() :], transcript, confirmed=True)

    def _end_of_phrase(self, transcript: str) -> int | None:
        most_alike, end = 0.0, None
        front = ""
        for word in islice(_WORD.finditer(transcript), self._most_words):
            front += letters(word.group())
            alike = self._likeness(front)
            if not alike and front in self._ends and _set_apart(transcript, word.end()):
                alike = _LIKENESS
            # Of two spellings that both fit, the longer was meant.
            if alike and alike >= most_alike:
                most_alike, end = alike, word.end()
        return end

    def _likeness(self, front: str) -> float:
        """How like a spelling it is; 0 where it is like none."""
        return max(likeness(front, phrase, _LIKENESS) for phrase in self._phrases)


def _set_apart(transcript: str, end: int) -> bool:
    return not transcript[end:].strip() or transcript[end] in ",.!?;:…、。，！？"  # noqa: RUF001
