"""What the repository's own files must agree on."""

import ast
import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
COMPONENT = ROOT / "custom_components" / "auricle"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]
EXTRAS = PROJECT["optional-dependencies"]
GROUPS = PYPROJECT["dependency-groups"]

LOCKED = {
    "run": [PROJECT["dependencies"]],
    "recognizer": [PROJECT["dependencies"], EXTRAS["recognizer"]],
    "openwakeword": [PROJECT["dependencies"], EXTRAS["openwakeword"]],
    "panel": [PROJECT["dependencies"], EXTRAS["panel"]],
    "recognizer-multilingual": [
        PROJECT["dependencies"],
        EXTRAS["recognizer-multilingual"],
    ],
    "recognizer-light": [PROJECT["dependencies"], EXTRAS["recognizer-light"]],
    "recognizer-sherpa": [PROJECT["dependencies"], EXTRAS["recognizer-sherpa"]],
    "dev": [
        PROJECT["dependencies"],
        EXTRAS["recognizer"],
        EXTRAS["openwakeword"],
        EXTRAS["panel"],
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


@pytest.mark.parametrize("name", ["run", "recognizer", "openwakeword", "panel"])
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
FRAGMENT_OF_A_VALUE = re.compile(
    rf"{FRAGMENT.pattern}|(In|On|At|For|With|Per|Up|Behind|Beyond|Where|When|Both|Else"
    r"|Better|Default|Empty|Also|Likewise|Decoded)\b"
)
"""The same of what is said about an attribute, which is to be said as a noun."""


def is_a_sentence(text: str, fragment: re.Pattern[str] = FRAGMENT) -> bool:
    return (
        re.match(r"[A-Z`]", text) is not None
        and text.endswith((".", "```", ":"))
        and not fragment.match(text)
        and len(text.split()) >= 3
    )


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
        if (docstring := known.docstring) is not None and not is_a_sentence(docstring)
    ]
    assert fragments == []


class ToldAttribute(NamedTuple):
    """An attribute, a field or a constant, and the text that stands below it."""

    where: str
    told: str


def told_attributes() -> Iterator[ToldAttribute]:
    package = ROOT / "daemon" / "auricle"
    for path in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                for before, after in pairwise(node.body):
                    match before, after:
                        case (
                            ast.Assign() | ast.AnnAssign(),
                            ast.Expr(ast.Constant(str(told))),
                        ):
                            place = path.relative_to(package)
                            where = f"{place}:{before.lineno} {ast.unparse(before)}"
                            yield ToldAttribute(where, " ".join(told.split()))


def test_what_is_told_of_an_attribute_stands_by_itself() -> None:
    told = list(told_attributes())
    fragments = [
        f"{attribute.where}: {attribute.told}"
        for attribute in told
        if not is_a_sentence(attribute.told, FRAGMENT_OF_A_VALUE)
    ]
    assert told
    assert fragments == []


def is_told(
    method: str, owner: ast.ClassDef, classes: Mapping[str, ast.ClassDef]
) -> bool:
    """Whether `help` finds a sentence for it in this class, or in one of ours that it
    inherits from: who overrides a method keeps its promise.
    """
    own = any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name == method
        and ast.get_docstring(node) is not None
        for node in owner.body
    )
    return own or any(
        is_told(method, classes[name], classes)
        for base in owner.bases
        if (name := ast.unparse(base).partition("[")[0]) in classes
    )


def test_help_has_a_sentence_on_all_that_is_public() -> None:
    public = [
        known
        for known in definitions()
        if known.public and not (known.owner and known.owner.name.startswith("_"))
    ]
    classes = {
        known.node.name: known.node
        for known in public
        if isinstance(known.node, ast.ClassDef)
    }
    silent = [
        known.where
        for known in public
        if known.docstring is None
        and not (known.owner and is_told(known.node.name, known.owner, classes))
    ]
    assert silent == []


def test_the_project_has_one_address() -> None:
    source = PROJECT["urls"]["Source"]
    assert all(url.startswith(source) for url in PROJECT["urls"].values())
    manifest = json.loads((COMPONENT / "manifest.json").read_text())
    assert manifest["documentation"] == f"{source}#readme"
    assert manifest["issue_tracker"] == f"{source}/issues"
    assert f"\nrepo_url: {source}\n" in (ROOT / "mkdocs.yml").read_text()


def test_the_address_is_written_wherever_it_is_named(tmp_path: Path) -> None:
    before = PROJECT["urls"]["Source"]
    apps = list((ROOT / "homeassistant" / "apps").glob("*/*.*"))
    named = [
        *("pyproject.toml", "mkdocs.yml", "custom_components/auricle/manifest.json"),
        *("repository.yaml", "packaging/debian/auricle.control"),
        "packaging/debian/auricle-recognizer.control",
        *(str(path.relative_to(ROOT)) for path in apps if before in path.read_text()),
    ]
    for name in ("scripts/address", *named):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    address = "https://forge.example/somebody/auricle"
    script = [sys.executable, str(tmp_path / "scripts/address")]
    subprocess.run([*script, address], check=True)
    told = subprocess.run(script, check=True, capture_output=True, text=True)
    assert told.stdout.strip() == address
    for name in named:
        text = (tmp_path / name).read_text()
        assert before.removeprefix("https://") not in text
        assert address in text
    subprocess.run([*script, before], check=True)
    for name in named:
        assert (tmp_path / name).read_text() == (ROOT / name).read_text()


# They stand in for other people's programs, in environments of their own.
FOREIGN = {
    "conformance/raw_client.py",
    "conformance/sdk_program.py",
    "homeassistant/setup/custom_components/test_home/conversation.py",
}


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


def test_what_we_start_runs_no_module_that_lies_in_the_working_directory() -> None:
    """Without -P, that is where Python looks first."""
    starting = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "daemon").rglob("*.py")
        if 'sys.executable, "-m"' in path.read_text()
    ]
    assert starting == []
