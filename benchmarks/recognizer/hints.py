"""Whether words to expect help where they are right, and hurt where they are not.

Commands of people, each committed whole. What the recognizer goes by was chosen with
every second one, from the first; these are the others. Who speaks in them is not known.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from auricle.recognizer.engines.engine import Engine
from auricle.recognizer.engines.loading import load_engine
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
_HELPFUL = {
    f"the right {len(_RIGHT)}": _RIGHT,
    f"those among {len(_RIGHT) + len(_HOUSE)}": _RIGHT + _HOUSE,
}
_WRONG = {
    "200 unrelated names": tuple(
        f"{room} {thing}" for room in _ROOMS for thing in _THINGS
    ),
    f"{len(_ALIKE)} that sound alike": _ALIKE,
    "lamp, 200 times": ("lamp",) * 200,
}


@dataclass(frozen=True, slots=True)
class _Heard:
    """What was made of all commands in one room with one list of hints."""

    missed: Sequence[int]
    """The slots of each that were not understood."""
    took: Sequence[float]
    """Seconds."""
    processor: float
    """Processor seconds of all."""


def rows(scale: Scale) -> Iterator[Row]:
    count = _SHORT_COMMANDS if scale.short else _COMMANDS
    rooms = {
        room: spoken[1::2]
        for room, spoken in material(Recordings.from_environment(), 2 * count).items()
        if room.startswith("commands")
    }
    engine = load_engine("tiny.en", threads=2)
    lists: Mapping[str, Sequence[str]] = {"none": (), **_HELPFUL, **_WRONG}
    for room, spoken in rooms.items():
        heard = {
            name: _transcribed(engine, spoken, hints, f"{room}, {name}")
            for name, hints in lists.items()
        }
        yield from _rows(room, spoken, heard)


def _rows(
    room: str, spoken: Sequence[Spoken], heard: Mapping[str, _Heard]
) -> Iterator[Row]:
    none = heard["none"]
    slots = sum(len(one.slots) for one in spoken)
    sound = sum(one.seconds for one in spoken)
    right = 1 - sum(none.missed) / slots
    yield Row(f"{room}: slots right without hints", right, "", f"{slots} slots")
    for name, one in heard.items():
        if name == "none":
            continue
        changed = np.array(none.missed) - one.missed
        better, worse = int(np.sum(changed > 0)), int(np.sum(changed < 0))
        of = f"{len(spoken)} commands, {better} better, {worse} worse"
        points = 100 * float(np.sum(changed)) / slots
        least = _LEAST_POINTS[room] if name == next(iter(_HELPFUL)) else None
        yield Row(f"{room}: {name}: slots right", points, "points", of, least=least)
        most = 0 if name in _WRONG else None
        yield Row(f"{room}: {name}: commands worse", worse, "", of, most=most)
        later = float(np.median(np.array(one.took) - none.took))
        yield Row(f"{room}: {name}: later, p50", later, "s", "command by command")
        more = (one.processor - none.processor) / sound
        of = f"{sound:.0f} s of sound, {none.processor / sound:.2f} s/s without hints"
        yield Row(f"{room}: {name}: more processor time", more, "s/s", of)


def _transcribed(
    engine: Engine, spoken: Sequence[Spoken], hints: Sequence[str], progress: str
) -> _Heard:
    missed, took = [], []
    corpus = ", ".join(hints) or None
    processor = time.process_time()
    for one in told(spoken, progress):
        began = time.monotonic()
        found = engine.transcribe(one.pcm, language="en", corpus=corpus, final=True)
        took.append(time.monotonic() - began)
        missed.append(one.missed(found.text).errors)
    return _Heard(missed, took, time.process_time() - processor)
