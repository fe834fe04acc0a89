"""Turn after turn, as fast as they go; and what that leaves behind in the process."""

import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from rigs.faults.ledgers import End
from rigs.homes.scene import Scene
from soak.samples import Sample, course, growth, holdings, mib_per_hour, sample

_EVERY = 5.0
# The bounds that fail the run; a shorter one says too little to be judged.
_MIB_PER_HOUR = 1.0
_DRIFT = 0.05
_JUDGED_TURNS = 2000


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
                self.samples.append(sample(scene.program.pid, now))
            if (turn + 1) % 500 == 0:
                print(f"  {turn + 1} turns, {now - started:.0f} s", file=sys.stderr)
        scene.check()

    def complaints(self) -> list[str]:
        """What is out of bounds."""
        complaints = [f"marathon: {why}" for why in self.unexecuted]
        if len(self.delays) < _JUDGED_TURNS:
            return complaints
        first, last = self._medians()
        if abs(last / first - 1) > _DRIFT:
            complaints.append(f"marathon: medians {first:.3f} s and {last:.3f} s")
        slope = mib_per_hour(self.samples)
        if slope >= _MIB_PER_HOUR:
            complaints.append(f"marathon: {slope:+.2f} MiB/h")
        return complaints + [f"marathon: {grown}" for grown in growth(self.samples)]

    def summary(self) -> Iterator[str]:
        if not self.samples or not self.delays:
            return
        first, last = self._medians()
        seconds = self.samples[-1].at - self.samples[0].at
        yield (
            f"marathon: {len(self.delays)} turns in {seconds:.0f} s; median "
            f"{first * 1000:.0f} ms at first, {last * 1000:.0f} ms at last "
            f"({last / first - 1:+.1%})"
        )
        yield (
            f"{holdings(self.samples)}, tasks {course(self.tasks)} "
            f"(first, least, most, last); {mib_per_hour(self.samples):+.2f} MiB/h"
        )

    def _medians(self) -> tuple[float, float]:
        """The delay of the first and of the last thousand turns, or tenth of them."""
        share = max(1, min(1000, len(self.delays) // 10))
        first, last = self.delays[:share], self.delays[-share:]
        return statistics.median(first), statistics.median(last)
