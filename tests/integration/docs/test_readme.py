"""The README is short, and the pages say what is in the code."""

import subprocess
import sys

from auricle.config.sentences import sentences
from auricle.config.settings import Settings
from rigs.pages import ROOT, Page


def test_the_readme_is_read_in_a_minute() -> None:
    assert len(Page(ROOT / "README.md").text.splitlines()) <= 130


def test_each_way_to_install_it_is_a_line() -> None:
    section = Page(ROOT / "README.md").section("Install")
    lines = [line for line in section.splitlines() if line.strip()]

    assert len([line for line in lines if not line.startswith("#")]) == 5


def test_the_reference_of_the_settings_is_up_to_date() -> None:
    written = subprocess.run(
        [sys.executable, ROOT / "scripts" / "configuration-page", "--check"],
        check=False,
    )

    assert written.returncode == 0, "run scripts/configuration-page"


def test_every_setting_has_its_sentence() -> None:
    silent = [
        f"{section}.{key}"
        for section, settings in Settings()
        for key in type(settings).model_fields
        if not sentences(type(settings)).get(key)
    ]
    assert silent == []


def test_every_page_is_in_the_table_of_contents() -> None:
    contents = Page(ROOT / "docs" / "index.md")
    listed = {path for path, _ in contents.links}

    pages = {path.name for path in (ROOT / "docs").glob("*.md")}
    assert pages - {"index.md"} <= listed
