"""Whether the satellite is small and fast enough to be forgotten.

    scripts/bench                      every part; fifty minutes
    scripts/bench --quick              shorter windows, for a first look
    scripts/bench --parts start pi     only these
    scripts/bench --check              only whether listening takes over 10 % more
                                       instructions than recorded: exit status 1;
                                       69 where what is run cannot be fetched
    scripts/bench --record             count, and record that

Every figure is of whole processes on this machine, beside peers in the same run; a
machine that is busy with others is told of. Each part writes a file of its own to
benchmarks/results/. All but --check and --record need people's recordings, in the
folder that AURICLE_RECORDINGS names.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

from benchmarks.cost import instructions
from benchmarks.cost.parts import Bench
from benchmarks.cost.process_cost import Bystanders

RESULTS = Path(__file__).parents[1] / "results"

PARTS: Mapping[str, Callable[[Bench], AsyncIterator[str]]] = {
    "latency": Bench.latency,
    "streaming": Bench.streaming,
    "memory": Bench.memory,
    "start": Bench.start,
    "listening": Bench.listening,
    "pi": Bench.pi,
}


def main() -> None:
    arguments = _arguments()
    if arguments.check:
        sys.exit(None if instructions.check() else "listening got slower")
    if arguments.record:
        instructions.record(instructions.count(*instructions.PARTS))
        return
    asyncio.run(_measure(arguments))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
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
    parser.add_argument("--quick", action="store_true", help="shorter windows")
    parser.add_argument(
        "--window",
        type=float,
        default=60.0,
        help="seconds for which each program listens in each of five rounds",
    )
    parser.add_argument("--check", action="store_true", help="the regression gate")
    parser.add_argument("--record", action="store_true", help="what it compares with")
    return parser.parse_args()


async def _measure(arguments: argparse.Namespace) -> None:
    RESULTS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        window = 10.0 if arguments.quick else arguments.window
        bench = Bench(Path(folder), RESULTS, quick=arguments.quick, window=window)
        for part in arguments.parts:
            bystanders = Bystanders()
            lines = [line async for line in PARTS[part](bench)]
            text = "\n".join([*lines, "", f"{bystanders.so_far()}", ""])
            print(text, flush=True)
            (RESULTS / f"satellite-{part}.md").write_text(text)


if __name__ == "__main__":
    main()
