"""What the integration says is there in every language, and in one sense."""

import ast
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from auricle import __version__

FOLDER = Path(__file__).parents[3] / "custom_components" / "auricle"
LANGUAGES = sorted(path.stem for path in (FOLDER / "translations").glob("*.json"))
TREES = [ast.parse(path.read_text()) for path in FOLDER.glob("*.py")]


def sentences(language: str) -> dict[str, str]:
    """All of them by their keys."""
    file = FOLDER / "translations" / f"{language}.json"
    return dict(_flat(json.loads(file.read_text()), ""))


def _flat(part: Mapping[str, Any], above: str) -> Iterator[tuple[str, str]]:
    for key, value in part.items():
        if isinstance(value, str):
            yield f"{above}{key}", value
        else:
            yield from _flat(value, f"{above}{key}.")


def words(tree: ast.Module) -> set[str]:
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def constants(name: str) -> set[str]:
    """The values of the constants of one module."""
    tree = ast.parse((FOLDER / f"{name}.py").read_text())
    return {
        node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    }


def test_there_are_english_and_german() -> None:
    assert LANGUAGES == ["de", "en"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_sentence_with_the_same_places_to_fill_in(
    language: str,
) -> None:
    def places(of: str) -> dict[str, list[str]]:
        found = sentences(of).items()
        return {key: sorted(re.findall(r"{\w+}", text)) for key, text in found}

    assert places(language) == places("en")


def test_every_issue_has_a_title_and_says_what_to_do() -> None:
    told = {key.split(".")[1] for key in sentences("en") if key.startswith("issues.")}

    assert told == constants("issues")


def test_every_sentence_is_used() -> None:
    used = set.union(*map(words, TREES))
    for key in sentences("en"):
        kind, name = key.split(".")[:2]
        if kind == "exceptions":
            reason = name.removeprefix("not_played_")
            assert name in used or reason in used, key


def test_its_version_is_the_satellites() -> None:
    assert json.loads((FOLDER / "manifest.json").read_text())["version"] == __version__
