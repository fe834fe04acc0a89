"""A network that swallows packets: nobody is told, and everybody has to notice."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from rigs.faults.ledgers import End
from rigs.faults.network import FAR, Network, private_network
from rigs.homes.scene import ASR_BROKEN, NO_BROKER, Scene
from rigs.waiting import elapse

# Machines that run many tests at once are slow.
SLACK = 2.0
LIFE, AWAY = 7.0, 4.0
"""Seconds that a command lives, and for which it may wait for a network."""
# Of which one in a hundred may be lost, and reported.
COMMANDS = 300 if os.environ.get("AURICLE_SOAK") else 40
HOUSES = 4


@pytest.fixture
async def network() -> AsyncIterator[Network]:
    with private_network() as network:
        yield network


@pytest.fixture
async def scene(network: Network, tmp_path: Path) -> AsyncIterator[Scene]:
    async with Scene(tmp_path, speed=2.0) as scene:
        yield scene


async def test_a_recognizer_that_vanishes_in_mid_speech_is_reported_in_ten_seconds(
    scene: Scene, network: Network
) -> None:
    number = await scene.begin_to_speak()
    await scene.is_understood()
    network.drop(scene.asr.port)
    dropped = time.monotonic()
    await scene.until(lambda: scene.log.counts[ASR_BROKEN], 4.0 + SLACK)
    await scene.finish_speaking(number)

    assert await scene.end(number, 10.0 + SLACK) is End.REPORTED
    assert time.monotonic() - dropped < 10.0 + SLACK
    assert scene.ledgers.reason(number) == "asr_unreachable"
    network.heal()
    await scene.recovery()
    scene.check()


async def test_a_recognizer_that_is_back_in_time_hears_everything_again(
    scene: Scene, network: Network
) -> None:
    number = await scene.begin_to_speak()
    await scene.is_understood()
    network.drop(scene.asr.port)
    await scene.until(lambda: scene.log.counts[ASR_BROKEN], 4.0 + SLACK)
    network.heal()
    await scene.finish_speaking(number)

    assert await scene.end(number) is End.EXECUTED
    first, again = scene.recognizer.heard[-2:]
    assert again.pcm.startswith(first.pcm)
    scene.check()


@pytest.fixture
async def far_away(network: Network, tmp_path: Path) -> AsyncIterator[Scene]:
    """A house whose recognizer is behind a network that may be gone for a while."""
    async with Scene(tmp_path, speed=2.0, time_to_live=LIFE, far=FAR) as scene:
        yield scene


async def lost_on_the_way(scene: Scene, network: Network) -> int:
    """The number of a command in whose midst the network goes away."""
    number = await scene.begin_to_speak()
    await scene.is_understood()
    network.go_away()
    await scene.finish_speaking(number)
    # For all that the satellite knows, packets are slow.
    await scene.until(lambda: scene.log.counts[ASR_BROKEN], 4.0 + SLACK)
    return number


@pytest.mark.quick
async def test_a_command_waits_for_a_network_that_is_back_while_it_lives(
    far_away: Scene, network: Network
) -> None:
    number = await lost_on_the_way(far_away, network)
    await far_away.until(lambda: "Network is unreachable" in far_away.program.log, 2.0)
    network.come_back()

    assert await far_away.end(number) is End.EXECUTED
    first, again = far_away.recognizer.heard[-2:]
    assert again.pcm.startswith(first.pcm)
    far_away.check()


async def test_a_command_that_is_said_without_a_network_waits_for_it_as_well(
    far_away: Scene, network: Network
) -> None:
    network.go_away()
    number = await far_away.speak()
    await elapse(AWAY)
    network.come_back()

    assert await far_away.end(number) is End.EXECUTED
    far_away.check()


async def test_a_command_does_not_wait_for_a_network_for_longer_than_it_lives(
    far_away: Scene, network: Network
) -> None:
    number = await lost_on_the_way(far_away, network)

    assert await far_away.end(number, LIFE + SLACK) is End.REPORTED
    assert far_away.ledgers.reason(number) == "expired"
    network.come_back()
    # However long it was gone, nobody was asked too often: the next one is taken.
    assert await far_away.end(await far_away.speak()) is End.EXECUTED
    far_away.check()


async def test_a_broker_that_vanishes_is_noticed_in_eight_seconds(
    scene: Scene, network: Network
) -> None:
    network.drop(scene.mqtt.port)

    await scene.until(lambda: scene.log.counts[NO_BROKER], 8.0 + SLACK)

    network.heal()
    await scene.is_connected()
    await scene.recovery()
    scene.check()


async def test_a_broker_that_vanishes_in_mid_command_is_noticed_in_four_seconds(
    scene: Scene, network: Network
) -> None:
    number = await scene.begin_to_speak()
    network.drop(scene.mqtt.port)
    await scene.finish_speaking(number)

    await scene.until(lambda: scene.log.counts[NO_BROKER], 4.0 + SLACK)

    network.heal()
    assert await scene.end(number) in (End.EXECUTED, End.REPORTED)
    await scene.recovery()
    scene.check()


async def test_commands_that_only_go_one_way_are_never_executed_late(
    scene: Scene, network: Network
) -> None:
    number = await scene.begin_to_speak()
    network.drop_towards(scene.mqtt.port)
    await scene.finish_speaking(number)

    assert await scene.end(number, 12.0 + SLACK) is End.REPORTED
    network.heal()
    await scene.is_connected()
    await scene.recovery()
    scene.check()


async def test_one_packet_in_ten_lost_costs_no_command(
    scene: Scene, network: Network
) -> None:
    network.lose(10)

    ends = [await scene.end(await scene.speak()) for _ in range(8)]

    assert ends == [End.EXECUTED] * 8
    scene.check()


async def test_99_of_100_commands_pass_where_one_packet_in_ten_is_lost(
    network: Network, tmp_path: Path
) -> None:
    """On the satellites' own connections, and at people's speed: what is said faster
    grows old faster.
    """
    async with AsyncExitStack() as stack:
        folders = [tmp_path / f"house{number}" for number in range(HOUSES)]
        for folder in folders:
            folder.mkdir()
        scenes = [await stack.enter_async_context(Scene(f)) for f in folders]
        ports = [port for scene in scenes for port in (scene.asr.port, scene.mqtt.port)]
        network.lose(10, *ports)
        await asyncio.gather(*(say_all(scene) for scene in scenes))
        network.heal()

        ends = Counter(
            end for scene in scenes for end in scene.ledgers.ends().elements()
        )
        assert ends[End.EXECUTED] + ends[End.REPORTED] == COMMANDS, ends
        assert ends[End.REPORTED] <= max(1, COMMANDS // 100), ends
        for scene in scenes:
            scene.check()


async def say_all(scene: Scene) -> None:
    for _ in range(COMMANDS // HOUSES):
        await scene.end(await scene.speak())


async def test_a_slow_uplink_carries_a_command_all_the_same(
    scene: Scene, network: Network
) -> None:
    network.throttle(1024)

    assert await scene.end(await scene.speak(), 12.0) is End.EXECUTED
    scene.check()
