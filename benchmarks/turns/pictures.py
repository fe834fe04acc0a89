"""The results as pictures."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from benchmarks.turns.endpointing import (
    BALANCED,
    BARE_WEBRTC,
    HOME_ASSISTANT,
    SILENCES,
    Observed,
    curve,
    score,
)
from benchmarks.turns.spoken_turns import Room

mpl.use("Agg")


def cut_offs(observed: Sequence[Observed], path: Path) -> None:
    """Cut-offs against the median delay, a line a room, a point a silence."""
    figure, axes = plt.subplots(1, 2, figsize=(11, 4.5), sharey=True)
    for axis, name in zip(axes, ("silero", "webrtcvad"), strict=True):
        for room in Room:
            turns = [turn for turn in observed if turn.room is room]
            scores = [score(turns, curve(name, silence)) for silence in SILENCES]
            shares = [100 * result.cut_off_share for result in scores]
            axis.plot([s.p50 for s in scores], shares, marker="o", label=room)
        axis.set_title(f"{name}, {SILENCES[0]} to {SILENCES[-1]} s of silence")
        axis.set_xlabel("end of speech to end of utterance, median (s)")
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("cut off (%)")
    axes[0].legend()
    _save(figure, path)


def delays(observed: Sequence[Observed], path: Path) -> None:
    """How many turns are over after how long."""
    figure, axis = plt.subplots(figsize=(8, 4.5))
    for listener in (BALANCED, HOME_ASSISTANT, BARE_WEBRTC):
        waits = sorted(
            np.inf if delay is None else delay
            for delay in (turn.delays[listener] for turn in observed if turn.woken)
            if delay is None or delay >= 0
        )
        shares = 100 * np.arange(1, len(waits) + 1) / len(waits)
        axis.step(waits, shares, where="post", label=listener)
    axis.set_xlim(0, 3)
    axis.set_xlabel("end of speech to end of utterance (s)")
    axis.set_ylabel("turns that are over (%)")
    axis.grid(alpha=0.3)
    axis.legend()
    _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)
