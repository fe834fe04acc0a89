"""What is printed of a soak: one line, and what is behind it."""

import statistics
from collections import Counter
from collections.abc import Iterator, Sequence

from soak.samples import Sample, mib_per_hour, percentile
from soak.soak import Soak

# Seconds; in less, a slope is of the first turns' making.
_SLOPE = 1200.0


def report_line(soak: Soak, commit: str) -> str:
    storm, home = soak.storm, soak.home
    delays = soak.marathon.delays or home.delays
    samples = _longest(soak.marathon.samples, soak.low.samples, soak.live.samples)
    storms = (storm, soak.group)
    ordered = len(soak.restarts) + sum(s.ordered_starts for s in storms)
    unordered = sum(s.unordered_starts for s in storms)
    parts = [
        f"turns {soak.turns}",
        f"faults {_faults(soak).total()} of {len(_faults(soak))} kinds",
        f"bad inputs {sum(s.bad_inputs for s in storms)}",
        f"lost {soak.lost}",
        f"stale executed {soak.late}",
        f"duplicates after dedupe {soak.duplicates}",
        f"restarts {ordered + unordered} (expected {ordered})",
    ]
    if delays:
        middle, most = percentile(delays, 0.5) * 1000, percentile(delays, 0.99) * 1000
        parts.append(f"p50/p99 {middle:.0f}/{most:.0f} ms")
    if samples:
        parts.append(f"RSS slope {mib_per_hour(samples):+.2f} MiB/h")
    return ", ".join([*parts, f"seed {soak.seed}", f"commit {commit}"])


def details(soak: Soak) -> Iterator[str]:
    yield f"came again under the same id: {soak.repeated}; secrets seen: {soak.secrets}"
    if soak.restarts:
        yield (
            f"kill -9: {len(soak.restarts)}; listening again after "
            f"{statistics.median(soak.restarts):.1f} s (median), "
            f"{max(soak.restarts):.1f} s (longest)"
        )
    yield from soak.low.summary()
    yield from soak.live.summary()
    yield from soak.home.summary()
    yield from soak.burst.summary()
    yield from soak.no_wake.summary()
    yield from soak.marathon.summary()
    yield from (f"FAILED {failure}" for failure in soak.failures)


def _longest(*runs: Sequence[Sample]) -> Sequence[Sample]:
    """The first that is long enough to tell of a slope, else the longest."""
    seconds = [run[-1].at - run[0].at if run else 0.0 for run in runs]
    told = [run for run, long in zip(runs, seconds, strict=True) if long >= _SLOPE]
    return told[0] if told else runs[seconds.index(max(seconds))]


def _faults(soak: Soak) -> Counter[str]:
    """By kind."""
    ours = {"F23": len(soak.restarts), "F17": soak.home.broker_restarts}
    return soak.storm.faults + soak.group.faults + soak.home.faults + Counter(ours)
