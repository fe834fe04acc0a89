"""What a program holds of its machine, looked at again and again."""

import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

# What the first turns allocate, they keep.
_WARM_UP = 0.1


@dataclass(frozen=True)
class Sample:
    """Of the program, at a moment."""

    at: float
    kib: int
    """Of memory that is its own."""
    descriptors: int
    threads: int
    written: int
    """Bytes that it made the disk write since its start."""


def sample(pid: int, at: float) -> Sample:
    process = Path(f"/proc/{pid}")
    status = _fields(process / "status")
    return Sample(
        at,
        int(status["RssAnon"].split()[0]),
        len(list((process / "fd").iterdir())),
        int(status["Threads"]),
        int(_fields(process / "io")["write_bytes"]),
    )


def settled(samples: Sequence[Sample]) -> Sequence[Sample]:
    """Without the first turns'."""
    return samples[round(len(samples) * _WARM_UP) :]


def mib_per_hour(samples: Sequence[Sample]) -> float:
    """How its memory grew, as the line that fits best."""
    samples = settled(samples)
    if len(samples) < 2:
        return 0.0
    hours = [sample.at / 3600 for sample in samples]
    mib = [sample.kib / 1024 for sample in samples]
    return statistics.linear_regression(hours, mib).slope


def growth(samples: Sequence[Sample]) -> Iterator[str]:
    """What there always is more of in the last quarter: what leaks is never given
    back, what is open for a moment is.
    """
    samples = settled(samples)
    quarter = len(samples) // 4
    if not quarter:
        return
    for what in ("descriptors", "threads"):
        counts = [getattr(sample, what) for sample in samples]
        begin, end = min(counts[:quarter]), min(counts[-quarter:])
        if end > begin:
            yield f"{begin}, then {end} {what}"


def holdings(samples: Sequence[Sample]) -> str:
    """In words."""
    samples = settled(samples)
    return (
        f"memory {samples[0].kib / 1024:.1f} to {samples[-1].kib / 1024:.1f} MiB; "
        f"descriptors {course([sample.descriptors for sample in samples])}, "
        f"threads {course([sample.threads for sample in samples])}"
    )


def course(counts: Sequence[int]) -> str:
    """The first, least, most and last."""
    if not counts:
        return "unknown"
    return f"{counts[0]} {min(counts)} {max(counts)} {counts[-1]}"


def percentile(values: Sequence[float], share: float) -> float:
    """The least of them that so many are not above."""
    return sorted(values)[max(0, math.ceil(len(values) * share) - 1)]


def _fields(file: Path) -> dict[str, str]:
    return dict(line.split(":", 1) for line in file.read_text().splitlines())
