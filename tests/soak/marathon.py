"""Turn after turn, as fast as they go; and what that leaves behind in the process."""

import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rigs.ledgers import End
from rigs.scene import Scene

_EVERY = 5.0
# What the first turns allocate, they keep.
_WARM_UP = 0.1
# The bounds that fail the run; a shorter one says too little to be judged.
_MIB_PER_HOUR = 1.0
_DRIFT = 0.05
_JUDGED_TURNS = 2000


@dataclass(frozen=True)
class Sample:
    """Of the program, at a moment."""

    at: float
    kib: int
    """Of memory that is its own."""
    descriptors: int
    threads: int


@dataclass
class Marathon:
    delays: list[float] = field(default_factory=list)
    """Of each turn, from its last word to its command in the house."""
    samples: list[Sample] = field(default_factory=list)
    tasks: list[int] = field(default_factory=list)
    unexecuted: list[str] = field(default_factory=list)
    """Why a turn had no command."""

    async def run(self, scene: Scene, turns: int) -> None:
        started = time.monotonic()
        self.tasks = scene.log.tasks
        for turn in range(turns):
            number = await scene.speak()
            end = await scene.end(number)
            if end is not End.EXECUTED:
                reason = scene.ledgers.reason(number)
                self.unexecuted.append(f"command {number} is {end}: {reason}")
                print(f"  {self.unexecuted[-1]}", file=sys.stderr)
            delay = scene.ledgers.delay(number)
            if delay is not None:
                self.delays.append(delay)
            # What it ever heard would fill the memory of this machine.
            del scene.recognizer.heard[:-10]
            now = time.monotonic()
            if not self.samples or now - self.samples[-1].at > _EVERY:
                self.samples.append(sample(scene.program.pid))
            if (turn + 1) % 500 == 0:
                print(f"  {turn + 1} turns, {now - started:.0f} s", file=sys.stderr)
        scene.check()

    @property
    def seconds(self) -> float:
        return self.samples[-1].at - self.samples[0].at

    def complaints(self) -> list[str]:
        """What is out of bounds."""
        complaints = [f"marathon: {why}" for why in self.unexecuted]
        if len(self.delays) < _JUDGED_TURNS:
            return complaints
        first, last = self.medians()
        if abs(last / first - 1) > _DRIFT:
            complaints.append(f"marathon: medians {first:.3f} s and {last:.3f} s")
        if self.mib_per_hour >= _MIB_PER_HOUR:
            complaints.append(f"marathon: {self.mib_per_hour:+.2f} MiB/h")
        for what in ("descriptors", "threads"):
            counts = [getattr(sample, what) for sample in self.settled]
            begin, end = counts[: len(counts) // 4], counts[-(len(counts) // 4) :]
            if max(end) > max(begin):
                complaints.append(f"marathon: {max(begin)}, then {max(end)} {what}")
        return complaints

    @property
    def settled(self) -> Sequence[Sample]:
        """Without the first turns'."""
        return self.samples[round(len(self.samples) * _WARM_UP) :]

    @property
    def mib_per_hour(self) -> float:
        """How its memory grew, as the line that fits best."""
        if len(self.settled) < 2:
            return 0.0
        hours = [sample.at / 3600 for sample in self.settled]
        mib = [sample.kib / 1024 for sample in self.settled]
        return statistics.linear_regression(hours, mib).slope

    def medians(self) -> tuple[float, float]:
        """The delay of the first and of the last thousand turns, or tenth of them."""
        share = max(1, min(1000, len(self.delays) // 10))
        first, last = self.delays[:share], self.delays[-share:]
        return statistics.median(first), statistics.median(last)


def sample(pid: int) -> Sample:
    process = Path(f"/proc/{pid}")
    status = dict(
        line.split(":", 1) for line in (process / "status").read_text().splitlines()
    )
    return Sample(
        time.monotonic(),
        int(status["RssAnon"].split()[0]),
        len(list((process / "fd").iterdir())),
        int(status["Threads"]),
    )
