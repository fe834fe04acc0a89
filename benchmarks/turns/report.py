"""The results as tables, in Markdown."""

import os
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from benchmarks.tables import table
from benchmarks.turns.endpointing import (
    HOME_ASSISTANT,
    SILENCES,
    Observed,
    Score,
    curve,
    listeners,
    score,
)
from benchmarks.turns.final_delay import DECODE, FinalDelays
from benchmarks.turns.first_words import FirstWords, FirstWordsCounts
from benchmarks.turns.pre_roll_study import Sent
from benchmarks.turns.second_opinion_study import Opinion, Opinions
from benchmarks.turns.spoken_turns import SEED, Room
from benchmarks.turns.wake_words import ROOMS, Heard

SCORE_HEAD = ("turns", "p50", "p95", "p99", "over 2 s", "cut off")


def endpointing(observed: Sequence[Observed]) -> Iterator[str]:
    yield f"## From the end of speech to the end of the utterance\n\n{machine()}\n"
    missed = sum(not turn.woken for turn in observed)
    woken = [turn for turn in observed if turn.woken]
    yield (
        f"{len(woken)} turns in {len(Room)} rooms; in {missed} more the wake word was "
        "missed. Kept from tuning is one command in three, by the hash of its name.\n"
    )
    for title, turns in (
        ("All", woken),
        ("Kept from tuning", [turn for turn in woken if turn.held_out]),
        ("Tuned on", [turn for turn in woken if not turn.held_out]),
    ):
        yield f"### {title}\n"
        yield from _scores(turns)
        yield ""
    yield "### Room by room\n"
    yield from table(
        ("room", "listener", *SCORE_HEAD),
        (
            (room, listener, *score_cells(score(_of(woken, room), listener)))
            for room in Room
            for listener in listeners()
        ),
    )
    yield "\n### Commands of one word, clean\n"
    one_word = [turn for turn in _of(woken, Room.CLEAN) if turn.one_word]
    yield from _scores(one_word)
    yield "\n### Cut-offs against the silence waited for\n"
    yield "![cut-offs against delay](cut_offs.png)\n"
    for name in ("silero", "webrtcvad"):
        yield from table(
            (name, *(f"{silence:.1f} s" for silence in SILENCES)),
            ((room, *_cut_offs(_of(woken, room), name)) for room in Room),
        )
        yield ""
    yield "![turns that are over](delays.png)\n"


def _cut_offs(observed: Sequence[Observed], detector: str) -> Iterator[str]:
    for silence in SILENCES:
        yield f"{score(observed, curve(detector, silence)).cut_off_share:.1%}"


def _scores(observed: Sequence[Observed]) -> Iterator[str]:
    theirs = score(observed, HOME_ASSISTANT)
    results = {listener: score(observed, listener) for listener in listeners()}
    yield from table(
        ("listener", *SCORE_HEAD, "p50 beside Home Assistant's"),
        (
            (listener, *score_cells(result), f"{result.p50 / theirs.p50:.2f}")
            for listener, result in results.items()
        ),
    )


def score_cells(result: Score) -> tuple[str, ...]:
    """Below SCORE_HEAD."""
    return (
        str(result.turns),
        *(_delay(delay) for delay in (result.p50, result.p95, result.p99)),
        str(result.longer_than_2s),
        f"{result.cut_off_share:.1%}",
    )


def _delay(seconds: float) -> str:
    return f"{seconds:.2f} s" if np.isfinite(seconds) else "never"


def _of(observed: Iterable[Observed], room: Room) -> list[Observed]:
    return [turn for turn in observed if turn.room is room]


def first_words(results: Sequence[FirstWordsCounts]) -> Iterator[str]:
    yield f"## What reaches the recognizer\n\n{machine()}\n"
    yield from table(
        ("connecting takes", "wake sound", "turns", *FirstWords),
        (
            (
                f"{result.case.connecting} s",
                "on" if result.case.wake_sound else "off",
                str(result.counts.total()),
                *(str(result.counts[words]) for words in FirstWords),
            )
            for result in results
        ),
    )
    yield ""


def wake_words(results: Sequence[Heard]) -> Iterator[str]:
    yield f"## Wake words, at the default thresholds\n\n{machine()}\n"
    near = sorted(results[0].near_said)
    yield from table(
        (
            *("engine", "model", "threshold", "said"),
            *(f"missed, {room}" for room in ROOMS),
            *(f"false alarms, {room}" for room in ROOMS),
            *(f'"{word}" taken for it, {room}' for word in near for room in ROOMS),
        ),
        (
            (
                *(heard.engine, heard.model, f"{heard.threshold:.2f}", str(heard.said)),
                *(f"{heard.missed[room] / heard.said:.1%}" for room in ROOMS),
                *(
                    f"{heard.false_alarms[room]} in {heard.hours:.2f} h"
                    for room in ROOMS
                ),
                *(
                    f"{heard.near_misses[word, room]} of {heard.near_said[word]}"
                    for word in near
                    for room in ROOMS
                ),
            )
            for heard in results
        ),
    )
    yield ""


def opinions(results: Sequence[Opinions]) -> Iterator[str]:
    yield f"## The recognizer's second opinion\n\n{machine()}\n"
    yield from table(
        ("turns", "n", *Opinion, "dropped, were it asked"),
        (
            (
                of_kind.kind,
                str(of_kind.turns),
                *(str(of_kind.counts[opinion]) for opinion in Opinion),
                f"{of_kind.counts[Opinion.UNCONFIRMED] / max(1, of_kind.turns):.0%}",
            )
            for of_kind in results
        ),
    )
    yield ""


def pre_rolls(results: Sequence[Sent]) -> Iterator[str]:
    yield f"## How much of the wake phrase to send\n\n{machine()}\n"
    yield from table(
        ("pre-roll", "turns", "slot words recognized", "phrase recognized"),
        (
            (
                f"{sent.pre_roll:.1f} s",
                str(sent.turns),
                f"{1 - sent.slots.error_rate:.1%} of {sent.slots.words}",
                str(sent.confirmed),
            )
            for sent in results
        ),
    )
    yield ""


def final_delays(results: Sequence[FinalDelays]) -> Iterator[str]:
    yield f"## End of speech to the final on MQTT\n\n{machine()}\n"
    yield f"In real time; decoding takes {DECODE * 1000:.0f} ms.\n"
    yield from table(
        ("mode", "turns", "p50", "p95", "p99", "longest", "cut off", "no final"),
        (
            (
                result.mode,
                str(len(result.delays)),
                *(_delay(d) for d in _percentiles(result.delays)),
                str(result.cut_off),
                str(result.nothing),
            )
            for result in results
        ),
    )


def _percentiles(delays: Sequence[float]) -> list[float]:
    if not delays:
        return [float("inf")] * 4
    return [float(p) for p in np.percentile(delays, [50, 95, 99, 100], method="higher")]


def machine() -> str:
    """What it ran on, and the seed."""
    load = os.getloadavg()[0]
    cores = os.cpu_count() or 1
    busy = ", others were at work" if load > cores + 1 else ""
    return f"{cores} cores, load average {load:.1f} at the end{busy}; seed {SEED}."
