"""Figures as bars, and delays as distributions."""

import statistics
from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from typing import Any

import numpy as np


def bars(
    values: Mapping[str, Sequence[float]], what: str, path: Path, *, ours: Set[str]
) -> None:
    """Medians, with a line from the least to the most; ours have a color."""
    plt = _pyplot()
    names = list(values)
    middles = [statistics.median(values[name]) for name in names]
    reach = [
        [
            middle - min(values[name])
            for name, middle in zip(names, middles, strict=True)
        ],
        [
            max(values[name]) - middle
            for name, middle in zip(names, middles, strict=True)
        ],
    ]
    colors = ["tab:blue" if name in ours else "tab:gray" for name in names]
    figure, axis = plt.subplots(figsize=(8, 0.5 + 0.45 * len(names)))
    axis.barh(names, middles, xerr=reach, color=colors, capsize=3)
    for row, middle in enumerate(middles):
        axis.annotate(f" {middle:.3g}", (middle, row), va="bottom")
    axis.invert_yaxis()
    axis.set_xlabel(what)
    axis.margins(x=0.12)
    axis.grid(axis="x", alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)


def distribution(delays: Mapping[str, Sequence[float]], path: Path) -> None:
    """How many are over after how many milliseconds."""
    plt = _pyplot()
    figure, axis = plt.subplots(figsize=(8, 4.5))
    for name, seconds in delays.items():
        waits = 1000 * np.sort(np.asarray(seconds))
        shares = 100 * np.arange(1, len(waits) + 1) / len(waits)
        axis.step(waits, shares, where="post", label=name)
    axis.set_xscale("log")
    axis.set_xlabel("milliseconds")
    axis.set_ylabel("over by then (%)")
    axis.grid(alpha=0.3, which="both")
    axis.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _pyplot() -> Any:
    # Whoever only counts instructions needs no drawing.
    import matplotlib as mpl
    from matplotlib import pyplot as plt

    mpl.use("Agg")
    return plt
