"""Faults of the catalogue, one after the other, in an order that a seed decides."""

import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from rigs.faults.catalogue import FaultCase, Observation, befall
from rigs.homes.scene import Scene

_TOLD_EVERY = 20


@dataclass
class Storm:
    """What it did, and what came of it."""

    faults: Counter[str] = field(default_factory=Counter)
    """By kind."""
    seen: list[tuple[FaultCase, Observation]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    ordered_starts: int = 0
    unordered_starts: int = 0
    """How often the program had to be started because it was not there."""

    @property
    def bad_inputs(self) -> int:
        return sum(count for kind, count in self.faults.items() if kind[0] == "B")

    async def rage(
        self,
        scene: Scene,
        cases: Sequence[FaultCase],
        random: Random,
        *,
        at_least: int,
        seconds: float,
    ) -> None:
        """Every kind once in each round, until there were enough, for long enough."""
        ends = time.monotonic() + seconds
        while self.faults.total() < at_least or time.monotonic() < ends:
            for case in random.sample(cases, len(cases)):
                await self._strike(scene, case)
                if self.faults.total() >= at_least and time.monotonic() > ends:
                    break

    async def _strike(self, scene: Scene, case: FaultCase) -> None:
        self.faults[case.id] += 1
        count = self.faults.total()
        if count % _TOLD_EVERY == 0:
            print(f"  {count} faults", file=sys.stderr)
        starts = scene.program.starts
        try:
            self.seen.append((case, await befall(scene, case)))
            scene.check()
            self.ordered_starts += scene.program.starts - starts
        except AssertionError as failure:
            self.failures.append(f"{case}: {failure}"[:2000])
            print(f"  FAILED {self.failures[-1]}", file=sys.stderr)
            await self._rescue(scene, case)

    async def _rescue(self, scene: Scene, case: FaultCase) -> None:
        """Let the other faults have their turn all the same."""
        scene.recognizer.forgive()
        scene.asr.heal()
        scene.mqtt.heal()
        if scene.network is not None:
            scene.network.heal()
        if not scene.program.running:
            self.unordered_starts += 1
            await scene.restart()
        await scene.is_connected()
        await scene.recovery(120.0)
