"""Whether words to expect help where they are right, and hurt where they are not.

Commands of people, each committed whole. What the recognizer goes by was chosen with
every second one, from the first; these are the others. Who speaks in them is not known.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from auricle.recognizer.engines.engine import Engine
from auricle.recognizer.engines.loading import load_engine
from auricle.recognizer.hints import corrections, read
from benchmarks.progress import told
from benchmarks.recognizer.scale import Scale
from benchmarks.recognizer.spoken import Spoken, material
from benchmarks.recordings import Recordings
from benchmarks.rows import Row

_COMMANDS, _SHORT_COMMANDS = 60, 8
_LEAST_POINTS = {"commands, clean": 6.0, "commands, kitchen": 12.0}
_RIGHT = (
    *("light roast", "medium roast", "dark roast"),
    *("single shot", "double shot", "triple shot"),
    *("eight ounce", "twelve ounce", "sixteen ounce", "twenty ounce"),
    *("mocha", "iced mocha", "house coffee", "cappuccino", "espresso", "americano"),
    *("drip coffee", "latte", "iced coffee"),
    *("soy milk", "almond milk", "skim milk", "whole milk"),
    *("brown sugar", "sweetener", "cream"),
)
_HOUSE = (
    *("kitchen light", "living room lamp", "bedroom lamp", "hallway", "garage door"),
    *("garden sprinkler", "office lights", "bathroom fan", "terrace", "attic"),
    *("cellar", "nursery", "dining room", "ceiling light", "floor lamp", "desk lamp"),
    *("coffee machine", "dishwasher", "washing machine", "dryer", "television"),
    *("radio", "blinds", "curtains", "thermostat", "doorbell", "movie night"),
    *("good morning", "good night", "party mode", "leaving home", "reading corner"),
    *("study", "balcony", "front door", "back door", "porch light", "fireplace"),
)
_ROOMS = (
    *("kitchen", "living room", "bedroom", "hallway", "garage", "garden", "office"),
    *("bathroom", "terrace", "attic", "cellar", "nursery", "dining room"),
    *("guest room", "laundry", "library", "workshop", "conservatory", "pantry"),
    "balcony",
)
_THINGS = (
    *("ceiling light", "floor lamp", "thermostat", "blinds", "speaker"),
    *("television", "heater", "fan", "window", "humidifier"),
)
_ALIKE = (
    *("tight roast", "night coast", "dark toast", "medium toast", "triple shock"),
    *("double shop", "single ship", "iced motor", "locker", "house copy", "soy silk"),
    *("amend milk", "brown shoulder", "latter", "Espresso Street", "trip copy"),
    *("scheme milk", "sixteen pounds", "twenty announcements", "cupid chino"),
    *("american oak", "dream", "mockery"),
)
_ALL = _RIGHT + _HOUSE + _ALIKE
_HELPFUL = {
    f"the right {len(_RIGHT)}": _RIGHT,
    f"those among {len(_ALL)}, some of which sound like them": _ALL,
}
_WRONG = {
    "200 unrelated names": tuple(
        f"{room} {thing}" for room in _ROOMS for thing in _THINGS
    ),
    f"{len(_ALIKE)} that sound alike": _ALIKE,
    "lamp, 200 times": ("lamp",) * 200,
}


@dataclass(frozen=True, slots=True)
class _Timed:
    """A transcript, and what it took."""

    transcript: str
    took: float
    processor: float


@dataclass(slots=True)
class _Heard:
    """What was made of all commands in one room with one list of hints."""

    missed: list[int] = field(default_factory=list)
    """The slots of each that were not understood."""
    took: list[float] = field(default_factory=list)
    """Seconds."""
    processor: list[float] = field(default_factory=list)
    """Seconds of the processor."""
    weighed: int = 0
    """So many had words that resemble a hint."""

    def take(self, spoken: Spoken, timed: _Timed, *, weighed: bool) -> None:
        self.missed.append(spoken.missed(timed.transcript).errors)
        self.took.append(timed.took)
        self.processor.append(timed.processor)
        self.weighed += weighed


def rows(scale: Scale) -> Iterator[Row]:
    count = _SHORT_COMMANDS if scale.short else _COMMANDS
    rooms = {
        room: spoken[1::2]
        for room, spoken in material(Recordings.from_environment(), 2 * count).items()
        if room.startswith("commands")
    }
    engine = load_engine("tiny.en", threads=2)
    lists = {**_HELPFUL, **_WRONG}
    for room, spoken in rooms.items():
        none, *all_heard = _transcribed(engine, spoken, list(lists.values()), room)
        yield from _without(room, spoken, none)
        for name, heard in zip(lists, all_heard, strict=True):
            yield from _rows(room, spoken, name, heard, none)


def _without(room: str, spoken: Sequence[Spoken], none: _Heard) -> Iterator[Row]:
    slots = sum(len(one.slots) for one in spoken)
    right = 100 * (1 - sum(none.missed) / slots)
    yield Row(f"{room}: slots right without hints", right, "%", f"{slots} slots")


def _rows(
    room: str, spoken: Sequence[Spoken], name: str, heard: _Heard, none: _Heard
) -> Iterator[Row]:
    slots = sum(len(one.slots) for one in spoken)
    sound = sum(one.seconds for one in spoken)
    changed = np.array(none.missed) - heard.missed
    better, worse = int(np.sum(changed > 0)), int(np.sum(changed < 0))
    of = f"{len(spoken)} commands, {better} better, {worse} worse"
    points = 100 * float(np.sum(changed)) / slots
    least = _LEAST_POINTS[room] if name == next(iter(_HELPFUL)) else None
    yield Row(f"{room}: {name}: slots right", points, "points", of, least=least)
    most = 0 if name in _WRONG else None
    yield Row(f"{room}: {name}: commands worse", worse, "", of, most=most)
    later = float(np.median(np.array(heard.took) - none.took))
    of = f"command by command; {heard.weighed} resemble a hint"
    yield Row(f"{room}: {name}: later, p50", later, "s", of)
    more = float(np.median(np.array(heard.processor) - none.processor))
    of = f"{np.median(none.processor):.2f} s without hints, {sound:.0f} s of sound"
    yield Row(f"{room}: {name}: more processor time, p50", more, "s", of)


def _transcribed(
    engine: Engine,
    spoken: Sequence[Spoken],
    lists: Sequence[Sequence[str]],
    progress: str,
) -> Sequence[_Heard]:
    """Without hints, then with each of the lists: command by command, so that what else
    the machine does meanwhile is the same for all.
    """
    heard = [_Heard() for _ in range(1 + len(lists))]
    expected = [read(", ".join(hints)) for hints in lists]
    for one in told(spoken, progress):
        plain = _timed(engine, one, None)
        heard[0].take(one, plain, weighed=False)
        for hints, known, to in zip(lists, expected, heard[1:], strict=True):
            began, used = time.monotonic(), time.process_time()
            resembles = bool(corrections(plain.transcript, known))
            if resembles:
                timed = _timed(engine, one, ", ".join(hints))
            else:
                # It is not heard anew: it is the same.
                took = plain.took + time.monotonic() - began
                processor = plain.processor + time.process_time() - used
                timed = _Timed(plain.transcript, took, processor)
            to.take(one, timed, weighed=resembles)
    return heard


def _timed(engine: Engine, one: Spoken, corpus: str | None) -> _Timed:
    began, used = time.monotonic(), time.process_time()
    found = engine.transcribe(one.pcm, language="en", corpus=corpus, final=True)
    return _Timed(found.text, time.monotonic() - began, time.process_time() - used)
