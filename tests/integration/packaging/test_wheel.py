"""What `pip install` gives: all that the program needs, and it runs without the tree.

tests/packages/wheel tries the rest: a new environment, and the demo in it.
"""

import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from auricle import __version__
from rigs.pages import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = tuple(PROJECT["optional-dependencies"])


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist of this tree, and the wheel that is made of it."""
    folder = tmp_path_factory.mktemp("dist")
    build(ROOT, "sdist", folder)
    (folder / "source").mkdir()
    command = ["tar", "-xf", str(sdist(folder)), "-C", str(folder / "source")]
    subprocess.run(command, check=True, timeout=60)
    build(next((folder / "source").iterdir()), "wheel", folder)
    return folder


def build(source: Path, kind: str, folder: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "hatchling",
        "build",
        "-t",
        kind,
        "-d",
        str(folder),
    ]
    subprocess.run(command, cwd=source, check=True, capture_output=True, timeout=120)


def sdist(folder: Path) -> Path:
    return folder / f"auricle-{__version__}.tar.gz"


def wheel(folder: Path) -> Path:
    return folder / f"auricle-{__version__}-py3-none-any.whl"


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's files, where pip would put them."""
    folder = tmp_path_factory.mktemp("site-packages")
    with zipfile.ZipFile(wheel(built)) as archive:
        archive.extractall(folder)
    return folder


def tracked(folder: str) -> set[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", folder],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return set(filter(None, listed.stdout.split("\0")))


def test_a_wheel_made_of_the_sdist_holds_the_whole_package(installed: Path) -> None:
    package = {name.removeprefix("daemon/") for name in tracked("daemon/auricle")}
    found = {
        str(path.relative_to(installed))
        for path in (installed / "auricle").rglob("*")
        if path.is_file()
    }

    assert package <= found
    for name in package:
        file = ROOT / "daemon" / name
        assert (installed / name).read_bytes() == file.read_bytes(), name


def test_it_holds_the_units_and_the_broker_s_rules_as_they_are(installed: Path) -> None:
    data = installed / f"auricle-{__version__}.data" / "data" / "share" / "auricle"
    beside = [ROOT / name for name in tracked("systemd") | tracked("mosquitto")]

    assert beside
    for file in beside:
        assert (data / file.relative_to(ROOT)).read_bytes() == file.read_bytes()


def test_nothing_else_would_be_installed(installed: Path) -> None:
    assert {path.name for path in installed.iterdir()} == {
        "auricle",
        f"auricle-{__version__}.data",
        f"auricle-{__version__}.dist-info",
    }


def test_the_same_source_gives_the_same_bytes(built: Path, tmp_path: Path) -> None:
    build(next((built / "source").iterdir()), "wheel", tmp_path)

    assert wheel(tmp_path).read_bytes() == wheel(built).read_bytes()


def test_the_program_runs_from_it_outside_the_tree(
    installed: Path, tmp_path: Path
) -> None:
    """Of what it needs, this environment has all; of auricle, the wheel's alone."""
    environment = {**os.environ, "PYTHONPATH": str(installed), "HOME": str(tmp_path)}
    environment["AURICLE_ASR__URL"] = "ws://127.0.0.1:9"
    environment["AURICLE_FEEDBACK__WAKE"] = "default"

    def python(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=120,
        )
        return done.stdout

    assert python("-c", "import auricle; print(auricle.__file__)").startswith(
        str(installed)
    )
    assert __version__ in python("-m", "auricle", "--version")
    assert 'wake = "default"' in python("-m", "auricle", "config")


@pytest.mark.parametrize("extra", EXTRAS)
def test_who_lacks_an_extra_is_told_a_file_that_the_wheel_has(
    installed: Path, extra: str
) -> None:
    code = (
        "from auricle.assets.requirements import how_to_install; "
        f"print(how_to_install({extra!r}))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(installed)},
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout
    lock = Path(told.split()[-1])

    assert lock.is_relative_to(installed)
    assert lock.read_bytes() == (ROOT / "requirements" / f"{extra}.txt").read_bytes()
