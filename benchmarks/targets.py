"""The program of every benchmark with targets: parts that are measured, and told."""

import argparse
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path

from benchmarks.cost.process_cost import Bystanders
from benchmarks.rows import Row, lines, tally

_RESULTS = Path(__file__).parent / "results"

Part = Callable[[], Iterable[Row]]


def arguments_of(
    name: str, description: str | None, parts: Collection[str]
) -> argparse.Namespace:
    """Read the command line of `scripts/bench NAME`: which `parts`, and if it is to be
    `quick`.
    """
    parser = argparse.ArgumentParser(
        prog=f"scripts/bench {name}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--parts",
        nargs="+",
        choices=parts,
        default=list(parts),
        metavar="PART",
        help=f"of {', '.join(parts)}",
    )
    parser.add_argument("--quick", action="store_true", help="fewer of everything")
    return parser.parse_args()


def measure_parts(
    name: str, parts: Mapping[str, Part], *, kept: bool, results: Path = _RESULTS
) -> int:
    """Measure each part and print its figures beside their targets, last of all how
    many targets are met; the exit status: 0 only where all are.

    With `kept`, each part is written to a file of its own, NAME-PART.md.
    """
    rows: list[Row] = []
    for part, measure in parts.items():
        bystanders = Bystanders()
        made = list(measure())
        text = "\n".join([*lines(made), "", f"{bystanders.so_far()}", "", tally(made)])
        print(text, end="\n\n", flush=True)
        if kept:
            (results / f"{name}-{part}.md").write_text(f"{text}\n")
        rows += made
    print(tally(rows))
    return 0 if all(row.met for row in rows if row.counts) else 1
