"""Where the scripts that make the Debian packages put files."""

import re
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
