"""Satellites in earshot of each other: all of them hear each command, and one answers.

Each is a scene of its own, with its own links that may fail; the broker is theirs all.
"""

import contextlib
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from rigs.faults.ledgers import End
from rigs.faults.network import Network
from rigs.homes.scene import CANARY, Scene, Sections, guarded_broker
from rigs.mqtt.subscriber import Heard, HouseClient
from rigs.waiting import eventually

NODES = ("study", "kitchen", "hall")
"""The nearest to who speaks comes first."""
_STEP = 6.0
"""By so many dB each hears a voice less than the one before."""
STRANGER = "stranger"
"""Who has a place on the broker as satellites do, and is none."""
_GROUP = "all"
_WAITS = 0.3
"""Seconds of sound that wait for a busy satellite: who hears a word half a second later
than others has heard another one."""
YIELDED = "yielded"


class SharedEar:
    """An async context manager; all satellites listen, and know each other, in it."""

    def __init__(
        self,
        folder: Path,
        *,
        satellites: int = len(NODES),
        speed: float = 1.0,
        time_to_live: float = 10.0,
        settings: Sections = MappingProxyType({}),
        network: Network | None = None,
    ) -> None:
        """`settings` of each satellite are on top of a scene's."""
        nodes = NODES[:satellites]
        self.broker = guarded_broker(folder / "broker", [*nodes, STRANGER])
        self.scenes = [
            Scene(
                _made(folder / node),
                speed=speed,
                time_to_live=time_to_live,
                settings=settings,
                network=network,
                waits=_WAITS,
                node=node,
                broker=self.broker,
                softer=_STEP * distance,
            )
            for distance, node in enumerate(nodes)
        ]
        self.said = _GroupNotes(self.broker.port)
        """What the satellites tell each other."""
        self.stranger = HouseClient(
            self.broker.port, username=STRANGER, password=CANARY
        )
        self._stack = contextlib.AsyncExitStack()

    @property
    def nearest(self) -> Scene:
        """The one that should answer."""
        return self.scenes[0]

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as stack:
            self.broker.start()
            stack.callback(self.broker.kill)
            await stack.enter_async_context(self.said)
            await stack.enter_async_context(self.stranger)
            for scene in self.scenes:
                await stack.enter_async_context(scene)
            await self.is_complete()
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        for client in (self.said, *(scene.house for scene in self.scenes)):
            # Nobody promises that a stranger keeps to what our schemas say.
            client.heard[:] = [
                heard for heard in client.heard if f"/{STRANGER}/" not in heard.topic
            ]
        await self._stack.aclose()

    # --- what happens ---

    def open_mouths(self) -> int:
        """Start saying the next command to all of them; its number."""
        self.said.messages.clear()
        [number] = {scene.open_mouth() for scene in self.scenes}
        return number

    async def finish_speaking(self, number: int) -> None:
        for scene in self.scenes:
            await scene.finish_speaking(number)

    async def speak(self) -> int:
        """Say the next command; its number, when it is said."""
        number = self.open_mouths()
        await self.finish_speaking(number)
        return number

    async def told(self, kind: str, scene: Scene) -> None:
        """Wait, though not for long, until this satellite has told the others so."""
        with contextlib.suppress(AssertionError):
            await eventually(lambda: self.said.told(kind, scene.node), 5)

    async def settled(self, number: int, timeout: float = 15.0) -> End:
        """How it ended, once each satellite is done with it."""

        def is_over() -> bool:
            return all(s.ledgers.end(number) is not End.LOST for s in self.scenes)

        with contextlib.suppress(AssertionError):
            await eventually(is_over, timeout)
        return self.end(number)

    async def recovery(self, timeout: float = 60.0) -> float:
        """Say commands until the nearest alone answers; the seconds that took."""
        started = time.monotonic()
        while True:
            number = await self.speak()
            end = await self.settled(number)
            answers = [scene for scene in self.scenes if _has_executed(scene, number)]
            if end is End.EXECUTED and answers == [self.nearest]:
                return time.monotonic() - started
            assert time.monotonic() - started < timeout, self.nearest.program.log[
                -2000:
            ]

    async def is_complete(self) -> None:
        """Wait until each is connected, and knows all others."""
        for scene in self.scenes:
            await scene.is_connected()
        nodes = {scene.node for scene in self.scenes}
        await eventually(
            lambda: all(s.log.members >= nodes - {s.node} for s in self.scenes)
        )

    def tell_group(self, payload: str | bytes) -> None:
        """Let the stranger tell the group something."""
        self.stranger.say(f"auricle/{STRANGER}/bid/{_GROUP}", payload, qos=0)

    # --- what is known ---

    def end(self, number: int) -> End:
        """How it ended for the house; that another one answers is no end of it."""
        ends = {scene.ledgers.end(number) for scene in self.scenes}
        if End.EXECUTED in ends:
            return End.EXECUTED
        if any(reason not in (None, YIELDED) for reason in self.reasons(number)):
            return End.REPORTED
        return End.LOST

    def reasons(self, number: int) -> Sequence[str | None]:
        """What each said of it that did not send the command."""
        return [
            scene.ledgers.reason(number)
            for scene in self.scenes
            if scene.ledgers.end(number) is End.REPORTED
        ]

    def keys(self, number: int) -> set[str]:
        """Under which it was executed."""
        return {
            executed.key
            for scene in self.scenes
            for executed in scene.ledgers.executed
            if executed.number == number
        }

    def lost(self, since: int = 1) -> Sequence[int]:
        """Of all commands from this number on."""
        return [n for n in self._spoken(since) if self.end(n) is End.LOST]

    def twice(self, since: int = 1) -> Sequence[int]:
        """What whoever obeys could not tell from a second command."""
        return [n for n in self._spoken(since) if len(self.keys(n)) > 1]

    def _executed(self, since: int) -> Sequence[str]:
        return [
            f"{executed.number} by {scene.node} as {executed.key} at {executed.at:.2f}"
            for scene in self.scenes
            for executed in scene.ledgers.executed
            if executed.number >= since
        ]

    def _spoken(self, since: int) -> Sequence[int]:
        return [number for number in self.nearest.ledgers.spoken if number >= since]

    def late(self, tolerance: float) -> int:
        return sum(len(scene.ledgers.late(tolerance)) for scene in self.scenes)

    def repeated(self) -> int:
        """What came again under a key that was known."""
        executed = [e for scene in self.scenes for e in scene.ledgers.executed]
        return len(executed) - len({e.key for e in executed})

    def check(self, since: int = 1) -> None:
        """Nothing lost, nothing late, nothing twice under different keys, no secret,
        from this command on.
        """
        assert self.lost(since) == []
        assert self.twice(since) == [], self._executed(since)
        assert self.late(tolerance=1.0) == 0
        for scene in self.scenes:
            assert scene.ledgers.unaccounted() == set()
            assert scene.secrets() == 0


class _GroupNotes(HouseClient):
    """Listens to what satellites tell each other."""

    def __init__(self, port: int) -> None:
        topic = f"auricle/+/bid/{_GROUP}"
        super().__init__(
            port, topic, username="homeassistant", password="homeassistant"
        )
        self.messages: list[tuple[str, Mapping[str, Any]]] = []
        """Node and message."""
        self.on_heard = self._note

    def told(self, kind: str, node: str) -> bool:
        return any(
            teller == node and message.get("kind") == kind
            for teller, message in list(self.messages)
        )

    def _note(self, heard: Heard, _payload: bytes) -> None:
        with contextlib.suppress(ValueError, RecursionError):
            message = json.loads(heard.payload)
            if isinstance(message, dict):
                self.messages.append((heard.topic.split("/")[1], message))


def _has_executed(scene: Scene, number: int) -> bool:
    return scene.ledgers.end(number) is End.EXECUTED


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
