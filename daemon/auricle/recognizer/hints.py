"""Words to expect that never hurt: where one of them may stand in a transcript, and how
much the sound must speak for it.

A model that is told words hears them where nobody said them, and of many it says
nothing at all. So it is told none. Where a part of what it heard is spelled somewhat
like a hint, it says how likely the same sound makes the transcript with the hint.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from auricle.qwen_asr.spelling import consonants, letters, likeness
from auricle.qwen_asr.wording import PlacedWord, placed_words

# Chosen with every second one of 120 commands of people, clean and in a kitchen, and
# confirmed with the others by benchmarks/recognizer/hints.py. Of the slots that
# hints can put right, a likeness of 0.5 leaves out every tenth.
_ALIKE = 0.4
# A hint that stands in the transcript anyway tells that the hints are what is spoken
# of, and a difference that nobody hears is one of spelling. Then the model's own habits
# count for less than the hint. Where neither is so, a sound in noise is no reason.
_EXPECTED = -5.0
_UNEXPECTED = 0.5
_ENTRY_END = re.compile(r"[,;.:!?\r\n\t|\u3001\u3002\uff0c\uff1a\uff1b\uff01\uff1f]+")
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
    letters: str


@dataclass(frozen=True, slots=True)
class Correction:
    """A hint, or a part of it, in the place of a part of a transcript."""

    start: int
    """It is the position in the transcript of the first character that goes."""
    end: int
    replacement: str
    least: float
    """It is taken where the sound makes it so much likelier, in natural logarithms."""

    def of(self, transcript: str, spelling: str | None = None) -> str:
        """Return `transcript` with it, spelled like `spelling` where there is one."""
        replacement = self.replacement if spelling is None else spelling
        return transcript[: self.start] + replacement + transcript[self.end :]


def read(corpus: str) -> Sequence[Hint]:
    """Return the hints of a session's `corpus.text`, each once.

    They are what stands between commas, lines and the ends of sentences.
    """
    hints: dict[tuple[str, ...], Hint] = {}
    for entry in _ENTRY_END.split(corpus):
        if said := tuple(word.word for word in placed_words(entry)):
            hints.setdefault(said, Hint(entry.strip(), said, letters(entry)))
    return tuple(hints.values())


def corrections(transcript: str, hints: Sequence[Hint]) -> Sequence[Correction]:
    """Return where a hint may have been said, each once, in no order.

    That is where words are spelled somewhat like it, and not merely differ in an ending
    or by a word more or less. What is a hint already is none, and stays.
    """
    placed = placed_words(transcript)
    heard = [word.word for word in placed]
    held = [span for hint in hints for span in _found(hint, heard)]
    found: dict[tuple[int, int, str], Correction] = {}
    for hint in hints:
        for span in _alike(hint, heard):
            old, new = _differing(heard, span, hint.words)
            if any(_overlap(old, other) for other in held):
                continue
            said, meant = heard[old.start : old.stop], hint.words[new.start : new.stop]
            if _adds_or_drops(said, meant) or _inflected(said, meant):
                continue
            start, end = placed[old.start].start, placed[old.stop - 1].end
            replacement = _written(hint, new)
            if old.start == 0:
                replacement = _capitalized(replacement)
            expected = held or _sound_the_same(said, meant)
            least = _EXPECTED if expected else _UNEXPECTED
            correction = Correction(start, end, replacement, least)
            found[start, end, replacement] = correction
    return tuple(found.values())


def corrected(transcript: str, likelier: Iterable[tuple[Correction, float]]) -> str:
    """Return `transcript` with those of its `corrections` that the sound speaks for.

    Each comes with how much likelier the sound makes the transcript with it, in natural
    logarithms. Where two are about the same words, the one that is borne out best is
    taken.
    """
    borne_out = [
        (by - correction.least, correction)
        for correction, by in likelier
        if by >= correction.least
    ]
    borne_out.sort(key=lambda pair: -pair[0])
    taken: list[Correction] = []
    for _, correction in borne_out:
        span = range(correction.start, correction.end)
        if not any(_overlap(span, range(other.start, other.end)) for other in taken):
            taken.append(correction)
    for correction in sorted(taken, key=lambda correction: -correction.start):
        transcript = correction.of(transcript)
    return transcript


def spellings(replacement: str) -> frozenset[str]:
    """Return how a model may write it, which writes names and dishes as it likes."""
    titled = " ".join(map(_capitalized, replacement.split(" ")))
    return frozenset((replacement, replacement.lower(), titled))


def _alike(hint: Hint, heard: Sequence[str]) -> Iterator[range]:
    """What stands side by side and is spelled somewhat like it."""
    count = len(hint.words)
    # A model may write a word in two or three, or two in one.
    longest = 3 if count == 1 else count + 1
    for length in range(max(1, count - 1), longest + 1):
        for start in range(len(heard) - length + 1):
            said = "".join(heard[start : start + length])
            if likeness(said, hint.letters, _ALIKE) > 0:
                yield range(start, start + length)


def _differing(
    heard: Sequence[str], span: range, words: Sequence[str]
) -> tuple[range, range]:
    """The words of `span` and those of a hint without what is the same at their ends;
    one is left of each.
    """
    most = min(len(span), len(words)) - 1
    left = 0
    while left < most and heard[span.start + left] == words[left]:
        left += 1
    right = 0
    while right < most - left and heard[span.stop - 1 - right] == words[-1 - right]:
        right += 1
    old = range(span.start + left, span.stop - right)
    return old, range(left, len(words) - right)


def _capitalized(text: str) -> str:
    capital = text[:1].upper()
    # Some letters have none, or one that is two letters.
    return capital + text[1:] if capital.lower() == text[:1].lower() else text


def _found(hint: Hint, heard: Sequence[str]) -> list[range]:
    count = len(hint.words)
    spans = (range(start, start + count) for start in range(len(heard) - count + 1))
    return [span for span in spans if _are(heard, span, hint.words)]


def _are(heard: Sequence[str], span: range, words: Sequence[str]) -> bool:
    return all(heard[at] == word for at, word in zip(span, words, strict=True))


def _overlap(one: range, other: range) -> bool:
    return one.start < other.stop and other.start < one.stop


def _adds_or_drops(old: Sequence[str], new: Sequence[str]) -> bool:
    """Whether a word is merely added to those that stay, or left out of them, whatever
    becomes of their endings then.
    """
    if len(old) > len(new):
        return any(_same_word(one, other) for one in old for other in new)
    return len(old) < len(new) and not set(old).isdisjoint(new)


def _sound_the_same(old: Sequence[str], new: Sequence[str]) -> bool:
    sound = consonants("".join(old))
    return bool(sound) and sound == consonants("".join(new))


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


def _written(hint: Hint, words: range) -> str:
    """Those words of it as whoever sent it writes them."""
    placed: Sequence[PlacedWord] = placed_words(hint.text)
    return hint.text[placed[words.start].start : placed[words.stop - 1].end]
