"""What listening to a microphone costs while nobody speaks to it."""

import asyncio
import statistics
from collections.abc import Iterator

from benchmarks.cost.listening import AURICLE, WITH_MICROPHONE, listen
from benchmarks.cost.mixed_audio import minutes_of_audio
from benchmarks.heard.scale import Scale
from benchmarks.rows import Row

_CPU, _MEGABYTES = 0.010, 45.0
_ROUNDS, _WINDOW = 5, 20.0
_SHORT_ROUNDS, _SHORT_WINDOW = 2, 5.0


def rows(scale: Scale) -> Iterator[Row]:
    rounds = _SHORT_ROUNDS if scale.short else _ROUNDS
    window = _SHORT_WINDOW if scale.short else _WINDOW
    costs = asyncio.run(
        listen(
            minutes_of_audio(scale.recordings, minutes=2),
            rounds=rounds,
            window=window,
            programs=(WITH_MICROPHONE, AURICLE),
        )
    )
    of = f"median of {rounds} windows of {window:g} s"
    for name, cost in costs.items():
        wanted = name == WITH_MICROPHONE
        yield Row(
            f"processor time of {name}",
            cost.median,
            "s/s",
            of,
            most=_CPU if wanted else None,
        )
        yield Row(
            f"memory (PSS) of {name}, beside what else ran meanwhile",
            statistics.median(kept.pss for kept in cost.memory),
            "MB",
            of,
        )
        # Whoever runs other Python programs too must not come off better for it.
        yield Row(
            "the same, were it the only Python program of the machine",
            statistics.median(kept.alone for kept in cost.memory),
            "MB",
            of,
            most=_MEGABYTES if wanted else None,
        )
