"""Speech models of the user's own, run by sherpa-onnx.

It ends the process where a file is not as it expects: whoever loads one here has looked
into the folder (`model_folder`) and tried it in another process (`trial`) before.
"""

from collections import deque
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any

import numpy as np
from sherpa_onnx import OfflineRecognizer, OnlineRecognizer

from auricle.audio.frame import SAMPLE_BYTES, SAMPLE_RATE
from auricle.audio.samples import Samples, from_pcm
from auricle.errors import ConfigError
from auricle.qwen_asr.events import EMOTIONS
from auricle.qwen_asr.wording import joined
from auricle.recognizer.engines.engine import Engine
from auricle.recognizer.engines.model_folder import ModelFolder
from auricle.recognizer.engines.model_kind import ModelKind
from auricle.recognizer.engines.plausible import is_sayable
from auricle.recognizer.engines.qwen3_prompt import (
    LANGUAGE_NAMES,
    LONGEST_SECONDS,
    hotwords,
)
from auricle.recognizer.engines.sound import samples_of, windows
from auricle.recognizer.engines.voice import has_voice
from auricle.recognizer.engines.whisper_languages import protocol_code, whisper_code
from auricle.recognizer.transcriptions import RecognizedText

# Who speaks for longer is heard in parts. sherpa-onnx cuts off what Whisper hears at
# 29.5 s.
_LONGEST = 29
# What a streaming model is given behind the end: until then, it waits for what follows.
_TAIL = np.zeros(int(0.6 * SAMPLE_RATE), np.float32)
# Streams that are kept for what comes next of an utterance, each with a few 100 kB.
_MOST_STREAMS = 16
_MAKES_UP_WORDS = (ModelKind.MOONSHINE, ModelKind.MOONSHINE_V2, ModelKind.WHISPER)


def load_sherpa(folder: ModelFolder, *, threads: int) -> Engine:
    """Load the model of `folder`, to be run by so many threads.

    Raises ConfigError where that cannot be; it may end the process as well.
    """
    try:
        match folder.kind:
            case (
                ModelKind.STREAMING_TRANSDUCER
                | ModelKind.STREAMING_ZIPFORMER_CTC
                | ModelKind.STREAMING_NEMO_CTC
            ):
                return StreamingEngine(folder, threads)
            case _:
                return WholeUtteranceEngine(folder, threads)
    except (RuntimeError, ValueError, OSError) as error:
        raise ConfigError(f"{folder.path}: {error}") from error


class WholeUtteranceEngine(Engine):
    """A model that hears an utterance from its beginning to its end, each time.

    Threads may share it: they wait for each other.
    """

    def __init__(self, folder: ModelFolder, threads: int) -> None:
        self._folder = folder
        self._kind = folder.kind
        self._recognizer = _offline(folder, threads)
        is_qwen = self._kind is ModelKind.QWEN3_ASR
        self._window = (LONGEST_SECONDS if is_qwen else _LONGEST) * SAMPLE_RATE
        self._lock = Lock()
        self._tells_language = False

    @property
    def name(self) -> str:
        return f"{self._kind} ({self._folder.path.resolve().name})"

    @property
    def languages(self) -> frozenset[str]:
        return self._folder.languages

    def transcribe(
        self, pcm: bytes, *, language: str | None, corpus: str | None, final: bool
    ) -> RecognizedText:
        if self._kind in _MAKES_UP_WORDS and not has_voice(pcm):
            return RecognizedText("")
        samples = samples_of(pcm)
        # Of a microphone that is muted, nothing is left.
        if not len(samples):
            return RecognizedText("")
        heard = [
            self._decode(window, language, corpus)
            for window in windows(samples, self._window)
        ]
        said = [part for part in heard if part.text]
        if not said:
            return RecognizedText("")
        text = joined(part.text for part in said)
        # A mood may change; what it came to is how the speaker feels.
        return RecognizedText(text, said[0].language, said[-1].emotion)

    def usable(self, corpus: str) -> str | None:
        if self._kind is not ModelKind.QWEN3_ASR:
            return "nothing"
        return hotwords(corpus).left_out

    def _decode(
        self, samples: Samples, language: str | None, corpus: str | None
    ) -> RecognizedText:
        with self._lock:
            self._set_language(language)
            stream = self._recognizer.create_stream()
            if self._kind is ModelKind.QWEN3_ASR:
                stream.set_option("language", LANGUAGE_NAMES.get(language or "", ""))
                stream.set_option("hotwords", hotwords(corpus or "").text)
            stream.accept_waveform(SAMPLE_RATE, samples)
            self._recognizer.decode_stream(stream)
            result = stream.result
        self._require_decoded(result.lang)
        text = _written(result.text, self._folder)
        if not is_sayable(text, len(samples) / SAMPLE_RATE):
            return RecognizedText("")
        heard = self._heard_language(result.lang) or language
        return RecognizedText(text, heard, _emotion(result.emotion))

    def _require_decoded(self, tag: str) -> None:
        # Of most kinds, sherpa-onnx raises what fails in a decode. Of SenseVoice,
        # Whisper, Moonshine and Paraformer it writes a line, and finds no words. Only
        # where a model tells languages, it tells one of every sound, also of silence.
        if tag:
            self._tells_language = True
        elif self._tells_language:
            raise RuntimeError(
                "sherpa-onnx could not decode; it has written why to standard error"
            )

    def _set_language(self, language: str | None) -> None:
        config = self._recognizer.config
        match self._kind:
            case ModelKind.SENSE_VOICE:
                settings, code = config.model_config.sense_voice, language or ""
            case ModelKind.WHISPER:
                settings = config.model_config.whisper
                code = self._whisper_code(language)
            case _:
                return
        if settings.language != code:
            settings.language = code
            self._recognizer.recognizer.set_config(config)

    def _whisper_code(self, language: str | None) -> str:
        # Of a language that it has no token for, it ends the process.
        codes = self._folder.model.metadata.get("all_language_codes", "").split(",")
        if language is None:
            return ""
        code = language if language in codes else whisper_code(language)
        return code if code in codes else ""

    def _heard_language(self, tag: str) -> str | None:
        code = protocol_code(tag.strip("<|>"))
        if code in self.languages:
            return code
        return _the_only(self.languages)


class StreamingEngine(Engine):
    """A model that takes its sound bit by bit: an interim transcript costs no more than
    what came since the last one. Threads may share it: they wait for each other.
    """

    def __init__(self, folder: ModelFolder, threads: int) -> None:
        self._folder = folder
        self._recognizer = _online(folder, threads)
        self._streams: deque[tuple[bytes, Any]] = deque(maxlen=_MOST_STREAMS)
        self._lock = Lock()

    @property
    def name(self) -> str:
        return f"{self._folder.kind} ({self._folder.path.resolve().name})"

    @property
    def languages(self) -> frozenset[str]:
        return self._folder.languages

    def transcribe(
        self, pcm: bytes, *, language: str | None, corpus: str | None, final: bool
    ) -> RecognizedText:
        with self._lock:
            begun, stream = self._take_begun(pcm)
            self._hear(stream, from_pcm(pcm[len(begun) :]))
            if final:
                self._hear(stream, _TAIL)
                stream.input_finished()
                self._decode(stream)
            else:
                self._streams.append((pcm, stream))
            heard: str = self._recognizer.get_result(stream)
        text = _written(heard, self._folder)
        if not is_sayable(text, len(pcm) / SAMPLE_BYTES / SAMPLE_RATE):
            return RecognizedText("")
        return RecognizedText(text, _the_only(self.languages) or language)

    def usable(self, corpus: str) -> str | None:
        return "nothing"

    def _take_begun(self, pcm: bytes) -> tuple[bytes, Any]:
        """Return the stream that has heard most of `pcm`, and what it heard."""
        fitting = [kept for kept in self._streams if pcm.startswith(kept[0])]
        if not fitting:
            return b"", self._recognizer.create_stream()
        most = max(fitting, key=lambda kept: len(kept[0]))
        self._streams.remove(most)
        return most

    def _hear(self, stream: Any, samples: Samples) -> None:
        stream.accept_waveform(SAMPLE_RATE, samples)
        self._decode(stream)

    def _decode(self, stream: Any) -> None:
        while self._recognizer.is_ready(stream):
            self._recognizer.decode_stream(stream)


def _offline(folder: ModelFolder, threads: int) -> Any:
    load, parts, options = _OFFLINE[folder.kind]
    files = {name: folder.file(part) for name, part in parts.items()}
    return load(**files, **options, num_threads=threads)


def _online(folder: ModelFolder, threads: int) -> Any:
    load, parts = _ONLINE[folder.kind]
    files = {name: folder.file(part) for name, part in parts.items()}
    return load(**files, num_threads=threads)


_Parts = Mapping[str, str]
_MODEL: _Parts = {"model": "model", "tokens": "tokens"}
_TRANSDUCER: _Parts = {
    part: part for part in ("encoder", "decoder", "joiner", "tokens")
}
# What loads each kind: the names that it has for the folder's parts, and options.
_OFFLINE: Mapping[
    ModelKind, tuple[Callable[..., Any], _Parts, Mapping[str, object]]
] = {
    ModelKind.SENSE_VOICE: (
        OfflineRecognizer.from_sense_voice,
        _MODEL,
        {"use_itn": True},
    ),
    ModelKind.QWEN3_ASR: (
        OfflineRecognizer.from_qwen3_asr,
        {part: part for part in ("conv_frontend", "encoder", "decoder", "tokenizer")},
        {},
    ),
    ModelKind.WHISPER: (
        OfflineRecognizer.from_whisper,
        {part: part for part in ("encoder", "decoder", "tokens")},
        {"language": ""},
    ),
    ModelKind.MOONSHINE: (
        OfflineRecognizer.from_moonshine,
        {
            "preprocessor": "preprocess",
            "encoder": "encode",
            "uncached_decoder": "uncached_decode",
            "cached_decoder": "cached_decode",
            "tokens": "tokens",
        },
        {},
    ),
    ModelKind.MOONSHINE_V2: (
        OfflineRecognizer.from_moonshine_v2,
        {
            "encoder": "encoder_model",
            "decoder": "decoder_model_merged",
            "tokens": "tokens",
        },
        {},
    ),
    ModelKind.TRANSDUCER: (OfflineRecognizer.from_transducer, _TRANSDUCER, {}),
    ModelKind.NEMO_TRANSDUCER: (
        OfflineRecognizer.from_transducer,
        _TRANSDUCER,
        {"model_type": "nemo_transducer"},
    ),
    ModelKind.PARAFORMER: (
        OfflineRecognizer.from_paraformer,
        {"paraformer": "model", "tokens": "tokens"},
        {},
    ),
    ModelKind.NEMO_CTC: (OfflineRecognizer.from_nemo_ctc, _MODEL, {}),
    ModelKind.ZIPFORMER_CTC: (OfflineRecognizer.from_zipformer_ctc, _MODEL, {}),
    ModelKind.WENET_CTC: (OfflineRecognizer.from_wenet_ctc, _MODEL, {}),
    ModelKind.TELESPEECH_CTC: (OfflineRecognizer.from_telespeech_ctc, _MODEL, {}),
    ModelKind.DOLPHIN_CTC: (OfflineRecognizer.from_dolphin_ctc, _MODEL, {}),
}
_ONLINE: Mapping[ModelKind, tuple[Callable[..., Any], _Parts]] = {
    ModelKind.STREAMING_TRANSDUCER: (OnlineRecognizer.from_transducer, _TRANSDUCER),
    ModelKind.STREAMING_ZIPFORMER_CTC: (OnlineRecognizer.from_zipformer2_ctc, _MODEL),
    ModelKind.STREAMING_NEMO_CTC: (OnlineRecognizer.from_nemo_ctc, _MODEL),
}


def _written(text: str, folder: ModelFolder) -> str:
    text = text.strip()
    return text.capitalize() if folder.writes_capitals_only else text


def _emotion(tag: str) -> str | None:
    label = tag.strip("<|>").lower()
    return label if label in EMOTIONS else None


def _the_only(languages: frozenset[str]) -> str | None:
    return next(iter(languages)) if len(languages) == 1 else None
