"""What people say to a recognizer: read sentences and commands, in a quiet room and
in a kitchen, with what is known of their words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from auricle.audio.frame import SAMPLE_RATE
from benchmarks.recognizer.scoring import (
    Score,
    score,
    sentences,
    slots,
    slots_missed,
    words,
)
from benchmarks.recordings import Recordings, Samples, load, voice_of

_LEAD_IN, _TAIL = 0.5, 1.5
_NOISE_DB = 10


@dataclass(frozen=True, slots=True, eq=False)
class Spoken:
    """A recording in a room, and what is said in it: words, or else slot values."""

    samples: Samples
    end: float
    """Seconds to where the voice ends."""
    said: Sequence[str]
    slots: Sequence[str]

    @property
    def pcm(self) -> bytes:
        return bytes((np.clip(self.samples, -1, 1) * 32767).astype("<i2").tobytes())

    @property
    def seconds(self) -> float:
        return len(self.samples) / SAMPLE_RATE

    def missed(self, transcript: str) -> Score:
        heard = words(transcript)
        if self.said:
            return score(self.said, heard)
        return slots_missed(self.slots, heard)


_Voice = tuple[Samples, Sequence[str], Sequence[str]]
"""A recording, its words and its slot values; one of the two is empty."""


def material(recordings: Recordings, clips: int) -> Mapping[str, Sequence[Spoken]]:
    """By what is said and where; `clips` of each at most."""
    root = recordings.root
    kitchen = load(next((root / "noise").glob("kitchen*")))
    said = sentences(root / "speech" / "librivox" / "transcription.txt")
    expected = slots(root / "commands" / "coffee")
    read: list[_Voice] = [
        (load(root / "speech" / "librivox" / f"{name}.flac"), sentence, [])
        for name, sentence in list(said.items())[:clips]
    ]
    commands: list[_Voice] = [
        (load(root / "commands" / "coffee" / name), [], values)
        for name, values in sorted(expected.items())[:clips]
    ]
    rng = np.random.default_rng(1)
    rooms = {}
    for name, voices in (("read", read), ("commands", commands)):
        rooms[f"{name}, clean"] = [_in_room(voice, None, rng) for voice in voices]
        rooms[f"{name}, kitchen"] = [_in_room(voice, kitchen, rng) for voice in voices]
    return rooms


def _in_room(
    recording: _Voice, noise: Samples | None, rng: np.random.Generator
) -> Spoken:
    samples, said, values = recording
    voice = voice_of(samples)
    before, after = (round(s * SAMPLE_RATE) for s in (_LEAD_IN, _TAIL))
    sound = np.pad(voice, (before, after))
    if noise is not None:
        start = rng.integers(0, len(noise) - len(sound))
        room = noise[start : start + len(sound)]
        gain = np.sqrt(np.mean(voice**2) / np.mean(room**2)) / 10 ** (_NOISE_DB / 20)
        sound = sound + room * gain
    end = (before + len(voice)) / SAMPLE_RATE
    return Spoken(sound.astype(np.float32), end, said, values)
