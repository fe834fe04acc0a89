"""A house that lives through all of it, and the books that are kept meanwhile."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from rigs.faults.catalogue import CATALOGUE, NETWORK, FaultCase
from rigs.faults.group_catalogue import GROUP_CATALOGUE, of_one
from rigs.faults.network import Network
from rigs.homes.program import LOG
from rigs.homes.scene import STUDY, Scene, guarded_broker
from rigs.homes.shared_ear import SharedEar
from rigs.mqtt.broker import Broker
from soak.burst import Burst
from soak.extent import Extent
from soak.home import ROOMS, Home, plan
from soak.kills import kill_often
from soak.low import Low
from soak.marathon import Marathon
from soak.no_wake import NoWake
from soak.storm import StormOfGroup, StormOfOne

# Of speech. Faults strike within a command, which must last that long.
_STORM_SPEED = 3.0
_KILL_SPEED = 4.0
_MARATHON_SPEED = 16.0
# Where a quarter of a second of sound decides, on a machine with a lot to do.
_GROUP_SPEED = 1.0
_SETTINGS = {"wake_word": {"refractory": 0.5}}
# Shorter than by default: what expires is not waited for as long.
_TIME_TO_LIVE = 8.0
# As everybody's; nothing here waits for it.
_HOME_TIME_TO_LIVE = 10.0
# In a room that is so fast, the sound since the last word counts for seconds of age.
_MARATHON_TIME_TO_LIVE = 60.0
_TOLERANCE = 1.0
# Of the sound of a room in which nobody speaks.
_QUIET_SPEED = 60.0
# Of five rooms on one machine.
_HOME_QUIET_SPEED = 20.0
_HOME_FAULTS = ("F01", "F02", "F03")
# Where what the disk writes is somebody else's.
_MEMORY = Path("/dev/shm")


@dataclass
class Soak:
    extent: Extent
    seed: int
    network: Network | None
    """Where it has one of its own, which may have faults as well."""
    storm: StormOfOne = field(default_factory=StormOfOne)
    group: StormOfGroup = field(default_factory=StormOfGroup)
    marathon: Marathon = field(default_factory=Marathon)
    low: Low = field(default_factory=lambda: Low("low"))
    live: Low = field(default_factory=lambda: Low("live"))
    home: Home = field(default_factory=Home)
    burst: Burst = field(default_factory=Burst)
    no_wake: NoWake = field(default_factory=NoWake)
    restarts: list[float] = field(default_factory=list)
    """After each kill, the seconds until it listened again."""
    turns: int = 0
    lost: int = 0
    late: int = 0
    duplicates: int = 0
    repeated: int = 0
    secrets: int = 0
    failures: list[str] = field(default_factory=list)

    async def rage(self) -> None:
        """Every fault of the catalogue, again and again."""
        extent = self.extent
        async with self._scene(_STORM_SPEED) as scene:
            await self.storm.rage(
                scene,
                self._cases(),
                Random(self.seed),
                at_least=extent.faults,
                seconds=extent.seconds,
            )
        self.failures += self.storm.failures

    async def rage_in_group(self) -> None:
        """Every fault, of one of several satellites that hear the same commands."""
        cases = [*GROUP_CATALOGUE, *map(of_one, self._cases())]
        with tempfile.TemporaryDirectory() as folder:
            async with SharedEar(
                Path(folder),
                speed=_GROUP_SPEED,
                time_to_live=_TIME_TO_LIVE,
                settings=_SETTINGS,
                network=self.network,
            ) as ear:
                try:
                    await self.group.rage(
                        ear,
                        cases,
                        Random(self.seed),
                        at_least=self.extent.group_faults,
                        seconds=0.0,
                    )
                finally:
                    self._close_books_of_group(ear)
        self.failures += self.group.failures

    async def kill(self) -> None:
        """The program, wherever in a turn it is."""
        async with self._scene(_KILL_SPEED) as scene:
            random = Random(self.seed)
            await kill_often(scene, self.extent.kills, random, self.restarts)

    async def run_marathon(self) -> None:
        """Turns back to back."""
        async with self._scene(
            _MARATHON_SPEED, _MARATHON_TIME_TO_LIVE, patient=True
        ) as scene:
            await self.marathon.run(scene, self.extent.turns)
        self.failures += self.marathon.complaints()

    async def run_low(self) -> None:
        """A command every two minutes, in a house whose clock is fast."""
        async with self._scene(
            _QUIET_SPEED, _MARATHON_TIME_TO_LIVE, patient=True, log_in_memory=True
        ) as scene:
            await self.low.run(scene, self.extent.low_hours, talking=_MARATHON_SPEED)
        self.failures += self.low.complaints()

    async def run_live(self) -> None:
        """The same in a house whose clock is right."""
        async with self._scene(1.0, log_in_memory=True) as scene:
            await self.live.run(scene, self.extent.live_hours, talking=1.0)
        self.failures += self.live.complaints()

    async def run_no_wake(self) -> None:
        """Speech without the wake word."""
        async with self._scene(
            _QUIET_SPEED, _MARATHON_TIME_TO_LIVE, patient=True
        ) as scene:
            hours, random = self.extent.no_wake_hours, Random(self.seed)
            await self.no_wake.run(scene, hours, random, talking=_MARATHON_SPEED)
        self.failures += self.no_wake.complaints()

    async def run_home(self) -> None:
        """Five satellites, a recognizer that fails at times, a broker that restarts."""
        hours = self.extent.home_hours
        faults = [case for case in self._cases() if case.id.startswith(_HOME_FAULTS)]
        commands = plan(hours, faults, Random(self.seed))
        with tempfile.TemporaryDirectory() as folder:
            broker = guarded_broker(Path(folder) / "broker", ROOMS)
            broker.start()
            try:
                async with AsyncExitStack() as stack:
                    scenes = {
                        room: await stack.enter_async_context(
                            self._scene(
                                _HOME_QUIET_SPEED,
                                _HOME_TIME_TO_LIVE,
                                patient=True,
                                node=room,
                                broker=broker,
                            )
                        )
                        for room in ROOMS
                    }
                    await self.home.run(
                        scenes, broker, commands, hours=hours, hurry=_HOME_QUIET_SPEED
                    )
            finally:
                broker.kill()
        self.failures += self.home.complaints()

    async def run_burst(self) -> None:
        """Satellites that wake together, again and again."""
        extent, burst = self.extent, self.burst
        with tempfile.TemporaryDirectory() as folder:
            await burst.run(
                Path(folder),
                satellites=extent.satellites,
                bursts=extent.bursts,
                every=extent.burst_every,
            )
        self.turns += len(burst.answers) + burst.unanswered
        self.lost += burst.unanswered
        self.late += burst.late
        self.duplicates += burst.duplicates
        self.failures += burst.complaints()

    @asynccontextmanager
    async def _scene(
        self,
        speed: float,
        time_to_live: float = _TIME_TO_LIVE,
        *,
        patient: bool = False,
        log_in_memory: bool = False,
        node: str = STUDY,
        broker: Broker | None = None,
    ) -> AsyncIterator[Scene]:
        with (
            tempfile.TemporaryDirectory() as folder,
            tempfile.TemporaryDirectory(dir=_MEMORY) as memory,
        ):
            if log_in_memory:
                (Path(folder) / LOG).symlink_to(Path(memory) / LOG)
            async with Scene(
                Path(folder),
                speed=speed,
                time_to_live=time_to_live,
                # Nobody else hears what is said there.
                settings={**_SETTINGS, "arbitration": {"group": node}},
                network=self.network,
                patient=patient,
                node=node,
                broker=broker,
            ) as scene:
                try:
                    yield scene
                except AssertionError as failure:
                    self.failures.append(str(failure)[-2000:])
                except asyncio.CancelledError:
                    # What was being said when a person had enough is still answered.
                    await scene.end(len(scene.ledgers.spoken))
                    raise
                finally:
                    self._close_books(scene)

    def _cases(self) -> list[FaultCase]:
        return [*CATALOGUE, *(NETWORK if self.network else [])]

    def _close_books(self, scene: Scene) -> None:
        ledgers = scene.ledgers
        self.turns += len(ledgers.spoken)
        self.lost += len(ledgers.lost()) + len(ledgers.unaccounted())
        self.late += len(ledgers.late(_TOLERANCE))
        self.duplicates += len(ledgers.duplicates())
        self.repeated += ledgers.repeated()
        self.secrets += scene.secrets()

    def _close_books_of_group(self, ear: SharedEar) -> None:
        self.turns += len(ear.nearest.ledgers.spoken)
        unaccounted = [scene.ledgers.unaccounted() for scene in ear.scenes]
        self.lost += len(ear.lost()) + sum(map(len, unaccounted))
        self.late += ear.late(_TOLERANCE)
        self.duplicates += len(ear.twice())
        self.repeated += ear.repeated()
        self.secrets += sum(scene.secrets() for scene in ear.scenes)
