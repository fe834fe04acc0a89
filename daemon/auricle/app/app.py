"""The satellite as a program: its parts are started in order, and stopped backwards."""

import asyncio
import gc
import logging
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from auricle.app.build import Parts, build
from auricle.app.ending import Ending
from auricle.errors import ConfigError, RecordingError
from auricle.mqtt.publisher import Run
from auricle.system import heap
from auricle.system.threads import start_call

if TYPE_CHECKING:
    from auricle.config.settings import Settings

logger = logging.getLogger(__name__)

_STOP_HEARING = 1.0


async def check(settings: "Settings") -> None:
    """Build all parts, and start none.

    Raises ConfigError, with every mistake on a line of its own, and RecordingError:
    whatever keeps `run` from starting.
    """
    build(settings)


async def run(
    settings: "Settings", read: "Callable[[], Settings]", this_run: Run
) -> int:
    """Be a satellite until SIGTERM, SIGINT or an order; return the exit code.

    `read` is for SIGHUP: settings that no satellite could start with keep us going.

    Raises what `check` does where it cannot even start.
    """
    parts = build(settings, this_run)
    app = App(steps(parts), parts.ending)
    # What there is by now stays. To look through it for garbage once more would keep a
    # wake word waiting for 20 to 40 ms, and on a Pi for longer.
    gc.collect()
    gc.freeze()
    heap.give_back()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, app.stop)
    loop.add_signal_handler(signal.SIGHUP, app.start_anew, read)
    return await app.run()


def _nothing() -> None:
    pass


@dataclass(frozen=True, slots=True)
class Step:
    """A part of the way from nothing to a satellite, and the way back."""

    name: str
    start: Callable[[], Awaitable[object] | None] = _nothing
    stop: Callable[[], Awaitable[object] | None] = _nothing


def steps(parts: Parts) -> list[Step]:
    """Return what is started one after the other, and stopped from its end."""
    stop_hearing = partial(asyncio.to_thread, parts.hearing.stop, _STOP_HEARING)
    return [
        Step("state file", stop=parts.memory.flush),
        Step("MQTT", parts.publisher.start, parts.publisher.stop),
        Step("sounds", stop=parts.player.aclose),
        *([Step("speech", stop=parts.speech.aclose)] if parts.speech else ()),
        Step("recognizer", stop=parts.recognizer.client.aclose),
        Step("remembered settings", parts.control.apply),
        Step("capture thread", parts.hearing.start, stop_hearing),
        Step("satellite", parts.runner.start, parts.runner.stop),
        Step("watch", parts.watch.start, parts.watch.stop),
        *(
            [Step("release", parts.release_watch.start, parts.release_watch.stop)]
            if parts.release_watch
            else ()
        ),
    ]


class App:
    """Starts the steps, and stops them when the program is to end."""

    def __init__(self, steps: Sequence[Step], ending: Ending) -> None:
        self._steps = steps
        self._ending = ending
        self._start: asyncio.Task[None] | None = None

    async def run(self) -> int:
        """Start, be a satellite, stop; return the exit code."""
        started: list[Step] = []
        try:
            for step in self._steps:
                logger.debug("starting: %s", step.name)
                await _call(step.start)
                started.append(step)
            await self._ending.ordered()
        finally:
            logger.info("stopping")
            if self._start is not None:
                self._start.cancel()
            # Begun backwards, and then all at once: a hanging sound server must not
            # keep the house waiting for our goodbye.
            await asyncio.gather(*(_call(step.stop) for step in reversed(started)))
        return self._ending.exit_code

    def stop(self) -> None:
        """Have `run` stop, and return 0."""
        self._ending.order()

    def start_anew(self, read: "Callable[[], Settings]") -> None:
        """End, to be started with the settings as they are by now, unless these are
        wrong. They are read in a thread, while the satellite goes on.
        """
        if self._start is not None:
            # What it reads may be of before this order.
            self._start.cancel()
        self._start = asyncio.create_task(self._start_anew(read), name="new settings")

    async def _start_anew(self, read: "Callable[[], Settings]") -> None:
        try:
            # Where the file is may hang: then nobody waits for it.
            reading = start_call(read, name="new settings")
            build(await asyncio.wrap_future(reading))
        except (ConfigError, RecordingError, OSError) as error:
            logger.error("the new configuration is not taken: %s", error)
        else:
            self._ending.restart()


async def _call(step: Callable[[], Awaitable[object] | None]) -> None:
    result = step()
    if result is not None:
        await result
