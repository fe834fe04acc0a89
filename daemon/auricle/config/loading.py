"""Where the settings come from: the only reader of the configuration file.

The file (`--config`, else `/etc/auricle/config.toml`, else
`$XDG_CONFIG_HOME/auricle/config.toml`), overridden by the environment
(`AURICLE_SECTION__KEY`, and `DASHSCOPE_API_KEY`), overridden by systemd's credentials
(`asr.api_key`, `mqtt.password`).
"""

import contextlib
import difflib
import os
import re
import stat
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from auricle.config.overrides import (
    DASHSCOPE_KEY,
    PREFIX,
    Key,
    Override,
    overrides,
    strays,
)
from auricle.config.settings import Settings
from auricle.errors import ConfigError
from auricle.system.redaction import OURS

SYSTEM_FILE = Path("/etc/auricle/config.toml")
_MAX_BYTES = 1_000_000
_SECRETS: tuple[Key, ...] = (("asr", "api_key"), ("mqtt", "password"))
# Python reads no longer decimal numbers.
_TOO_MANY_DIGITS = re.compile(r"[0-9_]{4000,}")
# Of a key of many parts, the parser keeps each beginning: memory by the gigabyte.
_TOO_DEEP = re.compile(r"""(?<![\w"'-])(?:[\w"'-]++[ \t]*+\.[ \t]*+){100}""")


def default_file() -> Path | None:
    """The file that is read where none is named; None where there is none."""
    user = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    candidates = [SYSTEM_FILE]
    with contextlib.suppress(RuntimeError):  # nobody knows this user's home
        candidates.append(Path(user).expanduser() / "auricle/config.toml")
    return next((path for path in candidates if _may_be_there(path)), None)


def _may_be_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        # Its folder may not be looked into: whoever reads it learns why.
        return True


def load(path: Path | None, options: Mapping[str, object] | None = None) -> Settings:
    """Read `path` (None: no file) and what overrides it. `options` of a command line
    are settings by name, such as `asr.url`, None where not given.

    Raises ConfigError with every mistake on a line of its own: the key, where it
    stands, and what to write instead.
    """
    text = _read(path) if path else ""
    table = _parse(path, text)
    OURS.keep(*_secrets_in(table))
    if path:
        _refuse_exposed_secrets(path, table)
    overriding = overrides() | _of_command_line(options or {})
    for (section, key), override in overriding.items():
        values = table.setdefault(section, {})
        # Anything else is a mistake, which is told below.
        if isinstance(values, dict):
            values[key] = override.value
    OURS.keep(*_secrets_in(table))
    try:
        settings = Settings.model_validate(table)
    except ValidationError as error:
        mistakes = _explain(error, overriding, path, text)
        raise ConfigError("\n".join(mistakes)) from error
    for secret in (settings.asr.api_key, settings.mqtt.password):
        if secret is not None:
            OURS.keep(secret.get_secret_value())
    return settings


def overriding() -> list[str]:
    """The names of the environment variables that override the file."""
    return sorted(
        name
        for name in os.environ
        if (name.upper().startswith(PREFIX) and "__" in name) or name == DASHSCOPE_KEY
    )


def doubts(settings: Settings) -> list[str]:
    """A sentence for whatever is configured, harmless, and without effect."""
    told = strays()
    if settings.mqtt.password is not None and not settings.mqtt.username:
        told.append("mqtt.password is not sent: there is no mqtt.username")
    return told


def secret_origins(path: Path | None) -> dict[str, str]:
    """Which secrets are set, and where each comes from, for a person.

    Raises ConfigError where file or credentials cannot be read.
    """
    table = _parse(path, _read(path) if path else "")
    overriding = overrides()
    origins = {}
    for section, key in _SECRETS:
        if (section, key) in overriding:
            origins[f"{section}.{key}"] = overriding[section, key].origin
        elif key in _section(table, section):
            origins[f"{section}.{key}"] = f"file {path}"
    return origins


def _section(table: dict[str, Any], name: str) -> dict[str, Any]:
    values = table.get(name)
    return values if isinstance(values, dict) else {}


def _of_command_line(options: Mapping[str, object]) -> dict[Key, Override]:
    given = {}
    for name, value in options.items():
        section, _, key = name.partition(".")
        if value is not None:
            given[section, key] = Override(f"command line: {name}", value)
    return given


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ConfigError(f"{path}: larger than 1 MB, which is no configuration")
        # Windows editors put a byte order mark in front.
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 text") from error


def _parse(path: Path | None, text: str) -> dict[str, Any]:
    if found := _TOO_DEEP.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise ConfigError(f"{path}:{line}: nested too deeply")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}") from error
    except RecursionError as error:
        raise ConfigError(f"{path}: nested too deeply") from error
    except ValueError as error:
        raise ConfigError(f"{path}{_why_no_value(text, error)}") from error


def _why_no_value(text: str, error: ValueError) -> str:
    # What Python says of long numbers is for programmers.
    for number, line in enumerate(text.splitlines(), start=1):
        if _TOO_MANY_DIGITS.search(line):
            return f":{number}: no number is that long"
    return f": {error}"


def _refuse_exposed_secrets(path: Path, table: dict[str, Any]) -> None:
    for section, key in _SECRETS:
        if key in _section(table, section) and path.stat().st_mode & stat.S_IROTH:
            raise ConfigError(
                f"{path}: holds {section}.{key} and is readable by everyone; "
                f"run: chmod 0640 {path}"
            )


def _secrets_in(table: dict[str, Any]) -> Iterator[str]:
    for section, key in _SECRETS:
        secret = _section(table, section).get(key)
        if isinstance(secret, str):
            yield secret


def _explain(
    error: ValidationError,
    overriding: Mapping[Key, Override],
    path: Path | None,
    text: str,
) -> Iterator[str]:
    for detail in error.errors(include_input=False, include_url=False):
        keys = tuple(str(part) for part in detail["loc"])
        override = overriding.get((keys[0], keys[1])) if len(keys) > 1 else None
        if override is not None:
            yield f"{override.origin}: {_remedy(detail, keys)}"
            continue
        where = f"{path}:{line}: " if (line := _line_of(keys, text)) else ""
        yield f"{where}{'.'.join(keys) or 'settings'}: {_remedy(detail, keys)}"


# What pydantic says names Python's types.
_REMEDIES = {
    "string_type": "must be text, in quotation marks",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "path_type": "must be the path of a file, in quotation marks",
    "tuple_type": 'must be a list, such as ["one", "two"]',
    "too_long": "is longer than {max_length}, which is the most",
    "dict_type": "must be a table, such as {{name = value}}",
    "model_type": "must be a table: [{section}], with its keys on the lines below",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a whole number, and is too long to be one",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "greater_than": "must be more than {gt:g}",
    "greater_than_equal": "must be {ge:g} or more",
    "less_than": "must be less than {lt:g}",
    "less_than_equal": "must be {le:g} or less",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "value_error": "{error}",
}


def _remedy(detail: ErrorDetails, keys: tuple[str, ...]) -> str:
    if detail["type"] == "extra_forbidden":
        known = _keys_of(keys[:-1])
        near = difflib.get_close_matches(keys[-1], known, n=1)
        if near:
            return f"no such key; did you mean {'.'.join((*keys[:-1], near[0]))}?"
        return f"no such key; there are {', '.join(known)}"
    if detail["type"] not in _REMEDIES:
        return detail["msg"]
    facts = {"section": ".".join(keys), **detail.get("ctx", {})}
    return _REMEDIES[detail["type"]].format(**facts)


def _keys_of(section: tuple[str, ...]) -> list[str]:
    fields = Settings.model_fields
    for name in section:
        annotation = fields[name].annotation if name in fields else None
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return []
        fields = annotation.model_fields
    return list(fields)


def _line_of(keys: tuple[str, ...], text: str) -> int | None:
    """The line of the key, or of its section; None where it is not in the file."""
    found = None
    section = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[\s*([\w.]+)\s*\]", line):
            section = header[1]
            if keys[:1] == (section,):
                found = found or number
        elif (
            len(keys) > 1
            and section == keys[0]
            and re.match(rf"\s*[\"']?{re.escape(keys[1])}[\"']?\s*[.=]", line)
        ):
            return number
    return found
