"""How soon a final is there behind the last word, how good it is, and what it costs."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.progress import told
from benchmarks.recognizer.scale import Scale, source_of
from benchmarks.recognizer.served import Heard, Recognizer, Spent, recognizer
from benchmarks.recognizer.spoken import Spoken, material
from benchmarks.recordings import Recordings
from benchmarks.rows import Row

_CLIPS, _SHORT_CLIPS = 60, 8
_SESSIONS = (1, 4)
_MOST_P95 = 1.2
_NOW = "now"


@dataclass(frozen=True, slots=True)
class Targets:
    """Seconds from the end of speech to the final, at the median."""

    clean: float
    kitchen: float

    def of(self, room: str) -> float:
        return self.clean if room.endswith("clean") else self.kitchen


TARGETS = {"tiny.en": Targets(0.75, 0.85), "moonshine": Targets(0.5, 0.5)}
"""By model."""


@dataclass(slots=True)
class _Taken:
    """All that one recognizer made of one room."""

    heard: list[Heard | None] = field(default_factory=list)
    loop: float = 0.0
    model: float = 0.0

    def add(self, heard: Sequence[Heard | None], spent: Spent) -> None:
        self.heard += heard
        self.loop += spent.loop
        self.model += spent.model

    @property
    def delays(self) -> list[float]:
        return [one.delay for one in self.heard if one and one.transcript]

    def missed(self, spoken: Sequence[Spoken]) -> list[int]:
        """The slots of each command that were not understood."""
        texts = [one.transcript if one else "" for one in self.heard]
        pairs = zip(spoken, texts, strict=True)
        return [one.missed(text).errors for one, text in pairs]

    def right(self, spoken: Sequence[Spoken]) -> float:
        return 1 - sum(self.missed(spoken)) / sum(len(one.slots) for one in spoken)


def rows(scale: Scale, model: str, *, committed: bool = False) -> Iterator[Row]:
    """Commands of people at their own pace, in server VAD mode, or `committed` half a
    second behind the end of speech.
    """
    clips = _SHORT_CLIPS if scale.short else _CLIPS
    rooms = {
        room: spoken
        for room, spoken in material(Recordings.from_environment(), clips).items()
        if room.startswith("commands")
    }
    if scale.beside is None:
        taken = asyncio.run(_listen(model, rooms, {_NOW: None}, committed=committed))
    else:
        with source_of(scale.beside) as before:
            taken = asyncio.run(
                _listen(
                    model,
                    rooms,
                    {_NOW: None, scale.beside: before},
                    committed=committed,
                )
            )
    for (room, sessions), by_source in taken.items():
        spoken = rooms[room]
        what = f"{model}, {room}, {sessions} at once"
        if committed:
            what = f"{what}, committed by the client"
        for source, one in by_source.items():
            yield from _rows(what, source, one, spoken, TARGETS[model].of(room))
            if not committed:
                yield _surplus(what, source, one, spoken)
        yield _slots(what, by_source, spoken, scale.beside)


def _rows(
    what: str, source: str, taken: _Taken, spoken: Sequence[Spoken], target: float
) -> Iterator[Row]:
    ours = source == _NOW
    what = what if ours else f"{what}, {source}"
    delays = taken.delays
    of = f"{len(delays)} of {len(spoken)} commands"
    for percentile, most in ((50, target), (95, _MOST_P95)):
        yield Row(
            f"{what}: end of speech to final, p{percentile}",
            float(np.percentile(delays, percentile)) if delays else None,
            "s",
            of,
            most=most if ours else None,
        )
    sound = sum(one.seconds for one in spoken)
    yield Row(
        f"{what}: processor time",
        (taken.loop + taken.model) / sound,
        "s/s",
        f"{sound:.0f} s of sound",
    )


def _surplus(what: str, source: str, taken: _Taken, spoken: Sequence[Spoken]) -> Row:
    ours = source == _NOW
    return Row(
        f"{what if ours else f'{what}, {source}'}: utterances behind the command",
        sum(one.surplus for one in taken.heard if one),
        "",
        f"{len(spoken)} commands, 1.5 s behind each",
        most=0 if ours else None,
    )


def _slots(
    what: str,
    by_source: Mapping[str, _Taken],
    spoken: Sequence[Spoken],
    beside: str | None,
) -> Row:
    words = sum(len(one.slots) for one in spoken)
    of = f"{words} slots"
    least = None
    if beside is not None:
        before = by_source[beside]
        changed = np.array(before.missed(spoken)) - by_source[_NOW].missed(spoken)
        better, worse = int(np.sum(changed > 0)), int(np.sum(changed < 0))
        of += f"; {beside}: {before.right(spoken):.3f}, {better} better, {worse} worse"
        # A moment more or less of a kitchen makes another transcript of one command in
        # four, as often better as worse: two standard errors are no change.
        least = before.right(spoken) - 2 * float(np.sqrt(np.sum(changed**2))) / words
    right = by_source[_NOW].right(spoken)
    return Row(f"{what}: slots right", right, "", of, least=least)


async def _listen(
    model: str,
    rooms: Mapping[str, Sequence[Spoken]],
    sources: Mapping[str, Path | None],
    *,
    committed: bool,
) -> Mapping[tuple[str, int], Mapping[str, _Taken]]:
    """What each made of them, in turns: what else the machine does meets both."""
    taken: dict[tuple[str, int], dict[str, _Taken]] = defaultdict(dict)
    async with AsyncExitStack() as stack:
        servers = {
            source: await stack.enter_async_context(recognizer(model, source=folder))
            for source, folder in sources.items()
        }
        for room, spoken in rooms.items():
            for sessions in _SESSIONS:
                made = taken[room, sessions]
                made.update({source: _Taken() for source in servers})
                batches = [
                    spoken[at : at + sessions] for at in range(0, len(spoken), sessions)
                ]
                progress = f"{model}, {room}, {sessions} at once"
                for number, batch in enumerate(told(batches, progress)):
                    await _take(
                        servers,
                        made,
                        batch,
                        backwards=number % 2 == 1,
                        committed=committed,
                    )
    return taken


async def _take(
    servers: Mapping[str, Recognizer],
    made: Mapping[str, _Taken],
    batch: Sequence[Spoken],
    *,
    backwards: bool,
    committed: bool,
) -> None:
    order = list(servers.items())
    for source, server in reversed(order) if backwards else order:
        before = server.spent
        heard = await server.listen(batch, len(batch), committed=committed)
        made[source].add(heard, server.spent - before)
