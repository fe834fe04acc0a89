"""Settings put into the text of a file, at their places, without touching the rest."""

import json
import re
from collections.abc import Mapping


def filled(text: str, values: Mapping[str, object]) -> str:
    """Return the TOML `text` with these values, by names such as `mqtt.host`.

    A key that stands there, or as a comment that shows it, is put in that place;
    another one begins its section, and a section that is missing ends the file.
    """
    for name, value in values.items():
        section, _, key = name.partition(".")
        text = _with(text, section, f"{key} = {_toml(value)}", key)
    return text


def _with(text: str, section: str, line: str, key: str) -> str:
    header = re.search(rf"^\[{re.escape(section)}\][ \t]*(#.*)?$", text, re.MULTILINE)
    if header is None:
        gap = "\n" if text and not text.endswith("\n\n") else ""
        return f"{text}{gap}[{section}]\n{line}\n"
    begin = header.end()
    following = re.search(r"^[ \t]*\[", text[begin:], re.MULTILINE)
    end = begin + following.start() if following else len(text)
    body = text[begin:end]
    # A value that is set goes before the comment that only shows one.
    for mark in ("", "# ?"):
        shown = rf"^[ \t]*{mark}{re.escape(key)}[ \t]*=.*$"
        body, count = re.subn(shown, lambda _: line, body, count=1, flags=re.MULTILINE)
        if count:
            return text[:begin] + body + text[end:]
    return f"{text[:begin]}\n{line}{body}{text[end:]}"


def _toml(value: object) -> str:
    # TOML's strings, numbers, lists of them and truth values are JSON's.
    return json.dumps(value, ensure_ascii=False)
