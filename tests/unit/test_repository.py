"""What the repository's own files must agree on."""

import ast
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


class Definition(NamedTuple):
    """A class or a function of the daemon, and the class that it is in, if any."""

    path: str
    node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    owner: ast.ClassDef | None

    @property
    def where(self) -> str:
        owner = f"{self.owner.name}." if self.owner else ""
        return f"{self.path}:{self.node.lineno} {owner}{self.node.name}"

    @property
    def docstring(self) -> str | None:
        return ast.get_docstring(self.node)

    @property
    def public(self) -> bool:
        return not self.node.name.startswith("_")


def definitions() -> Iterator[Definition]:
    """All but what is inside functions."""
    package = ROOT / "daemon" / "auricle"
    for path in sorted(package.rglob("*.py")):
        module = ast.parse(path.read_text())
        yield from _inside(path.relative_to(package).as_posix(), module, None)


def _inside(
    path: str, body: ast.Module | ast.ClassDef, owner: ast.ClassDef | None
) -> Iterator[Definition]:
    for node in body.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield Definition(path, node, owner)
        if isinstance(node, ast.ClassDef):
            yield from _inside(path, node, node)


FRAGMENT = re.compile(r"(Of|As|Its|That|By|See|None|Whose|Which|From|To|Until)\b")
"""How a docstring begins that makes no sense without the name that it belongs to."""


def test_a_public_class_has_its_name_to_itself() -> None:
    places: dict[str, list[str]] = {}
    for known in definitions():
        if known.public and isinstance(known.node, ast.ClassDef):
            places.setdefault(known.node.name, []).append(known.path)
    assert {name: paths for name, paths in places.items() if len(paths) > 1} == {}


def test_a_docstring_is_a_sentence_that_stands_by_itself() -> None:
    fragments = [
        f"{known.where}: {docstring.splitlines()[0]}"
        for known in definitions()
        if (docstring := known.docstring) is not None
        if not re.match(r"[A-Z`]", docstring)
        or not docstring.endswith((".", "```", ":"))
        or FRAGMENT.match(docstring)
        or len(docstring.split()) < 3
    ]
    assert fragments == []


def test_help_has_a_sentence_on_every_public_class_and_function() -> None:
    """A method is told of by its class, or by the protocol that it fulfils."""
    silent = [
        known.where
        for known in definitions()
        if known.public and known.owner is None and known.docstring is None
    ]
    assert silent == []


# They stand in for people's programs, in environments of their own.
FOREIGN = {"conformance/raw_client.py", "conformance/sdk_program.py"}


def sleeps(node: ast.AST) -> bool:
    match node:
        case ast.ImportFrom(module="time" | "asyncio", names=names):
            return "sleep" in {name.name for name in names}
        case ast.Call(
            func=ast.Attribute(ast.Name("time" | "asyncio"), "sleep"), args=[seconds]
        ):
            return ast.unparse(seconds) != "0"
        case _:
            return False


def test_tests_wait_for_conditions_and_sleep_in_one_place() -> None:
    tests = ROOT / "tests"
    sleep = {
        path.relative_to(tests).as_posix()
        for path in tests.rglob("*.py")
        if "sleep" in (source := path.read_text())
        if any(map(sleeps, ast.walk(ast.parse(source))))
    }
    assert sleep - FOREIGN == {"rigs/waiting.py"}
