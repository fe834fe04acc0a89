"""How a turn feels: `python -m benchmarks.turns`, one table, some pictures.

It needs people's recordings, in the folder that AURICLE_RECORDINGS names.
"""

import argparse
import asyncio
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from benchmarks import endpoints, fronts, pictures, wake_words
from benchmarks.endpoints import Observed, Score, curve, score
from benchmarks.fronts import Front
from benchmarks.peers import install_home_assistant
from benchmarks.recordings import Recordings
from benchmarks.rooms import Room, Stage

RESULTS = Path(__file__).parent / "results"
_OURS = "auricle balanced (silero)"
_PARTS = ("endpoints", "fronts", "wake-words")


def main() -> None:
    arguments = _arguments()
    recordings = Recordings.from_environment()
    RESULTS.mkdir(exist_ok=True)
    written: list[str] = []
    if "endpoints" in arguments.parts:
        install_home_assistant()
        observed = list(
            endpoints.observe(
                tuple(Room), arguments.turns, peers=True, processes=arguments.processes
            )
        )
        written += _endpoints(observed)
        pictures.cut_offs(observed, RESULTS / "cut_offs.png")
        pictures.delays(observed, RESULTS / "delays.png")
    if "fronts" in arguments.parts:
        stage = Stage(recordings)
        written += _fronts(asyncio.run(fronts.carry(stage, arguments.fronts)))
    if "wake-words" in arguments.parts:
        written += _wake_words(wake_words.hear_all(recordings))
    text = "\n".join(written) + "\n"
    print(text)
    name = "turns.md" if set(arguments.parts) == set(_PARTS) else "turns-part.md"
    (RESULTS / name).write_text(f"# Turns\n\n{_machine()}\n\n{text}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=_PARTS, default=list(_PARTS))
    parser.add_argument("--turns", type=int, default=200, help="in each room")
    parser.add_argument("--fronts", type=int, default=1000, help="in all")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    return parser.parse_args()


def _machine() -> str:
    load = os.getloadavg()[0]
    busy = " (a busy machine)" if load > (os.cpu_count() or 1) else ""
    return f"{os.cpu_count()} cores, load average {load:.1f} at the end{busy}."


def _endpoints(observed: Sequence[Observed]) -> Iterator[str]:
    yield "## From the end of speech to the end of the utterance\n"
    yield from _scores(observed)
    held_out = [turn for turn in observed if turn.held_out]
    yield "\n### The same, commands that were kept from tuning alone\n"
    yield from _scores(held_out)
    yield "\n### Room by room\n"
    yield from _table(
        ("room", "listener", *_SCORE_HEAD),
        (
            (room, listener, *_score(score(_of(observed, room), listener)))
            for room in Room
            for listener in endpoints.listeners()
        ),
    )
    yield "\n### Cut-offs against the silence waited for\n"
    for name in ("silero", "webrtcvad"):
        yield from _table(
            (name, *(f"{silence:.1f} s" for silence in endpoints.SILENCES)),
            ((room, *_cut_offs(_of(observed, room), name)) for room in Room),
        )
        yield ""


def _cut_offs(observed: Sequence[Observed], detector: str) -> Iterator[str]:
    for silence in endpoints.SILENCES:
        yield f"{score(observed, curve(detector, silence)).cut_off_share:.1%}"


_SCORE_HEAD = ("turns", "p50", "p95", "p99", "over 2 s", "cut off")


def _scores(observed: Sequence[Observed]) -> Iterator[str]:
    missed = sum(not turn.woken for turn in observed)
    yield f"{len(observed)} turns; the wake word was missed in {missed}.\n"
    ours = score(observed, _OURS)
    theirs = score(observed, endpoints.HOME_ASSISTANT)
    yield from _table(
        ("listener", *_SCORE_HEAD),
        (
            (listener, *_score(score(observed, listener)))
            for listener in endpoints.listeners()
        ),
    )
    yield f"\n{_OURS}: {ours.p50 / theirs.p50:.2f} of Home Assistant's p50.\n"


def _score(result: Score) -> tuple[str, ...]:
    return (
        str(result.turns),
        f"{result.p50:.2f} s",
        f"{result.p95:.2f} s",
        f"{result.p99:.2f} s",
        str(result.longer_than_2s),
        f"{result.cut_off_share:.1%}",
    )


def _of(observed: Iterable[Observed], room: Room) -> list[Observed]:
    return [turn for turn in observed if turn.room is room]


def _fronts(results: Sequence[fronts.Fronts]) -> Iterator[str]:
    yield "\n## What reaches the recognizer\n"
    yield from _table(
        ("connecting takes", "turns", *Front),
        (
            (
                f"{result.connecting} s",
                str(result.turns),
                *(str(result.counts[front]) for front in Front),
            )
            for result in results
        ),
    )


def _wake_words(results: Sequence[wake_words.Heard]) -> Iterator[str]:
    yield "\n## Wake words, at the default thresholds\n"
    near = list(results[0].near_misses)
    yield from _table(
        (
            *("engine", "model", "threshold", "said"),
            *(f"missed, {room}" for room in wake_words.ROOMS),
            *(f"false alarms, {room}" for room in wake_words.ROOMS),
            *(f'"{word}" taken for it' for word in near),
        ),
        (
            (
                *(heard.engine, heard.model, f"{heard.threshold:.2f}", str(heard.said)),
                *(
                    f"{heard.missed[room] / heard.said:.1%}"
                    for room in wake_words.ROOMS
                ),
                *(
                    f"{heard.false_alarms[room]} in {heard.hours:.2f} h"
                    for room in wake_words.ROOMS
                ),
                *("{} of {}".format(*heard.near_misses[word]) for word in near),
            )
            for heard in results
        ),
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


if __name__ == "__main__":
    main()
