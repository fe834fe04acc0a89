"""Whether the words so far are no whole sentence: whoever said them is about to go on.

A recognizer that hears a voice break off writes "…", or a comma, or nothing behind a
word with which no sentence ends: "turn on the", "make me a large". That is told by
lists of such words, by language; where nobody tells the language, by the signs alone.
One that ends sentences with a sign leaves that out where it is not sure.
"""

import re
import unicodedata
from collections import deque
from collections.abc import Collection, Iterable, Mapping

_BREAKS_OFF = ("…", "...", ",", "\uff0c", "、", "-", "–", "—")  # noqa: RUF001
# Chinese writes no spaces: a character counts as a word. What is joined by a hyphen or
# an apostrophe is another word than its parts: "éteins-la" is a whole command.
_WORD = re.compile(
    r"#|[\u3400-\u9fff\uf900-\ufaff]|[^\W_\u3400-\u9fff\uf900-\ufaff][\w'-]*"
)
# "si" and "para" are answers, or all that is wanted.
_FEWEST = 2
_SIGNS = (".", "?", "!", "\u3002", "\uff1f", "\uff01", "\u061f", "\u0964")
_CLOSING = "\"'\u201d\u2019\u00bb)\u300d "
_FINALS, _EXCEPTIONS, _FEWEST_FINALS = 5, 1, 3


class UnfinishedWords:
    """Knows with what no sentence ends."""

    def __init__(self, by_language: Mapping[str, Mapping[str, Iterable[str]]]) -> None:
        """`by_language` has, by the language's code, what no sentence ends with: words
        and sequences of words that are `endings`, and, behind one of its `articles`,
        `attributes`, in which "#" is any number.
        """
        self._endings, self._articles, self._attributes = (
            {
                language: {_words(phrase) for phrase in lists.get(kind, ())}
                for language, lists in by_language.items()
            }
            for kind in ("endings", "articles", "attributes")
        )

    def end(self, text: str, language: str | None) -> bool:
        """Whether `text` ends with such words, or with a sign that it breaks off."""
        said = _words(text)
        if len(said) < _FEWEST:
            return False
        if text.rstrip().endswith(_BREAKS_OFF):
            return True
        code = re.split("[-_]", language or "")[0].lower()
        if _behind(said, self._endings.get(code, ())) is not None:
            return True
        numbered = tuple("#" if word.isdecimal() else word for word in said)
        rest = numbered
        while (before := _behind(rest, self._attributes.get(code, ()))) is not None:
            rest = before
        article = _behind(rest, self._articles.get(code, ()))
        return rest != numbered and article is not None


def _behind(
    said: tuple[str, ...], endings: Collection[tuple[str, ...]]
) -> tuple[str, ...] | None:
    """What is said before one of the endings; None where it ends with none of them."""
    for ending in endings:
        if said[-len(ending) :] == ending:
            return said[: -len(ending)]
    return None


def may_break_off(text: str) -> bool:
    """Whether `text` is more than a word that may be all that is wanted: "stop"."""
    return len(_words(text)) >= _FEWEST


class Punctuation:
    """Learns whether the recognizer ends its sentences with a sign."""

    def __init__(self) -> None:
        self._latest: deque[bool] = deque(maxlen=_FINALS)

    def learn(self, text: str) -> None:
        """Take a whole command, as the recognizer wrote it."""
        if may_break_off(text):
            self._latest.append(_has_sign(text))

    def is_missing(self, text: str) -> bool:
        """Whether `text` lacks what the latest commands ended with."""
        without = self._latest.count(False)
        known = len(self._latest) >= _FEWEST_FINALS and without <= _EXCEPTIONS
        return known and may_break_off(text) and not _has_sign(text)


def _has_sign(text: str) -> bool:
    return text.rstrip(_CLOSING).endswith(_SIGNS)


def _words(text: str) -> tuple[str, ...]:
    spelled = unicodedata.normalize("NFKC", text).lower().replace("\u2019", "'")
    return tuple(word.rstrip("-") for word in _WORD.findall(spelled))
