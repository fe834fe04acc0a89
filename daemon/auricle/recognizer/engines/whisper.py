"""The embedded speech model: Whisper, run by CTranslate2 (faster-whisper)."""

from ctranslate2 import StorageView
from faster_whisper import WhisperModel
from faster_whisper.audio import pad_or_trim
from faster_whisper.tokenizer import Tokenizer

from auricle.audio.frame import SAMPLE_RATE
from auricle.audio.samples import Samples
from auricle.errors import ConfigError
from auricle.qwen_asr.events import LANGUAGES
from auricle.recognizer.engines.engine import Engine
from auricle.recognizer.engines.plausible import is_sayable
from auricle.recognizer.engines.sound import samples_of, windows
from auricle.recognizer.engines.weights import find_whisper
from auricle.recognizer.transcriptions import RecognizedText

# Whisper looks at 30 s, and what is shorter is padded with silence. It takes a shorter
# window too, in a quarter of the time for 10 s, but then gets one command in ten wrong
# that it had right: good enough for an interim transcript, not for a final one. There,
# it needs its time stamps to know when to stop.
_WINDOW_SAMPLES = 30 * SAMPLE_RATE
_INTERIM_WINDOW_SAMPLES = 10 * SAMPLE_RATE
_MARGIN_SAMPLES = SAMPLE_RATE
_SAMPLES_PER_FEATURE = SAMPLE_RATE // 100
# Of a room without a voice, Whisper says "you" or "Thank you.", that there was probably
# no speech, and that it is not sure of its words. Measured: no speech at 0.60 and above
# for silence, noise, hum and a kitchen, at 0.40 and below for commands and single
# words, also with the kitchen 5 dB below them; but now and then above 0.8 for a long
# utterance, with words that it is sure of.
_NO_SPEECH = 0.5
_SURE = -0.25
# Codes of the protocol that Whisper has other names for. Cantonese it learned late:
# to most models it is Chinese.
_WHISPER_CODES = {"fil": "tl", "yue": "zh"}
_PROTOCOL_CODES = {"tl": "fil"}


class WhisperEngine(Engine):
    """A Whisper is held in memory. Threads may share it: they wait for each other.

    It cannot tell the mood of a voice: emotions are None.
    """

    def __init__(self, model: str = "tiny.en", *, threads: int = 2) -> None:
        """Load `model`: tiny.en, base, or a folder in CTranslate2's format.

        Raises ConfigError where it cannot be used.
        """
        folder = find_whisper(model)
        try:
            self._whisper = WhisperModel(
                str(folder),
                device="cpu",
                compute_type="int8",
                cpu_threads=threads,
                local_files_only=True,
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise ConfigError(f"{folder}: not a Whisper model: {error}") from error
        self._name = model
        self._multilingual: bool = self._whisper.model.is_multilingual

    @property
    def name(self) -> str:
        return f"Whisper {self._name}"

    @property
    def languages(self) -> frozenset[str]:
        if not self._multilingual:
            return frozenset({"en"})
        known = set(self._whisper.supported_languages)
        return frozenset(
            code for code in LANGUAGES if _WHISPER_CODES.get(code, code) in known
        )

    def transcribe(
        self, pcm: bytes, *, language: str | None, corpus: str | None, final: bool
    ) -> RecognizedText:
        texts: list[str] = []
        for window in windows(samples_of(pcm), _WINDOW_SAMPLES):
            text, heard = self._decode(window, language, corpus, final=final)
            if text:
                texts.append(text)
                # Whoever goes on does so in the same language.
                language = heard
        return RecognizedText(" ".join(texts), language)

    def usable(self, corpus: str) -> str | None:
        # faster-whisper gives the prompt half of what the model reads, and leaves out
        # the rest without a word.
        most = self._whisper.max_length // 2 - 1
        tokens = self._whisper.hf_tokenizer.encode(
            f" {corpus.strip()}", add_special_tokens=False
        )
        asked = len(tokens.ids)
        return f"the first {most} of {asked} tokens" if asked > most else None

    def _decode(
        self,
        samples: Samples,
        language: str | None,
        corpus: str | None,
        *,
        final: bool,
    ) -> tuple[str, str]:
        """Return the words, and the language: the one given, or else the one heard."""
        whisper = self._whisper
        heard = _WINDOW_SAMPLES
        if not final:
            heard = max(_INTERIM_WINDOW_SAMPLES, len(samples) + _MARGIN_SAMPLES)
        length = min(heard, _WINDOW_SAMPLES) // _SAMPLES_PER_FEATURE
        # The extractor adds a feature of silence.
        features = whisper.feature_extractor(samples)[:, :-1]
        encoded = whisper.encode(pad_or_trim(features, length))
        code = self._code(language, encoded)
        tokenizer = Tokenizer(
            whisper.hf_tokenizer, self._multilingual, task="transcribe", language=code
        )
        prompt = whisper.get_prompt(
            tokenizer, [], without_timestamps=final, hotwords=corpus
        )
        [result] = whisper.model.generate(
            encoded,
            [prompt],
            beam_size=1,
            return_scores=True,
            return_no_speech_prob=True,
        )
        text = tokenizer.decode(result.sequences_ids[0]).strip()
        no_speech = result.no_speech_prob > _NO_SPEECH and result.scores[0] < _SURE
        if no_speech or not is_sayable(text, len(samples) / SAMPLE_RATE):
            text = ""
        return text, language or _PROTOCOL_CODES.get(code, code)

    def _code(self, language: str | None, encoded: StorageView) -> str:
        if language is not None:
            return _WHISPER_CODES.get(language, language)
        if not self._multilingual:
            return "en"
        [[(token, _), *_]] = self._whisper.model.detect_language(encoded)
        return str(token).strip("<|>")
