"""What listening would cost on a Raspberry Pi: derived, not measured."""

from collections.abc import Iterator

from benchmarks.cost.instructions import OURS, PARTS, Counted
from benchmarks.tables import table

# 7-zip's single-thread rating (16.02): of machines like the one that measures, and of
# the Pis, as published (sbc-bench 3F9C; ThomasKaiser's review of the Zero 2 W).
_HERE = 3160
_PIS = {"Pi 4, 1.8 GHz": (1742, 1.8e9), "Pi Zero 2 W, 1.0 GHz": (835, 1.0e9)}
# Assumed instructions per cycle of these cores in such code, and what a small cache
# and narrow vectors may add to 7-zip's ratio.
_PER_CYCLE = {"Pi 4, 1.8 GHz": (0.9, 1.5), "Pi Zero 2 W, 1.0 GHz": (0.6, 1.0)}
_MARGIN = 1.35


def pi_report(counted: Counted, daemon_cpu: float) -> Iterator[str]:
    """`daemon_cpu`: processor seconds of the whole daemon per second, here, with a
    microphone.
    """
    ours = counted.parts[OURS]
    yield "# On a Pi\n"
    yield f"Counted with {counted.versions}.\n"
    yield from table(
        ("part", "", "million aarch64 instructions per second of sound"),
        (
            (name, PARTS[name], f"{number / 1e6:.2f}")
            for name, number in counted.parts.items()
        ),
    )
    yield "\nDerived, in percent of one core; no Pi was measured.\n"
    yield from table(
        (
            "",
            "wake path, by instructions",
            "whole daemon, by 7-zip's ratio",
            "the same with a margin",
        ),
        (
            (
                name,
                f"{ours / clock / high:.1%} to {ours / clock / low:.1%}",
                f"{daemon_cpu * _HERE / score:.1%}",
                f"{daemon_cpu * _HERE / score * _MARGIN:.1%}",
            )
            for name, (score, clock) in _PIS.items()
            for low, high in [_PER_CYCLE[name]]
        ),
    )
