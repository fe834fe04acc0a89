"""The list of a model's tokens, one a line: the token, a space, and its number."""


def token_fault(text: str) -> str | None:
    """Say what is wrong with the list; None where a runtime will take it."""
    lines = text.encode().removesuffix(b"\n").split(b"\n")
    if lines == [b""]:
        return "holds no tokens"
    for count, line in enumerate(lines, start=1):
        # Bytes are split at what a runtime takes for space; a token may be the space
        # itself, or hold one of Unicode's others.
        fields = line.split()
        if len(fields) not in (1, 2) or not fields[-1].isdigit():
            return f"line {count} is not a token and its number"
    return None
