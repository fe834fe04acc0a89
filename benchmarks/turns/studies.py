"""What was studied before it was built, or not: `python -m benchmarks.turns.studies`.

It needs people's recordings, in the folder that AURICLE_RECORDINGS names.
"""

import argparse
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.tables import table
from benchmarks.turns import smart_turn_study, stable_interims_study, wake_noise_study
from benchmarks.turns.endpointing import Observed, score
from benchmarks.turns.report import SCORE_HEAD, machine, score_cells
from benchmarks.turns.smart_turn import PIPECAT, install_smart_turn
from benchmarks.turns.spoken_turns import Room

RESULTS = Path(__file__).parents[1] / "results"
_PARTS = ("wake-noise", "smart-turn", "interims")
_SHOWN = (0.5, 0.7, 0.8, 0.85, 0.9, 0.95, 0.97, 0.99)
_ROOMS = (Room.CLEAN, Room.KITCHEN_10)


def main() -> None:
    arguments = _arguments()
    RESULTS.mkdir(exist_ok=True)
    text = "\n".join(["# Studies\n", *_studied(arguments)])
    print(text)
    complete = set(arguments.parts) == set(_PARTS)
    name = "studies.md" if complete else "studies-part.md"
    (RESULTS / name).write_text(text)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=_PARTS, default=list(_PARTS))
    parser.add_argument("--turns", type=int, default=150, help="in each room")
    parser.add_argument("--interims", type=int, default=55, help="in each room")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    return parser.parse_args()


def _studied(arguments: argparse.Namespace) -> Iterator[str]:
    processes = arguments.processes
    if "wake-noise" in arguments.parts:
        yield from wake_noises(wake_noise_study.trace(processes))
    if "smart-turn" in arguments.parts:
        install_smart_turn()
        yield from smart_turns(
            smart_turn_study.judge(_ROOMS, arguments.turns, processes=processes)
        )
    if "interims" in arguments.parts:
        yield from interims(
            stable_interims_study.observe(
                _ROOMS, arguments.interims, processes=processes
            )
        )


def wake_noises(traces: Sequence[wake_noise_study.Trace]) -> Iterator[str]:
    yield f"## A wake word's threshold, and the room's noise\n\n{machine()}\n"
    defaults = wake_noise_study.default_thresholds()
    for model in wake_noise_study.models():
        said = wake_noise_study.count(traces, model, defaults[model], [Room.CLEAN])
        yield (
            f"microWakeWord, {model}, said {said.said} times in each room: how many "
            f"were missed / false alarms in {said.hours:.2f} h, near misses too. By "
            f"default the threshold is {defaults[model]}.\n"
        )
        yield from table(
            ("room", *map(str, _SHOWN)),
            (
                (
                    room,
                    *(
                        f"{its.missed} / {its.false_alarms}"
                        for threshold in _SHOWN
                        for its in [
                            wake_noise_study.count(traces, model, threshold, [room])
                        ]
                    ),
                )
                for room in Room
            ),
        )
        yield ""
    yield (
        "In all rooms together. *Following* has a threshold for each room, as if it "
        "were known in which one it is: chosen on every second recording, for the "
        "fewest misses with no more false alarms than by default, counted on the "
        "others, and the other way round.\n"
    )
    yield from table(
        ("model", "threshold", "said", "missed", "false alarms", "hours"),
        (
            (model, what, *_counted(its))
            for model in wake_noise_study.models()
            for what, its in _together(traces, model, defaults[model])
        ),
    )
    yield ""


def _together(
    traces: Sequence[wake_noise_study.Trace], model: str, default: float
) -> Iterator[tuple[str, wake_noise_study.Counted]]:
    for threshold in sorted({0.85, 0.88, 0.92, default}):
        which = f"{threshold}, the default" if threshold == default else str(threshold)
        yield which, wake_noise_study.count(traces, model, threshold, tuple(Room))
    yield "following", wake_noise_study.following(traces, model)


def _counted(counted: wake_noise_study.Counted) -> tuple[str, ...]:
    return (
        str(counted.said),
        str(counted.missed),
        str(counted.false_alarms),
        f"{counted.hours:.2f}",
    )


def smart_turns(judged: Sequence[smart_turn_study.Judged]) -> Iterator[str]:
    yield f"## Smart-turn beside silence alone\n\n{machine()}\n"
    spent = np.array([each for one in judged for each in one.spent])
    p50, p95 = np.percentile(spent, [50, 95])
    yield (
        f"Of {PIPECAT}, on one thread: {p50 * 1000:.0f} ms of processor time for a "
        f"decision (p95 {p95 * 1000:.0f} ms), {len(spent)} decisions. The time is not "
        "added to the delays. Silero is the voice detector.\n"
    )
    observed = [one.observed for one in judged if one.observed.woken]
    yield from _by_room(observed, (*smart_turn_study.WAITING, *smart_turn_study.ASKING))


def interims(observed: Sequence[Observed]) -> Iterator[str]:
    yield f"## An interim transcript that stays the same\n\n{machine()}\n"
    yield (
        "Server VAD mode; interim transcripts of Whisper tiny.en, "
        f"{stable_interims_study.DECODE * 1000:.0f} ms after their sound. Complete is "
        "what ends with a full stop, an exclamation mark or a question mark. What the "
        "detector hears before the command, such as the wake word's end, is left out: "
        "to be cut off there is not counted here.\n"
    )
    rules = (rule.name for rule in stable_interims_study.RULES)
    woken = [turn for turn in observed if turn.woken]
    yield from _by_room(woken, (stable_interims_study.SERVER, *rules))


def _by_room(observed: Sequence[Observed], listeners: Iterable[str]) -> Iterator[str]:
    names = list(listeners)
    rooms = [room for room in Room if any(turn.room is room for turn in observed)]
    yield from table(
        ("room", "listener", *SCORE_HEAD),
        (
            (room, name, *score_cells(score(_in(observed, room), name)))
            for room in rooms
            for name in names
        ),
    )
    yield ""


def _in(observed: Iterable[Observed], room: Room) -> list[Observed]:
    return [turn for turn in observed if turn.room is room]


if __name__ == "__main__":
    main()
