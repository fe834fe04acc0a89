"""Where the scripts that make the Debian packages put files."""

import re
import subprocess
from pathlib import Path

import pytest

from rigs.pages import ROOT

# Debian has a link for each, to the folder of that name below /usr.
LINKS = {"bin", "lib", "lib32", "lib64", "libo32", "libx32", "sbin"}
IN_A_PACKAGE = re.compile(r'\$(?:root|ROOTS/[a-z-]+)"?/([\w.]+)/')


@pytest.mark.parametrize("script", ["packaging/debian/build", "scripts/package"])
def test_nothing_of_a_package_is_where_debian_has_a_link(script: str) -> None:
    folders = IN_A_PACKAGE.findall(Path(ROOT / script).read_text())

    assert "usr" in folders
    assert not LINKS & set(folders)


def installed_size(root: Path) -> int:
    script = ROOT / "scripts" / "package"
    function = (
        'source <(sed -n \'/^installed_size()/,/^}/p\' "$0") && installed_size "$1"'
    )
    counted = subprocess.run(
        ["bash", "-ec", function, script, root],
        check=True,
        capture_output=True,
        text=True,
    )
    return int(counted.stdout)


def test_how_large_a_package_is_does_not_depend_on_the_disk(tmp_path: Path) -> None:
    for name in ("full", "sparse"):
        (tmp_path / name / "opt").mkdir(parents=True)
        (tmp_path / name / "DEBIAN").mkdir()
        (tmp_path / name / "opt" / "link").symlink_to("file")
    (tmp_path / "full" / "opt" / "file").write_bytes(b"\1" * 1_000_001)
    with (tmp_path / "sparse" / "opt" / "file").open("wb") as file:
        file.truncate(1_000_001)

    # The folder, the link, and what a million bytes and one fill.
    assert installed_size(tmp_path / "full") == 1 + 1 + 977
    assert installed_size(tmp_path / "sparse") == 1 + 1 + 977
