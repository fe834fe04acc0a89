"""All faults, kill -9 wherever it hurts, turns without end, houses: scripts/soak."""

import argparse
import asyncio
import contextlib
import os
import secrets
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from rigs.faults.network import Network, private_network
from soak.extent import LONG, SHORT
from soak.report import details, report_line
from soak.soak import Soak
from soak.table import table

_ROOT = Path(__file__).parents[2]
# Where none is named.
_PARTS = ("faults", "group", "kills", "marathon", "low", "home", "burst", "no-wake")


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/soak", description=__doc__)
    parser.add_argument("parts", nargs="*", default=_PARTS)
    parser.add_argument("--short", action="store_true", help="ten minutes of it")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 32))
    parser.add_argument("--table", type=Path, help="write what was measured of faults")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", file=sys.stderr)
    with contextlib.ExitStack() as stack:
        network: Network | None = None
        if os.geteuid() == 0:
            network = stack.enter_context(private_network())
        soak = Soak(SHORT if arguments.short else LONG, arguments.seed, network)
        parts: dict[str, Callable[[], Awaitable[None]]] = {
            "faults": soak.rage,
            "group": soak.rage_in_group,
            "kills": soak.kill,
            "marathon": soak.run_marathon,
            "low": soak.run_low,
            "live": soak.run_live,
            "home": soak.run_home,
            "burst": soak.run_burst,
            "no-wake": soak.run_no_wake,
        }
        try:
            for part in arguments.parts:
                print(part, file=sys.stderr)
                asyncio.run(_run(parts[part]))
        except KeyboardInterrupt:
            soak.failures.append("it was interrupted")
    if arguments.table:
        rows = "\n".join(table(soak.storm.seen))
        arguments.table.write_text(rows + "\n")
    print(*details(soak), sep="\n")
    print(report_line(soak, _commit()))
    wrong = soak.lost or soak.late or soak.duplicates or soak.secrets or soak.failures
    return 1 if wrong else 0


async def _run(part: Callable[[], Awaitable[None]]) -> None:
    await part()


def _commit() -> str:
    command = ["git", "-C", str(_ROOT), "describe", "--always", "--dirty"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=10)
    return done.stdout.strip() or "unknown"


if __name__ == "__main__":
    sys.exit(main())
