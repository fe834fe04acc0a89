"""Simulated houses with real satellites: five `auricle run` in each, which hear people
say a wake word and a command, again and again.

```
rooms --> five auricle run --> lossy link --> mosquitto --> the house, which counts
                          +--> recognizer
```
"""

import asyncio
import contextlib
import json
import random
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count, islice
from pathlib import Path
from typing import Any

import numpy as np

from auricle.app import build
from auricle.audio.frame import SAMPLE_RATE
from auricle.config.choices import UtteranceMode
from auricle.config.sections import WakeWordSettings
from benchmarks.recordings import Clip, Recordings, Samples, speech_level_db
from benchmarks.rooms.houses import House, Person, Saying, spoken
from benchmarks.rooms.microphones import Ear, HouseSound, Microphones, Sounds
from benchmarks.rooms.rounds import Bid, Final, Rounds
from benchmarks.turns.spoken_turns import frames_of, leveled, pcm_of
from rigs.faults.fault_proxy import FaultProxy
from rigs.homes.program import Program, local_recognizer
from rigs.mqtt.broker import running_broker
from rigs.mqtt.lossy_link import LossyLink, Published, Weather
from rigs.mqtt.subscriber import Heard, HouseClient
from rigs.recognizer.scripted_recognizer import ScriptedRecognizer
from rigs.waiting import eventually

SATELLITES = 5
WAKE_WORD = "alexa"
# People speak where several satellites hear them: at the places of all these where the
# third best of them fares best, in houses where the voice is so many decibels above the
# noise even there.
_PLACES, _OF_ALL_PLACES, _HEARERS, _ABOVE_DB = 6, 16, 3, 6.0
_SAID_AFTER = 0.5
_PAUSE = (0.1, 0.4)
_LONGEST_COMMAND = 2.8
# A turn in a loud kitchen, whose end is not heard, is over before the next wake word.
_LONGEST_TURN = 5.0
_QUIET_SECONDS = 4.0
_STARTED_AT_ONCE = 4
_STARTS_WITHIN = 120.0
_DECODING = 0.3
# Engines detect a word from shortly before its end until half a second behind it; the
# rest is for echoes, and for recordings that go on behind the word.
_EARLY, _DETECTED_IN = 0.5, 1.5
# A sentence is over for a satellite so long behind its last word, on a busy machine.
_ENDED_IN = 1.5
_BEHIND = 0.1
_AWAY = 1.0
"""Seconds until a satellite that was killed is started again."""
_SETTLING = 3.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What is tried in how many houses at once."""

    houses: int
    wakes: int
    """In all of them together."""
    seconds_each: float
    weather: Weather
    seed: int
    real_recognizer: bool = False
    mode: UtteranceMode = UtteranceMode.MANUAL
    """Who decides that a command is over."""
    kills: bool = False
    """Whether whoever takes a wake word is killed before its final, or just behind."""
    lone_twins: bool = False
    """Whether beside each satellite there is one that hears the same, and has no group:
    as fast as one can be."""


@dataclass(slots=True)
class Outcome:
    """What became of a plan."""

    rounds: list[Rounds]
    sessions: int = 0
    """As the recognizer counts them."""
    killed_before: int = 0
    """Satellites that were killed before their final was published."""
    lost_messages: int = 0
    messages: int = 0
    missed: float = 0.0
    """Seconds of sound, of all satellites, that a busy machine did not hear."""
    delays: list[float] = field(default_factory=list)
    """Seconds from a lone twin's final to that of a satellite in a group."""


class Voices:
    """What people say, and the kitchen behind it."""

    def __init__(self, recordings: Recordings) -> None:
        self._words = _understood(recordings.wake_words()[WAKE_WORD])
        self._commands = [
            command
            for command in recordings.commands()
            if len(command.samples) < _LONGEST_COMMAND * SAMPLE_RATE
        ]
        self.sample = self._words[0].samples
        """Any wake word."""
        (self.kitchen,) = (
            samples for _, samples in recordings.files("noise/kitchen.*")
        )

    def say(self, rng: np.random.Generator) -> tuple[Samples, float, float]:
        """A wake word and a command; when each of them is over, in seconds."""
        word, command = (
            _chosen(rng, self._words),
            _chosen(rng, self._commands),
        )
        said = spoken(word.samples, rng.uniform(*_PAUSE), command.samples)
        return said, len(word.samples) / SAMPLE_RATE, len(said) / SAMPLE_RATE


def _understood(clips: Sequence[Clip]) -> Sequence[Clip]:
    """Those that a satellite hears where the speaker stands before it."""
    (engine,) = build.wake_word_engines(WakeWordSettings(models=[WAKE_WORD]))
    silence = np.zeros(SAMPLE_RATE // 2, np.float32)
    understood = []
    for clip in clips:
        sound = np.concatenate([silence, leveled(clip.samples), silence])
        if any(map(engine.detect, frames_of(sound))):
            understood.append(clip)
        engine.reset()
    return understood


def _chosen(rng: np.random.Generator, clips: Sequence[Clip]) -> Clip:
    return clips[int(rng.integers(len(clips)))]


class Scenes:
    """What the satellites of one house hear; the same for the same seed."""

    def __init__(
        self, house: House, voices: Voices, seed: Sequence[int], seconds: float
    ) -> None:
        self._house = house
        self._seed = seed
        self._seconds = seconds
        self._voices = voices
        rng = np.random.default_rng(seed)
        everywhere = [
            (self._third(person), number, person)
            for number, person in enumerate(
                house.person(rng) for _ in range(_OF_ALL_PLACES)
            )
        ]
        chosen = sorted(everywhere, reverse=True)[:_PLACES]
        self._people = [person for _, _, person in chosen]
        self.heard_by_several = chosen[-1][0] > _ABOVE_DB
        self.over: dict[int, float] = {}
        """When the last word of each is over, seconds from its beginning."""
        self.called: dict[int, float] = {}
        """When its wake word is."""

    @property
    def quiet(self) -> Sounds:
        return [pcm_of(each) for each in self._noise()]

    def _noise(self) -> Sequence[Samples]:
        return self._house.heard([], _QUIET_SECONDS, 0)

    def _third(self, person: Person) -> float:
        """How far above the noise the voice is, in decibels, where it is the third
        farthest.
        """
        saying = Saying(person, self._voices.sample, 0.0)
        seconds = len(self._voices.sample) / SAMPLE_RATE
        heard = self._house.heard([saying], seconds, 0)
        above = [
            speech_level_db(voice) - speech_level_db(noise)
            for voice, noise in zip(heard, self._noise(), strict=True)
        ]
        return sorted(above)[-_HEARERS]

    def scene(self, number: int) -> Sounds:
        rng = np.random.default_rng((*self._seed, number))
        person = self._people[int(rng.integers(_PLACES))]
        said, word, seconds = self._voices.say(rng)
        self.called[number] = _SAID_AFTER + word
        self.over[number] = _SAID_AFTER + seconds
        saying = Saying(person, said, _SAID_AFTER)
        heard = self._house.heard([saying], self._seconds, number + 1)
        return [pcm_of(each) for each in heard]


class Household:
    """The satellites of one house, each a process, and all that they said on MQTT."""

    def __init__(
        self,
        number: int,
        plan: Plan,
        scenes: Scenes,
        folder: Path,
        link: LossyLink,
        recognizer: str,
    ) -> None:
        self._name = f"house_{number}"
        self._plan = plan
        self._folder = folder
        self._link = link
        self._recognizer = recognizer
        self.wakes = len(range(number, plan.wakes, plan.houses))
        self._scenes = scenes
        self.sound = HouseSound(
            SATELLITES,
            self._scenes.quiet,
            self._scenes.scene,
            self.wakes,
            plan.seconds_each,
        )
        self._number = number
        self._random = random.Random(f"{plan.seed} {number}")
        self._programs: dict[str, tuple[Program, Ear, int]] = {}
        self._begins = 0.0
        self._killing: set[asyncio.Task[None]] = set()
        self._published: dict[tuple[str, int], float] = {}
        """When a base topic's first final for a wake word left it, by member."""
        self._told: dict[tuple[str, int], asyncio.Event] = {}
        """Of those that are about to be killed: that it did."""
        self.rounds = Rounds(0.0, 0, 1.0)
        self.killed_before = 0
        self.mouths: Microphones | None = None
        link.on_published = self._note

    @property
    def names(self) -> list[str]:
        twins = (
            [f"twin_{n}" for n in range(SATELLITES)] if self._plan.lone_twins else []
        )
        return [f"satellite_{n}" for n in range(SATELLITES)] + twins

    async def start(self, name: str) -> None:
        assert self.mouths is not None
        microphone = int(name.rpartition("_")[2])
        folder = self._folder / name
        folder.mkdir(exist_ok=True)
        ear = self.mouths.connect(self.sound, microphone)
        program = Program(folder, self._settings(name), stdin=ear.ear)
        self._programs[name] = program, ear, microphone
        await program.start()
        await eventually(
            lambda: (
                (ear.listens and "connected to" in program.log) or not program.running
            ),
            _STARTS_WITHIN,
        )
        if not program.running:
            raise SystemExit(f"a satellite did not start:\n{program.log}")

    def begin(self, moment: float) -> None:
        self._begins = moment
        self.rounds = Rounds(moment, self.wakes, self._plan.seconds_each)
        self.sound.begin(moment)

    @property
    def seconds(self) -> float:
        """Until all has been said and answered."""
        return self.wakes * self._plan.seconds_each

    @property
    def missed(self) -> float:
        ears = [ear for ears in self.sound.ears for ear in ears]
        return self.sound.missed + sum(ear.missed for ear in ears)

    async def stop(self) -> None:
        for task in list(self._killing):
            task.cancel()
        await asyncio.gather(*self._killing, return_exceptions=True)
        for program, _, _ in self._programs.values():
            if program.running:
                await program.stop()

    def hear_final(self, heard: Heard, moment: float) -> None:
        told = json.loads(heard.payload)
        member = heard.topic.split("/")[1]
        final = Final(member, told["turn"], told.get("stands_in_for"))
        self.rounds.final(final, moment)
        what = f"the house has the final of {member}, turn {final.turn}"
        if final.stands_in_for is not None:
            what += f", which stands in for {final.stands_in_for}"
        self.rounds.note(final.turn, moment, what)

    def delays(self) -> list[float]:
        """Of each wake word, beside the twin of whoever answered."""
        found = []
        for number, each in enumerate(self.rounds.all):
            if not each.once:
                continue
            member = each.finals[0].member
            twin = member.replace("satellite", "twin")
            ours = self._published.get((member, number))
            alone = self._published.get((twin, number))
            if ours is not None and alone is not None:
                found.append(ours - alone)
        return found

    def _note(self, published: Published) -> None:
        _, member, *rest = published.topic.split("/")
        match rest:
            case ["bid", _]:
                told = json.loads(published.payload)
                self._note_bid(member, told, published.moment)
                known = "kind", "turn", "level", "stands_in_for", "outcome"
                said = ", ".join(f"{key} {told[key]}" for key in known if key in told)
                what = f"{member} says {said}"
                self.rounds.note(told.get("turn"), published.moment, what)
            case ["event", "utterance"]:
                told = json.loads(published.payload)
                what = f"{member} tells its outcome {told['event_type']}"
                self.rounds.note(told["turn"], published.moment, what)
            case ["transcript", "final"]:
                number = int(
                    (published.moment - self._begins) // self._plan.seconds_each
                )
                turn = json.loads(published.payload)["turn"]
                self.rounds.note(turn, published.moment, f"{member} sends its final")
                self._published.setdefault((member, number), published.moment)
                if (member, number) in self._told:
                    self._told[member, number].set()

    def _note_bid(self, member: str, told: Mapping[str, Any], moment: float) -> None:
        match told["kind"]:
            case "bid" if self._is_false(moment - told["after_ms"] / 1000):
                self.rounds.false_wake(told["turn"])
            case "bid":
                self.rounds.bid(Bid(member, told["turn"], told["level"]), moment)
            case "take":
                taken = self.rounds.take(told["turn"], moment)
                if (
                    self._plan.kills
                    and taken is not None
                    and taken.takes == 1
                    and taken.contested
                ):
                    taken.killed = True
                    self._kill_soon(member, told["turn"], moment)

    def _is_false(self, detected: float) -> bool:
        """Whether no wake word had been said shortly before."""
        number, since = divmod(detected - self._begins, self._plan.seconds_each)
        called = self._scenes.called.get(int(number))
        return called is not None and not 0 <= since - called + _EARLY < _DETECTED_IN

    def _kill_soon(self, member: str, turn: str, moment: float) -> None:
        """At any moment of its turn; where that would be later than its final, in the
        tenth of a second behind that, in which the broker may not have answered.
        """
        number, since = divmod(moment - self._begins, self._plan.seconds_each)
        latest = self._scenes.over.get(int(number), since) + _ENDED_IN + _DECODING
        after = self._random.uniform(0, max(0.3, latest - since))
        told = self._told[member, int(number)] = asyncio.Event()
        kill = self._kill(member, int(number), turn, after, told)
        killing = asyncio.create_task(kill)
        self._killing.add(killing)
        killing.add_done_callback(self._killing.discard)

    async def _kill(
        self, member: str, number: int, turn: str, after: float, told: asyncio.Event
    ) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(told.wait(), after)
            await asyncio.sleep(self._random.uniform(0, _BEHIND))
        assert self.mouths is not None
        program, ear, microphone = self._programs[member]
        self.killed_before += (member, number) not in self._published
        self._note_of(turn, f"{member} is about to be killed")
        await program.__aexit__()
        self._note_of(turn, f"{member} is killed")
        self.mouths.disconnect(self.sound, microphone, ear)
        await asyncio.sleep(_AWAY)
        await self.start(member)
        self._note_of(turn, f"{member} is back")

    def _note_of(self, turn: str, what: str) -> None:
        self.rounds.note(turn, time.monotonic(), what)

    def _settings(self, name: str) -> dict[str, dict[str, Any]]:
        twin = name.startswith("twin")
        return {
            "satellite": {"name": name},
            "microphone": {"recording": "-"},
            "wake_word": {"models": [WAKE_WORD]},
            "utterance": {
                "mode": self._plan.mode,
                "longest": _LONGEST_TURN,
            },
            "asr": {"url": self._recognizer, "language": "en"},
            "mqtt": {
                "host": "127.0.0.1",
                "port": self._link.port,
                "base_topic": f"{self._name}_{name}" if twin else self._name,
            },
            "limits": {"turns_per_hour": 0, "seconds_per_day": 0},
        }


async def carry_out(plan: Plan, recordings: Recordings) -> Outcome:
    """Let people say all that is planned, and count what came of it."""
    voices = Voices(recordings)
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        broker = stack.enter_context(running_broker(folder))
        url, sessions = await stack.enter_async_context(_recognizer(plan))
        households = []
        links = []
        fitting = islice(_scenes(plan, voices), plan.houses)
        for number, scenes in enumerate(fitting):
            link = LossyLink(
                broker.port,
                plan.weather,
                may_be_lost=lambda topic: "/bid/" in topic,
                seed=plan.seed * 1000 + number,
            )
            links.append(await stack.enter_async_context(link))
            place = folder / f"house_{number}"
            place.mkdir()
            households.append(Household(number, plan, scenes, place, link, url))
        mouths = Microphones([each.sound for each in households])
        stack.enter_context(mouths)
        for each in households:
            each.mouths = mouths
            stack.push_async_callback(each.stop)
        house_client = HouseClient(broker.port, "+/+/transcript/final")
        loop = asyncio.get_running_loop()
        of_base = {f"house_{n}": each for n, each in enumerate(households)}

        def heard(message: Heard, _: bytes) -> None:
            household = of_base.get(message.topic.split("/")[0])
            if household is not None:
                loop.call_soon_threadsafe(
                    household.hear_final, message, time.monotonic()
                )

        house_client.on_heard = heard
        await stack.enter_async_context(house_client)
        await _start_all(households)
        await asyncio.sleep(_SETTLING)
        before = sessions()
        now = time.monotonic() + 1.0
        for number, each in enumerate(households):
            # So that not all houses speak at once.
            each.begin(now + number * plan.seconds_each / plan.houses)
        await asyncio.sleep(max(each.seconds for each in households))
        await asyncio.sleep(1.0 + plan.seconds_each)
        return Outcome(
            [each.rounds for each in households],
            sessions() - before,
            sum(each.killed_before for each in households),
            sum(link.lost for link in links),
            sum(link.lost + link.passed for link in links),
            sum(each.missed for each in households),
            [delay for each in households for delay in each.delays()],
        )


def _scenes(plan: Plan, voices: Voices) -> Iterator[Scenes]:
    """Those of the first houses that fit."""
    for number in count():
        house = House(plan.seed, number, voices.kitchen)
        if len(house.satellites) == SATELLITES:
            seed = plan.seed, number
            scenes = Scenes(house, voices, seed, plan.seconds_each)
            if scenes.heard_by_several:
                yield scenes


async def _start_all(households: Sequence[Household]) -> None:
    """Some at once: a start costs a second of a processor."""
    turn = asyncio.Semaphore(_STARTED_AT_ONCE)

    async def start(household: Household, name: str) -> None:
        async with turn:
            await household.start(name)

    await asyncio.gather(
        *(
            start(household, name)
            for household in households
            for name in household.names
        )
    )


@contextlib.asynccontextmanager
async def _recognizer(plan: Plan) -> AsyncIterator[tuple[str, Any]]:
    """Its address, and what counts its sessions so far."""
    if not plan.real_recognizer:
        async with ScriptedRecognizer(decode_seconds=_DECODING) as scripted:
            yield scripted.url.partition("?")[0], lambda: len(scripted.heard)
        return
    async with local_recognizer() as url:
        port = int(url.partition("?")[0].rpartition(":")[2].partition("/")[0])
        async with FaultProxy(port) as counting:
            yield (
                url.replace(f":{port}", f":{counting.port}"),
                partial(getattr, counting, "connections"),
            )
