"""A folder with a speech model of the user's own: what is in it, before loading."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from auricle.errors import ConfigError
from auricle.qwen_asr.events import LANGUAGES
from auricle.recognizer.engines.model_kind import (
    ModelFiles,
    ModelKind,
    UnknownModelError,
    languages_of,
    tell_model,
)
from auricle.recognizer.engines.onnx_metadata import (
    read_metadata,
    require_content,
    unreadable,
)
from auricle.recognizer.engines.token_file import token_fault

# Of the largest, Qwen3-ASR's vocabulary has 3 MB.
_LARGEST_TOKENS = 64 * 1024 * 1024
_MARK = re.compile(r"<[^<>]*>")


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A model that is all there, as far as can be seen from outside."""

    path: Path
    model: ModelFiles
    languages: frozenset[str]
    """The protocol's codes that it knows: those that are given, else those that it
    tells, else all."""
    writes_capitals_only: bool = False
    """Whether it knows no small letters, as many that were made of read books."""

    @property
    def kind(self) -> ModelKind:
        """What kind of model it is."""
        return self.model.kind

    def file(self, part: str) -> str:
        """Return the path of the file that plays this part."""
        return str(self.path / self.model.files[part])


def open_folder(name: str, languages: Collection[str] = ()) -> ModelFolder:
    """Look into a folder; the model knows `languages`, if any are given.

    Raises ConfigError, which names the file and what to do, where it holds no model
    that can be loaded.
    """
    path = Path(name)
    try:
        model = tell_model(_names(path), lambda file: read_metadata(path / file))
    except OSError as error:
        raise unreadable(path, error) from error
    except UnknownModelError as error:
        raise ConfigError(f"{path}: {error}") from error
    # A relative one, as `.`, has no name of its own.
    known = frozenset(languages) or languages_of(model, path.resolve().name)
    capitals = False
    if model.kind is ModelKind.CTRANSLATE2_WHISPER:
        for file in sorted(model.files.values()):
            require_content(path / file)
    else:
        for file in sorted(model.files.values()):
            if file.endswith((".onnx", ".ort")):
                read_metadata(path / file)
        if tokens := model.files.get("tokens"):
            text = _read_tokens(path / tokens)
            words = _MARK.sub("", text)
            capitals = any(map(str.isupper, words)) and not any(map(str.islower, words))
    return ModelFolder(path, model, known or LANGUAGES, capitals)


def _names(path: Path) -> list[str]:
    names = []
    for entry in path.iterdir():
        if entry.is_dir():
            names += [f"{entry.name}/{file.name}" for file in entry.iterdir()]
        elif not entry.is_fifo():
            names.append(entry.name)
    return names


def _read_tokens(path: Path) -> str:
    require_content(path)
    if path.stat().st_size > _LARGEST_TOKENS:
        raise ConfigError(f"{path}: too large for a list of tokens")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not text in UTF-8; download it again") from error
    if fault := token_fault(text):
        raise ConfigError(f"{path}: {fault}; download it again")
    return text
