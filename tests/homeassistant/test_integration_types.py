"""What the integration takes for granted of Home Assistant is there."""

import ast
import os
import subprocess
from pathlib import Path

import pytest

from rigs.homes.home_assistant_config import REPOSITORY
from rigs.homes.private_members import PRIVATE

FOLDER = REPOSITORY / "custom_components"

# Its mount namespace ends with it, and the mounts with that.
_INSIDE = """
mkdir -p "$1/opt/auricle"
mount -t proc proc "$1/proc"
mount --bind "$2" "$1/opt/auricle"
root=$1
shift 2
exec chroot "$root" env -i PATH=/venv/bin:/usr/bin:/bin HOME=/root LANG=C.UTF-8 \
  PYTHONPATH=/opt/auricle/tests/homeassistant/setup/stand_ins "$@"
"""
_MEMBERS = """
from homeassistant.components.assist_satellite import AssistSatelliteEntity as Entity
print(*dir(Entity))
"""
_MYPY = """
cd /opt/auricle && exec mypy --config-file= --strict --explicit-package-bases \
  --cache-dir /tmp/mypy --follow-imports silent --no-error-summary custom_components
"""


def inside(*command: str) -> str:
    """What a program says within the root of Home Assistant."""
    enter = ["unshare", "--mount", "sh", "-c", _INSIDE, "sh", os.environ["HA_ROOT"]]
    done = subprocess.run(
        [*enter, str(REPOSITORY), *command],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    return done.stdout + done.stderr


def used() -> set[str]:
    """The private members that our satellite uses and does not bring itself."""
    tree = ast.parse((FOLDER / "auricle" / "assist_satellite.py").read_text())
    [satellite] = [
        node
        for node in tree.body
        if isinstance(node, ast.ClassDef) and node.name == "AuricleSatellite"
    ]
    names = [node for node in ast.walk(satellite) if isinstance(node, ast.Attribute)]
    found = {
        node.attr
        for node in names
        if isinstance(node.value, ast.Name) and node.value.id == "self"
    }
    [born] = [
        node
        for node in satellite.body
        if isinstance(node, ast.FunctionDef) and node.name == "__init__"
    ]
    own = {node.name for node in satellite.body if hasattr(node, "name")} | {
        node.attr
        for node in ast.walk(born)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
    }
    return {name for name in found - own if name.startswith("_")}


def test_every_private_member_that_it_relies_on_is_there() -> None:
    there = set(inside("python", "-c", _MEMBERS).split())

    assert used() == PRIVATE
    assert there >= PRIVATE


def test_it_fits_the_types_of_home_assistant() -> None:
    version = (Path(os.environ["HA_ROOT"]) / "installed").read_text()
    if tuple(map(int, version.split("."))) < (2026, 11):
        pytest.skip("the types of older releases have holes")

    assert inside("sh", "-c", _MYPY) == ""
