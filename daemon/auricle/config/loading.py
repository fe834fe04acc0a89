"""The settings are loaded: every source is read, and every mistake explained.

The file (`--config`, else `/etc/auricle/config.toml`, else
`$XDG_CONFIG_HOME/auricle/config.toml`), overridden by the environment
(`AURICLE_SECTION__KEY`, and `DASHSCOPE_API_KEY`), overridden by systemd's credentials
(`asr.api_key`, `mqtt.password`), overridden by a command's options.
"""

import contextlib
import difflib
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from auricle.config.mistakes import Mistakes
from auricle.config.mode import mode_of, mode_told
from auricle.config.settings import Settings
from auricle.config.sources import (
    MOVED,
    CommandLine,
    Credentials,
    Environment,
    File,
    Key,
    ServiceFolders,
    Source,
    strays,
)
from auricle.errors import ConfigError
from auricle.system.redaction import OURS
from auricle.turns.turn import Mode
from auricle.turns.wake_phrase import WHOLE_PHRASE

SYSTEM_FILE = Path("/etc/auricle/config.toml")
_SECRETS: tuple[Key, ...] = (("asr", "api_key"), ("mqtt", "password"))


def default_file() -> Path | None:
    """Return the file that is read where none is named; None where there is none."""
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


def load(
    path: Path | None,
    options: Mapping[str, object] | None = None,
    folders: ServiceFolders | None = None,
) -> Settings:
    """Read `path` (None: no file) and what overrides it. `options` of a command line
    are settings by name, such as `asr.url`, None where not given; `folders` are those
    of the service, where somebody else loads its settings.

    Raises ConfigError with every mistake on a line of its own: the key, where it
    stands, and what to write instead.
    """
    file = File(Settings, path)
    OURS.keep(*_secrets_in(file()))
    _refuse_exposed_secrets(file)
    sources = (CommandLine(Settings, options or {}), *_overriding(folders), file)
    for source in sources:
        OURS.keep(*_secrets_in(source()))
    try:
        settings = Settings(_build_sources=(sources, {}))
    except ValidationError as error:
        mistakes = _explain(error, sources, file)
        raise ConfigError("\n".join(mistakes)) from error
    for secret in (settings.asr.api_key, settings.mqtt.password):
        if secret is not None:
            OURS.keep(secret.get_secret_value())
    if folders and folders.state and settings.satellite.state_directory is None:
        kept_there = {"state_directory": folders.state}
        satellite = settings.satellite.model_copy(update=kept_there)
        return settings.model_copy(update={"satellite": satellite})
    return settings


def _overriding(
    folders: ServiceFolders | None,
) -> tuple[Credentials, Environment]:
    """What counts instead of the file's, and in this order. Raises ConfigError."""
    mistakes = Mistakes()
    environment = Environment(Settings, mistakes)
    credentials = Credentials(
        Settings, mistakes, folders.credentials if folders else None
    )
    mistakes.raise_any()
    return credentials, environment


def doubts(settings: Settings) -> list[str]:
    """Return a sentence for whatever is configured, harmless, and not of the use
    that it seems."""
    told = strays()
    if settings.mqtt.password is not None and not settings.mqtt.username:
        told.append("mqtt.password is not sent: there is no mqtt.username")
    if mode_of(settings.utterance) is Mode.MANUAL:
        told += (
            f"asr.{key} has no effect: {mode_told(settings.utterance)}; for the "
            'recognizer to decide, set utterance.mode = "server_vad"'
            for key in ("threshold", "silence_duration_ms")
            if key in settings.asr.model_fields_set
        )
    if 0 < settings.utterance.pre_roll < WHOLE_PHRASE:
        told.append(
            f"utterance.pre_roll = {settings.utterance.pre_roll} counts from the end "
            "of the wake word, and sends a part of it, which may become a word of the "
            "transcript: what follows it is sent anyway, so leave the key out; "
            f"{WHOLE_PHRASE} and more sends the whole of it, to be confirmed"
        )
    return told


def secret_origins(
    path: Path | None, folders: ServiceFolders | None = None
) -> dict[str, str]:
    """Return which secrets are set, and where each comes from, for a person; `folders`
    are those of the service.

    Raises ConfigError where file or credentials cannot be read.
    """
    sources = (*_overriding(folders), File(Settings, path))
    return {
        ".".join(key): origin for key in _SECRETS if (origin := _origin(sources, key))
    }


def _origin(sources: Iterable[Source], keys: Sequence[str]) -> str | None:
    return next((told for source in sources if (told := source.origin(keys))), None)


def _section(table: dict[str, Any], name: str) -> dict[str, Any]:
    values = table.get(name)
    return values if isinstance(values, dict) else {}


def _refuse_exposed_secrets(file: File) -> None:
    path = file.path
    for section, key in _SECRETS:
        held = key in _section(file(), section)
        if path and held and path.stat().st_mode & stat.S_IROTH:
            # The service is a user of its own, to which a closed file is closed, too.
            remedy = (
                "take it out, and run: sudo auricle setup, which keeps it for the "
                "service alone"
                if path == SYSTEM_FILE
                else f"run: chmod 0640 {path}"
            )
            raise ConfigError(
                f"{path}: holds {section}.{key} and is readable by everyone; {remedy}"
            )


def _secrets_in(table: dict[str, Any]) -> Iterator[str]:
    for section, key in _SECRETS:
        secret = _section(table, section).get(key)
        if isinstance(secret, str):
            yield secret


def _explain(
    error: ValidationError,
    sources: Iterable[Source],
    file: File,
) -> Iterator[str]:
    for detail in error.errors(include_input=False, include_url=False):
        told = detail["loc"]
        keys = tuple(str(part) for part in told)
        remedy = _remedy(detail, keys)
        # Where two sections do not fit, it begins with the key that wants the other.
        keys = keys or tuple(remedy.partition(" ")[0].split("."))
        source = next((s for s in sources if len(keys) > 1 and s.origin(keys)), file)
        if source is not file:
            yield f"{source.origin(keys)}: {remedy}"
            continue
        line = _line_of(keys, file.text)
        where = f"{file.path}:{line}: " if line else ""
        yield f"{where}{'.'.join(keys)}: {remedy}" if told else f"{where}{remedy}"


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
        for before, now in MOVED.items():
            if keys == before:
                return f"no such key any more: it is {'.'.join(now)} now"
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
