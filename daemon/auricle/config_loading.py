"""Where the settings come from: the only reader of configuration and environment.

The file (`--config`, else `/etc/auricle/config.toml`, else
`$XDG_CONFIG_HOME/auricle/config.toml`), overridden by the environment
(`AURICLE_SECTION__KEY`, and `DASHSCOPE_API_KEY`), overridden by systemd's credentials
(`asr.api_key`, `mqtt.password`).
"""

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
from pydantic_settings import SettingsError

from auricle.config import Settings
from auricle.errors import ConfigError
from auricle.redaction import OURS

SYSTEM_FILE = Path("/etc/auricle/config.toml")
_MAX_BYTES = 1_000_000
_SECRETS = (("asr", "api_key"), ("mqtt", "password"))
_DASHSCOPE_KEY = "DASHSCOPE_API_KEY"


def default_file() -> Path | None:
    """The file that is read where none is named; None where there is none."""
    user = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    candidates = [SYSTEM_FILE, Path(user).expanduser() / "auricle/config.toml"]
    return next((path for path in candidates if path.exists()), None)


def load(path: Path | None) -> Settings:
    """Read `path` (None: no file) and what overrides it.

    Raises ConfigError with every mistake on a line of its own: the key, where it
    stands, and what to write instead.
    """
    text = _read(path) if path else ""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}") from error
    except RecursionError as error:
        raise ConfigError(f"{path}: nested too deeply") from error
    OURS.keep(*_secrets_in(table))
    if path:
        _refuse_exposed_secrets(path, table)
    _apply_dashscope_key(table)
    unknown = [f"{name}: no such setting" for name in _unknown_environment()]
    if unknown:
        raise ConfigError("\n".join(unknown))
    try:
        settings = Settings(**table)
    except ValidationError as error:
        raise ConfigError("\n".join(_explain(error, path, text))) from error
    except SettingsError as error:
        raise ConfigError(f"environment: {error}") from error
    for secret in (settings.asr.api_key, settings.mqtt.password):
        if secret is not None:
            OURS.keep(secret.get_secret_value())
    return settings


def load_with_options(path: Path | None, options: Mapping[str, object]) -> Settings:
    """`load` for a command line: its options are settings, None where not given.

    Without `path`, the default file is read.
    """
    for key, value in options.items():
        if value is not None:
            # Of all that a command line may say, the environment is the equal.
            name = f"AURICLE_{key.replace('.', '__').upper()}"
            os.environ[name] = str(value)
    return load(path or default_file())


def overriding() -> list[str]:
    """The names of the environment variables that override the file."""
    return sorted(
        name
        for name in os.environ
        if (name.startswith("AURICLE_") and "__" in name) or name == _DASHSCOPE_KEY
    )


def secret_origins(path: Path | None) -> dict[str, str]:
    """Which secrets are set, and where each comes from, for a person.

    Raises ConfigError where the file cannot be read.
    """
    text = _read(path) if path else ""
    names = [f"{section}.{key}" for section, key in _SECRETS]
    return {name: origin for name in names if (origin := _origin(name, path, text))}


def _origin(name: str, path: Path | None, text: str) -> str | None:
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    if credentials and (Path(credentials) / name).exists():
        return f"credential {name}"
    variables = [f"AURICLE_{name.replace('.', '__').upper()}"]
    if name == "asr.api_key":
        variables.append(_DASHSCOPE_KEY)
    for variable in variables:
        if os.environ.get(variable):
            return f"environment variable {variable}"
    section, key = name.split(".")
    in_file = key in tomllib.loads(text).get(section, {})
    return f"file {path}" if in_file else None


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


def _refuse_exposed_secrets(path: Path, table: dict[str, Any]) -> None:
    for section, key in _SECRETS:
        values = table.get(section)
        if not isinstance(values, dict) or key not in values:
            continue
        if path.stat().st_mode & stat.S_IROTH:
            raise ConfigError(
                f"{path}: holds {section}.{key} and is readable by everyone; "
                f"run: chmod 0640 {path}"
            )


def _secrets_in(table: dict[str, Any]) -> Iterator[str]:
    for section, key in _SECRETS:
        values = table.get(section)
        secret = values.get(key) if isinstance(values, dict) else None
        if isinstance(secret, str):
            yield secret


def _apply_dashscope_key(table: dict[str, Any]) -> None:
    key = os.environ.get(_DASHSCOPE_KEY)
    if key and "AURICLE_ASR__API_KEY" not in os.environ:
        section = table.setdefault("asr", {})
        if isinstance(section, dict):
            section["api_key"] = key


def _unknown_environment() -> Iterator[str]:
    # pydantic-settings passes over what it does not know: a typo would do nothing.
    for name in os.environ:
        section, found, _ = name.removeprefix("AURICLE_").partition("__")
        if (
            name.startswith("AURICLE_")
            and found
            and section.lower() not in Settings.model_fields
        ):
            yield name


def _explain(error: ValidationError, path: Path | None, text: str) -> Iterator[str]:
    for detail in error.errors(include_input=False, include_url=False):
        keys = tuple(str(part) for part in detail["loc"])
        where = f"{path}:{line}: " if (line := _line_of(keys, text)) else ""
        yield f"{where}{'.'.join(keys) or 'settings'}: {_remedy(detail, keys)}"


def _remedy(detail: ErrorDetails, keys: tuple[str, ...]) -> str:
    if detail["type"] == "extra_forbidden":
        known = _keys_of(keys[:-1])
        near = difflib.get_close_matches(keys[-1], known, n=1)
        if near:
            return f"no such key; did you mean {'.'.join((*keys[:-1], near[0]))}?"
        return f"no such key; there are {', '.join(known)}"
    message = detail["msg"].removeprefix("Value error, ")
    return message[:1].lower() + message[1:]


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
