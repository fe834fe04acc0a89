"""Spoken turns: wake phrases of people joined with commands of others, in rooms."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from auricle.audio.frame import FRAME_BYTES, FRAME_SAMPLES, SAMPLE_RATE, Frame
from benchmarks.answers.acoustics import through
from benchmarks.recordings import (
    Clip,
    Recordings,
    Samples,
    levels_db,
    speech_level_db,
)
from benchmarks.rooms.acoustics import Walls

_T = TypeVar("_T")

LEAD_IN = 3.0
SEED = 6
TAIL = 4.0
"""Seconds of room behind the command: longer than any turn may last."""

# As loud as a person two metres from a microphone of a Pi; below it the microphone's
# own hiss.
_VOICE_DB = -26.0
_HISS_DB = -72.0
_FADE = SAMPLE_RATE // 100
_TALKERS = 6
# A pause for thought comes between words: not in the first or last of them.
_PAUSE_FROM, _PAUSE_TO = 0.25, 0.75
_SILENT_DB = 35
_SIZE = (6.5, 4.8, 2.6)
_MICROPHONE, _MOUTH = 0.6, 1.5
_NEAREST_WALL = 0.3


@dataclass(frozen=True, slots=True)
class Echo:
    """A room that echoes, and how far away the speaker is."""

    reverberation: float
    """Seconds to -60 dB."""
    distance: float
    """Meters."""

    def of(self, said: Samples, seed: int, number: int) -> Samples:
        """What a microphone hears of it, as loud as all voices here, and longer by the
        echo; where the speaker stands differs from `number` to number.
        """
        rng = np.random.default_rng([seed, number])
        aside = 1.2 + 2 * rng.random()
        ahead = min(_MICROPHONE + self.distance, _SIZE[0] - _NEAREST_WALL)
        (response,) = Walls(_SIZE, self.reverberation).responses(
            np.array([ahead, aside, _MOUTH]),
            [np.array([_MICROPHONE, aside, 1.0])],
            number,
        )
        return leveled(through(said, response))


class Room(StrEnum):
    """What is heard behind the voice, and how far below it."""

    CLEAN = "clean"
    KITCHEN_20 = "kitchen 20 dB"
    KITCHEN_10 = "kitchen 10 dB"
    KITCHEN_5 = "kitchen 5 dB"
    BABBLE_10 = "babble 10 dB"
    TELEVISION_15 = "television 15 dB"


@dataclass(frozen=True, slots=True, eq=False)
class SpokenTurn:
    """One turn, and what is true of it. Positions count samples."""

    wake_word: str
    wake_end: int
    command: Clip
    command_start: int
    command_end: int
    pause: float
    """Seconds of silence put between two words of the command."""
    room: Room
    samples: Samples

    @property
    def one_word(self) -> bool:
        """Whether the command is a single word, such as "stop"."""
        return self.command.name.startswith("wake/")

    def frames(self) -> list[Frame]:
        return frames_of(self.samples)


class Noises:
    """What rooms sound like: made of the recordings, the same every time."""

    def __init__(self, recordings: Recordings) -> None:
        (kitchen,) = (samples for _, samples in recordings.files("noise/kitchen.*"))
        reading = [
            leveled(clip.samples)
            for clip in recordings.clips("speech/two_cities.*", "speech/librivox/*")
        ]
        self._television = np.concatenate(reading)
        self._kitchen = kitchen
        self._babble = _babble(recordings)

    def behind(self, room: Room, length: int, rng: np.random.Generator) -> Samples:
        """A stretch of the room from somewhere in its recording."""
        hiss = rng.normal(0, _amplitude(_HISS_DB), length).astype(np.float32)
        match room:
            case Room.CLEAN:
                return hiss
            case Room.KITCHEN_20 | Room.KITCHEN_10 | Room.KITCHEN_5:
                noise, level = self._kitchen, float(_rms_db(self._kitchen))
            case Room.BABBLE_10:
                noise, level = self._babble, float(_rms_db(self._babble))
            case Room.TELEVISION_15:
                noise, level = self._television, speech_level_db(self._television)
        below = float(room.split()[-2])
        start = int(rng.integers(len(noise)))
        stretch = np.take(noise, range(start, start + length), mode="wrap")
        return hiss + stretch * _amplitude(_VOICE_DB - below - level)


class Stage:
    """Any number of turns in any room: the same ones for the same seed."""

    GAPS = (0.0, 0.15, 0.3, 0.8, 1.5)
    """Seconds from the wake phrase to the command, each as often as the others."""
    PAUSES = (0.0, 0.3)
    """Seconds of silence put between two words of the command."""

    def __init__(self, recordings: Recordings, *, seed: int = SEED) -> None:
        self._seed = seed
        self._noises = Noises(recordings)
        # There are many clips of one word, and a few of the others.
        self._wakes = [
            (word, clip)
            for word, clips in recordings.wake_words().items()
            for clip in (clips if len(clips) > 20 else clips * 2)
        ]
        self._commands = recordings.commands()
        self._words = [
            clip for clips in recordings.near_misses().values() for clip in clips
        ]

    def turn(self, room: Room, number: int) -> SpokenTurn:
        """The voices and the joins are the same in every room."""
        rng = np.random.default_rng([self._seed, number])
        word, wake = _one_of(self._wakes, rng)
        # A command of one word, such as "stop", is the hardest: one in four.
        command = _one_of(self._words if number % 4 == 0 else self._commands, rng)
        gap, pause = _one_of(self.GAPS, rng), _one_of(self.PAUSES, rng)
        if number % 4 == 0:
            pause = 0.0
        return join(
            word, wake, command, self._noises, room, gap=gap, pause=pause, rng=rng
        )


def join(
    wake_word: str,
    wake: Clip,
    command: Clip,
    noises: Noises,
    room: Room,
    *,
    gap: float,
    pause: float,
    rng: np.random.Generator,
    pause_at: int | None = None,
    echo: Echo | None = None,
    number: int = 0,
) -> SpokenTurn:
    """`pause_at` is a sample position in the command; by default its quietest. With an
    `echo`, the speaker of that `number` is across the room.
    """
    said = with_pause(leveled(command.samples), pause, pause_at)
    wake_end = round(LEAD_IN * SAMPLE_RATE) + len(wake.samples)
    start = wake_end + round(gap * SAMPLE_RATE)
    end = start + len(said)
    length = end + round(TAIL * SAMPLE_RATE)
    length += -length % FRAME_SAMPLES
    samples = noises.behind(room, length, rng)
    first = wake_end - len(wake.samples)
    voices = np.zeros(end - first, np.float32)
    voices[: len(wake.samples)] = leveled(wake.samples)
    voices[start - first :] = said
    if echo is not None:
        voices = echo.of(voices, SEED, number)[: length - first]
    samples[first : first + len(voices)] += voices
    return SpokenTurn(wake_word, wake_end, command, start, end, pause, room, samples)


def leveled(samples: Samples) -> Samples:
    """As loud as all voices here; it fades in and out, so that no join clicks."""
    out = samples * np.float32(_amplitude(_VOICE_DB - speech_level_db(samples)))
    ramp = np.linspace(0, 1, _FADE, dtype=np.float32)
    out[:_FADE] *= ramp
    out[-_FADE:] *= ramp[::-1]
    return out


def with_pause(samples: Samples, seconds: float, cut: int | None = None) -> Samples:
    """A pause of that length at `cut`, or at the quietest moment of its middle half.

    What silence there is already is a part of it.
    """
    if not seconds:
        return samples
    levels = levels_db(samples)
    if cut is None:
        cut = pause_in(samples)
    at = cut // _FADE
    silent = levels < np.percentile(levels, 98) - _SILENT_DB
    before = int(np.argmin(silent[at::-1])) if silent[at] else 0
    behind = int(np.argmin(silent[at:])) if silent[at] else 0
    missing = max(0, round(seconds * SAMPLE_RATE) - (before + behind) * _FADE)
    silence = np.zeros(missing, np.float32)
    return np.concatenate([samples[:cut], silence, samples[cut:]])


def pause_in(samples: Samples) -> int:
    """Where a pause fits in: a sample position."""
    return _quietest(levels_db(samples)) * _FADE + _FADE // 2


def _quietest(levels: npt.NDArray[np.float64]) -> int:
    first, last = (round(len(levels) * share) for share in (_PAUSE_FROM, _PAUSE_TO))
    smooth = np.convolve(levels, np.ones(3) / 3, mode="same")
    return first + int(np.argmin(smooth[first:last]))


def frames_of(samples: Samples) -> list[Frame]:
    """As a microphone would deliver it; an incomplete last frame is dropped."""
    pcm = pcm_of(samples)
    return [
        Frame(pcm[at : at + FRAME_BYTES], at // 2)
        for at in range(0, len(pcm) - FRAME_BYTES + 1, FRAME_BYTES)
    ]


def pcm_of(samples: Samples) -> bytes:
    return (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()


def _babble(recordings: Recordings) -> Samples:
    """Several people, each saying one thing after the other."""
    clips = recordings.clips("commands/coffee/*", "speech/librivox/*")
    rng = np.random.default_rng(1)
    talkers = [
        np.concatenate([leveled(clips[n].samples) for n in rng.permutation(len(clips))])
        for _ in range(_TALKERS)
    ]
    length = min(len(talker) for talker in talkers)
    return np.asarray(sum(talker[:length] for talker in talkers), np.float32)


def _one_of(choices: Sequence[_T], rng: np.random.Generator) -> _T:
    return choices[int(rng.integers(len(choices)))]


def _rms_db(samples: Samples) -> float:
    return float(10 * np.log10(np.mean(samples.astype(float) ** 2) + 1e-12))


def _amplitude(db: float) -> float:
    return float(10 ** (db / 20))
