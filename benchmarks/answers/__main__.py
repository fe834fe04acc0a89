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

import sys
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from benchmarks.answers.delays import delays
from benchmarks.answers.hearing import Hearing
from benchmarks.recordings import Recordings
from benchmarks.rows import Row
from benchmarks.targets import arguments_of, measure_parts

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
    arguments = arguments_of("answers", __doc__, PARTS)
    parts = {part: partial(PARTS[part], arguments.quick) for part in arguments.parts}
    sys.exit(measure_parts("answers", parts, kept=not arguments.quick))


if __name__ == "__main__":
    main()
