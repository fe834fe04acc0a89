"""Ten minutes of a house: a quiet room, a kitchen, a reader, people's commands.

Nobody says the wake word in it. Every minute has a quarter of each, so that any minute
is like any other.
"""

from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path

import numpy as np
import soundfile

from auricle.audio.frame import SAMPLE_RATE
from benchmarks.recordings import Recordings, Samples
from benchmarks.turns.spoken_turns import Noises, Room, leveled, pcm_of

_QUARTER = 15 * SAMPLE_RATE
_GAP = SAMPLE_RATE


def minutes_of_audio(recordings: Recordings, minutes: int) -> Samples:
    """The same for the same recordings."""
    rng = np.random.default_rng(8)
    noises = Noises(recordings)
    reading = _endless(recordings, "speech/librivox/*", "speech/two_cities.*")
    commands = _endless(recordings, "commands/coffee/*")
    quarters: list[Samples] = []
    for _ in range(minutes):
        quarters.append(noises.behind(Room.CLEAN, _QUARTER, rng))
        quarters.append(noises.behind(Room.KITCHEN_10, _QUARTER, rng))
        for voices in (reading, commands):
            room = noises.behind(Room.KITCHEN_20, _QUARTER, rng)
            quarters.append(room + _next(voices, _QUARTER))
    return np.concatenate(quarters)


def write(samples: Samples, path: Path) -> Path:
    """As a WAV file, which costs nothing to decode."""
    sound = np.frombuffer(pcm_of(samples), "<i2")
    soundfile.write(path, sound, SAMPLE_RATE, subtype="PCM_16")
    return path


def _endless(recordings: Recordings, *patterns: str) -> Iterator[Samples]:
    clips = recordings.clips(*patterns)
    if not clips:
        raise SystemExit(f"there are no recordings {' or '.join(patterns)}")
    return cycle([leveled(clip.samples) for clip in clips])


def _next(voices: Iterator[Samples], length: int) -> Samples:
    """So many samples of one voice after the other."""
    pause = np.zeros(_GAP, np.float32)
    pieces: list[Samples] = []
    while _length(pieces) < length:
        pieces += [next(voices), pause]
    return np.concatenate(pieces)[:length]


def _length(pieces: Sequence[Samples]) -> int:
    return sum(map(len, pieces))
