"""How the satellite is, looked at once a second: for systemd, and for the house."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from auricle.asr.client import AsrClient
from auricle.capture.hearing import Hearing
from auricle.health.diagnostics import Pacer, cpu_temperature, microphone_problem
from auricle.health.supervision import Supervisor
from auricle.health.vitals import HearingWatch, Vitals
from auricle.mqtt.messages import Diagnostics
from auricle.mqtt.publisher import Publisher
from auricle.system.clock import since_boot
from auricle.system.systemd import Notifier
from auricle.turns.budget import Budget

logger = logging.getLogger(__name__)

_INTERVAL = 1.0
# By less, a clock is corrected all the time, and nobody is to be told.
_SET = timedelta(minutes=1)


class Watch:
    """Reads the parts' own facts; what those amount to is decided elsewhere."""

    def __init__(
        self,
        notifier: Notifier,
        *,
        hearing: Hearing,
        publisher: Publisher,
        recognizer: AsrClient,
        budget: Budget,
        wake_words: Callable[[], Sequence[str]],
        deaf: Callable[[], None],
    ) -> None:
        """`wake_words` returns those that are listened for now. `deaf` hears of a
        capture thread that does not do what it is to do, and cannot tell.
        """
        self._started = datetime.now().astimezone()
        self._started_at = since_boot()
        self._hearing = hearing
        self._publisher = publisher
        self._recognizer = recognizer
        self._budget = budget
        self._wake_words = wake_words
        self._deaf = deaf
        self._hearing_watch = HearingWatch()
        self._stuck = False
        self._notifier = notifier
        self._supervisor = Supervisor(self._vitals, notifier)
        self._watching: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Look once a second from now on."""
        self._watching = asyncio.create_task(self._watch(), name="watch")

    def stop(self) -> None:
        """Tell systemd that the program ends, and look no more."""
        self._notifier.stopping()
        if self._watching is not None:
            self._watching.cancel()

    async def _watch(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._supervisor.run(), name="supervisor")
            tasks.create_task(self._tell_the_house(), name="diagnostics")

    async def _tell_the_house(self) -> None:
        pacer = Pacer()
        while True:
            self._look_at_the_hearing()
            diagnostics = self._diagnostics()
            if pacer.admits(diagnostics, since_boot()):
                self._publisher.diagnostics(diagnostics)
                # Whoever hunts a leak sees it grow.
                logger.debug("%d tasks", len(asyncio.all_tasks()))
            await asyncio.sleep(_INTERVAL)

    def _look_at_the_hearing(self) -> None:
        stuck = self._hearing_watch.fail(self._vitals())
        if stuck and not self._stuck:
            self._deaf()
            # It does not know that it was given up, and has to say when it is well.
            self._hearing.tell_again()
        self._stuck = stuck

    def _vitals(self) -> Vitals:
        hearing = self._hearing
        return Vitals(
            hearing=hearing.state,
            rounds=hearing.rounds,
            frames=hearing.frames,
            inferences=hearing.inferences,
            broker_rounds=self._publisher.client.rounds,
            wanted=hearing.wanted,
            wishes=hearing.wishes,
            wake_words=self._wake_words(),
            microphone_problem=hearing.problem,
            broker_problem=self._publisher.client.problem,
        )

    def _start(self) -> datetime:
        """Tell it by the wall clock as it is by now: a Pi's is set after its start."""
        ago = timedelta(seconds=since_boot() - self._started_at)
        started = datetime.now().astimezone() - ago
        if abs(started - self._started) > _SET:
            self._started = started
        return self._started

    def _diagnostics(self) -> Diagnostics:
        today = datetime.now().astimezone().date()
        recognizer, broker = self._recognizer.health, self._publisher.client.refusal
        microphone = microphone_problem(
            self._hearing.state,
            self._hearing.health,
            wanted=self._hearing.wanted,
            stuck=self._stuck,
        )
        return Diagnostics(
            started=self._start(),
            asr=recognizer is None,
            mic=microphone is None,
            problem=microphone or recognizer or broker,
            spoken_today=round(self._budget.seconds_on(today), 1),
            cost_today=self._budget.cost_on(today),
            limit_reached=self._budget.limit_reached(since_boot(), today),
            sent_seconds=round(self._recognizer.traffic.audio_seconds, 1),
            sent_bytes=self._recognizer.traffic.message_bytes,
            cpu_temperature=cpu_temperature(),
            group_members=len(self._publisher.group_members),
            wins=self._publisher.wins,
            yields=self._publisher.yields,
        )
