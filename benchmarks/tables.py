"""Results as Markdown."""

import statistics
from collections.abc import Iterable, Iterator, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def spread(values: Sequence[float], form: str = ".2f") -> str:
    """The median, from the least to the most, and of how many."""
    middle = statistics.median(values)
    low, high = min(values), max(values)
    return f"{middle:{form}} ({low:{form}} to {high:{form}}, n = {len(values)})"


def verdict(value: float, target: float, form: str = ".2f", unit: str = "") -> str:
    """Beside what was asked for."""
    met = "met" if value <= target else "**missed**"
    return f"{value:{form}}{unit}, target ≤ {target:g}{unit}: {met}"
