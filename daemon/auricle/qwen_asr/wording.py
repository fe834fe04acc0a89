"""What is said in a recognizer's words: compared, counted and put together."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8}){0,3}")
# Chinese and Japanese write no spaces: there a character counts as a word.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W_\u3040-\u9fff]+")
# With their punctuation, which has its space inside.
_unspaced = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]").match
# Models learn them of subtitles: [BLANK_AUDIO], (upbeat music), *sighs*, <|nospeech|>.
_TAG = re.compile(
    r"\[[^\]]*\]|\([^)]*\)|\*[^*]*\*|<[^>]*>|\u3010[^\u3011]*\u3011|\uff08[^\uff09]*\uff09"
)
# Whisper writes what is sung between them.
_NOTES = re.compile(r"[\u2669-\u266c\U0001f3b5\U0001f3b6]+")

# One word in ten may be the model's own.
_MOSTLY = 0.9
# Half of that is fast. A character of Chinese or Japanese is a syllable.
_LETTERS_PER_SECOND = 25
_LETTERS_OF_SYLLABLE = 3
# A voice detector is late for a voice, and deaf to its soft end.
_UNHEARD = 0.3
# Nobody reads a list out. Two hints may well make a command, and so may a long one.
_LONG_RUN = 8
_LONG_LIST = 3
_ENTRY_END = re.compile(
    r"[\n,;:.!?|/\u3001\u3002\uff0c\uff1b\uff1a\uff01\uff1f]"
    r"|(?<=[\u3040-\u9fff])\s+(?=[\u3040-\u9fff])"
)


@dataclass(frozen=True, slots=True)
class PlacedWord:
    """A word, and where in its text it stands."""

    word: str
    """It is in lower case."""
    start: int
    end: int


def language_label(label: object) -> str | None:
    """Return `label` where it has the shape of a language code, else None."""
    if isinstance(label, str) and _LANGUAGE.fullmatch(label):
        return label
    return None


def words(text: str) -> list[str]:
    """Return the words of `text`, in lower case, without punctuation.

    A character of Chinese or Japanese counts as a word.
    """
    return _WORD.findall(unicodedata.normalize("NFKC", text).lower())


def placed_words(text: str) -> Sequence[PlacedWord]:
    """Return the words of `text` and their places in it."""
    return [
        PlacedWord(word, found.start(), found.end())
        for found in _WORD.finditer(text)
        if (word := "".join(words(found.group())))
    ]


def has_words(text: str) -> bool:
    """Tell whether anything is said in `text`: a letter or a digit of any script.

    A tag in brackets that is all there is names a noise, not a word; and what stands
    between notes is music.
    """
    return any(map(str.isalnum, _outside_notes(_TAG.sub("", text))))


def joined(texts: Iterable[str]) -> str:
    """Return one text after the other, as their language is written: Chinese without a
    space.
    """
    whole = ""
    for text in texts:
        text = text.strip()
        if whole and text and not (_unspaced(whole[-1]) or _unspaced(text[0])):
            whole += " "
        whole += text
    return whole


def repeats_hints(text: str, hints: str, heard: float) -> bool:
    """Tell whether `text` is the hints said back, as models do where nobody spoke.

    That it is made of their words is no sign of it: names of scenes are commands, and
    hints are there to be said. `heard` is for how many seconds a voice was, at most.
    It is such where that was none, or fewer than the text takes to be said; or where it
    is a list: three hints and more from the first one on, in their order.
    """
    said, hinted = words(text), words(hints)
    known = set(hinted)
    if not said or sum(word in known for word in said) < _MOSTLY * len(said):
        return False
    return heard == 0 or heard + _UNHEARD < _least_seconds(said) or _lists(said, hints)


def _outside_notes(text: str) -> str:
    parts = _NOTES.split(text)
    if len(parts) % 2:
        return "".join(parts[::2])
    # Such as lines of a song, each with a note between it and the next. A single note
    # says nothing of what is beside it.
    ends = parts[0] + parts[-1]
    return ends if len(parts) > 2 else text


def _least_seconds(said: Iterable[str]) -> float:
    """Nobody says it in fewer."""
    letters = sum(
        _LETTERS_OF_SYLLABLE if _unspaced(character) else 1
        for word in said
        for character in word
    )
    return letters / _LETTERS_PER_SECOND


def _lists(said: list[str], hints: str) -> bool:
    entries = [words(entry) for entry in _ENTRY_END.split(hints)]
    hinted = [word for entry in entries for word in entry]
    # The last one may be cut off.
    run = next(
        (at for at, (a, b) in enumerate(zip(said, hinted, strict=False)) if a != b),
        min(len(said), len(hinted)),
    )
    ends = accumulate(len(entry) for entry in entries if entry)
    whole_entries = sum(end <= run for end in ends)
    long = run >= _LONG_RUN and run >= _MOSTLY * len(said)
    return long and whole_entries >= _LONG_LIST
