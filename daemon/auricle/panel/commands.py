"""The user's commands, run one beside the other: bounded in time and in number."""

import asyncio
import logging
from dataclasses import dataclass

from auricle.panel.hooks import (
    Commands,
    HookEvent,
    HookEvents,
    HookGate,
    HookLimits,
)
from auricle.system.clock import since_boot
from auricle.system.programs import ending, running
from auricle.text import log_line

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HookParts:
    """What hooks are made of."""

    events: HookEvents
    commands: "HookCommands"


class HookCommands:
    """Runs a command for each event that has one; on the event loop."""

    def __init__(
        self, commands: Commands, limits: HookLimits, *, timeout: float
    ) -> None:
        """A command that takes longer than `timeout` seconds is killed, with whatever
        it started.
        """
        self._commands = commands
        self._gate = HookGate(limits)
        self._timeout = timeout
        self._tasks: set[asyncio.Task[None]] = set()
        self._refusing = False

    def run(self, event: HookEvent) -> None:
        """Begin to run the event's command, unless there are too many."""
        refusal = self._gate.enter(since_boot())
        if refusal is not None:
            # Of many in a row, the first tells enough.
            level = logging.DEBUG if self._refusing else logging.WARNING
            logger.log(level, "hooks.%s is not run: %s", event.hook, refusal)
            self._refusing = True
            return
        self._refusing = False
        task = asyncio.create_task(self._run(event), name=event.hook)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def stop(self) -> None:
        """End what runs."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, event: HookEvent) -> None:
        argv = self._commands[event.hook]
        async with running(argv, event.given) as child:
            if child is None:
                logger.warning(
                    "hooks.%s: %s cannot be run; a script begins with "
                    "#! and what reads it, such as #!/bin/sh",
                    *(event.hook, argv[0]),
                )
                return
            try:
                async with asyncio.timeout(self._timeout):
                    status = await child.process.wait()
            except TimeoutError:
                logger.warning(
                    "hooks.%s: %s is killed, for it took more than %g s "
                    "(hooks.timeout)",
                    *(event.hook, argv[0], self._timeout),
                )
                return
            if status:
                message = "hooks.%s: %s failed, with %s"
                logger.warning(message, event.hook, argv[0], ending(status))
            if complaint := child.complaint:
                # It may repeat what was said.
                complains = "hooks.%s complains: %s"
                logger.debug(complains, event.hook, log_line(complaint))

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._gate.leave()
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("a hook's command: %s", error)
