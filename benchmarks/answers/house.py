"""A house that answers: when what happened between the transcript and the sound.

    tests/homeassistant/alone.sh .venv/bin/python -m benchmarks.answers.house TURNS

`auricle run` as a process, mosquitto, Home Assistant with our integration, a voice that
speaks sentence by sentence, and a recognizer whose words are given; all on this
machine. Somebody presses the button and speaks, TURNS times for each kind of answer.
What came when is written to standard output as JSON.
"""

import asyncio
import contextlib
import json
import os
import re
import select
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.cost.broker_tap import BrokerTap
from benchmarks.cost.daemon import NODE, daemon
from benchmarks.progress import told
from rigs.audio.live_room import LiveRoom
from rigs.audio.loudspeaker import ASOUND
from rigs.homes import assist_home
from rigs.homes.home_assistant import HomeAssistant
from rigs.mqtt.broker import running_broker
from rigs.mqtt.subscriber import HouseClient
from rigs.recognizer.scripted_recognizer import ScriptedRecognizer

# In another room than the satellite: what is done in its own is answered by a tone.
COMMAND = "Turn on the attic lamp."
STORY = "Tell me a long story."
BUILT_IN, STREAMED = "built in", "streamed"
KINDS: Mapping[str, tuple[str, str]] = {
    BUILT_IN: (COMMAND, assist_home.BUILT_IN),
    STREAMED: (STORY, assist_home.STORYTELLER),
}
"""By name, what is said, and to which agent."""

PUBLISHED, ARRIVED, STARTED, SOUNDED = "published", "arrived", "started", "sounded"
"""The transcript leaves the daemon; the first sound comes to it; it tells that it
plays; the first sample is at the loudspeaker.
"""
ASKED, WRITTEN, VOICED = "intent-start", "intent-end", "tts-end"
"""In Home Assistant: the agent is asked; its text is whole; the voice is asked for it,
where it does not speak already.
"""

_NAME = "Bench voice"
_SATELLITE = "assist_satellite.bench_voice"
_WORDS = (f"{NODE}/transcript/final", f"{NODE}/event/utterance")
_SOUND, _REPORT = f"{NODE}/play/set", f"{NODE}/play"
_SPOKEN = 0.3
_RESTED = 0.5
_SAID = re.compile(
    r"^(\S+ \S+) DEBUG .*\[custom_components\.auricle\.assist_satellite\] "
    r"\S+: (\S+) of turn (\w+)$",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer."""

    kind: str
    moments: Mapping[str, float]
    """Of the monotonic clock, by what happened."""


class Loudspeaker:
    """A device of ALSA's that hands what is played to us instead of a loudspeaker."""

    def __init__(self, folder: Path) -> None:
        """It is the only one there is, where its environment is."""
        pipe, configuration = folder / "loudspeaker", folder / "asound.conf"
        os.mkfifo(pipe)
        configuration.write_text(ASOUND.format(file=pipe))
        self.environment = {"ALSA_CONFIG_PATH": str(configuration)}
        self.sounded: list[float] = []
        """When something came that was not silence, by the monotonic clock."""
        # Also for writing, or it would end with the first sound.
        self._pipe = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
        self._over = threading.Event()

    @contextmanager
    def listened_to(self) -> Iterator[None]:
        thread = threading.Thread(target=self._listen)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()
            os.close(self._pipe)

    def _listen(self) -> None:
        while not self._over.is_set():
            if select.select([self._pipe], [], [], 0.1)[0]:
                now = time.monotonic()
                if os.read(self._pipe, 1 << 16).strip(b"\0"):
                    self.sounded.append(now)


class House:
    """All of it at work; see `house`."""

    def __init__(
        self,
        home: HomeAssistant,
        tap: BrokerTap,
        client: HouseClient,
        recognizer: ScriptedRecognizer,
        loudspeaker: Loudspeaker,
    ) -> None:
        self._home = home
        self._tap = tap
        self._client = client
        self._recognizer = recognizer
        self._loudspeaker = loudspeaker

    async def answers(self, kind: str, turns: int) -> list[Answer]:
        _, agent = KINDS[kind]
        await assist_home.use(self._home, agent)
        # The first one's voice is not in the cache, and libraries are loaded for it.
        await self._turn(kind)
        heard = [await self._turn(kind) for _ in told(range(turns), f"answers, {kind}")]
        steps = self._steps()
        return [Answer(kind, {**moments, **steps[turn]}) for turn, moments in heard]

    async def _turn(self, kind: str) -> tuple[str, Mapping[str, float]]:
        """One turn's id, and what could be seen from outside of Home Assistant."""
        client, recognizer = self._client, self._recognizer
        sessions, reports = len(recognizer.heard), len(client.on(_REPORT))
        written = self._written
        begun = time.monotonic()
        client.say(f"{NODE}/listen/set", "START")
        await client.until(
            lambda: (
                len(recognizer.heard) > sessions
                and recognizer.heard[-1].seconds > _SPOKEN
            )
        )
        client.say(f"{NODE}/listen/set", "STOP")
        await client.until(lambda: len(client.on(_REPORT)) > reports)
        await client.until(lambda: self._loudspeaker_sounded(begun))
        await client.until(lambda: self._written > written)
        client.say(_SOUND, json.dumps({"cancel": True}))
        await client.until(lambda: len(client.on(_REPORT)) > reports + 1)
        await self._home.becomes(_SATELLITE, "idle")
        await asyncio.sleep(_RESTED)
        turn = json.loads(client.on(f"{NODE}/event/utterance")[-1])["turn"]
        published = min(
            at for topic in _WORDS for at in self._tap.published[topic] if at > begun
        )
        moments = {
            PUBLISHED: published,
            ARRIVED: _first(self._tap.published[_SOUND], published),
            STARTED: _first(self._tap.published[_REPORT], published),
            SOUNDED: _first(self._loudspeaker.sounded, published),
        }
        return turn, moments

    def _loudspeaker_sounded(self, since: float) -> bool:
        sounded = self._loudspeaker.sounded
        return bool(sounded) and sounded[-1] > since

    @property
    def _written(self) -> int:
        """How many answers are whole."""
        return self._home.log.count(f": {WRITTEN} of turn ")

    def _steps(self) -> Mapping[str, Mapping[str, float]]:
        """By turn, what our integration noted of its pipeline."""
        to_monotonic = time.monotonic() - time.time()
        steps: dict[str, dict[str, float]] = {}
        for at, event, turn in _SAID.findall(self._home.log):
            if event in (ASKED, WRITTEN, VOICED):
                moment = datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp()
                steps.setdefault(turn, {})[event] = moment + to_monotonic
        return steps


@asynccontextmanager
async def house(root: Path, folder: Path, turns: int) -> AsyncIterator[House]:
    """A satellite at rest in the den."""
    # Each kind has one turn more than is measured.
    words = [said for said, _ in KINDS.values() for _ in range(turns + 1)]
    loudspeaker = Loudspeaker(folder)
    with contextlib.ExitStack() as stack:
        broker = stack.enter_context(running_broker(folder))
        stack.enter_context(loudspeaker.listened_to())
        voice = stack.enter_context(assist_home.voice_server())
        home = HomeAssistant(
            root, folder, broker.port, voice_port=voice, lights=assist_home.LIGHTS
        )
        stack.callback(home.stop)
        await asyncio.to_thread(home.start)
        await assist_home.furnish(home)
        await home.act("logger.set_level", **{"custom_components.auricle": "debug"})
        async with (
            LiveRoom() as room,
            HouseClient(broker.port, f"{NODE}/#") as client,
            ScriptedRecognizer(words) as recognizer,
            BrokerTap(broker.port, *_WORDS, _SOUND, _REPORT) as tap,
            daemon(
                tap.port,
                "-",
                recognizer=recognizer.url,
                stdin=room.ear,
                sections={
                    "satellite": {"friendly_name": _NAME},
                    "utterance": {"mode": "manual"},
                    "loudspeaker": {"device": "file"},
                },
                environment=loudspeaker.environment,
            ),
        ):
            await client.hears(f"{NODE}/availability", "online")
            await assist_home.add(home, _NAME, "Den")
            await home.becomes(_SATELLITE, "idle")
            yield House(home, tap, client, recognizer, loudspeaker)


def _first(moments: Sequence[float], since: float) -> float:
    return next(moment for moment in moments if moment >= since)


async def main(turns: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with house(Path(os.environ["HA_ROOT"]), Path(folder), turns) as built:
            answers = [
                answer for kind in KINDS for answer in await built.answers(kind, turns)
            ]
    print(json.dumps([asdict(answer) for answer in answers]))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
