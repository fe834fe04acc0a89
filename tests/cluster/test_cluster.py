"""A real cluster of three nodes, one of which is killed: nothing is lost."""

import asyncio
import contextlib
import itertools
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from auricle.mqtt.delivery.ledger import Fate
from auricle.mqtt.topics import Topics
from rigs.mqtt.cluster import NODES, Cluster, one_address
from rigs.mqtt.publisher import TOPICS, Publishing, publishing
from rigs.mqtt.subscriber import HouseClient
from rigs.waiting import elapse, eventually

ROOMS = [Topics("auricle", f"room{number}") for number in range(30)]
FINALS = 70
"""Of each room; a node is killed at a third of them."""
PACE = 0.5
"""Seconds from one to the next of a room, on average."""
OF_THE_SATELLITES, OF_THE_HOUSE, OF_NEITHER = NODES


def soon() -> Iterator[float]:
    return itertools.repeat(0.2)


@pytest.mark.parametrize("killed", [OF_THE_SATELLITES, OF_THE_HOUSE, OF_NEITHER])
async def test_no_command_is_lost_to_the_end_of_a_node(
    cluster: Cluster,
    tmp_path: Path,
    killed: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    first, *others = cluster.ports.values()
    behind = [cluster.ports[node] for node in (OF_THE_HOUSE, OF_NEITHER)]
    async with contextlib.AsyncExitStack() as stack:
        address = await stack.enter_async_context(one_address([*behind, first]))
        house = await stack.enter_async_context(
            HouseClient(address, *(room.utterance for room in ROOMS), client_id="house")
        )
        satellites = [
            await stack.enter_async_context(
                publishing(
                    port=first,
                    fallbacks=others,
                    directory=tmp_path,
                    topics=room,
                    state=room.node,
                    run_id=room.node,
                    reconnect_delays=soon,
                )
            )
            for room in ROOMS
        ]
        speaking = [
            asyncio.create_task(speak(room, satellite))
            for room, satellite in zip(ROOMS, satellites, strict=True)
        ]
        await elapse(FINALS * PACE / 3)
        cluster.kill(killed)
        spoken = set(itertools.chain(*await asyncio.gather(*speaking)))
        await eventually(
            lambda: (
                sum(ended(satellite).total() for satellite in satellites) == len(spoken)
            )
        )
        fates = sum((ended(satellite) for satellite in satellites), Counter[Fate]())

    heard = Counter(json.loads(message.payload)["turn"] for message in house.heard)
    lost = spoken - set(heard)
    twice = [turn for turn, times in heard.items() if times > 1]
    with capsys.disabled():
        sys.stdout.write(
            f"\nnode {killed} killed: {len(spoken)} finals of {len(ROOMS)} satellites, "
            f"{len(lost)} lost, {len(twice)} twice; {dict(fates)}\n"
        )
    assert lost == set()
    assert set(fates) == {Fate.ACKED}


async def speak(room: Topics, satellite: Publishing) -> set[str]:
    """Say what a room says; return the turns."""
    turns = {f"{room.node}_{number}" for number in range(FINALS)}
    for turn in turns:
        await elapse(random.uniform(0, 2 * PACE))
        satellite.hears("turn on the light", turn=turn, latency=0.0)
    return turns


def ended(satellite: Publishing) -> Counter[Fate]:
    return Counter(settled.fate for settled in satellite.fates if settled.over)


async def test_another_node_is_told_all_that_is_retained(
    cluster: Cluster, tmp_path: Path
) -> None:
    first, second, _ = cluster.ports.values()
    told = {TOPICS.discovery, TOPICS.satellite, TOPICS.state, TOPICS.availability}
    async with publishing(
        port=first, fallbacks=[second], directory=tmp_path, reconnect_delays=soon
    ) as satellite:
        async with HouseClient(first, *told) as house:
            await house.hears(TOPICS.availability, "online")
        cluster.kill(OF_THE_SATELLITES)
        await eventually(
            lambda: (
                satellite.publisher.client.connected and satellite.publisher.client.idle
            )
        )
        async with HouseClient(second, *told) as newcomer:
            await newcomer.until(
                lambda: told <= {heard.topic for heard in newcomer.heard}
            )


async def test_orders_are_heard_over_another_node(
    cluster: Cluster, tmp_path: Path
) -> None:
    first, second, _ = cluster.ports.values()
    async with (
        publishing(
            port=first, fallbacks=[second], directory=tmp_path, reconnect_delays=soon
        ) as satellite,
        HouseClient(second) as house,
    ):
        cluster.kill(OF_THE_SATELLITES)
        while not satellite.commands:
            house.say(f"{TOPICS.root}/mute/set", "ON")
            await elapse(0.2)
