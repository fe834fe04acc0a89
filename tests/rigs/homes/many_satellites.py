"""Satellites that share a broker and a recognizer, and wake together."""

import asyncio
import contextlib
import json
import re
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import paho.mqtt.client as paho

from rigs.homes.program import clean_environment
from rigs.mqtt.broker import Broker
from rigs.mqtt.subscriber import HouseClient
from rigs.recognizer.open_limit import LimitedRecognizer
from rigs.waiting import eventually

FINALS, EVENTS = "auricle/+/transcript/final", "auricle/+/event/utterance"
_PROCESSES = 2
_COMMAND = re.compile(r"Command (\d+)\.")


@dataclass(frozen=True)
class Answer:
    """What the house got for one satellite's command."""

    seconds: float
    """Since its last word."""
    reason: str | None
    """Why there was no command; None: there was."""


class ManySatellites:
    """All of them, and what they share; an async context manager."""

    def __init__(self, folder: Path, satellites: int, *, opens: int) -> None:
        """`opens`: how many sessions the recognizer opens a second."""
        self._folder = folder
        self._satellites = satellites
        self._broker = Broker(folder)
        self.recognizer = LimitedRecognizer(opens)
        self._house = _Listener(self._broker.port)
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

    async def wake_all(self, patience: float) -> list[Answer]:
        """Let each say a command; what came of those that had an answer in time."""
        house = self._house
        house.answers.clear()
        moment = time.monotonic() + 3.0
        for fleet in self._fleets:
            assert fleet.stdin is not None
            fleet.stdin.write(f"{self._number} {moment}\n".encode())
        self._number += self._satellites
        said = [float((await _line(fleet)).split()[1]) for fleet in self._fleets]
        with contextlib.suppress(AssertionError):
            await eventually(lambda: len(house.answers) >= self._satellites, patience)
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
            *(sys.executable, "-m", "rigs.homes.fleet", str(self._folder)),
            *(str(first), str(count), *ports),
            stdin=PIPE,
            stdout=PIPE,
            env=clean_environment(),
        )


class _Listener(HouseClient):
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
