"""The embedded speech model: Whisper, run by CTranslate2 (faster-whisper), and its
encoder by ONNX Runtime."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from math import ceil

import numpy as np
import numpy.typing as npt
from ctranslate2 import Device, StorageView, get_supported_compute_types
from ctranslate2.models import WhisperGenerationResult
from faster_whisper import WhisperModel
from faster_whisper.audio import pad_or_trim
from faster_whisper.tokenizer import Tokenizer

from auricle.audio.frame import SAMPLE_RATE
from auricle.audio.samples import Samples
from auricle.errors import ConfigError
from auricle.qwen_asr.wording import has_words, joined
from auricle.recognizer.engines.engine import Engine
from auricle.recognizer.engines.plausible import is_endless
from auricle.recognizer.engines.sound import samples_of, windows
from auricle.recognizer.engines.weights import find_whisper
from auricle.recognizer.engines.whisper_encoder import load_encoder
from auricle.recognizer.engines.whisper_languages import (
    known_languages,
    protocol_code,
    whisper_code,
)
from auricle.recognizer.hints import (
    Correction,
    Hint,
    corrected,
    corrections,
    read,
    spellings,
)
from auricle.recognizer.transcriptions import RecognizedText

logger = logging.getLogger(__name__)

WHOLE_WINDOW = 30
"""Seconds that Whisper was made to look at: what is shorter is padded with silence."""
# CTranslate2's encoder computes the silence as well. It takes a shorter window too, in
# a quarter of the time for 10 s, but then gets one command in ten wrong that it had
# right: good enough for an interim transcript, not for a final one. There, it needs its
# time stamps to know when to stop. With 15 s it does not, and a few more words are
# wrong.
_WINDOW_SAMPLES = WHOLE_WINDOW * SAMPLE_RATE
_INTERIM_WINDOW_SAMPLES = 10 * SAMPLE_RATE
_MARGIN_SAMPLES = SAMPLE_RATE
_SAMPLES_PER_FEATURE = SAMPLE_RATE // 100
# Of a room without a voice, Whisper says "you" or "Thank you.", that there was probably
# no speech, and that it is not sure of its words. Measured: no speech at 0.60 and above
# for silence, noise, hum and a kitchen, at 0.40 and below for commands and single
# words, also with the kitchen 5 dB below them; but now and then above 0.8 for a long
# utterance, with words that it is sure of. Of a silence that was encoded beforehand it
# says so sooner: at 0.62 and above for 160 pieces of a kitchen, at 0.57 and below for
# 30 words.
_NO_SPEECH, _NO_SPEECH_BEFOREHAND = 0.5, 0.61
_SURE = -0.25

# Of a phrase that it cannot read, it may make the same words again and again until it
# is stopped: of a command of 4 s for as long as four others take. Nobody says more than
# 25 characters a second. Of English, a token holds two and a half at least; of Hindi
# and Chinese, less than one.
_MOST_TOKENS, _MOST_ENGLISH_TOKENS = 30, 10
_TOKENS_BESIDES = 10
# The same sound is read once more, and what was written before is made less likely.
_PENALTY = 1.1

# Words that begin so much less likely than those it chose, in natural logarithms, are
# not worth a look: a hint that was said begins within 6. And a look at one takes 5 ms
# for each 3 s of sound.
_FARTHEST = 8.0
_MOST_WEIGHED = 8
# A look holds a logit of each token that there is, behind each token of its text, and
# nearly three times: of hints in half a minute of speech, 580 MB were measured. With so
# many at a time, it is about 100 MB, and takes no longer.
_MOST_LOGITS = 10_000_000
# Frames of an encoding, for each second; and those behind the sound that hold what is
# left of it.
_FRAMES = 50
_FRAMES_BEHIND = 10
# The logarithm of no probability is none.
_LEAST = 1e-9
# A sentence is over where Whisper is as sure as this that it ends there, with a sign or
# without one. Chosen on every second of 140 commands, it finds 79 in 100 cuts between
# words of the others, and takes none of them for cut that is whole (of all 140, one; in
# a kitchen 10 dB below, 4 in 100). Of half sentences that a synthetic voice ends as if
# they were whole, it finds 4 in 10.
_FINISHED = 0.88
_SIGNS = ".?!\u3002\uff1f\uff01\u061f\u0964"
_PUNCTUATION = f"{_SIGNS},:;\u2026-\u2013\u2014\uff0c\u3001\"'\u201d\u2019\u00bb) "
# Each satellite has hints of its own, and says them again in every session.
_MOST_CORPORA = 100


class WhisperEngine(Engine):
    """A Whisper is held in memory. Threads may share it: they wait for each other.

    It cannot tell the mood of a voice: emotions are None. Of words to expect it says,
    when it has heard, how likely those are that resemble something it heard; so an
    interim transcript is made without.
    """

    def __init__(
        self,
        model: str = "tiny.en",
        *,
        threads: int = 2,
        device: str = "cpu",
        compute_type: str | None = None,
        window: int = WHOLE_WINDOW,
    ) -> None:
        """Load `model`: tiny.en, base, or a folder in CTranslate2's format.

        It runs on `device`, cpu or cuda, and computes there in `compute_type`, by
        default int8 on the former and float16 on the latter. A final is made of
        `window` seconds, or as many as are said. Raises ConfigError where that cannot
        be.
        """
        folder = find_whisper(model)
        compute_type = compute_type or ("int8" if device == "cpu" else "float16")
        _require(device, compute_type)
        try:
            self._whisper = WhisperModel(
                str(folder),
                device=device,
                compute_type=compute_type,
                cpu_threads=threads,
                local_files_only=True,
            )
            self._encoder = (
                load_encoder(folder, seconds=window, threads=threads)
                if device == "cpu"
                else None
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise ConfigError(f"{folder}: not a Whisper model: {error}") from error
        self._no_speech = _NO_SPEECH_BEFOREHAND if self._encoder else _NO_SPEECH
        self._name = model
        self._window = window * SAMPLE_RATE
        self._multilingual: bool = self._whisper.model.is_multilingual
        # It writes no more than that of 30 s.
        self._most_tokens = self._whisper.max_length // 2
        self._hints = lru_cache(_MOST_CORPORA)(self._read)
        self._warned = False
        self._signs = [
            ids[0]
            for sign in _SIGNS
            for written in (sign, f" {sign}", f'{sign}"', f' {sign}"')
            if len(ids := self._ids(written)) == 1
        ]
        if device != "cpu":
            self._warm_up(device)

    @property
    def name(self) -> str:
        return f"Whisper {self._name}"

    @property
    def languages(self) -> frozenset[str]:
        if not self._multilingual:
            return frozenset({"en"})
        return known_languages(self._whisper.supported_languages)

    def transcribe(
        self, pcm: bytes, *, language: str | None, corpus: str | None, final: bool
    ) -> RecognizedText:
        heard: list[RecognizedText] = []
        for window in windows(samples_of(pcm), _WINDOW_SAMPLES):
            found = self._decode(window, language, corpus, final=final)
            if found.text:
                heard.append(found)
                # Whoever goes on does so in the same language.
                language = found.language
        if not heard:
            return RecognizedText("", language)
        return replace(heard[-1], text=joined(found.text for found in heard))

    def usable(self, corpus: str) -> str | None:
        of, usable = len(read(corpus)), len(self._hints(corpus))
        if usable == of:
            return None
        return f"{usable} of {of} hints (of at most {self._most_tokens} tokens each)"

    def _read(self, corpus: str) -> Sequence[Hint]:
        """The hints that it could write, however many there are."""
        return [
            hint for hint in read(corpus) if self._tokens(hint) <= self._most_tokens
        ]

    def _tokens(self, hint: Hint) -> int:
        return len(self._ids(f" {hint.text}"))

    def _ids(self, text: str) -> list[int]:
        encoding = self._whisper.hf_tokenizer.encode(text, add_special_tokens=False)
        return list(encoding.ids)

    def _warm_up(self, device: str) -> None:
        # CUDA's libraries are loaded, and its kernels are made, by the first decode.
        second = np.zeros(SAMPLE_RATE, np.float32)
        try:
            self._decode(second, None, None, final=True)
        except RuntimeError as error:
            raise ConfigError(
                f"--device {device}: {error}; it needs cuBLAS and cuDNN for CUDA 12: "
                "pip install nvidia-cublas-cu12 nvidia-cudnn-cu12, and name their lib "
                "folders in LD_LIBRARY_PATH, or install NVIDIA's packages of your "
                "system"
            ) from error

    def _decode(
        self,
        samples: Samples,
        language: str | None,
        corpus: str | None,
        *,
        final: bool,
    ) -> RecognizedText:
        """The language is the one given, or else the one heard."""
        whisper = self._whisper
        encoded = self._encoded(samples, final=final)
        code = self._code(language, encoded)
        tokenizer = Tokenizer(
            whisper.hf_tokenizer, self._multilingual, task="transcribe", language=code
        )
        prompt = whisper.get_prompt(
            tokenizer, [], without_timestamps=final or self._encoder is not None
        )
        hints = self._hints(corpus) if final and corpus else ()
        seconds = len(samples) / SAMPLE_RATE
        most = min(_most_tokens(seconds, code), self._most_tokens)
        found = self._generate(encoded, prompt, most, with_logits=final)
        text = tokenizer.decode(found.sequences_ids[0]).strip()
        if self._goes_on(found, text, most, seconds):
            found = self._generate(
                encoded, prompt, most, with_logits=final, penalty=_PENALTY
            )
            text = tokenizer.decode(found.sequences_ids[0]).strip()
        no_speech = found.no_speech_prob > self._no_speech and found.scores[0] < _SURE
        if (
            no_speech
            or not has_words(text)
            or self._goes_on(found, text, most, seconds)
        ):
            text = ""
        likelihood = _Likelihood(found, tokenizer) if final else None
        if likelihood and (possible := corrections(text, hints)):
            frames = round(_FRAMES * seconds) + _FRAMES_BEHIND
            heard_part = np.asarray(encoded.to_device(Device.cpu))[:, :frames]
            text = corrected(
                text, self._weighed(text, possible, likelihood, heard_part, tokenizer)
            )
        return RecognizedText(
            text,
            language or protocol_code(code),
            unfinished=likelihood.of_end(self._signs) < _FINISHED
            if likelihood
            else None,
        )

    def _encoded(self, samples: Samples, *, final: bool) -> StorageView:
        whisper = self._whisper
        # The extractor adds a feature of silence.
        features = whisper.feature_extractor(samples)[:, :-1]
        if self._encoder:
            return StorageView.from_array(self._encoder.encode(features))
        least = self._window if final else _INTERIM_WINDOW_SAMPLES
        heard = min(max(least, len(samples) + _MARGIN_SAMPLES), _WINDOW_SAMPLES)
        return whisper.encode(pad_or_trim(features, heard // _SAMPLES_PER_FEATURE))

    def _generate(
        self,
        encoded: StorageView,
        prompt: list[int],
        most: int,
        *,
        with_logits: bool,
        penalty: float = 1.0,
    ) -> WhisperGenerationResult:
        """At most so many tokens; `penalty` makes those that it chose before less
        likely.
        """
        [result] = self._whisper.model.generate(
            encoded,
            [prompt],
            beam_size=1,
            # Half of that is for a prompt.
            max_length=2 * most,
            repetition_penalty=penalty,
            return_scores=True,
            return_logits_vocab=with_logits,
            return_no_speech_prob=True,
        )
        return result

    def _goes_on(
        self, found: WhisperGenerationResult, text: str, most: int, seconds: float
    ) -> bool:
        """Whether it was stopped in the midst of more than is said in `seconds`."""
        # Half a minute of speech may fill all the room that it has.
        stopped = len(found.sequences_ids[0]) >= most
        return is_endless(text, seconds) or (stopped and most < self._most_tokens)

    def _weighed(
        self,
        text: str,
        possible: Sequence[Correction],
        likelihood: "_Likelihood",
        encoded: npt.NDArray[np.float32],
        tokenizer: Tokenizer,
    ) -> Sequence[tuple[Correction, float]]:
        """How much likelier the sound makes the text with each of them; those that it
        makes much less likely are left out.
        """
        near: list[tuple[float, Correction, list[str]]] = []
        for correction in possible:
            # It is as likely as in the spelling that the model would choose.
            written = [
                (likelihood.less_likely(other), other)
                for spelling in sorted(spellings(correction.replacement))
                if (other := correction.of(text, spelling)) != text
            ]
            written = [pair for pair in written if pair[0] <= _FARTHEST]
            if written:
                near.append(
                    (min(written)[0], correction, [other for _, other in written])
                )
        near.sort(key=lambda one: one[0])
        del near[_MOST_WEIGHED:]
        if not near:
            return []
        texts = [text, *dict.fromkeys(other for *_, others in near for other in others)]
        lead = likelihood.lead
        ids = [[*tokenizer.encode(f"{lead}{one}"), tokenizer.eot] for one in texts]
        try:
            found = self._likely(ids, encoded, tokenizer.sot_sequence)
        except RuntimeError as error:
            # What was heard stands without them. Of a folder that was converted long
            # ago, CTranslate2 says each time that alignment_heads are missing.
            level = logging.DEBUG if self._warned else logging.WARNING
            self._warned = True
            logger.log(level, "words to expect are not heeded: %s", error)
            return []
        likely = dict(zip(texts, found, strict=True))
        return [
            (correction, max(map(likely.__getitem__, others)) - likely[text])
            for _, correction, others in near
        ]

    def _likely(
        self,
        texts: Sequence[list[int]],
        encoded: npt.NDArray[np.float32],
        start: list[int],
    ) -> Sequence[float]:
        """How likely the sound makes each text of tokens, in natural logarithms."""
        longest = len(start) + max(map(len, texts))
        vocabulary = self._whisper.hf_tokenizer.get_vocab_size()
        most = max(1, _MOST_LOGITS // (longest * vocabulary))
        likely: list[float] = []
        for first in range(0, len(texts), most):
            batch = texts[first : first + most]
            found = self._whisper.model.align(
                StorageView.from_array(np.repeat(encoded, len(batch), axis=0)),
                start,
                batch,
                encoded.shape[1],
            )
            likely += [
                float(np.log(np.maximum(result.text_token_probs, _LEAST)).sum())
                for result in found
            ]
        return likely

    def _code(self, language: str | None, encoded: StorageView) -> str:
        if language is not None:
            token = self._whisper.hf_tokenizer.token_to_id(f"<|{language}|>")
            return whisper_code(language) if token is None else language
        if not self._multilingual:
            return "en"
        [[(token, _), *_]] = self._whisper.model.detect_language(encoded)
        return str(token).strip("<|>")


class _Likelihood:
    """How likely other words were to a hearing than those that it found."""

    def __init__(self, found: WhisperGenerationResult, tokenizer: Tokenizer) -> None:
        """`found` has logits."""
        self._ids = found.sequences_ids[0]
        self._logits = found.logits[0]
        self._tokenizer = tokenizer
        self._text: str = tokenizer.decode(self._ids)

    def of_end(self, signs: Sequence[int]) -> float:
        """Return how likely it is that the sentence ends behind its last word: 0 to 1;
        `signs` are the tokens that end a sentence.
        """
        words = len(self._text.rstrip(_PUNCTUATION))
        token = len(self._ids)
        while token and len(self._tokenizer.decode(self._ids[: token - 1])) >= words:
            token -= 1
        logits = self._logits_of(min(token, len(self._logits) - 1))
        likely = np.exp(logits - logits.max())
        return float(likely[[*signs, self._tokenizer.eot]].sum() / likely.sum())

    @property
    def lead(self) -> str:
        """What stands before the first word: a space, where the language has any."""
        return self._text[: len(self._text) - len(self._text.lstrip())]

    def less_likely(self, text: str) -> float:
        """Return how much less likely another text was than the one found, in natural
        logarithms, at the first token in which they differ; both without the spaces
        around them.
        """
        end = self._tokenizer.eot
        chosen = [*self._ids, end]
        other = [*self._tokenizer.encode(f"{self.lead}{text}"), end]
        pairs = enumerate(zip(chosen, other, strict=False))
        differs = next((at for at, (a, b) in pairs if a != b), None)
        if differs is None:
            return 0.0
        # Its last token may be the last that it had room for.
        if differs == len(self._logits):
            return np.inf
        likely = self._logits_of(differs)
        return float(likely.max() - likely[other[differs]])

    def _logits_of(self, token: int) -> npt.NDArray[np.float32]:
        return np.asarray(self._logits[token].to_device(Device.cpu)).ravel()


def _most_tokens(seconds: float, code: str) -> int:
    """More than anybody says."""
    a_second = _MOST_ENGLISH_TOKENS if code == "en" else _MOST_TOKENS
    return _TOKENS_BESIDES + ceil(a_second * seconds)


def _require(device: str, compute_type: str) -> None:
    """Raise ConfigError where there is no such device, or it cannot compute so."""
    try:
        known = get_supported_compute_types(device)
    except (RuntimeError, ValueError) as error:
        raise ConfigError(
            f"--device {device}: {error}; `nvidia-smi` tells whether there is a GPU "
            "and a driver for it"
        ) from error
    if compute_type not in known:
        raise ConfigError(
            f"--compute-type {compute_type}: the {device} here knows "
            f"{', '.join(sorted(known))}"
        )
