"""A text in pieces, for a synthesizer that says nothing until it has made all of it."""

import re

# Chinese and Japanese have no spaces, and their quotes end behind the sentence.
_END = re.compile(
    r"(?<=[.!?:;…])\s+(?=\S)"
    r"|(?<=[。！？；])\s*(?=[^\s.!?…。！？；」』”’）》】])"  # noqa: RUF001
)
# Shorter ones cost more to begin than they save.
_SHORTEST = 40


def sentences(text: str) -> list[str]:
    """Return `text` in sentences, in their order, the short ones with the next; what
    has no word in it is with one that has.
    """
    pieces: list[str] = []
    begin = 0
    for gap in _END.finditer(text):
        if not _has_word(text[gap.end() :]):
            break
        if gap.start() - begin >= _SHORTEST and _has_word(text[begin : gap.start()]):
            pieces.append(text[begin : gap.start()])
            begin = gap.end()
    return [*pieces, text[begin:]]


def _has_word(text: str) -> bool:
    return any(map(str.isalnum, text))
