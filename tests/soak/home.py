"""Five rooms of a house for two hours, with what fails in a house."""

import asyncio
import math
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from rigs.faults.catalogue import FaultCase, befall
from rigs.faults.ledgers import End
from rigs.homes.hurried_clock import HurriedClock
from rigs.homes.scene import Scene
from rigs.mqtt.broker import Broker
from soak.samples import percentile

ROOMS = ("bathroom", "bedroom", "hall", "kitchen", "study")
_EVERY = 120.0
# Nobody says the next command while the last one is being answered.
_LONGEST_COMMAND = 20.0
_FAULTY = 0.05
BROKER_RESTARTS_EVERY = 600.0
# The bound that fails the run; of fewer commands it would be the slowest one's.
_P99 = 1.0
_JUDGED_COMMANDS = 100


@dataclass(frozen=True)
class Command:
    at: float
    """By the clock of the house."""
    fault: FaultCase | None


def plan(
    hours: float, faults: Sequence[FaultCase], random: Random
) -> dict[str, list[Command]]:
    """What is said in each room, and which of it a fault befalls, each as often."""
    count = round(hours * 3600 / _EVERY)
    total = count * len(ROOMS)
    struck = random.sample(range(total), math.ceil(total * _FAULTY))
    kinds = random.sample(faults, len(faults))
    fault_of = {at: kinds[i % len(kinds)] for i, at in enumerate(struck)}
    return {
        room: [
            Command(
                i * _EVERY + random.uniform(0.0, _EVERY - _LONGEST_COMMAND),
                fault_of.get(number * count + i),
            )
            for i in range(count)
        ]
        for number, room in enumerate(ROOMS)
    }


@dataclass
class Home:
    delays: list[float] = field(default_factory=list)
    """Of each command without a fault of its own, from its last word to the house;
    infinite where it did not get there.
    """
    ends: Counter[str] = field(default_factory=Counter)
    """Of these."""
    faults: Counter[str] = field(default_factory=Counter)
    """By kind."""
    failures: list[str] = field(default_factory=list)
    broker_restarts: int = 0
    hours: float = 0.0

    async def run(
        self,
        scenes: dict[str, Scene],
        broker: Broker,
        commands: dict[str, list[Command]],
        *,
        hours: float,
        hurry: float,
    ) -> None:
        one_fault = asyncio.Lock()
        rooms = [scene.room for scene in scenes.values()]
        async with HurriedClock(rooms, hurry=hurry) as clock:
            every = min(BROKER_RESTARTS_EVERY, hours * 3600 / 2)
            restarting = asyncio.create_task(
                self._restart(broker, clock, one_fault, every)
            )
            try:
                async with asyncio.TaskGroup() as tasks:
                    for name, scene in scenes.items():
                        tasks.create_task(
                            self._live(scene, commands[name], clock, one_fault)
                        )
            finally:
                restarting.cancel()
        self.hours = hours
        for scene in scenes.values():
            scene.check()

    async def _live(
        self,
        scene: Scene,
        commands: Sequence[Command],
        clock: HurriedClock,
        one_fault: asyncio.Lock,
    ) -> None:
        for command in commands:
            await clock.reaches(command.at)
            with clock.in_no_hurry():
                await scene.room.is_heard()
                if command.fault is None:
                    await self._speak(scene)
                else:
                    # Who heals a network heals it for all.
                    async with one_fault:
                        await self._suffer(scene, command.fault)
            del scene.recognizer.heard[:-10]

    async def _speak(self, scene: Scene) -> None:
        number = await scene.speak()
        end = await scene.end(number)
        reason = scene.ledgers.reason(number)
        self.ends[f"{end} ({reason})" if end is End.REPORTED else end] += 1
        delay = scene.ledgers.delay(number)
        self.delays.append(math.inf if delay is None else delay)

    async def _suffer(self, scene: Scene, fault: FaultCase) -> None:
        self.faults[fault.id] += 1
        try:
            await befall(scene, fault)
        except AssertionError as failure:
            self.failures.append(f"home: {fault}: {failure}"[:2000])
            print(f"  FAILED {self.failures[-1]}", file=sys.stderr)
            scene.recognizer.forgive()
            scene.asr.heal()
            if scene.network is not None:
                scene.network.heal()

    async def _restart(
        self,
        broker: Broker,
        clock: HurriedClock,
        one_fault: asyncio.Lock,
        every: float,
    ) -> None:
        while True:
            await clock.reaches((self.broker_restarts + 1) * every)
            async with one_fault:
                await asyncio.to_thread(_restart, broker)
            self.broker_restarts += 1
            print(f"  {clock.now / 60:.0f} min", file=sys.stderr)

    def complaints(self) -> list[str]:
        """What is out of bounds."""
        complaints = list(self.failures)
        if len(self.delays) >= _JUDGED_COMMANDS:
            p99 = percentile(self.delays, 0.99)
            if p99 > _P99:
                complaints.append(f"home: p99 {p99:.2f} s")
        return complaints

    def summary(self) -> Iterator[str]:
        if self.delays:
            ends = ", ".join(f"{n} {end}" for end, n in self.ends.most_common())
            yield (
                f"home: {len(ROOMS)} satellites for {self.hours:g} h, "
                f"{len(self.delays)} commands ({ends}), "
                f"p50/p99 {percentile(self.delays, 0.5):.2f}/"
                f"{percentile(self.delays, 0.99):.2f} s; beside them "
                f"{self.faults.total()} with a fault of the recognizer's; "
                f"{self.broker_restarts} restarts of the broker"
            )


def _restart(broker: Broker) -> None:
    broker.stop()
    broker.start(remember=True)
