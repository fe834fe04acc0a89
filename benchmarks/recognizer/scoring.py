"""How much of what was said was understood."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

_NUMBERS = {
    "1": "one",
    "2": "two",
    "3": "three",
    "4": "four",
    "5": "five",
    "6": "six",
    "8": "eight",
    "12": "twelve",
    "16": "sixteen",
    "20": "twenty",
}
_TITLES = {"mr": "mister", "mrs": "missis"}
_SENTENCE = re.compile(r"<s> (?P<words>.*) </s> \((?P<name>.*)\)")


@dataclass(frozen=True, slots=True)
class Score:
    """Of some recordings together."""

    errors: int = 0
    words: int = 0

    @property
    def error_rate(self) -> float:
        return self.errors / self.words if self.words else 0.0

    def __add__(self, other: "Score") -> "Score":
        return Score(self.errors + other.errors, self.words + other.words)


def words(text: str) -> list[str]:
    """Without case and punctuation; numbers and titles spelled out."""
    text = re.sub(r"(\d)\s*oz\b", r"\1 ounce", text.lower())
    found = re.findall(r"[a-z']+|\d+", text)
    return [_NUMBERS.get(word) or _TITLES.get(word, word) for word in found]


def score(said: Sequence[str], heard: Sequence[str]) -> Score:
    """Substitutions, insertions and deletions that lead from one to the other."""
    row = list(range(len(heard) + 1))
    for i, one in enumerate(said, start=1):
        previous, row = row, [i]
        for j, other in enumerate(heard, start=1):
            row.append(
                min(row[-1] + 1, previous[j] + 1, previous[j - 1] + (one != other))
            )
    return Score(row[-1], len(said))


def slots_missed(slots: Iterable[str], heard: Sequence[str]) -> Score:
    """The slot values of a command that its transcript does not hold word for word."""
    text = f" {' '.join(heard)} "
    found = [f" {' '.join(words(slot))} " in text for slot in slots]
    return Score(found.count(False), len(found))


def slots(folder: Path) -> dict[str, list[str]]:
    """By file name, the slot values of the commands in a folder with labels.json."""
    labels = json.loads((folder / "labels.json").read_text())
    return {name: list(label["slots"].values()) for name, label in labels.items()}


def sentences(transcription: Path) -> dict[str, list[str]]:
    """By name, the words of the read sentences in a transcription.txt."""
    found = map(_SENTENCE.fullmatch, transcription.read_text().splitlines())
    return {match["name"]: words(match["words"]) for match in found if match}
