"""The images hold what the Debian packages need, and the compose file fits them."""

import re
from typing import Any

import pytest
import yaml

from auricle.config.loading import load
from rigs.pages import ROOT

FOLDER = ROOT / "packaging" / "container"
DOCKERFILE = (FOLDER / "Dockerfile").read_text()
# Every Debian has it, and which Python is the build's affair.
ALREADY_THERE = {"libc6", "@PYTHON@"}


def services() -> dict[str, dict[str, Any]]:
    loaded = yaml.safe_load((FOLDER / "compose.yaml").read_text())["services"]
    assert isinstance(loaded, dict)
    return loaded


@pytest.mark.parametrize("package", ["auricle", "auricle-recognizer"])
def test_an_image_has_what_the_package_depends_on(package: str) -> None:
    control = (ROOT / "packaging" / "debian" / f"{package}.control").read_text()
    [depends] = re.findall(r"^Depends: (.+)$", control, re.MULTILINE)
    # What a system without wheels needs besides is no image's.
    depends = depends.removesuffix("@MORE@")
    needed = {each.split()[0] for each in depends.split(", ")} - {"auricle"}
    _, _, runs = DOCKERFILE.partition(" AS satellite\n")

    assert needed - ALREADY_THERE <= set(runs.partition("COPY")[0].split())


def test_each_service_that_is_ours_is_built_of_a_stage() -> None:
    stages = set(re.findall(r"^FROM \S+ AS (\w+)$", DOCKERFILE, re.MULTILINE))
    built = [service["build"] for service in services().values() if "build" in service]

    assert {build["target"] for build in built} == stages - {"build"}
    for build in built:
        assert (FOLDER / build["context"]).resolve() == ROOT
        assert ROOT / build["dockerfile"] == FOLDER / "Dockerfile"


def test_the_settings_of_the_satellite_s_service_are_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    environment = services()["satellite"]["environment"]
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    settings = load(None)

    assert settings.satellite.name == environment["AURICLE_SATELLITE__NAME"]
    assert settings.asr.url == environment["AURICLE_ASR__URL"]
