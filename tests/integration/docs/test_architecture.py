"""docs/architecture.md draws the layers there are, and names who starts a thread."""

import ast
import re
import tomllib
from xml.etree import ElementTree

from rigs.pages import ROOT, Page

PAGE = Page(ROOT / "docs" / "architecture.md")
SOURCE = ROOT / "daemon" / "auricle"
STARTS = {"threading.Thread", "ThreadPoolExecutor", "start_call"}
# Whoever calls it has the thread.
STARTS_FOR_OTHERS = "system/threads.py"


def test_the_picture_of_the_packages_has_their_layers_from_top_to_bottom() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts = project["tool"]["importlinter"]["contracts"]
    layers = [
        set(re.split(r" [|:] ", layer))
        for contract in contracts
        if contract["type"] == "layers" and contract["containers"] == ["auricle"]
        for layer in contract["layers"]
    ]

    rows: dict[float, set[str]] = {}
    for text in ElementTree.parse(ROOT / "docs/images/architecture.svg").iter():
        if text.get("class") == "title":
            rows.setdefault(float(text.attrib["y"]), set()).add(text.text or "")

    assert [rows[y] for y in sorted(rows)] == [
        layer for layer in layers if layer != {"__main__"}
    ]


def starts_a_thread(source: str) -> bool:
    return any(
        isinstance(node, ast.Call) and ast.unparse(node.func) in STARTS
        for node in ast.walk(ast.parse(source))
    )


def test_whoever_starts_a_thread_is_told() -> None:
    table = PAGE.section("Who owns which thread")
    told = set(re.findall(r"^\| [^|]+ \| `([\w/]+\.py)` \|", table, re.MULTILINE))
    start = {
        str(path.relative_to(SOURCE))
        for path in SOURCE.rglob("*.py")
        if starts_a_thread(path.read_text())
    }

    assert told == start - {STARTS_FOR_OTHERS}
