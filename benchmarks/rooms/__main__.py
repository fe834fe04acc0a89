"""Whether of several satellites in a house exactly one answers, and loses nothing.

    scripts/bench rooms                     all but the cluster
    scripts/bench rooms --cluster           and a cluster of brokers (root, 0.4 GB)
    scripts/bench rooms --short             less of everything, for a first look
    scripts/bench rooms --parts fleet       only these

Each figure is printed beside its target; the exit status is 0 only where all are met.
Each part is written to a file of its own, benchmarks/results/rooms-PART.md, but not
with --short.
"""

import argparse
import asyncio
import logging
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from benchmarks.cost.process_cost import Bystanders
from benchmarks.rooms import cluster, fleet
from benchmarks.rows import Row, lines, tally

_RESULTS = Path(__file__).parents[1] / "results"


class Part(Protocol):
    """Measures something, in a hurry or not."""

    async def __call__(self, *, short: bool) -> Sequence[Row]: ...


CLUSTER = "cluster"
PARTS: Mapping[str, Part] = {
    "fleet": fleet.rows,
    CLUSTER: cluster.rows,
}


def main() -> None:
    arguments = _arguments()
    # Each of many satellites warns of what is done to it.
    logging.basicConfig(level=logging.ERROR)
    parts = arguments.parts or [part for part in PARTS if part != CLUSTER]
    if arguments.cluster and CLUSTER not in parts:
        parts.append(CLUSTER)
    rows: list[Row] = []
    for part in parts:
        bystanders = Bystanders()
        made = asyncio.run(PARTS[part](short=arguments.short))
        text = "\n".join([*lines(made), "", f"{bystanders.so_far()}", "", tally(made)])
        print(text, end="\n\n", flush=True)
        if not arguments.short:
            (_RESULTS / f"rooms-{part}.md").write_text(f"{text}\n")
        rows += made
    print(tally(rows))
    sys.exit(0 if all(row.met for row in rows if row.counts) else 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench rooms",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--parts",
        nargs="+",
        choices=PARTS,
        metavar="PART",
        help=f"of {', '.join(PARTS)}; by default, all but {CLUSTER}",
    )
    parser.add_argument("--cluster", action="store_true", help=f"and {CLUSTER}")
    parser.add_argument("--short", action="store_true", help="less of everything")
    return parser.parse_args()


if __name__ == "__main__":
    main()
