"""How alike two spellings are, which tells how alike they sound."""

import unicodedata


def letters(text: str) -> str:
    """Return what there is to compare: neither case, spaces nor punctuation."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if character.isalnum())


def likeness(one: str, other: str, least: float) -> float:
    """Return how like each other two texts are of letters alone: 1 where they are the
    same, 0 where it is less than `least`.
    """
    # 3 MB that an idle satellite does without.
    from rapidfuzz.distance import Levenshtein

    return Levenshtein.normalized_similarity(one, other, score_cutoff=least)
