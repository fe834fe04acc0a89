"""The recipes in CONTRIBUTING.md are short, and name places that there are."""

import re

import pytest

from rigs.pages import ROOT, Page

SECTION = Page(ROOT / "CONTRIBUTING.md").section("Recipes")
RECIPES = dict(
    re.findall(r"^\*\*(.+?)\.\*\*(.*?)(?=^\*\*|\Z)", SECTION, re.MULTILINE | re.DOTALL)
)
MOST = 5
"""If a recipe has more places, the design is wrong."""


def steps(recipe: str) -> list[str]:
    return re.findall(r"^\d\. (.*)$", recipe, re.MULTILINE)


def places(text: str) -> list[str]:
    """The files and folders that it names."""
    return re.findall(r"`((?:[\w.-]+/)*[\w.-]+(?:\.\w+|/))`", text)


def test_there_is_a_recipe_for_what_is_added_most() -> None:
    assert RECIPES.keys() == {
        "A setting",
        "A setting that is changed over MQTT, too",
        "A topic",
        "A wake word engine",
        "A speech engine for the recognizer",
    }


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_a_recipe_has_five_places_at_most(recipe: str) -> None:
    assert 0 < len(steps(recipe)) <= MOST
    assert len({place for step in steps(recipe) for place in places(step)}) <= MOST


def test_every_place_of_a_recipe_is_there() -> None:
    places_named = places(SECTION)

    assert places_named
    for place in places_named:
        assert (ROOT / "daemon/auricle" / place).exists() or (ROOT / place).exists()
