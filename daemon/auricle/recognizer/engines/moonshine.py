"""The light speech model: Moonshine tiny-en, with a runtime of its own."""

from threading import Lock

import numpy as np
from moonshine_voice import ModelArch, MoonshineError
from moonshine_voice.transcriber import Transcriber

from auricle.audio.frame import SAMPLE_RATE
from auricle.audio.samples import Samples
from auricle.errors import ConfigError
from auricle.recognizer.engines.engine import Engine
from auricle.recognizer.engines.plausible import is_sayable
from auricle.recognizer.engines.sound import samples_of, windows
from auricle.recognizer.engines.voice import has_voice
from auricle.recognizer.engines.weights import MOONSHINE
from auricle.recognizer.transcriptions import RecognizedText

_WINDOW_SAMPLES = 30 * SAMPLE_RATE
# It takes sound in pieces of this size, and leaves out what remains.
_PIECE_SAMPLES = 512
_OPTIONS = {
    # Its own voice detection cuts utterances, and writes "You" before each.
    "vad_threshold": "0.0",
    "return_audio_data": "false",
}


class MoonshineEngine(Engine):
    """Moonshine is held in memory. Threads may share it: they wait for each other.

    It knows English only, takes no words to expect, and cannot tell the mood of a
    voice: emotions are None. An interim transcript costs it as much as a final one.
    """

    name = "Moonshine tiny-en"
    languages = frozenset({"en"})

    def __init__(self) -> None:
        """Load the model. Raises ConfigError where it is not installed, or damaged."""
        folder = MOONSHINE.find()
        try:
            self._moonshine = Transcriber(folder, ModelArch.TINY, options=_OPTIONS)
        except MoonshineError as error:
            raise ConfigError(f"{folder}: not a Moonshine model: {error}") from error
        # What it returns is its own, and the next call's as well.
        self._lock = Lock()

    def transcribe(
        self, pcm: bytes, *, language: str | None, corpus: str | None, final: bool
    ) -> RecognizedText:
        texts: list[str] = []
        # Of a room without one, Moonshine says "You", and not how sure it is.
        if has_voice(pcm):
            texts += map(self._decode, windows(samples_of(pcm), _WINDOW_SAMPLES))
        return RecognizedText(" ".join(filter(None, texts)), "en")

    def usable(self, corpus: str) -> str | None:
        return "nothing"

    def _decode(self, samples: Samples) -> str:
        whole = np.pad(samples, (0, -len(samples) % _PIECE_SAMPLES))
        with self._lock:
            heard = self._moonshine.transcribe_without_streaming(
                whole.tolist(), SAMPLE_RATE
            )
            text = " ".join(line.text.strip() for line in heard.lines)
        return text if is_sayable(text, len(samples) / SAMPLE_RATE) else ""
