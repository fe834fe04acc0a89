"""How alike two spellings are, which tells how alike they sound."""

import re
import unicodedata

# What English and its neighbors write differently and say alike, or nearly so.
_SOUNDS = (
    ("sch|sh", "X"),
    ("tch|ch", "C"),
    ("ph|v", "f"),
    ("gh", "g"),
    ("th", "T"),
    ("c(?=[eiy])|z", "s"),
    ("x", "ks"),
    ("ck|qu|[cq]", "k"),
    ("[aeiouyhw]", ""),
    (r"(.)\1+", r"\1"),
)
_NO_LETTER = re.compile("[^a-z]+")


def letters(text: str) -> str:
    """Return what there is to compare: neither case, spaces nor punctuation."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if character.isalnum())


def consonants(text: str) -> str:
    """Return how a text sounds, but for its vowels: "Kathryn" and "Catherine" are one.

    It is empty where nothing is known of its script.
    """
    sound = _NO_LETTER.sub("", unicodedata.normalize("NFKD", text).casefold())
    for written, said in _SOUNDS:
        sound = re.sub(written, said, sound)
    return sound


def likeness(one: str, other: str, least: float) -> float:
    """Return how like each other two texts are of letters alone: 1 where they are the
    same, 0 where it is less than `least`.
    """
    # 3 MB that an idle satellite does without.
    from rapidfuzz.distance import Levenshtein

    return Levenshtein.normalized_similarity(one, other, score_cutoff=least)
