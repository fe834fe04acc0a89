"""How a turn feels: `python -m benchmarks.turns`, one report, two pictures.

It needs people's recordings, in the folder that AURICLE_RECORDINGS names.
"""

import argparse
import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

from benchmarks.recordings import Recordings
from benchmarks.turns import (
    endpointing,
    final_delay,
    first_words,
    pre_roll_study,
    report,
    second_opinion_study,
    wake_words,
)
from benchmarks.turns.peers import install_home_assistant
from benchmarks.turns.spoken_turns import Room, Stage

RESULTS = Path(__file__).parents[1] / "results"
_PARTS = ("endpointing", "first-words", "wake-words", "final-delay")
_QUICK = {
    "turns": 20,
    "first_words": 40,
    "final_delay": 5,
    "opinions": 5,
    "every": 10,
}


def main() -> None:
    arguments = _arguments()
    RESULTS.mkdir(exist_ok=True)
    text = "\n".join(["# Turns\n", *_measured(arguments)]) + "\n"
    print(text)
    complete = set(arguments.parts) == set(_PARTS) and not arguments.quick
    name = "turns.md" if complete else "turns-part.md"
    (RESULTS / name).write_text(text)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=_PARTS, default=list(_PARTS))
    parser.add_argument("--quick", action="store_true", help="a first look")
    parser.add_argument("--turns", type=int, default=200, help="in each room")
    parser.add_argument("--first-words", type=int, default=1000, help="in all")
    parser.add_argument("--opinions", type=int, default=60, help="in each room")
    parser.add_argument("--final-delay", type=int, default=60, help="in each mode")
    parser.add_argument("--every", type=int, default=1, help=argparse.SUPPRESS)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    if arguments.quick:
        vars(arguments).update(_QUICK)
    return arguments


def _measured(arguments: argparse.Namespace) -> Iterator[str]:
    recordings = Recordings.from_environment()
    stage = Stage(recordings)
    if "endpointing" in arguments.parts:
        install_home_assistant()
        observed = list(
            endpointing.observe(
                tuple(Room), arguments.turns, processes=arguments.processes
            )
        )
        # It draws with what only the group "benchmarks" installs.
        from benchmarks.turns import pictures

        pictures.cut_offs(observed, RESULTS / "cut_offs.png")
        pictures.delays(observed, RESULTS / "delays.png")
        yield from report.endpointing(observed)
    if "first-words" in arguments.parts:
        yield from report.first_words(
            asyncio.run(first_words.measure(stage, arguments.first_words))
        )
    if "wake-words" in arguments.parts:
        material = wake_words.material(recordings).one_in(arguments.every)
        heard = wake_words.hear_all(material)
        yield from report.wake_words(heard)
        alarms = [a for h in heard if h.engine == wake_words.MICRO for a in h.alarms]
        opinions = second_opinion_study.ask(stage, arguments.opinions, alarms)
        yield from report.opinions(opinions)
        sent = pre_roll_study.compare(recordings, stage, arguments.opinions)
        yield from report.pre_rolls(sent)
    if "final-delay" in arguments.parts:
        yield from report.final_delays(
            asyncio.run(final_delay.measure(stage, arguments.final_delay))
        )


if __name__ == "__main__":
    main()
