"""What the repository's own files must agree on."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]
EXTRAS = PROJECT["optional-dependencies"]
GROUPS = PYPROJECT["dependency-groups"]

LOCKED = {
    "run": [PROJECT["dependencies"]],
    "recognizer": [PROJECT["dependencies"], EXTRAS["recognizer"]],
    "openwakeword": [PROJECT["dependencies"], EXTRAS["openwakeword"]],
    "recognizer-multilingual": [
        PROJECT["dependencies"],
        EXTRAS["recognizer-multilingual"],
    ],
    "recognizer-light": [PROJECT["dependencies"], EXTRAS["recognizer-light"]],
    "dev": [
        PROJECT["dependencies"],
        EXTRAS["recognizer"],
        EXTRAS["openwakeword"],
        GROUPS["dev"],
    ],
    "build": [PYPROJECT["build-system"]["requires"], GROUPS["build"]],
}


class Pin(NamedTuple):
    requirement: Requirement
    hashes: int

    @property
    def version(self) -> str:
        (specifier,) = self.requirement.specifier
        assert specifier.operator == "==", f"{self.requirement} is not pinned"
        return specifier.version


def pins(name: str) -> Iterator[Pin]:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    for entry in text.replace("\\\n", " ").splitlines():
        line = entry.partition("#")[0].strip()
        if line:
            requirement, *hashes = line.split("--hash=sha256:")
            yield Pin(Requirement(requirement), len(hashes))


@pytest.mark.parametrize("name", LOCKED)
def test_a_lock_file_pins_what_pyproject_asks_for(name: str) -> None:
    locked = {pin.requirement.name: pin for pin in pins(name)}
    for asked in (Requirement(line) for group in LOCKED[name] for line in group):
        assert asked.name in locked, "run scripts/lock"
        assert asked.specifier.contains(locked[asked.name].version), "run scripts/lock"


@pytest.mark.parametrize("name", LOCKED)
def test_every_locked_package_has_a_version_and_hashes(name: str) -> None:
    for pin in pins(name):
        assert pin.version
        assert pin.hashes > 0, f"{pin.requirement} has no hash"


@pytest.mark.parametrize("name", LOCKED)
def test_a_lock_file_leaves_open_where_packages_come_from(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text


@pytest.mark.parametrize("name", ["run", "recognizer", "openwakeword"])
def test_a_package_has_one_version_in_all_lock_files(name: str) -> None:
    tested = {pin.requirement.name: pin.version for pin in pins("dev")}
    for pin in pins(name):
        assert tested[pin.requirement.name] == pin.version


def test_an_extra_has_a_lock_file() -> None:
    assert EXTRAS.keys() <= LOCKED.keys()


def test_every_check_that_is_promised_exists() -> None:
    promised = re.findall(
        r"`(tests/[\w/]+\.py)(?:::(\w+))?`", (ROOT / "SECURITY.md").read_text()
    )
    assert promised
    for file, test in promised:
        assert f"def {test}" in (ROOT / file).read_text(), f"{file}::{test}"
