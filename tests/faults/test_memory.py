"""A machine with little memory."""

from pathlib import Path

from rigs.ledgers import End
from rigs.scene import Scene
from rigs.small_memory import small_memory


async def test_64_mib_are_enough(tmp_path: Path) -> None:
    with small_memory(64) as memory:
        async with Scene(tmp_path, speed=4.0) as scene:
            await scene.kill()
            with memory.entered():
                await scene.restart()
            await scene.is_connected()
            ends = [await scene.end(await scene.speak()) for _ in range(10)]

            assert ends == [End.EXECUTED] * 10
            scene.check()
