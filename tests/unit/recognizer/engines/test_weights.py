import hashlib
import sys
from pathlib import Path

import pytest

from auricle.errors import ConfigError
from auricle.recognizer.engines.weights import TINY_EN, PackagedModel, find_whisper

WEIGHTS = b"the first half, and the second half"
FOLDERS = ("weights_part1/data", "weights_part2/data")


def model(sha256: str = hashlib.sha256(WEIGHTS).hexdigest()) -> PackagedModel:
    return PackagedModel(
        "halves", FOLDERS, "recognizer-multilingual", True, {"model.bin": sha256}
    )


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CACHE_DIRECTORY", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model in two packages, found as others are."""
    site = tmp_path / "site-packages"
    for number, part in enumerate((WEIGHTS[:10], WEIGHTS[10:]), start=1):
        data = site / f"weights_part{number}" / "data"
        data.mkdir(parents=True)
        (data.parent / "__init__.py").touch()
        (data / f"model.bin.part{number}").write_bytes(part)
    (site / FOLDERS[0] / "config.json").write_text("{}")
    monkeypatch.syspath_prepend(str(site))
    return site


def test_the_bundled_model_is_the_one_that_was_measured() -> None:
    weights = find_whisper("tiny.en") / "model.bin"
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    assert TINY_EN.sha256 == {"model.bin": digest}


def test_a_model_that_is_not_installed_says_what_to_install(cache: Path) -> None:
    with pytest.raises(ConfigError, match=r"requirements/recognizer-multilingual\.txt"):
        model().find()
    assert not cache.exists()


@pytest.mark.usefixtures("installed")
def test_a_model_in_two_packages_is_put_together(cache: Path) -> None:
    folder = model().find()
    assert folder.is_relative_to(cache)
    assert sorted(file.name for file in folder.iterdir()) == [
        "config.json",
        "model.bin",
    ]
    assert (folder / "model.bin").read_bytes() == WEIGHTS


@pytest.mark.usefixtures("cache")
def test_what_was_put_together_is_kept(installed: Path) -> None:
    folder = model().find()
    (installed / FOLDERS[1] / "model.bin.part2").unlink()
    assert model().find() == folder


@pytest.mark.usefixtures("installed", "cache")
def test_weights_of_another_hash_are_refused() -> None:
    with pytest.raises(ConfigError, match="damaged, or not the model halves"):
        model(sha256=hashlib.sha256(b"others").hexdigest()).find()


@pytest.mark.usefixtures("installed")
def test_a_cache_that_cannot_be_written_is_a_sentence(cache: Path) -> None:
    cache.write_text("a file where the folder should be")
    with pytest.raises(ConfigError, match="cannot be put there"):
        model().find()


@pytest.mark.usefixtures("installed")
def test_nor_one_that_cannot_be_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CACHE_DIRECTORY", f"/{'x' * 256}")
    with pytest.raises(ConfigError, match="cannot be put there: File name too long"):
        model().find()


def test_looking_for_a_model_runs_no_code_of_its_package(
    installed: Path, cache: Path
) -> None:
    (installed / "weights_part1" / "__init__.py").write_text("raise SystemExit(1)")
    assert model().find().is_relative_to(cache)
    assert "weights_part1" not in sys.modules
