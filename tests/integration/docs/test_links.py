"""Whoever follows a page of this repository arrives: links, files, commands."""

import re
import tomllib
from pathlib import Path

import pytest

from auricle.cli.parser import build_parser
from auricle.config.settings import Settings
from rigs.pages import ROOT, Page, pages

PAGES = pages()
SOURCE = ROOT / "daemon" / "auricle"
# Where a path in prose may begin, beside the page's own folder.
ROOMS = (ROOT, SOURCE, ROOT / "tests", ROOT / "benchmarks")
KINDS = "py|md|toml|json|ya?ml|sh|txt|svg|png|wav|flac|service|example"
# They look like files of ours, and are made by a person or a program elsewhere.
NOT_OURS = {
    *("config.toml", "state.json", "labels.json", "transcription.txt"),
    *("results/turns-part.md", "homeassistant/status"),
}


def looks_like_a_file(code: str) -> bool:
    if code.startswith(("/", "~", "-", "$", ".cache/")) or code in NOT_OURS:
        return False
    if re.fullmatch(r"[\w.{},*-]+(/[\w.{},*-]+)*/?", code) is None:
        return False
    in_a_room = (ROOT / code.partition("/")[0]).is_dir() and "/" in code
    return in_a_room or re.search(rf"\w\.({KINDS})$", code) is not None


def is_there(page: Page, code: str) -> bool:
    """Whether it is a file or a folder, by path, or by name below the page's folder."""
    folder = page.path.parent
    patterns = [code.rstrip("/")]
    if braces := re.search(r"\{([^}]*)\}", code):
        alternatives = braces[1].split(",")
        patterns = [code.replace(braces[0], one) for one in alternatives]
    return all(
        any(any(room.glob(pattern)) for room in (folder, *ROOMS))
        or ("/" not in pattern and any(folder.rglob(pattern)))
        for pattern in patterns
    )


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_link_into_the_repository_arrives(page: Page) -> None:
    astray = []
    for path, anchor in page.links:
        target = (page.path.parent / path).resolve() if path else page.path
        if not target.is_relative_to(ROOT) or not target.exists():
            astray.append(path)
        elif anchor and anchor not in Page(target).anchors:
            astray.append(f"{path}#{anchor}")
    assert astray == []


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_file_that_is_named_exists(page: Page) -> None:
    named = {code.partition("::")[0].partition(" ")[0] for code in page.code}
    missing = [
        code
        for code in sorted(named)
        if looks_like_a_file(code) and not is_there(page, code)
    ]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_file_in_a_command_exists(page: Page) -> None:
    commands = "\n".join([*page.blocks("console"), *page.code])
    scripts = set(
        re.findall(r"(?<![\w/.])((?:scripts|tests|requirements)/[\w./-]*\w)", commands)
    )
    missing = [script for script in sorted(scripts) if not (ROOT / script).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_no_command_fetches_a_package_that_only_has_our_name(page: Page) -> None:
    assert re.findall(r"pip install[^\n]* '?auricle\b", page.text) == []


def test_no_message_does_either() -> None:
    for module in (ROOT / "daemon").rglob("*.py"):
        assert re.findall(r"pip install '?auricle\b", module.read_text()) == [], module


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_command_of_ours_is_one(
    page: Page, capsys: pytest.CaptureFixture[str]
) -> None:
    commands = "\n".join([*page.blocks("console"), *page.code])
    named = set(re.findall(r"(?:^\$ |^|sudo )auricle ([a-z]+)", commands, re.MULTILINE))
    for command in named:
        with pytest.raises(SystemExit) as ended:
            build_parser().parse_args([command, "--help"])
        assert ended.value.code == 0, capsys.readouterr().err


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_configuration_to_copy_is_taken(page: Page) -> None:
    for example in page.blocks("toml"):
        Settings.model_validate(tomllib.loads(example))


def test_a_page_is_only_as_good_as_what_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(
        "# One, two\n\n## `[key]`\n\n## One, two\n\n[a](b.md#c) ![d](e.svg)\n"
        '<img src="f.png" width="1">\n`[no](link)`\n\n```toml\n[no](g)\n```\n'
    )
    page = Page(path)

    assert list(page.links) == [("b.md", "c"), ("e.svg", ""), ("f.png", "")]
    assert page.anchors == {"one-two", "key", "one-two-1"}
    assert page.blocks("toml") == ["[no](g)\n"]
