"""What is printed of a soak: one line, and what is behind it."""

import statistics
from collections.abc import Iterator

from soak.marathon import Marathon
from soak.soak import Soak


def report_line(soak: Soak, commit: str) -> str:
    storm, delays = soak.storm, soak.marathon.delays
    ordered = len(soak.restarts) + storm.ordered_starts
    parts = [
        f"turns {soak.turns}",
        f"faults {storm.faults.total() + len(soak.restarts)} of {_kinds(soak)} kinds",
        f"bad inputs {storm.bad_inputs}",
        f"lost {soak.lost}",
        f"stale executed {soak.late}",
        f"duplicates after dedupe {soak.duplicates}",
        f"restarts {ordered + storm.unordered_starts} (expected {ordered})",
    ]
    if len(delays) > 1:
        cuts = statistics.quantiles(delays, n=100)
        parts.append(f"p50/p99 {cuts[49] * 1000:.0f}/{cuts[98] * 1000:.0f} ms")
        parts.append(f"RSS slope {soak.marathon.mib_per_hour:+.2f} MiB/h")
    return ", ".join([*parts, f"seed {soak.seed}", f"commit {commit}"])


def details(soak: Soak) -> Iterator[str]:
    yield f"came again under the same id: {soak.repeated}; secrets seen: {soak.secrets}"
    if soak.restarts:
        yield (
            f"kill -9: {len(soak.restarts)}; listening again after "
            f"{statistics.median(soak.restarts):.1f} s (median), "
            f"{max(soak.restarts):.1f} s (longest)"
        )
    if soak.marathon.samples:
        yield from _marathon(soak.marathon)
    yield from (f"FAILED {failure}" for failure in soak.failures)


def _marathon(marathon: Marathon) -> Iterator[str]:
    first, last = marathon.medians()
    yield (
        f"marathon: {len(marathon.delays)} turns in {marathon.seconds:.0f} s; median "
        f"{first * 1000:.0f} ms at first, {last * 1000:.0f} ms at last "
        f"({last / first - 1:+.1%})"
    )
    settled = marathon.settled
    yield (
        f"memory {settled[0].kib / 1024:.1f} to {settled[-1].kib / 1024:.1f} MiB; "
        f"descriptors {_range([sample.descriptors for sample in settled])}, "
        f"threads {_range([sample.threads for sample in settled])}, "
        f"tasks {_range(marathon.tasks)} (first, least, most, last)"
    )


def _range(counts: list[int]) -> str:
    if not counts:
        return "unknown"
    return f"{counts[0]} {min(counts)} {max(counts)} {counts[-1]}"


def _kinds(soak: Soak) -> int:
    return len(soak.storm.faults) + bool(soak.restarts)
