import logging
import sys

import pytest

from auricle.system.log import (
    BURST,
    PER_SECOND,
    LineFormatter,
    LogRate,
    priority,
)


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


# --- how much it may grow ---


def line(text: str, *args: object) -> logging.LogRecord:
    return logging.LogRecord("auricle.x", logging.INFO, "x.py", 1, text, args, None)


def test_a_flood_of_one_kind_is_bounded_and_then_counted() -> None:
    now = 0.0
    rate = LogRate(lambda: now)

    passed = sum(rate.filter(line("turn %s", i)) for i in range(10_000))
    now = 1.0
    next_one = line("turn %s", "t")

    assert passed == BURST
    assert rate.filter(next_one)
    assert next_one.getMessage() == f"turn t (and {10_000 - BURST} more like it)"


def test_a_flood_of_one_kind_hides_no_other() -> None:
    rate = LogRate(lambda: 0.0)
    for i in range(10_000):
        rate.filter(line("turn %s", i))

    assert rate.filter(line("stopping"))


def test_what_comes_slowly_is_never_left_out() -> None:
    now = 0.0
    rate = LogRate(lambda: now)
    for _ in range(3 * BURST):
        now += 1 / PER_SECOND
        assert rate.filter(line("turn %s", "t"))


def test_a_percent_sign_in_the_text_is_no_gap() -> None:
    now = 0.0
    rate = LogRate(lambda: now)
    for _ in range(BURST + 1):
        rate.filter(line("%s %% done", 5))
    now = 1.0
    last = line("%s %% done", 5)
    rate.filter(last)

    assert last.getMessage() == "5 % done (and 1 more like it)"
