"""The light speech model: Moonshine tiny-en, run by ONNX Runtime."""

from collections.abc import Sequence
from math import ceil

import numpy as np
import numpy.typing as npt

from auricle.audio.frame import SAMPLE_RATE
from auricle.audio.samples import Samples
from auricle.errors import ConfigError
from auricle.recognizer.engines.engine import Engine
from auricle.recognizer.engines.moonshine_tokens import MoonshineTokens
from auricle.recognizer.engines.onnx_session import load_session
from auricle.recognizer.engines.plausible import is_sayable
from auricle.recognizer.engines.sound import samples_of, windows
from auricle.recognizer.engines.voice import has_voice
from auricle.recognizer.engines.weights import MOONSHINE
from auricle.recognizer.transcriptions import RecognizedText

_WINDOW_SAMPLES = 30 * SAMPLE_RATE
# It was measured with sound in pieces of this size. Of 174 commands, 64 read otherwise
# where the last piece is not filled with zeros, as often better as worse.
_PIECE_SAMPLES = 512
# What its encoder needs to make a frame of.
_LEAST_SAMPLES = 2 * _PIECE_SAMPLES
_START, _END = 1, 2
# Its authors' limit: where it makes more, it is in a loop.
_TOKENS_PER_SECOND = 6.5


class MoonshineEngine(Engine):
    """A Moonshine is held in memory. Threads may share it.

    It knows English only, takes no words to expect, and cannot tell the mood of a
    voice: emotions are None. An interim transcript costs it as much as a final one.
    """

    name = "Moonshine tiny-en"
    languages = frozenset({"en"})

    def __init__(self, *, threads: int = 2) -> None:
        """Load the model, its encoder to be run by so many threads.

        Raises ConfigError where it is not installed, or damaged.
        """
        folder = MOONSHINE.find()
        try:
            self._encoder = load_session(folder / "encoder_model.ort", threads=threads)
            # Each token is small: two threads take half as much processor again for
            # it, and longer than one.
            self._decoder = load_session(folder / "decoder_model_merged.ort", threads=1)
            self._tokens = MoonshineTokens((folder / "tokenizer.bin").read_bytes())
        except Exception as error:  # ONNX Runtime's errors have no type of their own
            raise ConfigError(f"{folder}: not a Moonshine model: {error}") from error
        self._outputs = [output.name for output in self._decoder.get_outputs()]
        self._nothing_past = {
            given.name: np.zeros((1, given.shape[1], 1, given.shape[3]), np.float32)
            for given in self._decoder.get_inputs()
            if given.name.startswith("past_key_values.")
        }

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
        seconds = len(samples) / SAMPLE_RATE
        rest = max(-len(samples) % _PIECE_SAMPLES, _LEAST_SAMPLES - len(samples))
        whole = np.pad(samples, (0, rest))
        text = self._tokens.text(
            self._greedy(whole, most=ceil(seconds * _TOKENS_PER_SECOND))
        )
        return text if is_sayable(text, seconds) else ""

    def _greedy(self, samples: Samples, *, most: int) -> Sequence[int]:
        """Return the likeliest token behind each, at most so many."""
        mask = np.ones((1, len(samples)), np.int64)
        [encoded] = self._encoder.run(
            None, {"input_values": samples[np.newaxis], "attention_mask": mask}
        )
        given: dict[str, npt.NDArray[np.generic]] = {
            "encoder_hidden_states": encoded,
            "encoder_attention_mask": mask,
            **self._nothing_past,
        }
        tokens = [_START]
        while len(tokens) <= most:
            given["input_ids"] = np.array([tokens[-1:]])
            given["use_cache_branch"] = np.array([len(tokens) > 1])
            logits, *presents = self._decoder.run(None, given)
            token = int(logits[0, -1].argmax())
            if token == _END:
                break
            for name, present in zip(self._outputs[1:], presents, strict=True):
                # What it attends to of the sound it makes once, and then returns empty.
                if len(tokens) == 1 or ".decoder." in name:
                    given[name.replace("present.", "past_key_values.")] = present
            tokens.append(token)
        return tokens[1:]
