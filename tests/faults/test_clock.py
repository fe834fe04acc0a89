"""A machine without a clock of its own: it may say anything, and jump."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rigs.faults.ledgers import End
from rigs.faults.wrong_clock import WrongClock
from rigs.homes.scene import Scene

HOUR = 3600.0
YEAR = 365 * 24 * HOUR


async def test_a_clock_that_was_never_set_costs_no_command(tmp_path: Path) -> None:
    clock = WrongClock(tmp_path, -6 * YEAR)
    async with Scene(tmp_path, speed=2.0, environment=clock.environment) as scene:
        assert await scene.end(await scene.speak()) is End.EXECUTED
        scene.check()


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
async def test_a_clock_that_jumps_during_a_turn_disturbs_nothing(
    tmp_path: Path, jump: float
) -> None:
    clock = WrongClock(tmp_path)
    async with Scene(tmp_path, speed=2.0, environment=clock.environment) as scene:
        number = await scene.begin_to_speak()
        clock.set(jump)
        await scene.finish_speaking(number)

        assert await scene.end(number) is End.EXECUTED
        await scene.recovery()
        scene.check()


async def test_a_clock_that_is_set_tells_when_the_satellite_was_started(
    tmp_path: Path,
) -> None:
    clock = WrongClock(tmp_path, -6 * YEAR)

    def told() -> datetime:
        diagnostics = json.loads(scene.house.latest("diag") or "{}")
        return datetime.fromisoformat(diagnostics["started"])

    async with Scene(tmp_path, environment=clock.environment) as scene:
        await scene.until(lambda: scene.house.latest("diag"), 10)
        assert datetime.now(UTC) - told() > timedelta(days=5 * 365)
        clock.set(0)
        # It is told with the next of what is told once a minute.
        clock.sleep(60)
        await scene.until(
            lambda: abs(datetime.now(UTC) - told()) < timedelta(minutes=2), 10
        )


async def test_a_command_accepted_before_a_jump_still_expires_in_time(
    tmp_path: Path,
) -> None:
    clock = WrongClock(tmp_path)
    async with Scene(
        tmp_path, speed=2.0, time_to_live=4.0, environment=clock.environment
    ) as scene:
        scene.broker.kill()
        number = await scene.speak()
        await scene.until(lambda: scene.ledgers.accepted, 10)
        clock.set(-2 * HOUR)
        await scene.until(lambda: scene.ledgers.fates, 10)
        scene.broker.start()
        await scene.is_connected()

        assert await scene.end(number) is End.REPORTED
        assert scene.ledgers.reason(number) == "expired"
        scene.check()
