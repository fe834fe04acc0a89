"""Which speech model a name stands for."""

import importlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from auricle.assets.requirements import remedy
from auricle.errors import ConfigError
from auricle.recognizer.engines.by_language import ByLanguage
from auricle.recognizer.engines.engine import Engine
from auricle.recognizer.engines.model_folder import ModelFolder, open_folder
from auricle.recognizer.engines.model_kind import ModelKind
from auricle.recognizer.engines.onnx_metadata import unreadable
from auricle.recognizer.engines.trial import require_usable
from auricle.recognizer.engines.weights import (
    MOONSHINE,
    PACKAGED,
    TINY_EN,
    packaged_here,
)

AUTO = "auto"
"""Names whatever is installed: each language is recognized by a model that knows it."""
_SHERPA = "recognizer-sherpa"


@dataclass(frozen=True, slots=True)
class WhisperOptions:
    """How a Whisper is run by CTranslate2, where that is not by default."""

    device: str = "cpu"
    compute_type: str | None = None
    window: int | None = None

    def refuse_for(self, model: str) -> None:
        """Raise ConfigError where one is given, for a `model` that has none of them."""
        for option, given in (
            ("--device", self.device != "cpu"),
            ("--compute-type", self.compute_type is not None),
            ("--window", self.window is not None),
        ):
            if given:
                raise ConfigError(
                    f"{option} is for Whisper models that CTranslate2 runs, not {model}"
                )


def require_model(name: str) -> None:
    """Raise ConfigError where there is no speech model of this name, which takes no
    time to see; whether it is damaged does.
    """
    if name == AUTO:
        packaged_here()
    elif name in PACKAGED:
        PACKAGED[name].installed()
    else:
        _open(name)


def load_engine(
    model: str,
    *,
    threads: int,
    device: str = "cpu",
    compute_type: str | None = None,
    window: int | None = None,
    languages: Collection[str] = (),
) -> Engine:
    """Load `model`, a name or a folder of one's own, to be run by so many threads.

    `device`, `compute_type` and `window` are those of WhisperEngine, and of no other.
    `languages` are the codes that the model of a folder knows, where its files do not
    tell. Only then is a library imported: each is an optional extra. Raises ConfigError
    where it is not installed, or the model cannot be used.
    """
    options = WhisperOptions(device, compute_type, window)
    if model == AUTO or model in PACKAGED:
        if languages:
            raise ConfigError(f"--languages is for a folder of your own, not {model}")
        if model == AUTO:
            return ByLanguage(
                packaged_here(), lambda name: _load_packaged(name, threads, options)
            )
        if model == MOONSHINE.name:
            options.refuse_for(model)
        return _load_packaged(model, threads, options)
    folder = _open(model, languages)
    if folder.kind is ModelKind.CTRANSLATE2_WHISPER:
        _import("whisper", TINY_EN.extra)
    else:
        options.refuse_for(folder.kind)
        _import("sherpa", _SHERPA)
    require_usable(folder, threads=threads)
    return load_folder(folder, threads=threads, options=options)


def load_folder(
    folder: ModelFolder, *, threads: int, options: WhisperOptions | None = None
) -> Engine:
    """Load the model of a folder, which may end the process if nothing tried it."""
    if folder.kind is ModelKind.CTRANSLATE2_WHISPER:
        return _load_whisper(str(folder.path), threads, options or WhisperOptions())
    from auricle.recognizer.engines.sherpa import load_sherpa

    return load_sherpa(folder, threads=threads)


def _open(name: str, languages: Collection[str] = ()) -> ModelFolder:
    path = Path(name)
    try:
        is_folder = path.is_dir()
    except OSError as error:
        raise unreadable(path, error) from error
    if not is_folder:
        raise ConfigError(
            f"{name}: neither a folder nor the name of a speech model; known are "
            f"{', '.join(PACKAGED)} and {AUTO}"
        )
    return open_folder(name, languages)


def _load_packaged(name: str, threads: int, options: WhisperOptions) -> Engine:
    if name == MOONSHINE.name:
        _import("moonshine", MOONSHINE.extra)
        from auricle.recognizer.engines.moonshine import MoonshineEngine

        return MoonshineEngine(threads=threads)
    _import("whisper", TINY_EN.extra)
    return _load_whisper(name, threads, options)


def _load_whisper(model: str, threads: int, options: WhisperOptions) -> Engine:
    from auricle.recognizer.engines.whisper import WHOLE_WINDOW, WhisperEngine

    return WhisperEngine(
        model,
        threads=threads,
        device=options.device,
        compute_type=options.compute_type,
        window=options.window or WHOLE_WINDOW,
    )


def _import(engine: str, extra: str) -> None:
    try:
        importlib.import_module(f"auricle.recognizer.engines.{engine}")
    except ImportError as error:
        raise ConfigError(f"{error.name} is not installed; {remedy(extra)}") from error
