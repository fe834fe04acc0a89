"""What a check found, what that means, and what to do."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    OK = "ok"
    WARNING = "warning"
    """It works, and something about it is worth knowing."""
    FAILED = "failed"
    SKIPPED = "skipped"
    """It does not apply here, or nobody asked for it."""


@dataclass(frozen=True, slots=True)
class Result:
    name: str
    status: Status
    meaning: str
    """What was found, for a person."""
    advice: str = ""
    """What to do about it; empty where there is nothing to do."""

    def redacted(self, redact: Callable[[str], str]) -> "Result":
        """The same without secrets: servers quote what they refuse."""
        meaning, advice = redact(self.meaning), redact(self.advice)
        return Result(self.name, self.status, meaning, advice)


def all_well(results: Iterable[Result]) -> bool:
    """Whether everything that can be told here is as it should be."""
    passed = (Status.OK, Status.SKIPPED)
    return all(result.status in passed for result in results)
