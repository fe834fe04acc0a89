"""scripts/release, in a small repository of its own."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rigs.pages import ROOT

CHANGELOG = """\
# Changelog

## [Unreleased]

### Added

- Something new.

## [0.1.0] - 2026-01-01

- The first.
"""
WRITTEN = (
    "daemon/auricle/__init__.py",
    "custom_components/auricle/manifest.json",
    "homeassistant/apps/satellite/config.yaml",
    "homeassistant/apps/recognizer/config.yaml",
)


class Repository:
    """A checkout with just what a release touches."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in ("scripts/release", *WRITTEN):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, root / name)
        for name in WRITTEN:
            self.write(name, self.read(name).replace(standing(), "0.1.0"))
        self.write("CHANGELOG.md", CHANGELOG)
        self.git("init", "--quiet", "--initial-branch", "main")
        self.git("config", "user.name", "Nobody")
        self.git("config", "user.email", "nobody@auricle.example")
        self.commit("Begin")

    def git(self, *arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments],
            cwd=self.root,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def commit(self, message: str) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", message)

    def read(self, name: str) -> str:
        return (self.root / name).read_text()

    def write(self, name: str, text: str) -> None:
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text)

    def release(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "scripts/release", *arguments],
            cwd=self.root,
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )


def standing() -> str:
    manifest = json.loads((ROOT / WRITTEN[1]).read_text())
    assert isinstance(manifest["version"], str)
    return manifest["version"]


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def test_a_release_is_one_commit_with_the_version_wherever_it_stands(
    repository: Repository,
) -> None:
    done = repository.release("--prepare", "0.2.0", "--date", "2026-11-27")

    assert done.returncode == 0, done.stderr
    assert repository.git("log", "-1", "--format=%s").strip() == "Release 0.2.0"
    assert repository.git("status", "--porcelain") == ""
    for name in WRITTEN:
        assert repository.read(name).count("0.2.0") == 1, name
        assert "0.1.0" not in repository.read(name)
    assert repository.read("CHANGELOG.md") == CHANGELOG.replace(
        "## [Unreleased]\n", "## [Unreleased]\n\n## [0.2.0] - 2026-11-27\n"
    )
    assert repository.git("tag") == ""


def dirty(repository: Repository) -> None:
    repository.write("CHANGELOG.md", CHANGELOG + "\nmore\n")


def tagged(repository: Repository) -> None:
    repository.git("tag", "v0.2.0")


def newer(repository: Repository) -> None:
    repository.write(WRITTEN[0], '__version__ = "0.10.0"\n')
    repository.commit("Be ahead")


def silent(repository: Repository) -> None:
    text = CHANGELOG.replace("- Something new.\n", "")
    repository.write("CHANGELOG.md", text)
    repository.commit("Have nothing to say")


def without_a_version(repository: Repository) -> None:
    repository.write(WRITTEN[2], "name: Auricle\n")
    repository.commit("Lose a version")


@pytest.mark.parametrize(
    ("arrange", "reason"),
    [
        (dirty, "changes that are not committed:\nM CHANGELOG.md"),
        (tagged, "there is a tag v0.2.0 already"),
        (newer, "0.2.0 is not newer than 0.10.0"),
        (silent, "nothing under [Unreleased]: say there what is new"),
        (without_a_version, "satellite/config.yaml has 0 versions, and not one"),
    ],
)
def test_what_is_no_release_is_refused_with_the_reason_and_nothing_is_changed(
    repository: Repository, arrange: object, reason: str
) -> None:
    assert callable(arrange)
    arrange(repository)
    before = repository.git("log", "--format=%H"), repository.git("diff")

    done = repository.release("--prepare", "0.2.0")

    assert done.returncode == 1
    assert reason in done.stderr
    assert (repository.git("log", "--format=%H"), repository.git("diff")) == before


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["0.2"], "write three numbers"),
        (["v0.2.0"], "write three numbers"),
        (["0.02.0"], "write three numbers"),
        ([], "name the VERSION to prepare, or say --build"),
        (["--build", "0.2.0"], "and not both"),
    ],
)
def test_a_command_line_that_says_nothing_is_refused(
    repository: Repository, arguments: list[str], reason: str
) -> None:
    done = repository.release(*arguments)

    assert done.returncode == 2
    assert reason in done.stderr


def test_a_tag_that_is_not_the_version_s_builds_nothing(repository: Repository) -> None:
    done = repository.release("--build", "--tag", "v0.3.0")

    assert done.returncode == 1
    assert "the tag is v0.3.0, and the version that stands 0.1.0" in done.stderr


PROGRAMS = {
    "scripts/test": "#!/bin/sh\n[ ! -e broken ]\n",
    "scripts/package": '#!/bin/sh\necho deb >"$2/auricle_0.2.0~deb13_amd64.deb"\n',
    "scripts/audit": (
        "#!/bin/sh\nmkdir -p .cache/sbom\n"
        'echo \'{"metadata": {"component": {"name": "auricle"}}}\''
        " >.cache/sbom/run.cdx.json\n"
    ),
}
PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "auricle"
requires-python = ">=3.11"
dynamic = ["version"]
[tool.hatch.version]
path = "daemon/auricle/__init__.py"
[tool.hatch.build.targets.wheel]
packages = ["daemon/auricle"]
"""


@pytest.fixture
def buildable(repository: Repository) -> Repository:
    """With programs that stand in for those that take an hour."""
    for name, program in PROGRAMS.items():
        repository.write(name, program)
        (repository.root / name).chmod(0o755)
    repository.write("pyproject.toml", PYPROJECT)
    repository.write(".gitignore", ".cache\ndist\n")
    repository.commit("Be buildable")
    return repository


def test_a_release_has_packages_bills_notes_and_checksums(
    buildable: Repository,
) -> None:
    done = buildable.release("0.2.0")

    assert done.returncode == 0, done.stderr
    folder = buildable.root / "dist" / "0.2.0"
    assert {path.name for path in folder.iterdir()} == {
        "SHA256SUMS",
        "auricle-0.2.0-py3-none-any.whl",
        "auricle-0.2.0-run.cdx.json",
        "auricle-0.2.0.tar.gz",
        "auricle_0.2.0~deb13_amd64.deb",
        "release-notes.md",
    }
    assert (
        folder / "release-notes.md"
    ).read_text() == "### Added\n\n- Something new.\n"
    bill = json.loads((folder / "auricle-0.2.0-run.cdx.json").read_text())
    assert bill["metadata"]["component"]["version"] == "0.2.0"
    assert (folder / "SHA256SUMS").read_text().splitlines() == [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}"
        for path in sorted(folder.iterdir())
        if path.name != "SHA256SUMS"
    ]
    assert "git push origin main v0.2.0" in done.stdout
    assert buildable.git("tag") == ""


def test_the_same_commit_gives_the_same_bytes(buildable: Repository) -> None:
    buildable.release("0.2.0")
    first = buildable.read("dist/0.2.0/SHA256SUMS")

    assert buildable.release("--build").returncode == 0
    assert buildable.read("dist/0.2.0/SHA256SUMS") == first


def test_where_the_tests_fail_nothing_is_built(buildable: Repository) -> None:
    buildable.write("broken", "")
    buildable.commit("Break something")

    done = buildable.release("0.2.0")

    assert done.returncode == 1
    assert "scripts/test failed" in done.stderr
    assert not (buildable.root / "dist").exists()
