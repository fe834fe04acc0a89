"""What listening costs, in a table and as bars."""

import statistics
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.bars import bars
from benchmarks.cost.listening import AURICLE, OURS, PEERS, Cost
from benchmarks.tables import spread, table, verdict

_TARGET = 0.008
_RATIOS = {"pymicro-wakeword": 1.3, "pyopen-wakeword": 0.08, "openwakeword": 0.08}
_BEFORE = {
    "wyoming-satellite + microWakeWord, two processes": (0.021, "66"),
    "linux-voice-assistant, beside PulseAudio": (0.021, "119 to 147"),
    "OVOS, its microphone not counted": (0.008, "84"),
}
"""Processor seconds per second, and MB (RSS), of whole programs in November 2026."""


def listening_report(costs: Mapping[str, Cost], picture: Path) -> Iterator[str]:
    yield "# Listening\n"
    whole = {name: costs[name].median for name in OURS}
    yield from table(
        ("", "CPU s per s of audio", "CPU s per hour", "PSS, MB", "RSS, MB"),
        (_row(cost) for cost in costs.values()),
    )
    yield ""
    for name, median in whole.items():
        yield f"{name}: {verdict(median, _TARGET, '.4f')}.\n"
    yield from table(
        ("auricle's CPU beside", "ratio, round by round", "target"),
        (
            (name, spread(costs[AURICLE].ratios(costs[name])), f"≤ {ratio:g}")
            for name, ratio in _RATIOS.items()
        ),
    )
    yield "\nWhole programs on the same kind of machine, measured before:\n"
    yield from table(
        ("", "CPU s per s of audio", "RSS, MB"),
        ((name, f"{cpu:.3f}", rss) for name, (cpu, rss) in _BEFORE.items()),
    )
    bars(
        {name: cost.cpu for name, cost in costs.items()}
        | {name: [cpu] for name, (cpu, _) in _BEFORE.items()},
        "CPU seconds per second of audio",
        picture,
        ours=OURS.keys(),
    )
    yield f"\n![{picture.stem}]({picture.name})"


def _row(cost: Cost) -> tuple[str, ...]:
    return (
        f"{cost.name}: {(OURS | PEERS)[cost.name]}",
        spread(cost.cpu, ".4f"),
        f"{cost.median * 3600:.0f}",
        f"{statistics.median(m.pss for m in cost.memory):.1f}",
        f"{statistics.median(m.rss for m in cost.memory):.1f}",
    )
