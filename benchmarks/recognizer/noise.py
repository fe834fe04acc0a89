"""Whether an utterance is found where nobody speaks to it."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from auricle.audio.frame import SAMPLE_RATE
from benchmarks.recognizer.scale import Scale, source_of
from benchmarks.recordings import Recordings, Samples, speech_level_db
from benchmarks.rows import Row
from benchmarks.turns.spoken_turns import Noises, Room, pcm_of

_MINUTES, _SHORT_MINUTES = 11, 1
# As loud as in a turn, where the voice is at -26 dB.
_ROOMS = {"a kitchen": Room.KITCHEN_10, "six people who talk": Room.BABBLE_10}
_VOICE_DB = -26.0
_SESSION = 5
_PROGRAM = Path(__file__).parent / "segments_in.py"


def rows(scale: Scale) -> Iterator[Row]:
    """Alone, behind a command, and where a session begins."""
    if scale.beside is None:
        yield from _rows(scale, {"now": None})
    else:
        with source_of(scale.beside) as before:
            yield from _rows(scale, {"now": None, scale.beside: before})


def _rows(scale: Scale, sources: Mapping[str, Path | None]) -> Iterator[Row]:
    recordings = Recordings.from_environment()
    noises = Noises(recordings)
    minutes = _SHORT_MINUTES if scale.short else _MINUTES
    length = 60 * minutes * SAMPLE_RATE
    command = recordings.commands()[0].samples
    louder = _VOICE_DB - speech_level_db(command)
    command = command * 10 ** (louder / 20)
    for room, kind in _ROOMS.items():
        noise = noises.behind(kind, length, np.random.default_rng(1))
        behind = noise.copy()
        behind[: len(command)] += command
        for source, folder in sources.items():
            ours = folder is None
            name = room if ours else f"{room}, {source}"
            for what, sound, expected in (
                (f"utterances in {name}", noise, 0),
                (f"utterances behind a command in {name}", behind, 1),
            ):
                found = _segments(sound, folder) - expected
                of = f"{minutes} min"
                yield Row(what, found, "", of, most=0 if ours else None)
            found = _segments(noise, folder, str(_SESSION))
            of = f"{60 * minutes // _SESSION} sessions, {_SESSION} s each"
            yield Row(f"utterances in sessions that begin in {name}", found, "", of)


def _segments(sound: Samples, source: Path | None, *options: str) -> int:
    environment = dict(os.environ)
    if source is not None:
        environment["PYTHONPATH"] = str(source)
    counted = subprocess.run(
        [sys.executable, str(_PROGRAM), *options],
        input=pcm_of(sound),
        stdout=subprocess.PIPE,
        env=environment,
        check=True,
    )
    return int(counted.stdout)
