import logging
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.system.log import LineFormatter, one_line, priority


def record(message: str, level: int = logging.WARNING) -> logging.LogRecord:
    return logging.LogRecord("auricle.app.app", level, "app.py", 1, message, (), None)


@pytest.mark.parametrize(
    ("level", "number"),
    [
        (logging.CRITICAL, 2),
        (logging.ERROR, 3),
        (logging.WARNING, 4),
        (logging.INFO, 6),
        (logging.DEBUG, 7),
    ],
)
def test_every_level_has_its_priority_in_the_journal(level: int, number: int) -> None:
    assert priority(level) == number
    line = LineFormatter(for_journal=True).format(record("lost", level))
    assert line == f"<{number}>auricle.app.app: lost"


def test_a_person_reads_the_level_by_name() -> None:
    line = LineFormatter(for_journal=False).format(record("lost"))
    assert line == "WARNING auricle.app.app: lost"


def test_a_traceback_is_one_line_too() -> None:
    try:
        raise ValueError("too\nmuch")
    except ValueError:
        failed = record("it failed", logging.ERROR)
        failed.exc_info = sys.exc_info()
    line = LineFormatter(for_journal=True).format(failed)
    assert line.startswith("<3>auricle.app.app: it failed | Traceback")
    assert line.endswith("ValueError: too | much")


@given(st.text())
def test_nobody_can_forge_a_second_event(text: str) -> None:
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert line.isprintable()
