"""What a check found, what to do about it, and how a person or a program is told."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum


class Status(StrEnum):
    """How it is with what was looked at."""

    OK = "ok"
    WARNING = "warning"
    """It works, and something about it is worth knowing."""
    FAILED = "failed"
    SKIPPED = "skipped"
    """It does not apply here, or nobody asked for it."""


@dataclass(frozen=True, slots=True)
class Result:
    """What was found, what that means, and what to do about it."""

    name: str
    status: Status
    meaning: str
    """What was found, for a person."""
    advice: str = ""
    """What to do about it; empty where there is nothing to do."""

    def redacted(self, redact: Callable[[str], str]) -> "Result":
        """Return the same without secrets: servers quote what they refuse."""
        meaning, advice = redact(self.meaning), redact(self.advice)
        return Result(self.name, self.status, meaning, advice)


def all_well(results: Iterable[Result]) -> bool:
    """Tell whether everything that can be told here is as it should be."""
    passed = (Status.OK, Status.SKIPPED)
    return all(result.status in passed for result in results)


def as_lines(result: Result) -> list[str]:
    """Tell a person what was found, and in the lines under it what to do."""
    first, *more = [*result.meaning.splitlines(), *result.advice.splitlines()]
    indent = " " * (_COLUMN + 2)
    return [
        f"{_SIGNS[result.status]} {result.name:{_COLUMN}}{first}",
        *(indent + line for line in more),
    ]


def tally(results: Sequence[Result]) -> str:
    """Tell in one line how many checks passed, and how many did not."""
    counted = Counter(result.status for result in results)
    counts = [
        f"{counted[status]} {word}"
        for status, word in _WORDS.items()
        if counted[status]
    ]
    return f"{len(results)} checks: {', '.join(counts)}"


def as_json(results: Sequence[Result]) -> str:
    """Tell a program all results, as one JSON object."""
    report = {
        "healthy": all_well(results),
        "checks": [asdict(result) for result in results],
    }
    return json.dumps(report, ensure_ascii=False, indent=2)


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
