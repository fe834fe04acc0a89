"""How many words to expect may be sent, in the measure of their readers: tokens."""

import re
import unicodedata

MOST_TOKENS = 10_000
"""A session's `corpus.text` has no more of them (the service's documentation)."""

# What a speech model's tokenizer takes for one: a character of Chinese, Japanese or
# Korean, a piece of a word, a mark. English words are mostly one, those of other
# alphabets several.
_WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]"
    r"|[^\W_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]+"
    r"|[^\w\s]|_"
)
_LETTERS_OF_TOKEN = 8
_LETTERS_OF_TOKEN_ELSEWHERE = 2
_SEPARATOR = re.compile(r"[,;\n\u3001\uff0c\uff1b]\s*")


def tokens(text: str) -> int:
    """Return about how many tokens `text` has, rather too many."""
    return sum(map(_tokens_of, _WORD.findall(text)))


def fitting(hints: str) -> str:
    """Return as much of the hints, from the first one on, as the recognizer takes.

    Where they are separated by commas or lines, they are whole ones.
    """
    left = MOST_TOKENS
    for word in _WORD.finditer(hints):
        left -= _tokens_of(word.group())
        if left < 0:
            fits = hints[: word.start()]
            separators = list(_SEPARATOR.finditer(fits))
            return fits[: separators[-1].start()] if separators else fits.rstrip()
    return hints


def _tokens_of(word: str) -> int:
    # A single character may stand for several words: a fraction, an invocation.
    pieces = _WORD.findall(unicodedata.normalize("NFKC", word))
    return sum(map(_tokens_of_piece, pieces))


def _tokens_of_piece(piece: str) -> int:
    letters = _LETTERS_OF_TOKEN if piece.isascii() else _LETTERS_OF_TOKEN_ELSEWHERE
    return -(-len(piece) // letters)
