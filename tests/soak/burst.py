"""A street of satellites that wake together, and a recognizer for fewer than these."""

import asyncio
import contextlib
import json
import re
import statistics
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Self

import paho.mqtt.client as paho

from rigs.broker import Broker
from rigs.eventually import eventually
from rigs.house import House
from rigs.open_limit import Attempt, LimitedRecognizer
from rigs.program import clean_environment
from soak.samples import percentile

OPENS_PER_SECOND = 20
TIME_TO_LIVE = 10.0
FINALS, EVENTS = "auricle/+/transcript/final", "auricle/+/event/utterance"
# The bounds that fail the run.
_LEAST_PAUSE = 0.2
_MOST_TOGETHER = 1 / 3
_MOMENT = 0.1
# Later, it is another turn's.
_LONGEST_PAUSE = 2.0
_PROCESSES = 2
_TOLERANCE = 1.0
_COMMAND = re.compile(r"Command (\d+)\.")


@dataclass(frozen=True)
class Answer:
    """What the house got for one satellite's command."""

    seconds: float
    """Since its last word."""
    reason: str | None
    """Why there was no command; None: there was."""


@dataclass
class Burst:
    satellites: int = 0
    attempts: list[Attempt] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    unanswered: int = 0
    duplicates: int = 0

    async def run(
        self, folder: Path, *, satellites: int, bursts: int, every: float
    ) -> None:
        self.satellites = satellites
        async with _Street(folder, satellites) as street:
            for burst in range(bursts):
                began = time.monotonic()
                answers = await street.wake_all()
                self.answers += answers
                self.unanswered += satellites - len(answers)
                print(f"  burst {burst + 1}", file=sys.stderr)
                if burst + 1 < bursts:
                    await asyncio.sleep(began + every - time.monotonic())
            self.attempts = street.recognizer.log
            self.duplicates = street.duplicates()

    @property
    def late(self) -> int:
        """Commands that came when it was too late for them."""
        longest = TIME_TO_LIVE + _TOLERANCE
        return sum(a.reason is None and a.seconds > longest for a in self.answers)

    def complaints(self) -> Iterator[str]:
        """What is out of bounds."""
        slowest = max((answer.seconds for answer in self.answers), default=0.0)
        if slowest > TIME_TO_LIVE + _TOLERANCE:
            yield f"burst: an answer after {slowest:.1f} s"
        admitted = [attempt.at for attempt in self.attempts if attempt.admitted]
        if most_within(admitted, 1.0) > OPENS_PER_SECOND:
            yield f"burst: {most_within(admitted, 1.0)} sessions opened in a second"
        pauses = pauses_after_refusal(self.attempts)
        if any(pause < _LEAST_PAUSE for pause in pauses):
            yield f"burst: tried again after {min(pauses):.3f} s"
        together = most_within(pauses, _MOMENT)
        if len(pauses) > OPENS_PER_SECOND and together > _MOST_TOGETHER * len(pauses):
            yield f"burst: {together} of {len(pauses)} tried again as one"

    def summary(self) -> Iterator[str]:
        if not self.answers:
            return
        served = [answer.seconds for answer in self.answers if answer.reason is None]
        reasons = Counter(answer.reason for answer in self.answers if answer.reason)
        reported = ", ".join(f"{n} {reason}" for reason, n in reasons.most_common())
        pauses = pauses_after_refusal(self.attempts)
        admitted = [attempt.at for attempt in self.attempts if attempt.admitted]
        yield (
            f"burst: {self.satellites} satellites, "
            f"{len(self.answers) + self.unanswered} commands: {len(served)} served"
            + (f" (p50/p99 {_quantiles(served)} s)" if served else "")
            + f", reported: {reported or 'none'}, unanswered {self.unanswered}; "
            f"last answer after {max(a.seconds for a in self.answers):.1f} s"
        )
        yield (
            f"{len(self.attempts)} attempts to open a session, {len(admitted)} opened, "
            f"at most {most_within(admitted, 1.0)} in a second; "
            f"{len(pauses)} tried again"
            + (f" after {_spread(pauses)} s (least, median, most)" if pauses else "")
        )


def pauses_after_refusal(attempts: Sequence[Attempt]) -> list[float]:
    """From each refusal to the same client's next attempt in that turn."""
    pauses = []
    for client in {attempt.client for attempt in attempts}:
        of_client = [attempt for attempt in attempts if attempt.client == client]
        for one, next_one in pairwise(of_client):
            pause = next_one.at - one.at
            if not one.admitted and pause < _LONGEST_PAUSE:
                pauses.append(pause)
    return pauses


def most_within(moments: Sequence[float], seconds: float) -> int:
    """How many there are in the fullest stretch of so many seconds."""
    ordered = sorted(moments)
    first = most = 0
    for last, moment in enumerate(ordered):
        while moment - ordered[first] >= seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


class _Street:
    """All of them, and what they share; an async context manager."""

    def __init__(self, folder: Path, satellites: int) -> None:
        self._folder = folder
        self._satellites = satellites
        self._broker = Broker(folder)
        self.recognizer = LimitedRecognizer(OPENS_PER_SECOND)
        self._house = _House(self._broker.port)
        self._fleets: list[Process] = []
        self._stack = contextlib.AsyncExitStack()
        self._number = 0

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as stack:
            self._broker.start()
            stack.callback(self._broker.kill)
            await stack.enter_async_context(self.recognizer)
            await stack.enter_async_context(self._house)
            share = self._satellites // _PROCESSES
            for first in range(0, self._satellites, share):
                fleet = await self._start(first, min(share, self._satellites - first))
                stack.push_async_callback(_end, fleet)
                self._fleets.append(fleet)
            for fleet in self._fleets:
                assert await _line(fleet) == "ready"
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def wake_all(self) -> list[Answer]:
        """Let each say a command; what came of those that had an answer."""
        house = self._house
        house.answers.clear()
        moment = time.monotonic() + 3.0
        for fleet in self._fleets:
            assert fleet.stdin is not None
            fleet.stdin.write(f"{self._number} {moment}\n".encode())
        self._number += self._satellites
        said = [float((await _line(fleet)).split()[1]) for fleet in self._fleets]
        with contextlib.suppress(AssertionError):
            await eventually(
                lambda: len(house.answers) >= self._satellites,
                TIME_TO_LIVE + 2 * _TOLERANCE,
            )
        del self.recognizer.heard[:]
        return [
            Answer(at - min(said), reason)
            for at, reason in list(house.answers.values())
        ]

    def duplicates(self) -> int:
        """Commands that came under more than one id."""
        counts = Counter(number for number, _ in self._house.finals)
        return sum(count > 1 for count in counts.values())

    async def _start(self, first: int, count: int) -> Process:
        ports = (str(self._broker.port), str(self.recognizer.port))
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "rigs.fleet", str(self._folder)),
            *(str(first), str(count), *ports),
            stdin=PIPE,
            stdout=PIPE,
            env=clean_environment(),
        )


class _House(House):
    """Notes who was answered, and when."""

    def __init__(self, port: int) -> None:
        super().__init__(port, FINALS, EVENTS)
        self.answers: dict[str, tuple[float, str | None]] = {}
        """Since the last burst, by the name of the satellite."""
        self.finals: set[tuple[int, str]] = set()
        """Command and turn."""

    def _hear(self, message: paho.MQTTMessage) -> None:
        super()._hear(message)
        told = json.loads(message.payload)
        name = message.topic.split("/")[1]
        reason = None
        if message.topic.endswith("/final"):
            command = _COMMAND.fullmatch(told["text"])
            assert command is not None, told["text"]
            self.finals.add((int(command[1]), told["turn"]))
        elif told["event_type"] == "transcript":
            return
        else:
            reason = told.get("reason") or told["event_type"]
        self.answers.setdefault(name, (time.monotonic(), reason))


async def _line(fleet: Process) -> str:
    assert fleet.stdout is not None
    line = await asyncio.wait_for(fleet.stdout.readline(), 120)
    return line.decode().strip()


async def _end(fleet: Process) -> None:
    assert fleet.stdin is not None
    fleet.stdin.close()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(fleet.wait(), 20)
    if fleet.returncode is None:
        fleet.kill()
        await fleet.wait()


def _quantiles(seconds: Sequence[float]) -> str:
    return f"{percentile(seconds, 0.5):.2f}/{percentile(seconds, 0.99):.2f}"


def _spread(seconds: Sequence[float]) -> str:
    return f"{min(seconds):.2f} {statistics.median(seconds):.2f} {max(seconds):.2f}"
