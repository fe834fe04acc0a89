"""Speech without end in which nobody says the wake word: okay nabu."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random

import numpy as np

from auricle.audio.files.recording import read_recording
from rigs.audio.recordings import people
from rigs.audio.speech import noise, say, silence, to_pcm

# Of people, where there are any: stories, orders to machines, other wake words.
_PEOPLE = (
    "speech/**/*.flac",
    "commands/**/*.flac",
    "wake/alexa/*.flac",
    "wake/computer/*.flac",
    "wake/jarvis/*.flac",
)
_VOICES = ("en-us", "en-gb", "en-us+f3", "en-gb+m4", "en-gb-scotland+f2")
_RATES = (120, 150, 190)
_SENTENCES = (
    "okay, now about dinner, what would you like",
    "no, but I knew a man who did",
    "okay, never mind, we can do it tomorrow",
    "the boat was called okay, and it sank near the harbor",
    "they came from Kinabalu over the mountain",
    "hey Jarvis, what is the weather like",
    "Alexa, play some music in the kitchen",
    "turn the light off when you leave the room",
    "the minister said that prices would go down by the end of the year",
    "it was the best of times, it was the worst of times",
    "would you pass me the salt and the butter, please",
    "our reporter is in Nairobi this evening, where it is raining",
    "I told him nobody knew about the letter",
    "a boo from the crowd, and the game is over",
)
_PAUSE = 0.4
_ROOM = -70.0
_GAINS = (-18.0, 4.0)


def is_of_people() -> bool:
    """Whether people speak, or synthetic voices."""
    return bool(_files())


def babble(random: Random) -> Iterator[bytes]:
    """Piece by piece; every piece once in each round, never as loud as before."""
    pieces = _recorded() if is_of_people() else _synthetic()
    while True:
        for piece in random.sample(pieces, len(pieces)):
            pause = noise(random.uniform(0.0, 2 * _PAUSE), dbfs=_ROOM)
            yield _louder(piece, random.uniform(*_GAINS)) + pause


def seconds_of_pieces() -> float:
    """How long it takes until all of it was said once."""
    pieces = _recorded() if is_of_people() else _synthetic()
    return sum(len(piece) for piece in pieces) / 32000


def _files() -> list[Path]:
    return [file for pattern in _PEOPLE for file in people(pattern)]


@cache
def _recorded() -> list[bytes]:
    return [read_recording(file) for file in _files()]


@cache
def _synthetic() -> list[bytes]:
    return [
        say(sentence, voice=voice, words_per_minute=rate) + silence(_PAUSE)
        for sentence in _SENTENCES
        for voice in _VOICES
        for rate in _RATES
    ]


def _louder(pcm: bytes, decibels: float) -> bytes:
    return to_pcm(np.frombuffer(pcm, "<i2") / 32768 * 10 ** (decibels / 20))
