"""Every clock that the code asks is in docs/clocks.md, with what it is for."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "daemon" / "auricle"
PAGE = ROOT / "docs" / "clocks.md"

CLOCKS = {
    "time.monotonic": "monotonic",
    "time.sleep": "monotonic",
    "since_boot": "boot",
    "datetime.now": "wall",
    "asyncio.timeout": "loop",
    "asyncio.sleep": "loop",
    "asyncio.wait_for": "loop",
}
LOOPS = ("call_later", "call_at", "loop.time", "get_running_loop().time")
# They jump when somebody sets the time, or stand still as the monotonic one does.
NEVER = {
    "time.time",
    "time.perf_counter",
    "time.clock_gettime",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
}
ASKS_FOR_ALL = "clock.py"


def asked_for() -> set[tuple[str, str]]:
    """Each module, with each clock that it asks."""
    return {
        (str(path.relative_to(SOURCE)), clock)
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if (clock := clock_of(node)) is not None
    }


def clock_of(node: ast.AST) -> str | None:
    if isinstance(node, ast.Call) and name(node.func) == "asyncio.wait":
        return "loop" if any(key.arg == "timeout" for key in node.keywords) else None
    if not isinstance(node, ast.Attribute | ast.Name):
        return None
    if name(node).endswith(LOOPS):
        return "loop"
    return CLOCKS.get(name(node))


def name(node: ast.AST) -> str:
    # As ast.unparse, which takes its time over each.
    match node:
        case ast.Name():
            return node.id
        case ast.Attribute():
            return f"{name(node.value)}.{node.attr}"
    return ast.unparse(node)


def explained() -> set[tuple[str, str]]:
    row = re.compile(r"^\| `([\w/]+\.py)` \| (\w+) \| [^|]+ \| [^|]+ \|$", re.MULTILINE)
    return set(row.findall(PAGE.read_text()))


def test_every_clock_that_is_asked_is_explained() -> None:
    assert asked_for() - explained() == set()


def test_no_clock_is_explained_that_nobody_asks() -> None:
    assert explained() - asked_for() == set()


def test_nobody_asks_a_clock_that_somebody_may_set_for_how_long() -> None:
    asked = {
        f"{path.name}: {name(node)}"
        for path in SOURCE.rglob("*.py")
        if path.name != ASKS_FOR_ALL
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and name(node) in NEVER
    }
    assert asked == set()
