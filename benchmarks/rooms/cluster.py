"""A cluster of brokers that loses a node: whether commands are lost, and for how long.

It runs in `tests/cluster/alone.sh`, as

    python -m benchmarks.rooms.cluster COMMANDS

which tells as JSON what came of each of three nodes' end.
"""

import asyncio
import dataclasses
import json
import logging
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from auricle.mqtt.delivery.ledger import Fate
from benchmarks.rows import Row
from rigs.mqtt.cluster import Cluster
from rigs.mqtt.fail_over import (
    OF_NEITHER,
    OF_THE_HOUSE,
    OF_THE_SATELLITES,
    ROOMS,
    fail_over,
)

_EACH, _FEW_EACH = 70, 20
"""Commands of each satellite, of which there are thirty."""
_PLACES: Mapping[str, str] = {
    OF_THE_SATELLITES: "the satellites are connected to",
    OF_THE_HOUSE: "the house is connected to, and which holds its queue",
    OF_NEITHER: "nobody is connected to",
}
_TESTS = Path(__file__).parents[2] / "tests" / "cluster"
_NOT_RUN = "not run: needs root, to install RabbitMQ"


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one node's end."""

    node: str
    finals: int
    lost: int
    twice: int
    """Again under the same id."""
    told_otherwise: int
    """Finals of which the satellite said anything else than that they were heard."""
    delays: Sequence[float]
    """Seconds until each was heard."""


async def rows(*, short: bool) -> Sequence[Row]:
    """Where there is no cluster and none can be installed, the targets are missed."""
    results = await asyncio.to_thread(_results, _FEW_EACH if short else _EACH)
    return list(_rows({result.node: result for result in results}))


def _rows(results: Mapping[str, Result]) -> Iterator[Row]:
    for node, place in _PLACES.items():
        where = f"kill -9 of the node that {place}"
        result = results.get(node)
        if result is None:
            yield Row(f"finals lost, {where}", None, "", _NOT_RUN, most=0)
            continue
        of = f"{result.finals} finals of {len(ROOMS)} satellites"
        yield Row(f"finals lost, {where}", result.lost, "", of, most=0)
        yield Row("told as anything but heard", result.told_otherwise, "", of, most=0)
        yield Row("heard again under the same turn", result.twice, "", of)
        yield Row("said to heard", 1000 * statistics.median(result.delays), "ms", of)
        slow = float(np.percentile(result.delays, 99))
        yield Row("the same, 99 of 100", slow, "s", of)
        yield Row("the same, the last of all", max(result.delays), "s", of)


def _results(each: int) -> Sequence[Result]:
    alone = _TESTS / "alone.sh"
    if os.geteuid() or subprocess.run([alone, "true"], check=False).returncode:
        return []
    measured = subprocess.run(
        [
            *(alone, sys.executable, "-m", "benchmarks.rooms.cluster", str(each)),
        ],
        stdout=subprocess.PIPE,
        check=True,
    )
    return [Result(**told) for told in json.loads(measured.stdout)]


async def _measured(node: str, each: int) -> Result:
    with (
        Cluster(Path(os.environ["CLUSTER_ROOT"])) as cluster,
        tempfile.TemporaryDirectory() as directory,
    ):
        run = await fail_over(cluster, Path(directory), node, each)
    told_otherwise = run.fates.total() - run.fates[Fate.ACKED]
    return Result(
        *(node, len(run.said), len(run.lost), len(run.twice), told_otherwise),
        run.delays,
    )


def main() -> None:
    # Each of many satellites warns of what is done to it.
    logging.basicConfig(level=logging.ERROR)
    each = int(sys.argv[1])
    results = []
    for node, place in _PLACES.items():
        print(f"the node that {place}", file=sys.stderr, flush=True)
        results.append(dataclasses.asdict(asyncio.run(_measured(node, each))))
    json.dump(results, sys.stdout)


if __name__ == "__main__":
    main()
