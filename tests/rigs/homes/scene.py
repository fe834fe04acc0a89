"""A whole house in a test: the program, all that it talks to, and all that can break.

```
room --> auricle run --> fault proxy --> recognizer
                     +-> fault proxy --> mosquitto --> the house, which keeps a ledger
```
"""

import asyncio
import contextlib
import json
import re
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import paho.mqtt.client as paho

from auricle.audio.frame import SAMPLE_BYTES, SAMPLE_RATE
from rigs.audio.room import NumberedRecognizer, Room, command, seconds_behind_number
from rigs.faults.fault_proxy import FaultProxy
from rigs.faults.ledgers import End, Ledgers
from rigs.faults.network import Network
from rigs.homes.program import LOG, Program
from rigs.mqtt.broker import Broker, password_file
from rigs.mqtt.subscriber import HouseClient
from rigs.waiting import elapse, eventually

CANARY = "CANARY0123456789abcdef"
"""In every secret, so that it can be looked for afterwards."""
API_KEY = f"sk-{CANARY}"
ACL = Path(__file__).parents[3] / "mosquitto" / "acl.example"
HOUSE = "homeassistant"
STUDY = "study"

LISTENING = "listening to "
CONNECTED = "connected to the broker"
WOKEN = "idle -> listening"
NO_BROKER = "no broker"
MICROPHONE_LOST = "standard input is lost"
ASR_BROKEN = "connection to the recognizer broke"
# What the program says when something is wrong.
_TROUBLE = re.compile(
    rf"^(WARNING|ERROR) |{NO_BROKER}|auricle\.asr\.client: (?!the recognizer works)"
    r"|turn \w+: (?!(?:transcript|yielded)$)\w+$"
)

_PHRASES = (LISTENING, CONNECTED, WOKEN, NO_BROKER, MICROPHONE_LOST, ASR_BROKEN)
_SEEN_BY_OTHERS = ("environ", "cmdline")
_TASKS = re.compile(r"watch: (\d+) tasks$")
_MEMBERS = re.compile(r"group_channel: group \w+: (.*)$")

Sections = Mapping[str, Mapping[str, Any]]


class Scene:
    """An async context manager; the program listens and is connected in it."""

    def __init__(
        self,
        folder: Path,
        *,
        speed: float = 1.0,
        time_to_live: float = 10.0,
        settings: Sections = MappingProxyType({}),
        environment: Mapping[str, str] = MappingProxyType({}),
        network: Network | None = None,
        patient: bool = False,
        waits: float = 1.0,
        far: str = "127.0.0.1",
        node: str = STUDY,
        broker: Broker | None = None,
        softer: float = 0.0,
    ) -> None:
        """`settings` of the program are on top of ours; `speed`, `patient` and `waits`
        are the room's; `network`: the one that all of it is in, where that may have
        faults; `far`: the recognizer's address there; `broker`: a guarded one that
        runs, where the house has more satellites; `softer`: by how many dB it hears
        people less than others do.
        """
        self.folder = folder
        self.network = network
        self.ledgers = Ledgers(time_to_live)
        self.room = Room(speed, patient=patient, waits=waits)
        self.recognizer = NumberedRecognizer(api_key=API_KEY)
        self.broker = broker or guarded_broker(folder / "broker")
        self._shares_broker = broker is not None
        self.node = node
        self._softer = softer
        self._far = far
        self.house = LedgerClient(self.broker.port, self.ledgers, node)
        self.mqtt = FaultProxy(self.broker.port)
        self._settings = settings
        self._environment = environment
        self._sessions = 0
        self._speaking: asyncio.Task[float] | None = None
        self.log = LogTail(folder / LOG)
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as stack:
            enter = stack.enter_async_context
            if not self._shares_broker:
                self.broker.start()
                stack.callback(self.broker.kill)
            await enter(self.mqtt)
            await enter(self.recognizer)
            self.asr = await enter(FaultProxy(self.recognizer.port, self._far))
            await enter(self.house)
            await enter(self.room)
            self.program = await enter(
                Program(
                    self.folder,
                    self._all_settings(),
                    stdin=self.room.microphone,
                    environment=self._environment,
                )
            )
            await self.until(lambda: self.log.counts[LISTENING], 30)
            await self.until(lambda: self.log.counts[CONNECTED], 30)
            self.room.forget()
            reading = asyncio.create_task(self._keep_reading_the_log())
            stack.callback(reading.cancel)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def _all_settings(self) -> dict[str, Mapping[str, Any]]:
        ours: dict[str, Mapping[str, Any]] = {
            "satellite": {"name": self.node},
            "microphone": {"recording": "-", "speed": self.room.speed},
            "utterance": {"mode": "manual"},
            "asr": {
                "url": f"ws://{self._far}:{self.asr.port}/api-ws/v1/realtime",
                "api_key": API_KEY,
                "language": "en",
            },
            "mqtt": {
                "host": "127.0.0.1",
                "port": self.mqtt.port,
                "username": self.node,
                "password": CANARY,
                "time_to_live": self.ledgers.time_to_live,
            },
            "limits": {"turns_per_hour": 0, "seconds_per_day": 0},
            "log": {"level": "debug"},
        }
        return {
            section: {**ours.get(section, {}), **self._settings.get(section, {})}
            for section in {**ours, **self._settings}
        }

    # --- what happens ---

    async def speak(self) -> int:
        """Say the next command; its number, when it is said."""
        number = await self.begin_to_speak()
        await self.finish_speaking(number)
        return number

    async def begin_to_speak(self) -> int:
        """Start saying the next command; return when the wake word was heard."""
        turns = self.log.counts[WOKEN]
        number = self.open_mouth()
        with contextlib.suppress(AssertionError):
            await self.until(lambda: self.log.counts[WOKEN] > turns, 5)
        return number

    def open_mouth(self) -> int:
        """Start saying the next command; its number."""
        number = len(self.ledgers.spoken) + 1
        self._read_log()
        self.ledgers.speak(number)
        self._sessions = len(self.recognizer.heard)
        self._speaking = asyncio.create_task(
            self.room.say(command(number, softer=self._softer))
        )
        return number

    def seconds_of(self, number: int) -> float:
        """How long it takes to say it."""
        return len(command(number)) / SAMPLE_BYTES / SAMPLE_RATE / self.room.speed

    async def is_understood(self) -> None:
        """Wait until the recognizer hears what is spoken, as well as it can."""

        def heard() -> bool:
            new = self.recognizer.heard[self._sessions :]
            return any(session.seconds > 0.3 for session in new)

        with contextlib.suppress(AssertionError):
            await self.until(heard, 1.0)

    @property
    def understood_seconds(self) -> float:
        """How much more than its number the recognizer has heard of what is spoken."""
        heard = [session.pcm for session in self.recognizer.heard[self._sessions :]]
        return max((seconds_behind_number(pcm) for pcm in heard), default=0.0)

    @property
    def is_committed(self) -> bool:
        """Whether the recognizer knows that what is spoken has ended."""
        new = self.recognizer.heard[self._sessions :]
        return any("input_audio_buffer.commit" in session.types for session in new)

    async def finish_speaking(self, number: int) -> None:
        assert self._speaking is not None
        self.ledgers.spoken[number].at = await self._speaking

    async def end(self, number: int, timeout: float = 15.0) -> End:
        """How it ended, as soon as that is known."""
        with contextlib.suppress(AssertionError):
            await self.until(lambda: self.ledgers.end(number) is not End.LOST, timeout)
        return self.ledgers.end(number)

    async def recovery(self, timeout: float = 30.0) -> float:
        """Say commands until one is executed; the seconds that took."""
        started = time.monotonic()
        while True:
            number = await self.speak()
            if await self.end(number) is End.EXECUTED:
                return time.monotonic() - started
            assert time.monotonic() - started < timeout, self.program.log[-2000:]

    async def kill(self) -> None:
        """End the program as a power cut does."""
        self._read_log()
        self.ledgers.kill()
        await self.program.stop(signal.SIGKILL)

    async def restart(self) -> float:
        """Start the program again; the seconds until it listens."""
        started = time.monotonic()
        listening = self.log.counts[LISTENING]
        self._read_log()
        self.log.members = frozenset()
        await self.program.start()
        await self.until(lambda: self.log.counts[LISTENING] > listening, 30)
        # What waits in the pipe since before it listened would delay all that follows.
        self.room.forget()
        return time.monotonic() - started

    async def is_connected(self) -> None:
        """Wait until the house and the program have the broker again."""
        await self.until(lambda: self.house.connected, 30)
        await self.until(lambda: self.house.latest("availability") == "online", 60)

    def forbid_everything(self) -> None:
        """Let the broker's rules allow the satellite nothing."""
        self._set_rules("user homeassistant\ntopic readwrite #\n")

    def allow_again(self) -> None:
        self._set_rules(ACL.read_text())

    def _set_rules(self, rules: str) -> None:
        (self.broker.directory / "acl").write_text(rules)
        self.broker.reload()

    async def until(self, condition: Callable[[], object], timeout: float) -> None:
        """Wait for it, reading the program's log meanwhile."""

        def holds() -> object:
            self._read_log()
            return condition()

        await eventually(holds, timeout)

    # --- what is known ---

    def delivery(self) -> dict[str, Any]:
        """What the program says became of its finals."""
        told: dict[str, Any] = json.loads(self.house.latest("delivery") or "{}")
        return told

    def check(self) -> None:
        """Nothing lost, nothing late, nothing twice under different ids, no secret."""
        self._read_log()
        assert self.ledgers.lost() == []
        assert self.ledgers.unaccounted() == set()
        assert self.ledgers.late(tolerance=1.0) == []
        assert self.ledgers.duplicates() == []
        assert self.secrets() == 0

    def secrets(self) -> int:
        """Where there is one that should not be: lines of the log, messages on the
        broker, files beside the configuration, what other processes see of ours.
        """
        state = [
            file
            for file in self.folder.iterdir()
            if file.is_file() and file not in (self.program.config, self.log.path)
        ]
        seen = [Path(f"/proc/{self.program.pid}/{name}") for name in _SEEN_BY_OTHERS]
        hits = 0
        for file in [*state, *(seen if self.program.running else [])]:
            with contextlib.suppress(FileNotFoundError):
                hits += CANARY.encode() in file.read_bytes()
        return self.log.secrets + self.house.secrets + hits

    async def _keep_reading_the_log(self) -> None:
        while True:
            self._read_log()
            await elapse(0.02)

    def _read_log(self) -> None:
        for line in self.log.read():
            self.ledgers.logged(line)


class LogTail:
    """A log that is being written, read once."""

    def __init__(self, path: Path) -> None:
        self.counts: Counter[str] = Counter()
        """How often it said what tests wait for."""
        self.secrets = 0
        """Lines that hold one."""
        self.trouble_at: float | None = None
        """When it first said that something is wrong, by the monotonic clock; to be
        cleared by whoever wants to know it again.
        """
        self.tasks: list[int] = []
        """How many the program had, as often as it said so."""
        self.members: frozenset[str] = frozenset()
        """The others of its group that it knows."""
        self.path = path
        self._position = 0

    def read(self) -> list[str]:
        """The complete lines that are new."""
        with contextlib.suppress(FileNotFoundError), self.path.open("rb") as log:
            log.seek(self._position)
            new, end, _ = log.read().rpartition(b"\n")
            self._position += len(new) + len(end)
            lines = new.decode(errors="replace").splitlines()
            for line in lines:
                self._note(line)
            return lines
        return []

    def _note(self, line: str) -> None:
        self.secrets += CANARY in line
        for phrase in _PHRASES:
            self.counts[phrase] += phrase in line
        if self.trouble_at is None and _TROUBLE.search(line):
            self.trouble_at = time.monotonic()
        if tasks := _TASKS.search(line):
            self.tasks.append(int(tasks[1]))
        if members := _MEMBERS.search(line):
            self.members = frozenset(filter(None, members[1].split(", ")))


class LedgerClient(HouseClient):
    """Home Assistant's place on the broker, which writes down what it hears."""

    def __init__(self, port: int, ledgers: Ledgers, node: str) -> None:
        super().__init__(port, "#", username=HOUSE, password=HOUSE)
        self.secrets = 0
        """Messages that hold one."""
        self._ledgers = ledgers
        self._node = node
        self._latest: dict[str, str] = {}

    def leave(self) -> None:
        """Listen no longer to what the satellite says."""
        self._client.unsubscribe("#")

    async def come_back(self) -> None:
        self._subscribed.clear()
        self._subscribe()
        assert await asyncio.to_thread(self._subscribed.wait, 10)

    @property
    def connected(self) -> bool:
        return self._client.is_connected()

    def latest(self, topic: str) -> str | None:
        """The latest payload on a topic of the satellite."""
        return self._latest.get(self._topic(topic))

    def _hear(self, message: paho.MQTTMessage) -> None:
        # A thousand turns later, nobody wants to check all of them.
        del self.heard[:-_KEPT]
        super()._hear(message)
        payload = self.heard[-1].payload
        self.secrets += CANARY in payload
        self._latest[message.topic] = payload
        if message.topic == self._topic("transcript/final"):
            self._ledgers.final(payload)
        elif message.topic == self._topic("event/utterance"):
            self._ledgers.event(payload)

    def _topic(self, name: str) -> str:
        return f"auricle/{self._node}/{name}"


_KEPT = 500


def guarded_broker(folder: Path, nodes: Sequence[str] = (STUDY,)) -> Broker:
    """With the access rules that we give to users, for satellites of these names."""
    folder.mkdir()
    users = {HOUSE: HOUSE, **dict.fromkeys(nodes, CANARY)}
    acl = folder / "acl"
    acl.write_text(ACL.read_text())
    acl.chmod(0o600)
    return Broker(
        folder,
        (
            "allow_anonymous false",
            f"password_file {password_file(folder, users)}",
            f"acl_file {acl}",
        ),
    )
