"""A real cluster of three nodes, one of which is killed: nothing is lost."""

import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from auricle.mqtt.delivery.ledger import Fate
from rigs.mqtt.cluster import Cluster
from rigs.mqtt.fail_over import (
    OF_NEITHER,
    OF_THE_HOUSE,
    OF_THE_SATELLITES,
    ROOMS,
    fail_over,
)
from rigs.mqtt.publisher import TOPICS, publishing
from rigs.mqtt.subscriber import HouseClient
from rigs.waiting import elapse, eventually

FINALS = 70
"""Of each room."""


def soon() -> Iterator[float]:
    return itertools.repeat(0.2)


@pytest.mark.parametrize("killed", [OF_THE_SATELLITES, OF_THE_HOUSE, OF_NEITHER])
async def test_no_command_is_lost_to_the_end_of_a_node(
    cluster: Cluster,
    tmp_path: Path,
    killed: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = await fail_over(cluster, tmp_path, killed, FINALS)

    with capsys.disabled():
        sys.stdout.write(
            f"\nnode {killed} killed: {len(run.said)} finals of {len(ROOMS)} "
            f"satellites, {len(run.lost)} lost, {len(run.twice)} twice; "
            f"{dict(run.fates)}\n"
        )
    assert run.lost == set()
    assert set(run.fates) == {Fate.ACKED}


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
