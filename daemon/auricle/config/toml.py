"""Values as TOML writes them."""

import json
from decimal import Decimal
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
        case float() if "e-" in repr(value):
            # A price of 0.00009 is read more easily than one of 9e-05.
            return f"{Decimal(repr(value)):f}"
        case float():
            # Infinity, too: TOML spells it as Python does.
            return repr(value)
        case _:
            # JSON's numbers and booleans are TOML's, too.
            return json.dumps(value)


def _character(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    # What moves a terminal's cursor is shown, and not obeyed.
    return character if character.isprintable() else f"\\U{ord(character):08x}"
