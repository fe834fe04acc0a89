"""Memory and start of the satellite, in tables."""

import statistics
from collections.abc import Iterator, Mapping, Sequence

from benchmarks.cost.memory import Ear, Import, Start
from benchmarks.cost.process_cost import Memory
from benchmarks.tables import spread, table, verdict

_PSS, _RSS, _START = 45.0, 60.0, 1.5
# Beside it an import is not worth a line.
_LEAST_SHARE = 0.02


def memory_report(
    idle: Mapping[Ear, Sequence[Memory]],
    grown: Sequence[Memory],
    hours: float,
    imports: Sequence[Import],
) -> Iterator[str]:
    yield "# Memory\n"
    yield "The daemon, idle; MB.\n"
    yield from table(
        ("listening to", "PSS", "PSS, no other Python program", "anonymous", "RSS"),
        (
            (
                what,
                spread([m.pss for m in measured], ".1f"),
                spread([m.alone for m in measured], ".1f"),
                spread([m.anonymous for m in measured], ".1f"),
                spread([m.rss for m in measured], ".1f"),
            )
            for what, measured in idle.items()
        ),
    )
    for what, measured in idle.items():
        # Whoever runs other Python programs too must not come off better for it.
        pss = statistics.median(m.alone for m in measured)
        rss = statistics.median(m.rss for m in measured)
        yield f"\n{what[:1].upper()}{what[1:]}: PSS {verdict(pss, _PSS, '.1f', ' MB')};"
        yield f"RSS {verdict(rss, _RSS, '.1f', ' MB')}."
    yield f"\n{hours:g} h of sound at 60 times its pace, anonymous MB at ten moments:"
    yield ", ".join(f"{m.anonymous:.1f}" for m in grown) + "."
    yield "\n## What each import costs\n"
    yield from table(
        ("import", "for", "alone, MB", "on top of those above, MB"),
        (
            (f"`{i.module}`", i.purpose, f"{i.alone:.1f}", f"{i.added:.1f}")
            for i in imports
        ),
    )


def start_report(starts: Sequence[Start]) -> Iterator[str]:
    yield "# Start\n"
    took = [start.listening for start in starts]
    yield from table(
        ("from the process's start to its first frame", "median, spread"),
        (
            ("seconds", spread(took)),
            ("processor seconds", spread([start.cpu for start in starts])),
        ),
    )
    yield f"\n{verdict(statistics.median(took), _START, unit=' s')}."
    modules = starts[0].modules
    whole = max(statistics.median(took), sum(modules.values()))
    rest = whole - sum(modules.values())
    parts = {**modules, "settings, models, broker, first frame": rest}
    yield "\nWhere it goes: imports by package, in a process of their own; all else.\n"
    yield from table(
        ("", "ms", "share"),
        (
            (name, f"{seconds * 1000:.0f}", f"{seconds / whole:.0%}")
            for name, seconds in parts.items()
            if seconds > _LEAST_SHARE * whole
        ),
    )
