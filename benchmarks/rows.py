"""What was measured, beside what was asked for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.tables import table


@dataclass(frozen=True, slots=True)
class Row:
    """One figure; without a target it is only told."""

    what: str
    value: float | None
    """None where it could not be measured, as `of` tells: a target is missed then."""
    unit: str
    of: str
    """How many it is of, or how it was counted."""
    least: float | None = None
    most: float | None = None

    @property
    def counts(self) -> bool:
        """Whether there is a target."""
        return self.least is not None or self.most is not None

    @property
    def met(self) -> bool:
        if self.value is None:
            return False
        above = self.least is None or self.value >= self.least
        return above and (self.most is None or self.value <= self.most)

    @property
    def cells(self) -> Sequence[str]:
        target = ""
        if self.least is not None:
            target = f"≥ {self.least:g} {self.unit}".strip()
        if self.most is not None:
            target = f"≤ {self.most:g} {self.unit}".strip()
        verdict = ("met" if self.met else "**missed**") if self.counts else ""
        value = "" if self.value is None else f"{self.value:.3g} {self.unit}".strip()
        return self.what, value, self.of, target, verdict


def lines(rows: Iterable[Row]) -> Iterable[str]:
    """As a table."""
    head = ("", "measured", "of", "target", "")
    return table(head, (row.cells for row in rows))


def tally(rows: Sequence[Row]) -> str:
    targets = [row for row in rows if row.counts]
    return f"targets met {sum(row.met for row in targets)} of {len(targets)}"
