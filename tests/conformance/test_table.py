import ast
from functools import cache
from pathlib import Path

import pytest

from conformance.table import TABLE, Row, markdown

HERE = Path(__file__).parent
ROWS = [row for rows in TABLE.values() for row in rows]


@cache
def defined_in(path: Path) -> set[str]:
    return {
        node.name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.rule)
def test_every_rule_is_covered_by_tests_that_exist(row: Row) -> None:
    assert row.tests
    missing = [
        (file, name)
        for file, name in row.tests
        if name not in defined_in(HERE.parent / file)
    ]
    assert missing == []


def test_the_readme_holds_the_table() -> None:
    assert markdown() in (HERE / "README.md").read_text()
