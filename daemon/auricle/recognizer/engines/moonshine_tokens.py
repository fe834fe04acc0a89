"""What the tokens of a Moonshine spell, from its tokenizer.bin."""

from collections.abc import Iterator, Sequence

# A length below that is one byte; any other is two, the lower seven bits first.
_LONG = 0x80
_SPACE = "\u2581".encode()


def tokens_in(tokenizer: bytes) -> Iterator[bytes]:
    """Yield the tokens of the file `tokenizer`, each of which stands behind its length.

    Raises ValueError where it ends in the midst of one.
    """
    at = 0
    while at < len(tokenizer):
        length, at = tokenizer[at], at + 1
        if length >= _LONG:
            [more], at = tokenizer[at : at + 1] or b"\xff", at + 1
            length += (more - 1) * _LONG
        token = tokenizer[at : at + length]
        if len(token) < length:
            raise ValueError(f"it ends in the midst of the token at {at}")
        yield token
        at += length


class MoonshineTokens:
    """The tokens of a model. They are bytes: a character may be spread over some."""

    def __init__(self, tokenizer: bytes) -> None:
        """`tokenizer` is that of `tokens_in`, which raises ValueError."""
        self._tokens = list(tokens_in(tokenizer))

    def text(self, ids: Sequence[int]) -> str:
        """Return what they spell, without those that stand for no sound (`<s>`)."""
        tokens = (self._tokens[number] for number in ids)
        spelled = b"".join(token for token in tokens if not _is_control(token))
        return spelled.replace(_SPACE, b" ").decode(errors="ignore").strip()


def _is_control(token: bytes) -> bool:
    return len(token) > 2 and token.startswith(b"<") and token.endswith(b">")
