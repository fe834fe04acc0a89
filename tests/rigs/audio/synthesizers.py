"""What is needed of this machine where real programs are to speak."""

import shutil

import pytest

from auricle.audio.playing import SoundFormat
from auricle.speech.synthesizer import Synthesizer

needs_espeak = pytest.mark.skipif(
    shutil.which("espeak-ng") is None, reason="needs espeak-ng: apt install espeak-ng"
)
needs_flite = pytest.mark.skipif(
    shutil.which("flite") is None, reason="needs flite: apt install flite"
)

SENTENCE = "The washing machine in the cellar has finished."


async def said(synthesizer: Synthesizer, text: str = SENTENCE) -> tuple[float, bytes]:
    """The seconds that a text takes, and its sound."""
    formats: set[SoundFormat] = set()
    pcm = b""
    async for stretch in synthesizer.synthesize(text):
        formats.add(stretch.format)
        pcm += stretch.pcm
    (sound_format,) = formats
    return sound_format.seconds(len(pcm)), pcm
