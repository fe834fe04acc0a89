"""Thirty satellites that say their commands while a node of their cluster is killed."""

import asyncio
import contextlib
import itertools
import json
import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from auricle.mqtt.delivery.ledger import Fate
from auricle.mqtt.topics import Topics
from rigs.mqtt.cluster import NODES, Cluster, one_address
from rigs.mqtt.publisher import Publishing, publishing
from rigs.mqtt.subscriber import Heard, HouseClient
from rigs.waiting import elapse, eventually

ROOMS = tuple(Topics("auricle", f"room{number}") for number in range(30))
OF_THE_SATELLITES, OF_THE_HOUSE, OF_NEITHER = NODES
"""The nodes, by who is connected to them at first."""
_PACE = 0.5
"""Seconds from one command to the next of a room, on average."""
_LAST_ONES = 20.0
"""Seconds for what was acknowledged to reach the house."""


@dataclass(frozen=True)
class FailOver:
    """What was said, and what the house got of it."""

    said: Mapping[str, float]
    """By turn; moments of the monotonic clock."""
    heard: Sequence[tuple[str, float]]
    """Each turn as often as it was heard."""
    fates: Counter[Fate]

    @property
    def lost(self) -> set[str]:
        return self.said.keys() - {turn for turn, _ in self.heard}

    @property
    def twice(self) -> set[str]:
        """What came again under its own id, which is obeyed once."""
        times = Counter(turn for turn, _ in self.heard)
        return {turn for turn, count in times.items() if count > 1}

    @property
    def delays(self) -> Sequence[float]:
        """Seconds until each was heard for the first time."""
        first: dict[str, float] = {}
        for turn, at in self.heard:
            first.setdefault(turn, at)
        return [at - self.said[turn] for turn, at in first.items()]


async def fail_over(
    cluster: Cluster, directory: Path, killed: str, each: int
) -> FailOver:
    """Let each satellite say as many commands; `killed` dies at a third of them.

    The satellites are on the first node and know the others; the house has one address,
    which leads to the second while that is there.
    """
    first, *others = cluster.ports.values()
    behind = [cluster.ports[node] for node in (OF_THE_HOUSE, OF_NEITHER)]
    heard: list[tuple[str, float]] = []
    async with contextlib.AsyncExitStack() as stack:
        address = await stack.enter_async_context(one_address([*behind, first]))
        house = await stack.enter_async_context(
            HouseClient(address, *(room.utterance for room in ROOMS), client_id="house")
        )
        house.on_heard = lambda message, _: heard.append(_noted(message))
        satellites = [
            await stack.enter_async_context(
                publishing(
                    port=first,
                    fallbacks=others,
                    directory=directory,
                    topics=room,
                    state=room.node,
                    run_id=room.node,
                    reconnect_delays=_soon,
                )
            )
            for room in ROOMS
        ]
        speaking = [
            asyncio.create_task(_speak(room, satellite, each))
            for room, satellite in zip(ROOMS, satellites, strict=True)
        ]
        await elapse(each * _PACE / 3)
        cluster.kill(killed)
        said = dict(
            itertools.chain.from_iterable(
                turns.items() for turns in await asyncio.gather(*speaking)
            )
        )
        await eventually(lambda: _ended(satellites).total() == len(said))
        with contextlib.suppress(AssertionError):
            await eventually(
                lambda: said.keys() <= {turn for turn, _ in list(heard)}, _LAST_ONES
            )
        fates = _ended(satellites)
    return FailOver(said, heard, fates)


def _soon() -> Iterator[float]:
    return itertools.repeat(0.2)


async def _speak(room: Topics, satellite: Publishing, each: int) -> Mapping[str, float]:
    """Say what a room says; return the turns, and when they were."""
    said: dict[str, float] = {}
    for number in range(each):
        await elapse(random.uniform(0, 2 * _PACE))
        turn = f"{room.node}_{number}"
        said[turn] = time.monotonic()
        satellite.hears("turn on the light", turn=turn, latency=0.0)
    return said


def _noted(message: Heard) -> tuple[str, float]:
    return json.loads(message.payload)["turn"], time.monotonic()


def _ended(satellites: Sequence[Publishing]) -> Counter[Fate]:
    return Counter(
        settled.fate
        for satellite in satellites
        for settled in satellite.fates
        if settled.over
    )
