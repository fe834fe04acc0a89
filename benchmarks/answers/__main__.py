"""Whether it answers as it should: it hears while it speaks, and how soon it answers.

    scripts/bench answers                       all; half an hour
    scripts/bench answers --quick               a fifth of all, for a first look
    scripts/bench answers --parts own-words     only these

Rooms are calculated, voices are people's, from the folder that AURICLE_RECORDINGS
names; answers are spoken by Debian's synthesizers. What hears is the product's own
capture, frame for frame. How soon it answers is measured beside a real Home Assistant,
which root installs; without one, that part's targets are missed. Each figure is printed
beside its target; the exit status is 0 only where all are met. Each part is written to
a file of its own, benchmarks/results/answers-PART.md, but not with --quick.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from benchmarks.answers.delays import delays
from benchmarks.answers.hearing import Hearing
from benchmarks.cost.process_cost import Bystanders
from benchmarks.recordings import Recordings
from benchmarks.rows import Row, lines, tally

_RESULTS = Path(__file__).parents[1] / "results"
_QUICK = 5

Part = Callable[[bool], Iterable[Row]]
"""Measures something, in a hurry or not."""


def _hears(measured: Callable[[Hearing], Iterable[Row]]) -> Part:
    def part(quick: bool) -> Iterable[Row]:
        one_in = _QUICK if quick else 1
        return measured(Hearing(Recordings.from_environment(), one_in=one_in))

    return part


PARTS: Mapping[str, Part] = {
    "delays": delays,
    "wake-words": _hears(Hearing.wake_words),
    "own-words": _hears(Hearing.own_words),
    "false-wakes": _hears(Hearing.false_wakes),
    "commands": _hears(Hearing.commands),
    "cost": _hears(Hearing.cost),
}


def main() -> None:
    arguments = _arguments()
    rows: list[Row] = []
    for part in arguments.parts:
        bystanders = Bystanders()
        made = list(PARTS[part](arguments.quick))
        text = "\n".join([*lines(made), "", f"{bystanders.so_far()}", "", tally(made)])
        print(text, end="\n\n", flush=True)
        if not arguments.quick:
            (_RESULTS / f"answers-{part}.md").write_text(f"{text}\n")
        rows += made
    print(tally(rows))
    sys.exit(0 if all(row.met for row in rows) else 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench answers",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--parts",
        nargs="+",
        choices=PARTS,
        default=list(PARTS),
        metavar="PART",
        help=f"of {', '.join(PARTS)}",
    )
    parser.add_argument("--quick", action="store_true", help="fewer of everything")
    return parser.parse_args()


if __name__ == "__main__":
    main()
