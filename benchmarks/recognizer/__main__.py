"""How soon, how good and how dear a transcript of the recognizer at home is.

    scripts/bench recognizer                   all, an hour
    scripts/bench recognizer --short           little of everything, for a first look
    scripts/bench recognizer --part finals     only these
    scripts/bench recognizer --beside COMMIT   the recognizer of that commit as well, in
                                               turns with this one

Voices are people's, from the folder that AURICLE_RECORDINGS names. The parts, and what
each of them takes, twice as long with --beside:

    finals     Whisper tiny.en: commands at their own pace, one and four at once, clean
               and with a kitchen 10 dB below (11 minutes)
    committed  the same where the client ends the utterance, half a second behind the
               command (11 minutes)
    light      the first of Moonshine (11 minutes)
    noise      utterances that are found where nobody speaks (2 minutes)
    hints      words to expect that are right, and that are not, with Whisper tiny.en
               (5 minutes; the same with --beside)

Each figure is printed beside its target; the last line tells how many targets are met,
and the exit status is 0 only where all are. Each part is written to a file of its own,
benchmarks/results/recognizer-PART.md, but not with --short.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from benchmarks.recognizer import finals, hints, noise
from benchmarks.recognizer.scale import Scale
from benchmarks.rows import Row
from benchmarks.targets import measure_parts

Part = Callable[[Scale], Iterable[Row]]

PARTS: Mapping[str, Part] = {
    "finals": partial(finals.rows, model="tiny.en"),
    "committed": partial(finals.rows, model="tiny.en", committed=True),
    "light": partial(finals.rows, model="moonshine"),
    "noise": noise.rows,
    "hints": hints.rows,
}


def main() -> None:
    arguments = _arguments()
    scale = Scale(arguments.short, arguments.beside)
    parts = {part: partial(PARTS[part], scale) for part in arguments.parts}
    sys.exit(measure_parts("recognizer", parts, kept=not scale.short))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench recognizer",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--part",
        dest="parts",
        nargs="+",
        choices=PARTS,
        default=list(PARTS),
        metavar="PART",
        help=f"of {', '.join(PARTS)}; by default, all",
    )
    parser.add_argument(
        "--short", action="store_true", help="little of everything, for a first look"
    )
    parser.add_argument(
        "--beside", metavar="COMMIT", help="measure that commit in the same run"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
