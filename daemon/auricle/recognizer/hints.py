"""Words to expect that never hurt: which of them may have been said, and what of a
second hearing, for which the model was told them, is taken.

A model that is told words hears them where nobody said them, and of many it says
nothing at all. So it is told none at first. Those that sound like something that it
heard are told then, and of the second transcript only what they explain is taken.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from auricle.qwen_asr.spelling import letters, likeness
from auricle.qwen_asr.wording import PlacedWord, placed_words

MOST_TOLD = 12
"""So many hints at most are told at once."""

# Measured by benchmarks/recognizer/hints.py: of the slots that hints can put right, 0.6
# leaves out every third.
_ALIKE = 0.5
_ENTRY_END = re.compile(r"[,;.:!?\r\n\t|\u3001\u3002\uff0c\uff1a\uff1b\uff01\uff1f]+")
_SENTENCE_END = re.compile(r"[.!?,]+(?=\s)")
# People leave a plural's ending out, add and swallow it, and that of a case or a tense.
# Of a short word, what is left would say too little about it.
_NUMBER = frozenset(("", "s", "es"))
_ENDINGS = _NUMBER | {"d", "ed", "ing", "n", "en", "e", "er", "r", "m", "em", "t"}
_SHORTEST_STEM, _SHORTEST_INFLECTED = 2, 4


@dataclass(frozen=True, slots=True)
class Hint:
    """Words that somebody may say together, such as a name."""

    text: str
    """It is written as whoever sent it writes it."""
    words: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What a model is told: a sentence that somebody may have said before."""
        return f"{_capitalized(self.text)}."


@dataclass(frozen=True, slots=True)
class Correction:
    """A part of a transcript is replaced by what a hint explains better."""

    start: int
    """It is the position in the transcript of the first character that goes."""
    end: int
    replacement: str


def read(corpus: str) -> Sequence[Hint]:
    """Return the hints of a session's `corpus.text`, each once.

    They are what stands between commas, lines and the ends of sentences.
    """
    hints: dict[tuple[str, ...], Hint] = {}
    for entry in _ENTRY_END.split(corpus):
        if said := tuple(word.word for word in placed_words(entry)):
            hints.setdefault(said, Hint(entry.strip(), said))
    return tuple(hints.values())


def worth_telling(transcript: str, hints: Iterable[Hint]) -> Sequence[Hint]:
    """Return the hints that sound like something in `transcript`, the likest first;
    none where it holds them all, word for word.
    """
    heard = [word.word for word in placed_words(transcript)]
    spans = _Spans(heard)
    alike = [(spans.likeness(hint), hint) for hint in hints]
    alike = [(how, hint) for how, hint in alike if how]
    alike.sort(key=lambda pair: -pair[0])
    told = [hint for _, hint in alike[:MOST_TOLD]]
    return told if any(not _found(hint, heard) for hint in told) else []


def corrections(
    transcript: str, again: str, told: Iterable[Hint]
) -> Sequence[Correction]:
    """Return what of the second transcript `again` a hint explains, in sequence.

    That is where other words were heard which hold a hint that was told, where those of
    the first transcript resemble them, but the hint less: and not in an ending alone.
    What else differs is of no account. They do not overlap.
    """
    first, second = placed_words(transcript), placed_words(again)
    comparison = _Comparison(
        [word.word for word in first], [word.word for word in second]
    )
    found: list[tuple[range, Correction]] = []
    # What a longer one explains is not left to one that is a part of it.
    for hint in sorted(told, key=lambda hint: -len(hint.words)):
        for at in _found(hint, comparison.again):
            span = comparison.explained(hint, at)
            if span is None or any(_overlap(span.old, old) for old, _ in found):
                continue
            replacement = _replacement(again, second, span.new, hint, at)
            if span.old.start == 0:
                replacement = _capitalized(replacement)
            start, end = first[span.old.start].start, first[span.old.stop - 1].end
            found.append((span.old, Correction(start, end, replacement)))
    return sorted(
        (correction for _, correction in found), key=lambda correction: correction.start
    )


def corrected(transcript: str, taken: Iterable[Correction]) -> str:
    """Return `transcript` with those of its `corrections` that are taken."""
    for correction in sorted(taken, key=lambda correction: -correction.start):
        before, behind = transcript[: correction.start], transcript[correction.end :]
        transcript = before + correction.replacement + behind
    return transcript


class _Spans:
    """What stands side by side in a transcript, by the number of words."""

    def __init__(self, heard: Sequence[str]) -> None:
        self._heard = heard
        self._of: dict[int, set[str]] = {}

    def likeness(self, hint: Hint) -> float:
        """Return how like it the likest span is; 0 where none is."""
        spelled = letters(hint.text)
        best = 0.0
        # A model may write a word in two, or two in one.
        for count in range(max(1, len(hint.words) - 1), len(hint.words) + 2):
            for span in self._spans(count):
                best = max(best, likeness(span, spelled, max(best, _ALIKE)))
        return best

    def _spans(self, count: int) -> set[str]:
        if count not in self._of:
            starts = range(len(self._heard) - count + 1)
            self._of[count] = {"".join(self._heard[at : at + count]) for at in starts}
        return self._of[count]


@dataclass(frozen=True, slots=True)
class _Span:
    """Words of the first transcript, and those that the second has in their place."""

    old: range
    new: range


class _Comparison:
    """Two transcripts of one utterance, by their words."""

    def __init__(self, heard: Sequence[str], again: Sequence[str]) -> None:
        self.again = again
        self._heard = heard
        self._differences = list(_differences(heard, again))

    def explained(self, hint: Hint, at: int) -> _Span | None:
        """What differs, where `hint` stands in the second one `at` that word, and
        explains it.
        """
        held = range(at, at + len(hint.words))
        differs = [span for span in self._differences if _overlap(span.new, held)]
        if not differs:
            return None
        left, right = differs[0], differs[-1]
        before = max(0, left.new.start - held.start)
        behind = max(0, held.stop - right.new.stop)
        old = self._heard[left.old.start - before : right.old.stop + behind]
        new = self.again[left.new.start - before : right.new.stop + behind]
        span = _Span(
            range(left.old.start, right.old.stop), range(left.new.start, right.new.stop)
        )
        # Nothing is made up, nor left out.
        if not span.old or not span.new or _inflected(old, new):
            return None
        spelled, said = "".join(new), "".join(old)
        meant = letters(hint.text)
        resembles = likeness(said, spelled, _ALIKE) > 0
        nearer = likeness(spelled, meant, 0) > likeness(said, meant, 0)
        return span if resembles and nearer else None


def _capitalized(text: str) -> str:
    capital = text[0].upper()
    # Some letters have none, or one that is two letters.
    return capital + text[1:] if capital.lower() == text[0].lower() else text


def _differences(heard: Sequence[str], again: Sequence[str]) -> Iterator[_Span]:
    """Where they differ, word by word where it is as many words."""
    matcher = SequenceMatcher(None, heard, again, autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            continue
        if b - a == d - c:
            for at in range(b - a):
                yield _Span(range(a + at, a + at + 1), range(c + at, c + at + 1))
        else:
            yield _Span(range(a, b), range(c, d))


def _found(hint: Hint, heard: Sequence[str]) -> list[int]:
    count = len(hint.words)
    starts = range(len(heard) - count + 1)
    return [at for at in starts if tuple(heard[at : at + count]) == hint.words]


def _overlap(one: range, other: range) -> bool:
    return one.start < other.stop and other.start < one.stop


def _inflected(old: Sequence[str], new: Sequence[str]) -> bool:
    """Whether they are the same words, but for their endings."""
    return len(old) == len(new) and all(map(_same_word, old, new))


def _same_word(one: str, other: str) -> bool:
    pairs = zip(one, other, strict=False)
    stem = next(
        (at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other))
    )
    ends = {one[stem:], other[stem:]}
    return (
        one == other
        or (stem >= _SHORTEST_STEM and ends <= _NUMBER)
        or (stem >= _SHORTEST_INFLECTED and ends <= _ENDINGS)
    )


def _replacement(
    again: str, second: Sequence[PlacedWord], new: range, hint: Hint, at: int
) -> str:
    """The words `new` of the second transcript, the hint in them as it is written."""
    first, last = max(new.start, at), min(new.stop, at + len(hint.words)) - 1
    written = placed_words(hint.text)
    before = again[second[new.start].start : second[first].start]
    inside = hint.text[written[first - at].start : written[last - at].end]
    behind = again[second[last].end : second[new.stop - 1].end]
    # A model that was told sentences makes one of each hint.
    return "".join(
        (_SENTENCE_END.sub("", before), inside, _SENTENCE_END.sub("", behind))
    )
