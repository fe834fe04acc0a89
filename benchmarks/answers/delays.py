"""How soon it answers: from the transcript to the first sample of the answer."""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.answers.house import (
    ARRIVED,
    ASKED,
    BUILT_IN,
    PUBLISHED,
    SOUNDED,
    STARTED,
    STREAMED,
    VOICED,
    WRITTEN,
    Answer,
)
from benchmarks.rows import Row

SOON, SOON_ENOUGH = 150, 2
"""Milliseconds, of the built-in agent; seconds, of one that takes its time."""

_TURNS, _FEW_TURNS = 25, 5
_MOST = 95
_HOME_ASSISTANT = Path(__file__).parents[2] / "tests" / "homeassistant"
_NOT_RUN = "not run: needs a real Home Assistant, and root to install it"


@dataclass(frozen=True, slots=True)
class _Kind:
    who: str
    most: float
    unit: str
    units: float
    """In a second."""
    steps: Mapping[str, tuple[str, str]]


_PLAYER = {
    "of that, until the player's first sample": (ARRIVED, SOUNDED),
    "and until the satellite has told that it plays": (SOUNDED, STARTED),
}
_KINDS = {
    BUILT_IN: _Kind(
        "built-in agent, cached voice",
        SOON,
        "ms",
        1000,
        {
            "of that, until the agent is asked": (PUBLISHED, ASKED),
            "of that, until its text is whole": (ASKED, WRITTEN),
            "of that, until the voice has it": (WRITTEN, VOICED),
            "of that, until the first sound comes over MQTT": (VOICED, ARRIVED),
            **_PLAYER,
        },
    ),
    STREAMED: _Kind(
        "agent that writes ten words a second",
        SOON_ENOUGH,
        "s",
        1,
        {
            "of that, until the agent is asked": (PUBLISHED, ASKED),
            "of that, until the first sound comes over MQTT": (ASKED, ARRIVED),
            **_PLAYER,
            "and until the last word is written": (SOUNDED, WRITTEN),
        },
    ),
}


def delays(quick: bool) -> Iterable[Row]:
    return rows(_answers(_FEW_TURNS if quick else _TURNS))


def rows(answers: Sequence[Answer]) -> Iterator[Row]:
    """Where there are none, the targets are missed."""
    for name, kind in _KINDS.items():
        yield from _first_sample(kind, _of(name, answers))
    streamed = _of(STREAMED, answers)
    written_later = [after > 0 for after in _waits(streamed, SOUNDED, WRITTEN)]
    yield Row(
        "answers heard while they were still being written",
        100 * statistics.mean(written_later) if written_later else None,
        "%",
        _counted(streamed),
        least=100,
    )


def _first_sample(kind: _Kind, answers: Sequence[Answer]) -> Iterator[Row]:
    of = _counted(answers)
    what = f"transcript published to first sample played, {kind.who}"
    waits = _waits(answers, PUBLISHED, SOUNDED)
    if not waits:
        yield Row(what, None, kind.unit, of, most=kind.most)
        return

    def row(what: str, seconds: float, part: str, most: float | None = None) -> Row:
        value = kind.units * seconds
        return Row(what, value, kind.unit, f"{of}, {part}", most=most)

    yield row(what, float(np.percentile(waits, _MOST)), f"{_MOST} of 100", kind.most)
    yield row("the same", statistics.median(waits), "median")
    yield row("the same", max(waits), "the last of all")
    for step, (cause, effect) in kind.steps.items():
        yield row(step, statistics.median(_waits(answers, cause, effect)), "median")


def _of(kind: str, answers: Sequence[Answer]) -> Sequence[Answer]:
    return [answer for answer in answers if answer.kind == kind]


def _counted(answers: Sequence[Answer]) -> str:
    return f"{len(answers)} answers" if answers else _NOT_RUN


def _waits(answers: Sequence[Answer], cause: str, effect: str) -> list[float]:
    """Seconds, an answer each."""
    return [answer.moments[effect] - answer.moments[cause] for answer in answers]


def _answers(turns: int) -> Sequence[Answer]:
    """None where there is no Home Assistant, and none can be installed."""
    install = [_HOME_ASSISTANT / "install.sh"]
    if os.geteuid() or subprocess.run(install, check=False).returncode:
        return []
    measured = subprocess.run(
        [
            *(_HOME_ASSISTANT / "alone.sh", sys.executable),
            *("-m", "benchmarks.answers.house", str(turns)),
        ],
        stdout=subprocess.PIPE,
        check=True,
    )
    return [Answer(**told) for told in json.loads(measured.stdout)]
