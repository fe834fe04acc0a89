"""What sets a setting: the command line, systemd's credentials, the environment, the
file. pydantic-settings merges these sources, the first of them counting most.

`AURICLE_SECTION__KEY` is a variable for each setting; a list is written with commas
(`okay_nabu,alexa`) or as JSON, a table as JSON, or one entry a variable
(`AURICLE_WAKE_WORD__THRESHOLDS__OKAY_NABU`). A credential has the setting's own name.
"""

import difflib
import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, get_origin

from pydantic import BaseModel
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    InitSettingsSource,
    NestedSecretsSettingsSource,
    TomlConfigSettingsSource,
)

from auricle.config.mistakes import Mistakes
from auricle.config.settings import Settings
from auricle.errors import ConfigError
from auricle.system.systemd import CREDENTIALS_VARIABLE

Key = tuple[str, str]
"""A section, and a key in it."""
MOVED: Mapping[Key, Key] = {
    ("feedback", "device"): ("loudspeaker", "device"),
}
"""The keys that older versions had elsewhere, and their names now."""
PREFIX = "AURICLE_"
DASHSCOPE_KEY = "DASHSCOPE_API_KEY"
_LARGEST_CREDENTIAL = 64 * 1024
_LARGEST_FILE = 1_000_000
# Python reads no longer decimal numbers.
_TOO_MANY_DIGITS = re.compile(r"[0-9_]{4000,}")
# Of a key of many parts, the parser keeps each beginning: memory by the gigabyte.
_TOO_DEEP = re.compile(r"""(?<![\w"'-])(?:[\w"'-]++[ \t]*+\.[ \t]*+){100}""")
# The project's own scripts and tests are told by these what to do.
OF_THE_SCRIPTS = frozenset(
    {
        "AURICLE_CONFORMANCE",
        "AURICLE_EXAMPLES",
        "AURICLE_FAULTS",
        "AURICLE_HOMEASSISTANT",
        "AURICLE_RECORDINGS",
        "AURICLE_SOAK",
    }
)


@dataclass(frozen=True, slots=True)
class ServiceFolders:
    """Names the folders of the service, for a command that sees what the service sees;
    None: the environment names it.
    """

    credentials: Path | None = None
    state: Path | None = None


class Source(Protocol):
    """Is a source of pydantic-settings that can tell where a value comes from."""

    def __call__(self) -> dict[str, Any]:
        """Return the values by section and key."""

    def origin(self, keys: Sequence[str]) -> str | None:
        """Return what sets these keys, such as `credential asr.api_key`; None where
        this source does not.
        """


class CommandLine(InitSettingsSource):
    """Takes the options of a command, which are settings by name, such as `asr.url`;
    one that was not given is None.
    """

    def __init__(
        self, settings_cls: type[BaseSettings], options: Mapping[str, object]
    ) -> None:
        sections: dict[str, Any] = {}
        for name, value in options.items():
            section, _, key = name.partition(".")
            if value is not None:
                sections.setdefault(section, {})[key] = value
        super().__init__(settings_cls, sections)

    def origin(self, keys: Sequence[str]) -> str | None:
        """Return the option that sets these keys; None where none does."""
        return f"command line: {'.'.join(keys[:2])}" if _is_in(self(), keys) else None


class _FoundOnce(EnvSettingsSource):
    """Looks for the settings once, and only where anything is set: the library would do
    it again whenever it is asked, and trying all their names is half of the reading.
    """

    _found: dict[str, Any] | None = None

    def __call__(self) -> dict[str, Any]:
        """Return the values by section and key."""
        if self._found is None:
            self._found = super().__call__() if self.env_vars else {}
        return self._found


class Environment(_FoundOnce):
    """Reads the environment variables. `mistakes` notes those that set nothing, and
    those that hold no list or table where one is needed.
    """

    def __init__(self, settings_cls: type[BaseSettings], mistakes: Mistakes) -> None:
        self._mistakes = mistakes
        self._origins: dict[tuple[str, ...], str] = {}
        super().__init__(settings_cls, case_sensitive=False)

    def origin(self, keys: Sequence[str]) -> str | None:
        """Return the variable that sets these keys; None where none does."""
        return _longest(self._origins, keys)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        texts = {}
        key = ("asr", "api_key")
        if os.environ.get(DASHSCOPE_KEY):
            self._origins[key] = f"environment variable {DASHSCOPE_KEY}"
            texts[variable(key).lower()] = os.environ[DASHSCOPE_KEY]
        known = {variable(key): key for key in keys()}
        # A whole table comes before its entries, which are written into it.
        for name in sorted(os.environ, key=str.upper):
            if not _is_ours(name) or "__" not in name:
                continue
            origin = f"environment variable {name}"
            with self._mistakes.noted(f"{origin}: "):
                key, entry = _named(name.upper(), known)
                self._origins[(*key, entry) if entry else key] = origin
                texts[name.lower()] = _decodable(key, entry, os.environ[name])
        return texts


class Credentials(_FoundOnce, NestedSecretsSettingsSource):
    """Reads systemd's credentials, a file each. `mistakes` notes unreadable ones."""

    def __init__(
        self,
        settings_cls: type[BaseSettings],
        mistakes: Mistakes,
        folder: Path | None = None,
    ) -> None:
        """`folder` holds them; None: systemd names it in the environment."""
        self._mistakes = mistakes
        self._folder = folder or os.environ.get(CREDENTIALS_VARIABLE)
        self._origins: dict[tuple[str, ...], str] = {}
        super().__init__(
            settings_cls,  # type: ignore[arg-type]  # documented to take the class too
            secrets_prefix="",
            secrets_nested_delimiter=".",
        )

    def origin(self, keys: Sequence[str]) -> str | None:
        """Return the credential that sets these keys; None where none does."""
        return _longest(self._origins, keys)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        # The library would read all that is in the folder, and pass over a link that
        # leads out of it.
        texts: dict[str, str | None] = {}
        for key in keys() if self._folder else ():
            name = ".".join(key)
            with self._mistakes.noted(f"credential {name}: "):
                try:
                    text = read_credential(Path(self._folder or "") / name)
                except FileNotFoundError:
                    continue
                except OSError as error:
                    raise ConfigError(error.strerror or error) from error
                except ValueError as error:
                    raise ConfigError(str(error)) from None
                self._origins[key] = f"credential {name}"
                texts[name] = _decodable(key, "", text)
        return texts


class File(TomlConfigSettingsSource):
    """Reads the configuration file; without a path, nothing. Raises ConfigError where
    it cannot be read.
    """

    def __init__(self, settings_cls: type[BaseSettings], path: Path | None) -> None:
        self.path = path
        self.text = ""
        # To the library, the path `.` is one that was not given.
        super().__init__(settings_cls, toml_file=Path.cwd() if path == Path() else path)

    def origin(self, keys: Sequence[str]) -> str | None:
        """Return the file, if it sets these keys; None where it does not."""
        return f"file {self.path}" if _is_in(self(), keys) else None

    @staticmethod
    def _existing_files(files: object) -> list[Any]:
        # The library would pass over a file that is not there.
        return [files] if isinstance(files, Path) else []

    def _read_file(self, file_path: Any) -> dict[str, Any]:
        self.text = _read(file_path)
        return _parse(file_path, self.text)


def keys() -> Iterator[Key]:
    """Return every setting there is."""
    for section, field in Settings.model_fields.items():
        assert isinstance(field.annotation, type)
        assert issubclass(field.annotation, BaseModel)
        for key in field.annotation.model_fields:
            yield section, key


def variable(key: Key) -> str:
    """Return the name of the environment variable that sets the key."""
    return f"{PREFIX}{'__'.join(key).upper()}"


def overriding() -> list[str]:
    """Return the names of the environment variables that override the file."""
    return sorted(
        name
        for name in os.environ
        if (_is_ours(name) and "__" in name) or name == DASHSCOPE_KEY
    )


def strays() -> list[str]:
    """Return a sentence for each variable that looks like one of ours, and does
    nothing.
    """
    names = {variable(key).replace("__", "_"): variable(key) for key in keys()}
    return [
        f"environment variable {name} does nothing"
        + (f"; did you mean {names[near[0]]}?" if near else _HOW_TO_NAME)
        for name in sorted(os.environ)
        if _is_ours(name) and "__" not in name and name not in OF_THE_SCRIPTS
        for near in [difflib.get_close_matches(name.upper(), names, n=1, cutoff=0.75)]
    ]


_HOW_TO_NAME = f": settings are {PREFIX}SECTION__KEY, such as {PREFIX}MQTT__HOST"


def read_credential(path: Path) -> str:
    """Read a credential without the newline that editors and `echo` leave behind.

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


def _is_ours(name: str) -> bool:
    return name.upper().startswith(PREFIX)


def _is_in(values: object, keys: Sequence[str]) -> bool:
    for key in keys:
        if not isinstance(values, dict):
            break
        if key not in values:
            return False
        values = values[key]
    return True


def _longest(origins: Mapping[tuple[str, ...], str], keys: Sequence[str]) -> str | None:
    """What sets an entry of a table, else what sets the whole of it."""
    return origins.get(tuple(keys[:3])) or origins.get(tuple(keys[:2]))


def _named(name: str, known: Mapping[str, Key]) -> tuple[Key, str]:
    """The key that a variable sets, and the entry of it where that is a table."""
    if name in known:
        return known[name], ""
    whole, _, entry = name.rpartition("__")
    if entry and whole in known and _is_table(known[whole]):
        return known[whole], entry.lower()
    for (section, key), now in MOVED.items():
        if name == variable((section, key)):
            raise ConfigError(f"no such setting any more: it is {variable(now)} now")
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise ConfigError(f"no such setting{hint}")


def _annotation(key: Key) -> Any:
    section = Settings.model_fields[key[0]].annotation
    assert isinstance(section, type)
    assert issubclass(section, BaseModel)
    return section.model_fields[key[1]].annotation


def _is_table(key: Key) -> bool:
    return get_origin(_annotation(key)) is dict


def _decodable(key: Key, entry: str, text: str) -> str:
    """What a person writes, as the library can read it: lists and tables are JSON.

    Raises ConfigError.
    """
    if entry:
        is_list = get_origin(_annotation(key).__args__[1]) is tuple
        return json.dumps([text]) if is_list else text
    if _is_table(key):
        return _json(text, dict, 'a table, such as {"okay_nabu": 0.95}')
    if get_origin(_annotation(key)) is tuple:
        if text.lstrip().startswith("["):
            return _json(text, list, 'a list, such as ["okay_nabu", "alexa"]')
        return json.dumps([part for each in text.split(",") if (part := each.strip())])
    return text


def _json(text: str, kind: type, called: str) -> str:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, kind):
        raise ConfigError(f"must be {called}, in JSON")
    return text


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise ConfigError(f"{path}: larger than 1 MB, which is no configuration")
        # Windows editors put a byte order mark in front.
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 text") from error


def _parse(path: Path, text: str) -> dict[str, Any]:
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
