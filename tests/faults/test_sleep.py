"""A process that is stopped, and a machine that sleeps, at any moment of a turn.

What was said before is obeyed only while it is young, and reported otherwise; what is
said afterwards is obeyed.
"""

import contextlib
import json
import math
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from rigs.faults.ledgers import End
from rigs.faults.wrong_clock import WrongClock
from rigs.homes.scene import MICROPHONE_LOST, Scene
from rigs.recognizer.faults import SlowFinal
from rigs.waiting import elapse

LIFE = 2.0
"""Seconds that a command lives which is not to be obeyed."""
USUAL_LIFE = 10.0
"""Of one that is: a busy machine takes longer than 2 s for it."""
LONG = LIFE + 1.0
NIGHT = 8 * 3600.0

pytestmark = pytest.mark.asyncio(loop_scope="module")
quick = pytest.mark.quick

Moment = Callable[[Scene], Awaitable[int]]
"""Say a command, and return its number when the moment has come."""


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> WrongClock:
    return WrongClock(tmp_path_factory.mktemp("clock"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(
    tmp_path_factory: pytest.TempPathFactory, clock: WrongClock
) -> AsyncIterator[Scene]:
    """A room whose sound waits for whoever is away."""
    folder = tmp_path_factory.mktemp("house")
    async with _house(folder, clock, LIFE) as scene:
        yield scene


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def patient_scene(
    tmp_path_factory: pytest.TempPathFactory, clock: WrongClock
) -> AsyncIterator[Scene]:
    """The same where commands live as long as they usually do."""
    folder = tmp_path_factory.mktemp("patient_house")
    async with _house(folder, clock, USUAL_LIFE) as scene:
        yield scene


def _house(folder: Path, clock: WrongClock, time_to_live: float) -> Scene:
    return Scene(
        folder,
        speed=2.0,
        time_to_live=time_to_live,
        environment=clock.environment,
        waits=10.0,
    )


async def in_mid_speech(scene: Scene) -> int:
    number = await scene.begin_to_speak()
    await scene.is_understood()
    return number


async def behind_the_last_word(scene: Scene) -> int:
    return await scene.speak()


async def while_the_final_is_awaited(scene: Scene) -> int:
    scene.recognizer.fail_next(SlowFinal(0.3))
    number = await scene.speak()
    await scene.until(lambda: scene.is_committed, 5)
    return number


async def while_it_waits_for_the_broker(scene: Scene) -> int:
    accepted = len(scene.ledgers.accepted)
    scene.broker.kill()
    number = await scene.speak()
    await scene.until(lambda: len(scene.ledgers.accepted) > accepted, 5)
    return number


async def as_soon_as_it_is_accepted(scene: Scene) -> int:
    accepted = len(scene.ledgers.accepted)
    number = await scene.speak()
    await scene.until(lambda: len(scene.ledgers.accepted) > accepted, 5)
    return number


LATER_MOMENTS = [
    behind_the_last_word,
    while_the_final_is_awaited,
    while_it_waits_for_the_broker,
]


@contextlib.asynccontextmanager
async def stopped(scene: Scene) -> AsyncIterator[None]:
    """As by a debugger, a paused container, or a disk that is busy with swapping."""
    scene.program.send(signal.SIGSTOP)
    yield
    scene.program.send(signal.SIGCONT)


async def is_reported_as_expired(scene: Scene, number: int) -> None:
    assert await scene.end(number) is End.REPORTED
    assert scene.ledgers.reason(number) == "expired"
    await all_is_well(scene)


async def is_obeyed(scene: Scene, number: int) -> None:
    end = await scene.end(number)
    assert end is End.EXECUTED, scene.ledgers.reason(number)


async def all_is_well(scene: Scene) -> None:
    await scene.is_connected()
    await scene.recovery()
    scene.check()


# --- stopped ---


@pytest.mark.parametrize(
    "moment",
    [in_mid_speech, pytest.param(LATER_MOMENTS[0], marks=quick), *LATER_MOMENTS[1:]],
)
async def test_a_command_is_not_obeyed_when_the_satellite_was_stopped_for_long(
    scene: Scene, moment: Moment
) -> None:
    number = await moment(scene)
    async with stopped(scene):
        await scene.finish_speaking(number)
        await elapse(LONG)
    if not scene.broker.running:
        scene.broker.start()

    await is_reported_as_expired(scene, number)


@quick
async def test_a_command_that_was_said_to_a_stopped_satellite_is_not_obeyed(
    scene: Scene,
) -> None:
    async with stopped(scene):
        number = scene.open_mouth()
        await scene.finish_speaking(number)
        await elapse(LONG)

    await is_reported_as_expired(scene, number)


async def test_a_command_is_obeyed_in_time_or_not_at_all_when_stopped_on_its_way_out(
    scene: Scene,
) -> None:
    number = await as_soon_as_it_is_accepted(scene)
    async with stopped(scene):
        await elapse(LONG)

    assert await scene.end(number) in (End.EXECUTED, End.REPORTED)
    await all_is_well(scene)


async def test_a_command_is_obeyed_when_the_satellite_was_stopped_for_a_moment(
    patient_scene: Scene,
) -> None:
    scene = patient_scene
    number = await while_the_final_is_awaited(scene)
    async with stopped(scene):
        await elapse(1.0)

    await is_obeyed(scene, number)
    # What is claimed is true.
    told = json.loads(scene.house.latest("event/utterance") or "{}")
    delay = scene.ledgers.delay(number)
    assert delay is not None
    # The detector of speech takes a moment for it that is none any more.
    assert told["latency_ms"] == pytest.approx(delay * 1000, abs=600)
    assert told["latency_ms"] > 1000
    assert told["age_ms"] >= told["latency_ms"]
    await all_is_well(scene)


async def test_a_command_keeps_its_age_when_the_microphone_is_opened_anew(
    scene: Scene,
) -> None:
    scene.recognizer.fail_next(SlowFinal(LONG))
    number = await scene.speak()
    await scene.until(lambda: scene.is_committed, 5)
    lost = scene.log.counts[MICROPHONE_LOST]
    scene.room.unplug()
    await scene.until(lambda: scene.log.counts[MICROPHONE_LOST] > lost, 5)
    scene.room.plug_in()

    await is_reported_as_expired(scene, number)


# --- asleep ---


async def in_mid_speech_that_breaks_off(scene: Scene) -> int:
    number = await scene.begin_to_speak()
    await scene.until(lambda: scene.understood_seconds > 0.3, 5)
    scene.room.hush()
    await scene.finish_speaking(number)
    return number


@pytest.mark.parametrize("moment", [in_mid_speech_that_breaks_off, *LATER_MOMENTS])
@pytest.mark.parametrize("seconds", [LONG, pytest.param(25.0, marks=quick), NIGHT])
async def test_a_command_from_before_the_machine_slept_is_not_obeyed(
    scene: Scene, clock: WrongClock, moment: Moment, seconds: float
) -> None:
    number = await moment(scene)
    clock.sleep(math.ceil(seconds))
    if not scene.broker.running:
        scene.broker.start()

    await is_reported_as_expired(scene, number)


@quick
async def test_on_a_link_that_died_in_the_night_nothing_is_said_again(
    scene: Scene, clock: WrongClock
) -> None:
    number = await while_the_final_is_awaited(scene)
    attempts = scene.recognizer.attempts
    clock.sleep(NIGHT)
    scene.asr.reset()

    assert await scene.end(number) is End.REPORTED
    assert scene.ledgers.reason(number) == "expired"
    assert scene.recognizer.attempts == attempts
    await all_is_well(scene)


@quick
async def test_a_command_is_obeyed_as_soon_as_the_machine_is_awake(
    patient_scene: Scene, clock: WrongClock
) -> None:
    scene = patient_scene
    clock.sleep(NIGHT)

    await is_obeyed(scene, await scene.speak())
    scene.check()


@quick
async def test_a_command_is_obeyed_when_the_machine_slept_for_a_moment(
    patient_scene: Scene, clock: WrongClock
) -> None:
    scene = patient_scene
    number = await while_the_final_is_awaited(scene)
    clock.sleep(1.0)

    await is_obeyed(scene, number)
    scene.check()
