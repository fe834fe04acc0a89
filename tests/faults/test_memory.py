"""A machine with little memory, and a kernel that takes it back."""

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from rigs.faults.ledgers import End
from rigs.faults.small_memory import SmallMemory, small_memory
from rigs.homes.scene import Scene


@asynccontextmanager
async def scene_in(memory: SmallMemory, folder: Path) -> AsyncIterator[Scene]:
    """The program alone has so little."""
    async with Scene(folder, speed=4.0) as scene:
        await scene.kill()
        await start_again(scene, memory)
        yield scene


async def start_again(scene: Scene, memory: SmallMemory) -> None:
    """As systemd would."""
    memory.widen()
    with memory.entered():
        await scene.restart()
    await scene.is_connected()


async def until_killed(scene: Scene, memory: SmallMemory) -> None:
    """Take what is free from it until the kernel ends it."""
    kills = memory.kills
    scene.ledgers.kill()

    def killed() -> bool:
        memory.squeeze()
        scene.house.say("auricle/study/listen/set", "x" * 50_000, qos=0)
        return memory.kills > kills

    await scene.until(killed, 20.0)
    assert await scene.program.ended() == -signal.SIGKILL


@pytest.mark.parametrize("mib", [64, 40])
async def test_little_memory_is_enough(tmp_path: Path, mib: int) -> None:
    with small_memory(mib) as memory:
        async with scene_in(memory, tmp_path) as scene:
            ends = [await scene.end(await scene.speak()) for _ in range(10)]

            assert ends == [End.EXECUTED] * 10
            assert memory.kills == 0
            scene.check()


async def test_killed_for_its_memory_in_mid_speech_it_works_again(
    tmp_path: Path,
) -> None:
    with small_memory(40) as memory:
        async with scene_in(memory, tmp_path) as scene:
            for _ in range(5):
                number = await scene.begin_to_speak()
                await scene.is_understood()
                await until_killed(scene, memory)
                await scene.finish_speaking(number)
                await start_again(scene, memory)
                await scene.recovery()
                scene.check()


async def test_killed_for_its_memory_it_forgets_nothing_that_it_had_accepted(
    tmp_path: Path,
) -> None:
    with small_memory(40) as memory:
        async with scene_in(memory, tmp_path) as scene:
            scene.broker.kill()
            number = await scene.speak()
            await scene.until(lambda: scene.ledgers.accepted, 10.0)
            await until_killed(scene, memory)
            scene.broker.start()
            await start_again(scene, memory)

            assert await scene.end(number) in (End.EXECUTED, End.REPORTED)
            await scene.recovery()
            scene.check()
