from importlib.machinery import ModuleSpec

import pytest

from auricle.errors import ConfigError
from auricle.qwen_asr.events import LANGUAGES
from auricle.recognizer.engines.by_language import ByLanguage
from auricle.recognizer.engines.engine import Engine
from auricle.recognizer.engines.loading import load_engine, require_model
from auricle.recognizer.engines.weights import (
    BASE,
    MOONSHINE,
    TINY_EN,
    PackagedModel,
    packaged_here,
)
from rigs.recognizer.scripted_engine import ScriptedEngine


class Loader:
    """Loads engines that say their names, and remembers which."""

    def __init__(self) -> None:
        self.loaded: list[str] = []

    def load(self, name: str) -> Engine:
        self.loaded.append(name)
        return ScriptedEngine(name)


@pytest.mark.parametrize(
    ("installed", "language", "heard_by"),
    [
        ((TINY_EN, BASE), "en", "tiny.en"),
        ((TINY_EN, BASE), "de", "base"),
        ((TINY_EN, BASE), None, "base"),
        ((BASE, MOONSHINE), "en", "base"),
        ((MOONSHINE,), None, "moonshine"),
        ((TINY_EN, MOONSHINE), "en", "tiny.en"),
    ],
)
def test_a_language_is_heard_by_a_model_that_knows_it(
    installed: tuple[PackagedModel, ...], language: str | None, heard_by: str
) -> None:
    engine = ByLanguage(installed, Loader().load)
    for final in (False, True):
        found = engine.transcribe(b"", language=language, corpus=None, final=final)
        assert found.text == heard_by


@pytest.mark.parametrize(
    ("installed", "used"),
    [
        ((TINY_EN, BASE, MOONSHINE), ["tiny.en", "base"]),
        ((BASE, MOONSHINE), ["base"]),
        ((TINY_EN, MOONSHINE), ["tiny.en"]),
    ],
)
def test_what_may_be_asked_for_is_loaded_once_and_before_anybody_speaks(
    installed: tuple[PackagedModel, ...], used: list[str]
) -> None:
    """Who spoke first would wait for it, and the machine would be taken for slow."""
    loader = Loader()
    engine = ByLanguage(installed, loader.load)
    assert loader.loaded == used
    for language in ("de", "en", None, "en", "fr"):
        engine.transcribe(b"", language=language, corpus=None, final=True)
    assert loader.loaded == used
    assert engine.name == ", ".join(model.name for model in installed)


def test_what_can_be_asked_for_is_what_those_that_are_installed_know() -> None:
    load = Loader().load
    assert ByLanguage((TINY_EN, MOONSHINE), load).languages == {"en"}
    assert ByLanguage((TINY_EN, BASE), load).languages == LANGUAGES


def test_what_words_to_expect_are_told_is_told_by_the_one_that_hears() -> None:
    engine = ByLanguage((TINY_EN,), Loader().load)
    assert engine.usable("kitchen light") == "the first word"


def test_auto_is_whatever_is_installed() -> None:
    require_model("auto")
    engine = load_engine("auto", threads=1)
    assert engine.name == ", ".join(model.name for model in packaged_here())


def test_without_any_model_the_extras_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pip = ModuleSpec("pip", None)
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name: pip if name == "pip" else None
    )
    with pytest.raises(ConfigError, match=r"recognizer\.txt.*recognizer-multilingual"):
        require_model("auto")
