"""Whole turns, whoever ends the sentence: rooms, echo, gaps and pauses.

    python -m benchmarks.turns.modes

It needs people's recordings, in the folder that AURICLE_RECORDINGS names.

As in `pauses`, everything that decides is the product's own, and time is counted in
audio. The recognizer is at home, and understands whatever reaches it; what a command
says tells nothing here, nor whether its sentence is whole.
"""

import argparse
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from auricle.audio.frame import SAMPLE_RATE
from auricle.turns.endpointing import PRESETS, Preset
from auricle.turns.turn import Mode
from benchmarks.progress import told
from benchmarks.tables import table
from benchmarks.turns.pauses import (
    WAKE_WORD,
    WHOLE,
    Home,
    Service,
    Where,
    material,
    understanding,
)
from benchmarks.turns.spoken_turns import SEED, Echo, Room, Stage, join

RESULTS = Path(__file__).parents[1] / "results"
TURNS = 30
AT_HOME = Service(Where.HOME, 0.4)
_PAUSES = (0.0, 0.5)


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody speaks."""

    name: str
    room: Room = Room.CLEAN
    echo: Echo | None = None


PLACES = (
    Place("quiet"),
    Place("kitchen 10 dB", Room.KITCHEN_10),
    Place("television 15 dB", Room.TELEVISION_15),
    *(
        Place(f"echo {seconds} s, {meters} m", echo=Echo(seconds, meters))
        for seconds, meters in ((0.3, 3), (0.6, 1), (0.6, 3), (0.6, 5))
    ),
    Place("echo 0.3 s, 3 m, kitchen 10 dB", Room.KITCHEN_10, Echo(0.3, 3)),
)


@dataclass(frozen=True, slots=True)
class Case:
    """Who speaks where, and who decides when the sentence is over."""

    place: Place
    mode: Mode
    preset: Preset
    number: int

    @property
    def gap(self) -> float:
        """Seconds from the wake word to the command."""
        return Stage.GAPS[self.number % len(Stage.GAPS)]

    @property
    def pause(self) -> float:
        """Seconds of silence in the command."""
        return _PAUSES[self.number // len(Stage.GAPS) % len(_PAUSES)]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a turn ended."""

    case: Case
    heard: bool
    """Whether the wake word was."""
    whole: bool = False
    delay: float = 0.0
    """Seconds from the end of the voice to the outcome."""


def take(case: Case) -> Ended:
    """The voices of a number are the same in each place, mode and preset."""
    people = material()
    rng = np.random.default_rng([SEED, case.number])
    turn = join(
        WAKE_WORD,
        people.wakes[int(rng.integers(len(people.wakes)))],
        people.commands[case.number % len(people.commands)],
        people.noises,
        case.place.room,
        gap=case.gap,
        pause=case.pause,
        rng=rng,
        echo=case.place.echo,
        number=case.number,
    )
    home = Home(
        case.mode,
        AT_HOME,
        understanding(turn),
        endpointing=PRESETS[case.preset],
    )
    home.hear(turn)
    if home.outcome is None:
        return Ended(case, heard=False)
    at, outcome = home.outcome
    text = outcome.transcript.text if outcome.transcript else ""
    delay = at - turn.command_end / SAMPLE_RATE
    return Ended(case, heard=True, whole=text == WHOLE, delay=delay)


def measure(turns: int, *, processes: int) -> list[Ended]:
    cases = [
        Case(place, mode, preset, number)
        for place in PLACES
        for mode in Mode
        for preset in Preset
        for number in range(turns)
    ]
    with ProcessPoolExecutor(processes) as pool:
        return [*told(pool.map(take, cases, chunksize=4), "modes", len(cases))]


def report(ended: Sequence[Ended]) -> Iterator[str]:
    yield "# Whole turns, by who ends the sentence\n"
    yield (
        "The recognizer is at home, and takes 0.4 s; gaps of 0 to 1.5 s between wake "
        "word and command, every second command with a pause of 0.5 s inside. *Whole* "
        "are those of which nothing is lost, of those whose wake word was heard; "
        "delays are from the end of the voice to the outcome, of whole ones. Time is "
        "counted in audio.\n"
    )
    yield "## Room by room\n"
    yield from table(
        (
            *("room", "mode", "preset", "turns", "wake word missed"),
            *("whole, no pause", "whole, pause 0.5 s", "p50", "p95"),
        ),
        (
            (
                place.name,
                mode.value,
                preset.value,
                str(len(some)),
                _share(not one.heard for one in some),
                *(
                    _share(o.whole for o in some if o.heard and o.case.pause == pause)
                    for pause in _PAUSES
                ),
                *_delays(some),
            )
            for place in PLACES
            for mode in Mode
            for preset in Preset
            for some in [
                [
                    one
                    for one in ended
                    if one.case.place == place
                    and (one.case.mode, one.case.preset) == (mode, preset)
                ]
            ]
        ),
    )
    yield "\n## Gap by gap\n"
    yield "Of all rooms.\n"
    yield from table(
        ("gap", "mode", "preset", "turns", "wake word missed", "whole", "p50", "p95"),
        (
            (
                f"{gap:g} s",
                mode.value,
                preset.value,
                str(len(some)),
                _share(not one.heard for one in some),
                _share(one.whole for one in some if one.heard),
                *_delays(some),
            )
            for gap in Stage.GAPS
            for mode in Mode
            for preset in Preset
            for some in [
                [
                    one
                    for one in ended
                    if one.case.gap == gap
                    and (one.case.mode, one.case.preset) == (mode, preset)
                ]
            ]
        ),
    )
    yield ""


def _share(those: Iterable[bool]) -> str:
    counted = [*those]
    return f"{100 * sum(counted) / len(counted):.0f} %" if counted else ""


def _delays(some: Iterable[Ended]) -> Iterator[str]:
    delays = [one.delay for one in some if one.whole]
    for percentile in (50, 95):
        if delays:
            yield f"{np.percentile(delays, percentile, method='higher'):.2f} s"
        else:
            yield ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=TURNS, help="of each kind")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    ended = measure(arguments.turns, processes=arguments.processes)
    text = "\n".join(report(ended))
    print(text)
    name = "turns-modes.md" if arguments.turns == TURNS else "turns-modes-part.md"
    (RESULTS / name).write_text(text)


if __name__ == "__main__":
    main()
