"""What Home Assistant and its supervisor read, as hassfest and the store check it.

The schemas in tests/data/manifests are written after the developers' pages.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from auricle import __version__
from auricle.cli.app_options import AppProgram, HouseBroker, recognizer, satellite
from auricle.config.settings import Settings
from auricle.wake.microwakeword import BUNDLED
from rigs.pages import ROOT

SCHEMAS = ROOT / "tests" / "data" / "manifests"
APPS = sorted((ROOT / "homeassistant" / "apps").iterdir())
COMPONENT = ROOT / "custom_components" / "auricle"
A_BROKER = HouseBroker("core-mosquitto", 1883)
# What each takes that has to be of a form.
OF_ITS_FORM = {
    "wake_words": ["alexa"],
    "mqtt_port": 1884,
    "threads": 3,
    "settings": [{"key": "utterance.preset", "value": "patient"}],
    "languages": "en,de",
}
# Those that are taken together, or not at all.
TOGETHER = {"api_key", "certificate", "certificate_key"}


def complaints(schema: str, document: object) -> list[str]:
    known = json.loads((SCHEMAS / f"{schema}.schema.json").read_text())
    Draft202012Validator.check_schema(known)
    return [
        error.message for error in Draft202012Validator(known).iter_errors(document)
    ]


def config(app: Path) -> dict[str, Any]:
    loaded = yaml.safe_load((app / "config.yaml").read_text())
    assert isinstance(loaded, dict)
    return loaded


def test_the_repository_of_the_apps_is_one() -> None:
    repository = yaml.safe_load((ROOT / "repository.yaml").read_text())

    assert complaints("app_repository", repository) == []


@pytest.mark.parametrize("app", APPS, ids=lambda app: app.name)
def test_an_app_says_what_the_supervisor_understands(app: Path) -> None:
    assert complaints("app", config(app)) == []
    assert config(app)["version"] == __version__
    for page in ("DOCS.md", "CHANGELOG.md"):
        assert (app / page).read_text().startswith("# ")


@pytest.mark.parametrize(
    "broken",
    [
        {"version": 1},
        {"slug": "has space"},
        {"arch": ["armv7"]},
        {"schema": {"name": "string"}},
        {"services": ["mqtt"]},
        {"map": ["ssl:rw"]},
        {"hostnetwork": True},
        {"watchdog": "http://127.0.0.1"},
    ],
)
def test_what_the_supervisor_would_refuse_is_found(broken: dict[str, Any]) -> None:
    assert complaints("app", config(APPS[0]) | broken)


@pytest.mark.parametrize("app", APPS, ids=lambda app: app.name)
def test_each_option_has_its_words_in_each_language(app: Path) -> None:
    languages = {path.stem for path in (app / "translations").iterdir()}

    assert languages == {path.stem for path in (COMPONENT / "translations").iterdir()}
    for language in languages:
        path = app / "translations" / f"{language}.yaml"
        translation = yaml.safe_load(path.read_text())
        assert complaints("app_translation", translation) == []
        assert list(translation["configuration"]) == list(config(app)["schema"])


def told(app: Path, options: dict[str, Any]) -> AppProgram:
    if app.name == "satellite":
        return satellite(options, None if "mqtt_host" in options else A_BROKER)
    return recognizer(options)


@pytest.mark.parametrize("app", APPS, ids=lambda app: app.name)
def test_each_option_makes_a_difference(app: Path) -> None:
    for option in config(app)["schema"]:
        together: set[str] = set()
        if app.name == "recognizer" and option in TOGETHER:
            together = TOGETHER
        if option.startswith("mqtt_"):
            together = {"mqtt_host"}
        options = {o: OF_ITS_FORM.get(o, "a_word") for o in together | {option}}
        without = {o: OF_ITS_FORM.get(o, "a_word") for o in together - {option}}
        if app.name == "recognizer" and together:
            without = {}

        assert told(app, options) != told(app, without), option


@pytest.mark.parametrize("app", APPS, ids=lambda app: app.name)
def test_the_defaults_are_of_the_schema_and_can_be_started(app: Path) -> None:
    document = config(app)

    assert set(document["options"]) <= set(document["schema"])
    optional = {
        option
        for option, kind in document["schema"].items()
        if isinstance(kind, str) and kind.endswith("?")
    }
    # Whoever is offered an empty field that may not be empty cannot start the app.
    assert set(document["options"]) == set(document["schema"]) - optional
    assert told(app, document["options"]).arguments[0]


def test_a_satellite_is_offered_the_wake_words_and_levels_that_there_are() -> None:
    schema = config(next(app for app in APPS if app.name == "satellite"))["schema"]

    words = re.fullmatch(r"list\((.*)\)", schema["wake_words"][0])
    assert words is not None
    assert set(words[1].split("|")) == set(BUNDLED)
    levels = Settings.model_json_schema()["$defs"]["LogSettings"]["properties"]["level"]
    assert schema["log_level"] == f"list({'|'.join(levels['enum'])})?"


def test_the_integration_s_manifest_is_one() -> None:
    manifest = json.loads((COMPONENT / "manifest.json").read_text())

    assert complaints("integration", manifest) == []
    assert manifest["domain"] == COMPONENT.name
    # As hassfest wants them: domain and name, then the alphabet.
    assert list(manifest)[:2] == ["domain", "name"]
    assert list(manifest)[2:] == sorted(list(manifest)[2:])
    assert manifest["version"] == __version__
    assert not manifest["config_flow"] or (COMPONENT / "config_flow.py").exists()


def test_hacs_is_told_what_it_asks_for() -> None:
    told = json.loads((ROOT / "hacs.json").read_text())

    assert set(told) <= {"name", "homeassistant", "render_readme", "hacs", "country"}
    assert re.fullmatch(r"\d{4}\.\d{1,2}\.\d+", told["homeassistant"])
