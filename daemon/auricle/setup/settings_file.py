"""Settings put into a file, at their places, without touching the rest."""

import codecs
import contextlib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from auricle.config.settings import Settings
from auricle.config.sources import File
from auricle.config.toml import toml
from auricle.errors import ConfigError
from auricle.system.whole_file import replaced


@contextlib.contextmanager
def changed(
    path: Path, values: Mapping[str, object], example: str | None, *, private: bool
) -> Iterator[None]:
    """Have a file say these values, by names such as `mqtt.host`, when the block ends,
    and leave it as it is where that raises. Where there is no file, one begins as
    `example`; None: it has to be there. One that is `private` is its owner's alone.

    Raises OSError, and ConfigError where a person has to change the file.
    """
    path = Path(os.path.realpath(path))  # a link stays one
    content, before = b"", None
    if example is None or path.exists():
        content, before = path.read_bytes(), path.stat()
        text = File(Settings, path).text
    else:
        text = example
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        text = filled(text, values)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    if b"\r\n" in content:
        text = text.replace("\n", "\r\n")
    mark = codecs.BOM_UTF8 if content.startswith(codecs.BOM_UTF8) else b""
    mode = before.st_mode & 0o777 if before else 0o644
    if private:
        mode &= 0o700
    with replaced(path, mark + text.encode(), mode, owner=before):
        yield


def filled(text: str, values: Mapping[str, object]) -> str:
    """Return the TOML `text` with these values, by names such as `mqtt.host`.

    A key that stands there, or as a comment that shows it, is put in that place;
    another one begins its section, and a section that is missing ends the file. Raises
    ConfigError where that does not end in these values, and in all the others as
    before: TOML has more spellings than are changed here.
    """
    refused = []
    said = tomllib.loads(text)
    for name, value in values.items():
        section, _, key = name.partition(".")
        known = said.get(section)
        known = known if isinstance(known, dict) else {}
        wanted = {**said, section: {**known, key: value}}
        new = _with(text, section, f"{key} = {toml(value)}", key)
        if _said(new) == wanted:
            text, said = new, wanted
        else:
            refused.append(name)
    if refused:
        raise ConfigError(
            f"nothing was written, for {', '.join(refused)} cannot be changed here as "
            "the file is: put each section's name on a line of its own, such as "
            "[mqtt], and each of its keys on one line below, then run it again"
        )
    return text


def _with(text: str, section: str, line: str, key: str) -> str:
    header = re.search(
        rf"^[ \t]*\[[ \t]*{_spelled(section)}[ \t]*\][ \t]*(#.*)?$", text, re.MULTILINE
    )
    if header is None:
        gap = "\n" if text and not text.endswith("\n\n") else ""
        return f"{text}{gap}[{section}]\n{line}\n"
    begin = header.end()
    following = re.search(r"^[ \t]*\[", text[begin:], re.MULTILINE)
    end = begin + following.start() if following else len(text)
    body = text[begin:end]
    # A value that is set goes before the comment that only shows one.
    for mark in ("", "# ?"):
        shown = rf"^([ \t]*){mark}({_spelled(key)}[ \t]*=.*)$"
        if found := re.search(shown, body, re.MULTILINE):
            line = f"{found[1]}{line}{_comment_behind(found[2])}"
            body = body[: found.start()] + line + body[found.end() :]
            return text[:begin] + body + text[end:]
    return f"{text[:begin]}\n{line}{body}{text[end:]}"


def _comment_behind(statement: str) -> str:
    for sign in re.finditer("[ \t]*#", statement):
        if _said(statement[: sign.start()]) is not None:
            return statement[sign.start() :]
    return ""


def _spelled(name: str) -> str:
    return rf"""["']?{re.escape(name)}["']?"""


def _said(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        return None
