"""`kill -9` at any point of a turn, drawn by a seed."""

import sys
from random import Random

from rigs.faults.ledgers import End
from rigs.homes.scene import Scene
from rigs.waiting import elapse

# Seconds after the last word within which a command is accepted and delivered.
_DELIVERY = 0.4


async def kill_often(
    scene: Scene, times: int, random: Random, restarts: list[float]
) -> None:
    """`restarts`: takes the seconds after each, until it listened again."""
    for count in range(times):
        number = scene.open_mouth()
        if random.random() < 0.5:
            # While it is woken, connects, and sends what is said.
            await elapse(random.uniform(0.0, scene.seconds_of(number)))
            await scene.kill()
            await scene.finish_speaking(number)
        else:
            await scene.finish_speaking(number)
            await elapse(random.uniform(0.0, _DELIVERY))
            await scene.kill()
        restarts.append(await scene.restart())
        await scene.is_connected()
        assert await scene.end(number) is not End.LOST, scene.program.log[-3000:]
        scene.check()
        if (count + 1) % 20 == 0:
            print(f"  {count + 1} kills", file=sys.stderr)
    await scene.recovery()
