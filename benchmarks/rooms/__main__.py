"""Whether a house has one ear: of several satellites exactly one answers, the nearest.

    scripts/bench rooms                     all but the cluster of brokers
    scripts/bench rooms --cluster           and that (root, 0.4 GB)
    scripts/bench rooms --short             little of everything, for a first look
    scripts/bench rooms --part killed loss  only these
    scripts/bench rooms --seed 7            other houses, and other places in them

Houses are calculated, voices are people's, from the folder that AURICLE_RECORDINGS
names. The parts, and what each of them takes:

    measure   who is the nearest, by what each has heard; two people (5 minutes)
    answers   five satellites in each house, 1 % of messages lost, a scripted
              recognizer: exactly one final, the best bid, sessions (10 minutes)
    real      the same beside `auricle recognizer`, with all defaults (23 minutes)
    server    the same, where the recognizer decides when a command is over (23 minutes)
    loss      the same with 10 % of messages lost (7 minutes)
    killed    whoever takes it is killed before its final, or just behind (10 minutes)
    delay     a final's delay beside a lone satellite's (5 minutes)
    fleet     200 satellites on one broker, all at once
    cluster   three brokers that are one, and lose a node

Each figure is printed beside its target; the last line tells how many targets are met,
and the exit status is 0 only where all are. Of each wake word that did not come to
exactly one final, all that was said is told on standard error, with its moment. Each
part is written to a file of its own,
benchmarks/results/rooms-PART.md, but not with --short.
"""

import argparse
import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial

from benchmarks.rooms import answering, cluster, fleet, measure
from benchmarks.rooms.scale import Scale
from benchmarks.rows import Row
from benchmarks.targets import measure_parts

Part = Callable[[Scale], Awaitable[Sequence[Row]]]

CLUSTER = "cluster"
PARTS: Mapping[str, Part] = {
    "measure": measure.rows,
    "answers": answering.answers,
    "real": answering.real,
    "server": answering.server,
    "loss": answering.loss,
    "killed": answering.killed,
    "delay": answering.delay,
    "fleet": lambda scale: fleet.rows(short=scale.short),
    CLUSTER: lambda scale: cluster.rows(short=scale.short),
}


def main() -> None:
    arguments = _arguments()
    # Each of many satellites warns of what is done to it.
    logging.basicConfig(level=logging.ERROR)
    scale = Scale(arguments.seed, arguments.houses, arguments.short)
    chosen = arguments.parts or [part for part in PARTS if part != CLUSTER]
    if arguments.cluster and CLUSTER not in chosen:
        chosen.append(CLUSTER)
    parts = {part: partial(_measure, PARTS[part], scale) for part in chosen}
    sys.exit(measure_parts("rooms", parts, kept=not arguments.short))


def _measure(part: Part, scale: Scale) -> Sequence[Row]:
    return asyncio.run(_awaited(part, scale))


async def _awaited(part: Part, scale: Scale) -> Sequence[Row]:
    return await part(scale)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench rooms",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--part",
        dest="parts",
        nargs="+",
        choices=PARTS,
        metavar="PART",
        help=f"of {', '.join(PARTS)}; by default, all but {CLUSTER}",
    )
    parser.add_argument("--cluster", action="store_true", help=f"and {CLUSTER}")
    parser.add_argument(
        "--seed", type=int, default=1, help="of houses, places and losses (default 1)"
    )
    parser.add_argument(
        "--houses", type=int, help="how many there are; default: what a part needs"
    )
    parser.add_argument(
        "--short", action="store_true", help="little of everything, for a first look"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
