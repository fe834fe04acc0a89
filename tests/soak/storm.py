"""Faults of the catalogue, one after the other, in an order that a seed decides."""

import sys
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Generic, TypeVar

from rigs.faults.catalogue import FaultCase, Observation, befall
from rigs.faults.group_catalogue import GroupCase, GroupObservation, befall_group
from rigs.homes.scene import Scene
from rigs.homes.shared_ear import SharedEar

_TOLD_EVERY = 20


_House = TypeVar("_House")
_Case = TypeVar("_Case", FaultCase, GroupCase)
_Seen = TypeVar("_Seen")


@dataclass
class Storm(ABC, Generic[_House, _Case, _Seen]):
    """What it did, and what came of it."""

    faults: Counter[str] = field(default_factory=Counter)
    """By kind."""
    seen: list[tuple[_Case, _Seen]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    ordered_starts: int = 0
    unordered_starts: int = 0
    """How often the program had to be started because it was not there."""

    @property
    def bad_inputs(self) -> int:
        return sum(count for kind, count in self.faults.items() if kind[0] == "B")

    async def rage(
        self,
        house: _House,
        cases: Sequence[_Case],
        random: Random,
        *,
        at_least: int,
        seconds: float,
    ) -> None:
        """Every kind once in each round, until there were enough, for long enough."""
        ends = time.monotonic() + seconds
        while self.faults.total() < at_least or time.monotonic() < ends:
            for case in random.sample(cases, len(cases)):
                await self._strike(house, case)
                if self.faults.total() >= at_least and time.monotonic() > ends:
                    break

    async def _strike(self, house: _House, case: _Case) -> None:
        self.faults[case.id] += 1
        count = self.faults.total()
        if count % _TOLD_EVERY == 0:
            print(f"  {count} faults", file=sys.stderr)
        starts = self._starts(house)
        try:
            self.seen.append((case, await self._befall(house, case)))
            self.ordered_starts += self._starts(house) - starts
        except AssertionError as failure:
            self.failures.append(f"{case}: {failure}"[:2000])
            print(f"  FAILED {self.failures[-1]}", file=sys.stderr)
            await self._rescue(house)

    @abstractmethod
    def _starts(self, house: _House) -> int:
        """How often its programs were started so far."""

    @abstractmethod
    async def _befall(self, house: _House, case: _Case) -> _Seen:
        """Let it happen, and hold the house to all that was promised."""

    @abstractmethod
    async def _rescue(self, house: _House) -> None:
        """Let the other faults have their turn all the same."""

    async def _heal(self, scene: Scene) -> None:
        """Let nothing of a satellite's be broken."""
        scene.recognizer.forgive()
        scene.asr.heal()
        scene.mqtt.heal()
        if scene.network is not None:
            scene.network.heal()
        if not scene.program.running:
            self.unordered_starts += 1
            await scene.restart()
        await scene.is_connected()


class StormOfOne(Storm[Scene, FaultCase, Observation]):
    """It befalls a house with one satellite."""

    def _starts(self, house: Scene) -> int:
        return house.program.starts

    async def _befall(self, house: Scene, case: FaultCase) -> Observation:
        seen = await befall(house, case)
        house.check()
        return seen

    async def _rescue(self, house: Scene) -> None:
        await self._heal(house)
        await house.recovery(120.0)


class StormOfGroup(Storm[SharedEar, GroupCase, GroupObservation]):
    """It befalls satellites in earshot of each other."""

    def _starts(self, house: SharedEar) -> int:
        return sum(scene.program.starts for scene in house.scenes)

    async def _befall(self, house: SharedEar, case: GroupCase) -> GroupObservation:
        return await befall_group(house, case)

    async def _rescue(self, house: SharedEar) -> None:
        for scene in house.scenes:
            await self._heal(scene)
        await house.is_complete()
        await house.recovery(120.0)
