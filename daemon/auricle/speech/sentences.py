"""A text in pieces, for a synthesizer that says nothing until it has made all of it."""

import re

_END = re.compile(r"(?<=[.!?:;…。！？])\s+")  # noqa: RUF001  # other scripts end so
# Shorter ones cost more to begin than they save.
_SHORTEST = 40


def sentences(text: str) -> list[str]:
    """Return `text` in sentences, in their order, the short ones with the next."""
    pieces: list[str] = []
    for sentence in _END.split(text):
        if pieces and len(pieces[-1]) < _SHORTEST:
            pieces[-1] += f" {sentence}"
        else:
            pieces.append(sentence)
    return pieces
