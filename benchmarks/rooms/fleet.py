"""Two hundred satellites on one mosquitto: what they cost it, and a burst of commands.

Of each satellite there is what speaks to the broker, outbox included. All of them are
in this process, on one core: the seconds until a burst is heard are theirs more than
the broker's.
"""

import contextlib
import json
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from auricle.mqtt.delivery.ledger import Fate
from auricle.mqtt.topics import Topics
from benchmarks.cost.process_cost import cpu_seconds, memory
from benchmarks.rows import Row
from rigs.mqtt.broker import Broker, running_broker
from rigs.mqtt.publisher import Publishing, publishing
from rigs.mqtt.subscriber import Heard, HouseClient
from rigs.waiting import elapse, eventually

SATELLITES = 200
_BURSTS, _FEW_BURSTS = 10, 3
_IDLE, _IDLE_IN_SHORT = 120.0, 30.0
"""Seconds."""
_OF_A_HOUSE, _OF_AN_OFFICE = 5, 50
_SETTLED = 10.0
"""Seconds, by which those that join have asked each other for the last time."""
_PATIENCE_OF_ALL = 60.0
_PATIENCE = 30.0
"""Seconds for a burst, each command of which lives for ten."""
_ROOMS = tuple(Topics("auricle", f"room{number:03}") for number in range(SATELLITES))


@dataclass(frozen=True, slots=True)
class Burst:
    """Every satellite has said a command at once."""

    fates: Counter[Fate]
    times: Counter[str]
    """How often each turn was heard."""
    delays: Sequence[float]
    """Seconds until each was heard for the first time."""
    broker: float
    """Seconds of the broker's processor time."""


@dataclass(frozen=True, slots=True)
class Joined:
    """Some satellites have joined a group, at once."""

    newcomers: int
    members: int
    """Of each group, then."""
    known: float | None
    """Seconds until each knew all others of its group; None where that was never."""
    messages: int
    broker: float
    """Seconds of the broker's processor time."""
    satellites: float
    """The same of all satellites together, and of who counts."""


async def rows(*, short: bool) -> Sequence[Row]:
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        with running_broker(directory, verbose=False) as broker:
            async with (
                _House(broker.port) as house,
                _satellites(broker) as satellites,
            ):
                idle = await _idle_rows(broker, _IDLE_IN_SHORT if short else _IDLE)
                bursts = [
                    await _burst(broker, house, satellites, number)
                    for number in range(_FEW_BURSTS if short else _BURSTS)
                ]
                most = memory(broker.pid).rss
                joined = [
                    await _join(broker, satellites, satellites, _OF_A_HOUSE),
                    await _join(broker, satellites, satellites, _OF_AN_OFFICE),
                    await _join(broker, satellites, satellites[:1], _OF_AN_OFFICE),
                ]
    return [*idle, *_burst_rows(bursts, most), *_joined_rows(joined)]


class _House(HouseClient):
    """Hears the finals, and when."""

    def __init__(self, port: int) -> None:
        super().__init__(port, *(room.utterance for room in _ROOMS))
        self.turns: list[tuple[str, float]] = []
        self.on_heard = self._note

    def _note(self, heard: Heard, _payload: bytes) -> None:
        self.turns.append((json.loads(heard.payload)["turn"], time.monotonic()))


@contextlib.asynccontextmanager
async def _satellites(broker: Broker) -> AsyncIterator[Sequence[Publishing]]:
    async with contextlib.AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                publishing(broker, topics=room, state=room.node, run_id=room.node)
            )
            for room in _ROOMS
        ]


async def _idle_rows(broker: Broker, seconds: float) -> Sequence[Row]:
    before, began = cpu_seconds(broker.pid), time.monotonic()
    await elapse(seconds)
    lasted = time.monotonic() - began
    spent = cpu_seconds(broker.pid) - before
    of = f"{SATELLITES} satellites that say nothing, {lasted:.0f} s"
    return [
        Row("processor of the broker, idle", 100 * spent / lasted, "%", of, most=0.5),
        Row("memory of the broker, idle", memory(broker.pid).rss, "MB", of, most=20),
    ]


async def _burst(
    broker: Broker, house: _House, satellites: Sequence[Publishing], number: int
) -> Burst:
    house.turns.clear()
    turns = {f"{room.node}_{number}" for room in _ROOMS}
    before, said = cpu_seconds(broker.pid), time.monotonic()
    for room, satellite in zip(_ROOMS, satellites, strict=True):
        satellite.fates.clear()
        satellite.hears("turn on the light", turn=f"{room.node}_{number}", latency=0.0)
    with contextlib.suppress(AssertionError):
        await eventually(
            lambda: turns <= {turn for turn, _ in list(house.turns)}, _PATIENCE
        )
    await eventually(lambda: all(_over(satellite) for satellite in satellites))
    spent = cpu_seconds(broker.pid) - before
    first: dict[str, float] = {}
    for turn, at in house.turns:
        first.setdefault(turn, at - said)
    return Burst(
        Counter(fate for satellite in satellites for fate in _over(satellite)),
        Counter(turn for turn, _ in house.turns),
        list(first.values()),
        spent,
    )


def _over(satellite: Publishing) -> Sequence[Fate]:
    return [settled.fate for settled in satellite.fates if settled.over]


def _burst_rows(bursts: Sequence[Burst], most_memory: float) -> Iterator[Row]:
    finals = SATELLITES * len(bursts)
    of = f"{len(bursts)} bursts of {SATELLITES} finals at once"
    heard = sum(len(burst.times) for burst in bursts)
    acked = sum(burst.fates[Fate.ACKED] for burst in bursts)
    again = sum(burst.times.total() - len(burst.times) for burst in bursts)
    delays = [delay for burst in bursts for delay in burst.delays]
    last = [max(burst.delays, default=_PATIENCE) for burst in bursts]
    spent = [1000 * burst.broker for burst in bursts]
    yield Row("finals lost", finals - heard, "", of, most=0)
    yield Row("told as anything but heard", finals - acked, "", of, most=0)
    yield Row("heard again under the same turn", again, "", of)
    yield Row("until a final is heard", statistics.median(delays), "s", of)
    yield Row("until all of a burst are", max(last), "s", f"{of}, the worst", most=10)
    yield Row("processor of the broker for a burst", statistics.median(spent), "ms", of)
    yield Row("memory of the broker at most", most_memory, "MB", of, most=20)


async def _join(
    broker: Broker,
    satellites: Sequence[Publishing],
    newcomers: Sequence[Publishing],
    members: int,
) -> Joined:
    """Let them leave their groups, and join those of so many members."""
    groups = [f"of_{members}_{at // members}" for at in range(SATELLITES)]
    for newcomer in newcomers:
        newcomer.publisher.join_group("")
    await elapse(_SETTLED)
    async with HouseClient(broker.port, "auricle/+/bid/+") as listener:
        for newcomer in newcomers:
            newcomer.groups.clear()
        before, ours = cpu_seconds(broker.pid), time.process_time()
        began, known = time.monotonic(), None
        for newcomer, group in zip(newcomers, groups, strict=False):
            newcomer.publisher.join_group(group)
        with contextlib.suppress(AssertionError):
            await eventually(
                lambda: all(_others(each) == members - 1 for each in satellites),
                _PATIENCE_OF_ALL,
            )
            known = time.monotonic() - began
        await elapse(_SETTLED)
        spent = cpu_seconds(broker.pid) - before
        ours = time.process_time() - ours
        told = len(listener.heard)
    return Joined(len(newcomers), members, known, told, spent, ours)


def _others(satellite: Publishing) -> int:
    return len(satellite.groups[-1]) if satellite.groups else 0


def _joined_rows(joined: Sequence[Joined]) -> Iterator[Row]:
    for each in joined:
        who = f"{each.newcomers} join at once" if each.newcomers > 1 else "one comes"
        of = f"groups of {each.members}, {who}"
        yield Row("until each knows its group", each.known, "s", of, most=10)
        messages = each.messages / (SATELLITES if each.newcomers > 1 else each.members)
        yield Row("messages of each satellite", messages, "", of, most=10)
        yield Row("processor of the broker for it", 1000 * each.broker, "ms", of)
        spent = 1000 * each.satellites / SATELLITES
        yield Row("processor of each satellite for it", spent, "ms", of)
