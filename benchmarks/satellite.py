"""Whether the satellite is small and fast enough to be forgotten.

    scripts/bench [--quick] [--parts PART …] [--check]

Every figure is of whole processes on this machine, beside peers in the same run. It
needs people's recordings, in the folder that AURICLE_RECORDINGS names.
"""

import argparse
import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import numpy as np

from benchmarks import footprint, listening, mixed_audio
from benchmarks.costs import Bystanders
from benchmarks.footprint_report import memory_report, start_report
from benchmarks.listening_report import listening_report
from benchmarks.recordings import Recordings, Samples

RESULTS = Path(__file__).parent / "results"
_MINUTES = 10


class Bench:
    """What the parts share: the audio, and how thorough to be."""

    def __init__(self, folder: Path, *, quick: bool) -> None:
        self.quick = quick
        self.folder = folder
        self.recordings = Recordings.from_environment()
        self.audio: Samples = mixed_audio.minutes_of_audio(self.recordings, _MINUTES)
        self.recording = mixed_audio.write(self.audio, folder / "mixed.wav")
        self.rounds = 5

    async def memory(self) -> AsyncIterator[str]:
        hours, speed = (0.1, 60.0) if self.quick else (1.0, 60.0)
        tiles = max(1, round(hours * 60 / _MINUTES))
        hour = mixed_audio.write(np.tile(self.audio, tiles), self.folder / "hour.wav")
        idle = [await footprint.idle(self.recording) for _ in range(self.rounds)]
        grown = await footprint.growth(hour, hours, speed)
        for line in memory_report(idle, grown, hours, footprint.imports()):
            yield line

    async def start(self) -> AsyncIterator[str]:
        for line in start_report(await footprint.starts(self.recording, self.rounds)):
            yield line

    async def listening(self) -> AsyncIterator[str]:
        costs = await listening.listen(
            self.audio,
            rounds=self.rounds,
            window=10.0 if self.quick else 60.0,
            peers=tuple(listening.PEERS),
        )
        for line in listening_report(costs, RESULTS / "listening.png"):
            yield line


PARTS: Mapping[str, Callable[[Bench], AsyncIterator[str]]] = {
    "memory": Bench.memory,
    "start": Bench.start,
    "listening": Bench.listening,
}


def main() -> None:
    arguments = _arguments()
    asyncio.run(_measure(arguments.parts, quick=arguments.quick))


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
        help=f"only these: {', '.join(PARTS)}",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="shorter windows, for a first look: some minutes instead of half an hour",
    )
    return parser.parse_args()


async def _measure(parts: list[str], *, quick: bool) -> None:
    """Each part writes a file of its own, so that one may be measured again alone."""
    RESULTS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), quick=quick)
        for part in parts:
            bystanders = Bystanders()
            lines = [line async for line in PARTS[part](bench)]
            text = "\n".join([*lines, "", f"{bystanders.so_far()}", ""])
            print(text)
            (RESULTS / f"satellite-{part}.md").write_text(text)


if __name__ == "__main__":
    main()
