"""What overrides the configuration file: the environment, and systemd's credentials.

`AURICLE_SECTION__KEY` is a variable for each setting; a list is written with commas
(`okay_nabu,alexa`) or as JSON, a table as JSON, or one entry a variable
(`AURICLE_WAKE_WORD__THRESHOLDS__OKAY_NABU`). A credential has the setting's own name.
"""

import difflib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_origin

from pydantic import BaseModel

from auricle.config.settings import Settings
from auricle.errors import ConfigError

Key = tuple[str, str]
"""A section, and a key in it."""
PREFIX = "AURICLE_"
DASHSCOPE_KEY = "DASHSCOPE_API_KEY"
_LARGEST_CREDENTIAL = 64 * 1024
# The project's own scripts and tests are told by these what to do.
OF_THE_SCRIPTS = frozenset(
    {
        "AURICLE_CONFORMANCE",
        "AURICLE_FAULTS",
        "AURICLE_HOMEASSISTANT",
        "AURICLE_RECORDINGS",
        "AURICLE_SOAK",
    }
)


@dataclass(frozen=True, slots=True)
class Override:
    """A value that counts instead of the file's."""

    origin: str
    """Where it comes from, for a person."""
    value: object


def keys() -> Iterator[Key]:
    """Every setting there is."""
    for section, field in Settings.model_fields.items():
        assert isinstance(field.annotation, type)
        assert issubclass(field.annotation, BaseModel)
        for key in field.annotation.model_fields:
            yield section, key


def variable(key: Key) -> str:
    """The environment variable that sets it."""
    return f"{PREFIX}{'__'.join(key).upper()}"


def overrides() -> dict[Key, Override]:
    """What the environment and the credentials set.

    Raises ConfigError with every mistake on a line of its own.
    """
    found: dict[Key, Override] = {}
    mistakes: list[str] = []
    for origin, key, entry, text in _texts(mistakes):
        try:
            value = _decode(key, text) if entry is None else {entry: text}
        except ValueError as error:
            mistakes.append(f"{origin}: {error}")
            continue
        earlier = found[key].value if entry and key in found else {}
        if isinstance(earlier, dict) and isinstance(value, dict):
            value = earlier | value
        found[key] = Override(origin, value)
    if mistakes:
        raise ConfigError("\n".join(mistakes))
    return found


def strays() -> list[str]:
    """A sentence for each variable that looks like one of ours, and does nothing."""
    names = {variable(key).replace("__", "_"): variable(key) for key in keys()}
    return [
        f"environment variable {name} does nothing"
        + (f"; did you mean {names[near[0]]}?" if near else _HOW_TO_NAME)
        for name in sorted(os.environ)
        if _is_ours(name) and "__" not in name and name not in OF_THE_SCRIPTS
        for near in [difflib.get_close_matches(name.upper(), names, n=1, cutoff=0.75)]
    ]


_HOW_TO_NAME = f": settings are {PREFIX}SECTION__KEY, such as {PREFIX}MQTT__HOST"


def _is_ours(name: str) -> bool:
    return name.upper().startswith(PREFIX)


def _texts(mistakes: list[str]) -> Iterator[tuple[str, Key, str | None, str]]:
    """Origin, key, entry of a table, and text; what counts most comes last."""
    if os.environ.get(DASHSCOPE_KEY):
        key = ("asr", "api_key")
        yield _of_environment(DASHSCOPE_KEY), key, None, os.environ[DASHSCOPE_KEY]
    known = {variable(key): key for key in keys()}
    for name in sorted(os.environ):
        if not _is_ours(name) or "__" not in name:
            continue
        whole, entry = name.upper(), None
        if whole not in known:
            whole, _, last = whole.rpartition("__")
            entry = last.lower()
        if whole not in known or (entry and not _is_table(known[whole])):
            near = difflib.get_close_matches(name.upper(), known, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            mistakes.append(f"{_of_environment(name)}: no such setting{hint}")
            continue
        yield _of_environment(name), known[whole], entry, os.environ[name]
    yield from _credentials(mistakes)


def _of_environment(name: str) -> str:
    return f"environment variable {name}"


def _credentials(mistakes: list[str]) -> Iterator[tuple[str, Key, None, str]]:
    directory = os.environ.get("CREDENTIALS_DIRECTORY")
    if not directory:
        return
    for key in keys():
        name = ".".join(key)
        try:
            text = read_credential(Path(directory) / name)
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            mistakes.append(f"credential {name}: {reason}")
        else:
            yield f"credential {name}", key, None, text


def read_credential(path: Path) -> str:
    """Without the newline that editors and `echo` leave behind.

    Raises OSError, and ValueError that never repeats what is in it.
    """
    with path.open("rb") as file:
        content = file.read(_LARGEST_CREDENTIAL + 1)
    if len(content) > _LARGEST_CREDENTIAL:
        raise ValueError("larger than 64 kB, which is no credential")
    try:
        return content.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8 text") from None


def _annotation(key: Key) -> Any:
    section = Settings.model_fields[key[0]].annotation
    assert isinstance(section, type)
    assert issubclass(section, BaseModel)
    return section.model_fields[key[1]].annotation


def _is_table(key: Key) -> bool:
    return get_origin(_annotation(key)) is dict


def _decode(key: Key, text: str) -> object:
    """Raises ValueError."""
    if _is_table(key):
        return _from_json(text, dict, 'a table, such as {"okay_nabu": 0.95}')
    if get_origin(_annotation(key)) is tuple:
        if text.lstrip().startswith("["):
            return _from_json(text, list, 'a list, such as ["okay_nabu", "alexa"]')
        return [part for entry in text.split(",") if (part := entry.strip())]
    return text


def _from_json(text: str, kind: type, called: str) -> object:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, kind):
        raise ValueError(f"must be {called}, in JSON")
    return value
