"""What the package offers is what its docstring says, and stands alone."""

import ast
import pydoc
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import auricle
from auricle import qwen_asr
from auricle.qwen_asr.events import (
    SAMPLE_RATES,
    SILENCE_MS_RANGE,
    THRESHOLD_RANGE,
    ServerVad,
    SessionSettings,
)

SOURCE = Path(auricle.__file__).parent
PACKAGE = Path(qwen_asr.__file__).parent
_ENTRY = re.compile(r"^\* `(\w+)`, [^:]+: ([^*]+)", re.MULTILINE)


def offered() -> dict[str, set[str]]:
    """By module, the names that the docstring offers."""
    assert qwen_asr.__doc__ is not None
    names = {
        module: set(re.findall(r"\w+", listed))
        for module, listed in _ENTRY.findall(qwen_asr.__doc__)
    }
    names["events"] = defined(PACKAGE / "events.py")
    return names


def defined(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {ast.unparse(target) for target in node.targets}
        elif isinstance(node, ast.AnnAssign):
            names.add(ast.unparse(node.target))
    return {name for name in names if not name.startswith("_")}


def imported(paths: Iterator[Path]) -> Iterator[tuple[str, str]]:
    """Each module and name that is imported from `auricle`."""
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                yield from ((node.module, alias.name) for alias in node.names)


def test_every_name_that_is_offered_exists() -> None:
    for module, names in offered().items():
        assert names - defined(PACKAGE / f"{module}.py") == set()


def test_others_import_nothing_that_is_not_offered() -> None:
    others = (path for path in SOURCE.rglob("*.py") if PACKAGE not in path.parents)
    taken = [
        (module.removeprefix("auricle.qwen_asr."), name)
        for module, name in imported(others)
        if module.startswith("auricle.qwen_asr.")
    ]
    assert taken
    assert [name for module, name in taken if name not in offered()[module]] == []


def test_help_tells_of_each_setting_what_it_takes() -> None:
    ranges = {
        ServerVad: (*THRESHOLD_RANGE, *SILENCE_MS_RANGE),
        SessionSettings: SAMPLE_RATES,
    }
    for settings, limits in ranges.items():
        shown = pydoc.plain(pydoc.render_doc(settings))
        for field in fields(settings):
            assert f"`{field.name}`" in shown
        for limit in limits:
            assert re.search(rf"(?<![\d.-]){limit:g}\b", shown)
