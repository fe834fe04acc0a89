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
    """Return `text` in sentences, in their order, the short ones with the next."""
    pieces: list[str] = []
    begin = 0
    for gap in _END.finditer(text):
        if gap.start() - begin >= _SHORTEST:
            pieces.append(text[begin : gap.start()])
            begin = gap.end()
    return [*pieces, text[begin:]]
