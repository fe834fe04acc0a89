"""Values as TOML writes them."""

import json
from typing import Any


def toml(value: Any) -> str:
    """Write a string, number, boolean, list or table on one line."""
    match value:
        case dict():
            entries = (f"{toml(k)} = {toml(v)}" for k, v in value.items())
            return f"{{{', '.join(entries)}}}"
        case list() | tuple():
            return f"[{', '.join(map(toml, value))}]"
        case str():
            return f'"{"".join(map(_character, value))}"'
        case _:
            # JSON's numbers and booleans are TOML's, too.
            return json.dumps(value)


def _character(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    # What moves a terminal's cursor is shown, and not obeyed.
    return character if character.isprintable() else f"\\U{ord(character):08x}"
