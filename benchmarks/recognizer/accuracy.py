"""How exact, how fast and how large `auricle recognizer` is.

    python -m benchmarks.recognizer.accuracy [--clips 24] [--sessions 1 2 4]
        [--model tiny.en]

People speak to it in real time, one and several at once, in server VAD mode: read
sentences and commands, clean and with a kitchen 10 dB below. Beside it the same model
is called directly. Delays are those of the final that covers the end of speech; surplus
is what was heard behind it, where nobody spoke. It writes results/recognizer.md, row by
row, and tells of its progress. Needs AURICLE_RECORDINGS.
"""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from auricle.recognizer.engines.engine import Engine
from auricle.recognizer.engines.loading import load_engine
from benchmarks.recognizer.scoring import Score
from benchmarks.recognizer.served import Heard, Spent, recognizer
from benchmarks.recognizer.spoken import Spoken, material
from benchmarks.recordings import Recordings

RESULTS = Path(__file__).parents[1] / "results"
_HEAD = (
    "what is said",
    "n",
    "sessions",
    "heard",
    "model alone",
    "delay p50",
    "p95",
    "surplus",
    "model alone p50",
    "p95",
    "real-time factor",
    "model alone",
    "protocol",
    "memory",
)


@dataclass(frozen=True, slots=True)
class Directly:
    """The model called by itself, with whole recordings."""

    transcripts: Sequence[str]
    took: Sequence[float]
    """Seconds, each."""
    processor: float
    """Processor seconds of all."""


async def main() -> None:
    arguments = _arguments()
    rooms = material(Recordings.from_environment(), arguments.clips)
    engine = load_engine(arguments.model, threads=2)
    report = _Report(arguments.model, engine.name)
    for room, spoken in rooms.items():
        directly = await asyncio.to_thread(_directly, engine, room, spoken)
        async with recognizer(arguments.model) as served:
            taken = await served.take(spoken)
        report.same(taken, directly.transcripts)
        for sessions in arguments.sessions:
            async with recognizer(arguments.model) as served:
                before = served.spent
                what = f"{room}, {sessions} at once"
                heard = await served.listen(spoken, sessions, _counted(what, spoken))
                spent = served.spent - before
                report.row(
                    room, spoken, sessions, heard, spent, directly, served.memory
                )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=24, help="of each kind, at most")
    parser.add_argument("--sessions", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--model", default="tiny.en")
    return parser.parse_args()


def _directly(engine: Engine, room: str, spoken: Sequence[Spoken]) -> Directly:
    progress = _counted(f"{room}, directly", spoken)
    transcripts, took = [], []
    began = time.process_time()
    for one in spoken:
        called = time.monotonic()
        result = engine.transcribe(one.pcm, language="en", corpus=None, final=True)
        took.append(time.monotonic() - called)
        transcripts.append(result.text)
        progress()
    return Directly(transcripts, took, time.process_time() - began)


def _counted(what: str, spoken: Sequence[Spoken]) -> Callable[[], None]:
    done = iter(range(1, len(spoken) + 1))

    def progress() -> None:
        at = next(done)
        end = "\n" if at == len(spoken) else "\r"
        print(f"{what}: {at} of {len(spoken)}", end=end, file=sys.stderr, flush=True)

    return progress


class _Report:
    """What is known so far, in the file."""

    def __init__(self, model: str, name: str) -> None:
        self._model = model
        self._name = name
        self._rows: list[str] = []
        self._loads = [os.getloadavg()[0]]
        self._taken = self._alike = 0
        self._loop = self._model_time = self._processor = 0.0

    def same(self, taken: Sequence[str], directly: Sequence[str]) -> None:
        self._taken += len(taken)
        self._alike += sum(map(str.__eq__, taken, directly))

    def row(
        self,
        room: str,
        spoken: Sequence[Spoken],
        sessions: int,
        heard: Sequence[Heard | None],
        spent: Spent,
        directly: Directly,
        memory: int,
    ) -> None:
        texts = [its.transcript if its else "" for its in heard]
        delays = [its.delay for its in heard if its and its.transcript]
        audio = sum(one.seconds for one in spoken)
        self._loads.append(os.getloadavg()[0])
        self._loop += spent.loop
        self._model_time += spent.model
        self._processor += directly.processor
        cells = (
            room,
            str(len(spoken)),
            str(sessions),
            _exactness(spoken, texts),
            _exactness(spoken, directly.transcripts),
            *_percentiles(delays),
            str(sum(its.surplus for its in heard if its)),
            *_percentiles(directly.took),
            f"{(spent.loop + spent.model) / audio:.2f}",
            f"{directly.processor / audio:.2f}",
            f"{spent.loop / spent.model:.1%}",
            f"{memory} MB",
        )
        self._rows.append(f"| {' | '.join(cells)} |")
        RESULTS.mkdir(exist_ok=True)
        suffix = "" if self._model == "tiny.en" else f"-{Path(self._model).name}"
        (RESULTS / f"recognizer{suffix}.md").write_text("\n".join(self._text()) + "\n")

    def _text(self) -> Iterator[str]:
        low, high = min(self._loads), max(self._loads)
        machine = f"{_processor()}, {os.cpu_count()} cores"
        yield f"# The recognizer at home, {self._name}\n"
        yield f"{machine}, load average {low:.1f} to {high:.1f}.\n"
        yield f"| {' | '.join(_HEAD)} |"
        yield f"|{'---|' * len(_HEAD)}"
        yield from self._rows
        yield (
            f"\nIn all, the protocol took {self._loop / self._model_time:.1%} of the "
            f"model's time, {self._loop / self._processor:.1%} of what finals alone "
            f"take.\nOf {self._taken} recordings committed in manual mode, "
            f"{self._alike} had the transcript that the model alone gave them."
        )


def _percentiles(seconds: Sequence[float]) -> Iterator[str]:
    for percentile in (50, 95):
        yield f"{np.percentile(seconds, percentile):.2f} s" if seconds else "–"  # noqa: RUF001  # a dash


def _exactness(spoken: Sequence[Spoken], transcripts: Sequence[str]) -> str:
    missed = sum(
        (one.missed(text) for one, text in zip(spoken, transcripts, strict=True)),
        Score(),
    )
    if spoken[0].said:
        return f"{missed.error_rate:.1%} of {missed.words} words wrong"
    return f"{1 - missed.error_rate:.1%} of {missed.words} slots right"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return os.uname().machine


if __name__ == "__main__":
    asyncio.run(main())
