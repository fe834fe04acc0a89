"""Results as lines for a person, or as JSON for a program."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict

from auricle.doctor.results import Result, Status, all_well

_SIGNS = {
    Status.OK: "✔",
    Status.WARNING: "!",
    Status.FAILED: "✘",
    Status.SKIPPED: "–",  # noqa: RUF001  # a dash, not a minus
}
_WORDS = {
    Status.OK: "passed",
    Status.WARNING: "with a warning",
    Status.FAILED: "failed",
    Status.SKIPPED: "skipped",
}
# The longest name, and a gap.
_COLUMN = 17


def lines(result: Result) -> list[str]:
    """What is found, and under it what to do."""
    first, *more = [*result.meaning.splitlines(), *result.advice.splitlines()]
    indent = " " * (_COLUMN + 2)
    return [
        f"{_SIGNS[result.status]} {result.name:{_COLUMN}}{first}",
        *(indent + line for line in more),
    ]


def tally(results: Sequence[Result]) -> str:
    """One line: how many passed, and how many did not."""
    counted = Counter(result.status for result in results)
    counts = [
        f"{counted[status]} {word}"
        for status, word in _WORDS.items()
        if counted[status]
    ]
    return f"{len(results)} checks: {', '.join(counts)}"


def as_json(results: Sequence[Result]) -> str:
    report = {
        "healthy": all_well(results),
        "checks": [asdict(result) for result in results],
    }
    return json.dumps(report, ensure_ascii=False, indent=2)
