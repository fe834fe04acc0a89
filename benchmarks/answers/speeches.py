"""What a satellite says: answers of all kinds, spoken by Debian's synthesizers."""

import io
import itertools
import re
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import soundfile
import soxr

from auricle.audio.frame import SAMPLE_RATE
from benchmarks.recordings import Samples

FLITE, ESPEAK = "flite", "espeak-ng"
VOICES = (
    (FLITE, "slt"),
    (ESPEAK, "en-us"),
    (FLITE, "rms"),
    (ESPEAK, "en-gb"),
    (FLITE, "awb"),
    (ESPEAK, "en-us+f3"),
)

ANSWERS = (
    "The weather today will be mostly sunny with a high of twenty one degrees, and a "
    "light wind from the west.",
    "I have set a timer for ten minutes, and the lights in the living room and in the "
    "kitchen are turned off now.",
    "Your next appointment is tomorrow at nine thirty in the morning with Doctor "
    "Miller in the old town hall.",
    "There are three things on your shopping list: bread, two bottles of milk, and a "
    "bag of oranges for the weekend.",
)

OWN_WORDS = {
    "alexa": (
        "My name is Alexa.",
        "Alexa, turn on the light.",
        "You said Alexa.",
        "Say Alexa to wake me up.",
    ),
    "okay_nabu": (
        "Okay Nabu.",
        "Say okay nabu to wake me up.",
        "You said okay nabu.",
        "Okay, Nabu is listening.",
    ),
    "hey_jarvis": (
        "Hey Jarvis.",
        "Say hey Jarvis to wake me up.",
        "You said hey Jarvis.",
        "Hey, Jarvis is the name of the butler.",
    ),
    "hey_mycroft": (
        "Hey Mycroft.",
        "Say hey Mycroft to wake me up.",
        "You said hey Mycroft.",
        "Hey, Mycroft is the brother of Sherlock.",
    ),
}
"""By wake word, answers that hold it."""

_DOCUMENTS = Path(__file__).parents[2] / "docs"
_SENTENCE = re.compile(r"[A-Z][a-z]+(?: [A-Za-z][\w' -]*,?)+[.?!]")
_WORDS = range(6, 40)
_NAMES = re.compile(r"nabu|jarvis|alexa|mycroft", re.IGNORECASE)


@cache
def say(text: str, synthesizer: str, voice: str) -> Samples:
    """As the synthesizer says it, without volume or room."""
    with tempfile.NamedTemporaryFile(suffix=".wav") as sound:
        if synthesizer == FLITE:
            command = [FLITE, "-voice", voice, "-f", "/dev/stdin", "-o", sound.name]
        else:
            command = [ESPEAK, "-v", voice, "--stdin", "-w", sound.name]
        subprocess.run(command, input=text.encode(), check=True, timeout=60)
        samples, rate = soundfile.read(io.BytesIO(sound.read()), dtype="float32")
    if rate != SAMPLE_RATE:
        samples = soxr.resample(samples, rate, SAMPLE_RATE)
    return np.asarray(samples, np.float32)


def answers() -> Sequence[Samples]:
    """Some answers of a home, each in another voice."""
    return [say(text, *voice) for text, voice in zip(ANSWERS, VOICES, strict=False)]


def read_aloud(seconds: float) -> Iterator[Samples]:
    """Our own documentation, but for wake words, in answers of three sentences, until
    they last that long; again from its beginning, in other voices, where it is shorter.
    """
    sentences = [
        sentence
        for document in sorted(_DOCUMENTS.glob("*.md"))
        for sentence in _SENTENCE.findall(document.read_text())
        if len(sentence.split()) in _WORDS and not _NAMES.search(sentence)
    ]
    said = 0.0
    for turn in itertools.count():
        for number in range(0, len(sentences) - 2, 3):
            voice = VOICES[(number // 3 + turn) % len(VOICES)]
            samples = say(" ".join(sentences[number : number + 3]), *voice)
            yield samples
            said += len(samples) / SAMPLE_RATE
            if said > seconds:
                return
