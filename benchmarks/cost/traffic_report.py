"""What a turn costs and how late we are, in tables and as a distribution."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.bars import distribution
from benchmarks.cost.latency import Delays
from benchmarks.cost.streaming import Allocated, Streamed, raw_bytes
from benchmarks.tables import spread, table

_ADDED = 0.0015


def streaming_report(
    streamed: Sequence[Streamed], allocated: Sequence[Allocated]
) -> Iterator[str]:
    yield "# Streaming\n"
    yield "Processor time during a turn, in percent of a core.\n"
    yield from table(
        (
            "voice detector",
            "listening",
            "turn",
            "the turn's own",
            "target",
            "a bare loop's sending",
            "the turn's own to that",
        ),
        (
            (
                one.detector,
                spread(_percent(one.listening)),
                spread(_percent(one.streaming)),
                spread(_percent(one.added)),
                f"≤ {_ADDED:.2%}",
                spread(_percent(one.bare)),
                spread(one.ratios),
            )
            for one in streamed
        ),
    )
    yield (
        "\nThe bare loop, around the same WebSocket library, sends pieces of 0.1 s and "
        "does nothing else: no voice detector, no threads."
    )
    yield "\n## On the wire\n"
    raw = raw_bytes()
    yield from table(
        ("", "bytes a second", "to raw PCM"),
        (
            ("16 kHz s16 PCM", str(raw), "1.00"),
            *(
                (
                    f"WebSocket, {one.detector}",
                    spread(one.wire_bytes, ".0f"),
                    f"{np.median(one.wire_bytes) / raw:.2f}",
                )
                for one in streamed
            ),
        ),
    )
    yield "\nBase64 alone is 1.33.\n\n## Allocations\n"
    yield from table(
        ("path", "bytes a frame while at work", "bytes a frame kept"),
        ((one.path, f"{one.passing:.0f}", f"{one.kept:.1f}") for one in allocated),
    )


def latency_report(delays: Delays, picture: Path) -> Iterator[str]:
    yield "# Our own latency\n"
    yield f"{delays.turns} wake words of people, in real time; milliseconds.\n"
    rows = (
        (
            "wake word's last sample to the engine's certainty (the engine's own)",
            delays.engine,
            None,
            None,
        ),
        (
            "that frame's last sample to `listening`, read by a subscriber",
            delays.listening,
            None,
            50,
        ),
        ("`completed` to the final, read by a subscriber", delays.final, None, None),
        (
            "`completed` to PUBACK of the final, outbox included",
            delays.acknowledged,
            5,
            25,
        ),
    )
    yield from table(
        ("from … to", "n", "p50", "p95", "p99", "largest", "target"),
        (
            (what, str(len(seconds)), *_percentiles(seconds), _target(p50, p99))
            for what, seconds, p50, p99 in rows
        ),
    )
    yield (
        "\nA negative delay of the engine is one before the phrase's faded end. "
        f"Memory of the daemon behind the last turn: {delays.memory.pss:.1f} MB PSS, "
        f"{delays.memory.rss:.1f} MB RSS."
    )
    distribution(
        {
            "wake word to listening": delays.listening,
            "completed to final": delays.final,
            "completed to PUBACK": delays.acknowledged,
        },
        picture,
    )
    yield f"\n![{picture.stem}]({picture.name})"


def _percent(shares: Sequence[float]) -> list[float]:
    return [100 * share for share in shares]


def _percentiles(seconds: Sequence[float]) -> list[str]:
    return [
        f"{1000 * value:.1f}" for value in np.percentile(seconds, (50, 95, 99, 100))
    ]


def _target(p50: int | None, p99: int | None) -> str:
    wanted = {"p50": p50, "p99": p99}
    return ", ".join(f"{name} ≤ {ms}" for name, ms in wanted.items() if ms)
