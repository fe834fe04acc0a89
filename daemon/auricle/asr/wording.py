"""The recognizer's words, made fit to be shown, published and compared."""

import re
import unicodedata
from collections.abc import Iterable

LONGEST_TEXT = 2000
"""Characters of a transcript: several times what 60 s of speech can hold."""

# A colour or cursor command that a terminal would obey (ECMA-48: CSI, and OSC with
# its terminator), and any other escape with the character behind it.
_ESCAPE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b."
)
_LINE_BREAKS = dict.fromkeys(map(ord, "\t\n\v\f\r\x85\u2028\u2029"), " ")
# Controls show as nothing or do harm; bidirectional overrides let a text read other
# than it is; a lone surrogate cannot be encoded as UTF-8 at all.
_INVISIBLE = dict.fromkeys(
    [
        *(n for n in (*range(0x20), *range(0x7F, 0xA0)) if n not in _LINE_BREAKS),
        *(*range(0x202A, 0x202F), *range(0x2066, 0x206A)),
        *range(0xD800, 0xE000),
    ]
)
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8}){0,3}")
# Chinese and Japanese write no spaces: there a character counts as a word.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W_\u3040-\u9fff]+")
# With their punctuation, which has its space inside.
_unspaced = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]").match


def clean(text: str, longest: int = LONGEST_TEXT) -> str:
    """`text` in one line, without escapes, controls and overrides."""
    # Cut first: a message may be a hundred times longer than any transcript.
    text = _ESCAPE.sub("", text[: 2 * longest])
    return text.translate(_LINE_BREAKS).translate(_INVISIBLE)[:longest]


def language_label(label: object) -> str | None:
    """`label` where it has the shape of a language code."""
    if isinstance(label, str) and _LANGUAGE.fullmatch(label):
        return label
    return None


def words(text: str) -> list[str]:
    """Its words, in lower case, without punctuation."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).lower())


def joined(texts: Iterable[str]) -> str:
    """One after the other, as their language is written: Chinese without a space."""
    whole = ""
    for text in texts:
        text = text.strip()
        if whole and text and not (_unspaced(whole[-1]) or _unspaced(text[0])):
            whole += " "
        whole += text
    return whole


def is_corpus_echo(text: str, corpus: str) -> bool:
    """Whether `text` may be the model repeating its hints, as it does on noise.

    Four words or more, nearly all of them from the corpus, or the corpus itself.
    """
    said, hinted = words(text), words(corpus)
    if not said or not hinted:
        return False
    known = set(hinted)
    share = sum(word in known for word in said) / len(said)
    return said == hinted or (len(said) >= 4 and share >= 0.9)
