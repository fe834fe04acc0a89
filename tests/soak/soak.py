"""A house that lives through all of it, and the books that are kept meanwhile."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from rigs.faults import CATALOGUE, NETWORK
from rigs.network import Network
from rigs.scene import Scene
from soak.extent import Extent
from soak.kills import kill_often
from soak.marathon import Marathon
from soak.storm import Storm

# Of speech. Faults strike within a command, which must last that long.
_STORM_SPEED = 3.0
_KILL_SPEED = 4.0
_MARATHON_SPEED = 16.0
# Shorter than by default: what expires is not waited for as long.
_TIME_TO_LIVE = 8.0
# In a room that is so fast, the sound since the last word counts for seconds of age.
_MARATHON_TIME_TO_LIVE = 60.0
_TOLERANCE = 1.0


@dataclass
class Soak:
    extent: Extent
    seed: int
    network: Network | None
    """Where it has one of its own, which may have faults as well."""
    storm: Storm = field(default_factory=Storm)
    marathon: Marathon = field(default_factory=Marathon)
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
        cases = [*CATALOGUE, *(NETWORK if self.network else [])]
        extent = self.extent
        async with self._scene(_STORM_SPEED) as scene:
            await self.storm.rage(
                scene,
                cases,
                Random(self.seed),
                at_least=extent.faults,
                seconds=extent.seconds,
            )
        self.failures += self.storm.failures

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

    @asynccontextmanager
    async def _scene(
        self,
        speed: float,
        time_to_live: float = _TIME_TO_LIVE,
        *,
        patient: bool = False,
    ) -> AsyncIterator[Scene]:
        settings = {"wake_word": {"refractory": 0.5}}
        with tempfile.TemporaryDirectory() as folder:
            async with Scene(
                Path(folder),
                speed=speed,
                time_to_live=time_to_live,
                settings=settings,
                network=self.network,
                patient=patient,
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

    def _close_books(self, scene: Scene) -> None:
        ledgers = scene.ledgers
        self.turns += len(ledgers.spoken)
        self.lost += len(ledgers.lost()) + len(ledgers.unaccounted())
        self.late += len(ledgers.late(_TOLERANCE))
        self.duplicates += len(ledgers.duplicates())
        self.repeated += ledgers.repeated()
        self.secrets += scene.secrets()
