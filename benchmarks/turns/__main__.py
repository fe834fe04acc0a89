"""How a turn feels: `python -m benchmarks.turns`, one report, two pictures.

It needs people's recordings, in the folder that AURICLE_RECORDINGS names.
"""

import argparse
import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

from benchmarks.recordings import Recordings
from benchmarks.turns import endpointing as endpoints
from benchmarks.turns import final_delay as whole
from benchmarks.turns import first_words as fronts
from benchmarks.turns import pictures, report, wake_words
from benchmarks.turns import pre_roll_study as pre_rolls
from benchmarks.turns import second_opinion_study as second_opinion
from benchmarks.turns.peers import install_home_assistant
from benchmarks.turns.spoken_turns import Room, Stage

RESULTS = Path(__file__).parents[1] / "results"
_PARTS = ("endpoints", "fronts", "wake-words", "whole")
_QUICK = {"turns": 20, "fronts": 40, "whole": 5, "opinions": 5, "every": 10}


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
    parser.add_argument("--fronts", type=int, default=1000, help="in all")
    parser.add_argument("--opinions", type=int, default=60, help="in each room")
    parser.add_argument("--whole", type=int, default=60, help="in each mode")
    parser.add_argument("--every", type=int, default=1, help=argparse.SUPPRESS)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    if arguments.quick:
        vars(arguments).update(_QUICK)
    return arguments


def _measured(arguments: argparse.Namespace) -> Iterator[str]:
    recordings = Recordings.from_environment()
    stage = Stage(recordings)
    if "endpoints" in arguments.parts:
        install_home_assistant()
        observed = list(
            endpoints.observe(
                tuple(Room), arguments.turns, processes=arguments.processes
            )
        )
        pictures.cut_offs(observed, RESULTS / "cut_offs.png")
        pictures.delays(observed, RESULTS / "delays.png")
        yield from report.endpoints(observed)
    if "fronts" in arguments.parts:
        yield from report.fronts(asyncio.run(fronts.carry(stage, arguments.fronts)))
    if "wake-words" in arguments.parts:
        material = wake_words.material(recordings).one_in(arguments.every)
        heard = wake_words.hear_all(material)
        yield from report.wake_words(heard)
        alarms = [a for h in heard if h.engine == wake_words.MICRO for a in h.alarms]
        asked = second_opinion.ask(stage, arguments.opinions, alarms)
        yield from report.opinions(asked)
        sent = pre_rolls.compare(recordings, stage, arguments.opinions)
        yield from report.pre_rolls(sent)
    if "whole" in arguments.parts:
        yield from report.whole(asyncio.run(whole.measure(stage, arguments.whole)))


if __name__ == "__main__":
    main()
