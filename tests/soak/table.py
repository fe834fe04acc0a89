"""The faults and what was measured of them, as a table in Markdown."""

import statistics
from collections.abc import Iterator, Sequence
from itertools import groupby

from rigs.faults import FaultCase, Observation


def table(seen: Sequence[tuple[FaultCase, Observation]]) -> Iterator[str]:
    yield "| | fault | n | ends as | noticed after | ended after | works again after |"
    yield "|---|---|---|---|---|---|---|"
    by_id = sorted(seen, key=lambda one: one[0].id)
    for _, of_one_kind in groupby(by_id, key=lambda one: one[0].id):
        cases, observations = zip(*of_one_kind, strict=True)
        yield _row(cases[0], observations)


def _row(case: FaultCase, seen: Sequence[Observation]) -> str:
    ends = sorted({o.end + (f" ({o.reason})" if o.reason else "") for o in seen})
    noticed = [o.noticed for o in seen if o.noticed is not None]
    cells = [
        case.id,
        f"{case.what}, {case.moment}",
        str(len(seen)),
        ", ".join(ends),
        _seconds(noticed),
        _seconds([o.seconds for o in seen]),
        _seconds([o.recovery for o in seen]),
    ]
    return f"| {' | '.join(cells)} |"


def _seconds(values: Sequence[float]) -> str:
    """The median, and the longest where there are several."""
    if not values:
        return ""
    longest = f" ({max(values):.1f})" if len(values) > 1 else ""
    return f"{statistics.median(values):.1f} s{longest}"
