"""What kind of speech model a folder holds, by the names of its files and by what they
say of themselves.

| files | kind |
|---|---|
| model.bin, config.json, tokenizer.json | Whisper, for CTranslate2 |
| conv_frontend, encoder, decoder, tokenizer/ | Qwen3-ASR |
| preprocess, encode, uncached_decode, cached_decode, tokens.txt | Moonshine |
| encoder_model, decoder_model_merged, tokens.txt | Moonshine, second edition |
| encoder, decoder, joiner, tokens.txt | a transducer: NeMo's or icefall's |
| X-encoder, X-decoder, X-tokens.txt | Whisper, for ONNX Runtime |
| model, tokens.txt | SenseVoice, Paraformer, or what else ends in CTC |

All but the first are as sherpa-onnx publishes them. A transducer, and what ends in CTC,
is told apart by the metadata of its encoder or its model, where it also says that it is
made for streaming. Of a file in two precisions the one with whole numbers is taken: it
is smaller, and faster on a processor.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from auricle.qwen_asr.events import LANGUAGES
from auricle.recognizer.engines.qwen3_prompt import LANGUAGE_NAMES
from auricle.recognizer.engines.whisper_languages import known_languages

ReadMetadata = Callable[[str], Mapping[str, str]]
"""Returns the metadata of the file of this name in the folder."""


class ModelKind(StrEnum):
    """A kind of model, by the name that people know it by."""

    CTRANSLATE2_WHISPER = "Whisper (CTranslate2)"
    QWEN3_ASR = "Qwen3-ASR"
    WHISPER = "Whisper"
    MOONSHINE = "Moonshine"
    MOONSHINE_V2 = "Moonshine v2"
    TRANSDUCER = "transducer"
    NEMO_TRANSDUCER = "NeMo transducer"
    STREAMING_TRANSDUCER = "streaming transducer"
    SENSE_VOICE = "SenseVoice"
    PARAFORMER = "Paraformer"
    NEMO_CTC = "NeMo CTC"
    ZIPFORMER_CTC = "zipformer CTC"
    WENET_CTC = "WeNet CTC"
    TELESPEECH_CTC = "TeleSpeech CTC"
    DOLPHIN_CTC = "Dolphin"
    STREAMING_ZIPFORMER_CTC = "streaming zipformer CTC"
    STREAMING_NEMO_CTC = "streaming NeMo CTC"


class UnknownModelError(Exception):
    """The folder holds no model that can be used; the message says why, and what would
    help.
    """


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A folder's model."""

    kind: ModelKind
    files: Mapping[str, str]
    """The name of each file in the folder, by the part that it plays."""
    metadata: Mapping[str, str]
    """What the model says of itself."""


_TOKENIZER = "tokenizer"
_TOKENIZER_FILES = ("vocab.json", "merges.txt", "tokenizer_config.json")
_TOKENS = "tokens"
_MODEL_SUFFIXES = (".onnx", ".ort")
# `encoder.int8.onnx`, `encoder_quant.onnx`, `model_q8.onnx` are smaller editions of
# `encoder.onnx` and `model.onnx`; sherpa-onnx writes the first.
_PRECISION = re.compile(r"[._-](int8|uint8|q8|quant|quantized|fp16|float16|fp32)$")
_WHOLE_NUMBERS = ("int8", "uint8", "q8", "quant", "quantized")
# What only a model has that takes its sound bit by bit.
_STREAMS = ("decode_chunk_len", "chunk_shift", "T")
_SENSE_VOICE_LANGUAGES = frozenset({"zh", "yue", "en", "ja", "ko"})

_KINDS_BY_TYPE: Mapping[str, ModelKind] = {
    "sense_voice_ctc": ModelKind.SENSE_VOICE,
    "paraformer": ModelKind.PARAFORMER,
    "EncDecCTCModel": ModelKind.NEMO_CTC,
    "EncDecCTCModelBPE": ModelKind.NEMO_CTC,
    "EncDecHybridRNNTCTCBPEModel": ModelKind.NEMO_CTC,
    "zipformer2": ModelKind.ZIPFORMER_CTC,
    "zipformer2_ctc": ModelKind.ZIPFORMER_CTC,
    "zipformer_ctc": ModelKind.ZIPFORMER_CTC,
    "wenet_ctc": ModelKind.WENET_CTC,
    "telespeech_ctc": ModelKind.TELESPEECH_CTC,
    "dolphin": ModelKind.DOLPHIN_CTC,
}
_STREAMING = {
    ModelKind.TRANSDUCER: ModelKind.STREAMING_TRANSDUCER,
    ModelKind.NEMO_TRANSDUCER: ModelKind.STREAMING_TRANSDUCER,
    ModelKind.ZIPFORMER_CTC: ModelKind.STREAMING_ZIPFORMER_CTC,
    ModelKind.NEMO_CTC: ModelKind.STREAMING_NEMO_CTC,
}
_TRANSDUCER_TYPES = ("conformer", "zipformer", "zipformer2", "lstm", "ebranchformer")
_TOLD_BY_METADATA = (ModelKind.TRANSDUCER, ModelKind.WHISPER, ModelKind.NEMO_CTC)
_REMEDY = "take a folder that is made for sherpa-onnx"
_AGAIN = "download the folder again, whole"
# Without these, sherpa-onnx ends the process.
_NEEDED_METADATA: Mapping[ModelKind, tuple[str, ...]] = {
    ModelKind.SENSE_VOICE: (
        "vocab_size", "normalize_samples", "lfr_window_size", "lfr_window_shift",
        "neg_mean", "inv_stddev", "lang_auto", "lang_zh", "lang_en", "lang_ja",
        "lang_ko", "lang_yue", "with_itn", "without_itn",
    ),
    ModelKind.WHISPER: (
        "n_mels", "n_text_layer", "n_text_ctx", "n_text_state", "n_vocab", "sot", "eot",
        "blank_id", "translate", "transcribe", "is_multilingual", "no_timestamps",
        "no_speech", "sot_sequence",
    ),
    ModelKind.NEMO_CTC: ("vocab_size", "subsampling_factor"),
    ModelKind.NEMO_TRANSDUCER: (
        "vocab_size", "subsampling_factor", "pred_rnn_layers", "pred_hidden",
    ),
    ModelKind.PARAFORMER: (
        "vocab_size", "lfr_window_size", "lfr_window_shift", "neg_mean", "inv_stddev",
    ),
}  # fmt: skip


def tell_model(names: Collection[str], read: ReadMetadata) -> ModelFiles:
    """Return what the folder of files of these `names` holds; those of a folder inside
    come with its name and a slash.

    Raises UnknownModelError, and what `read` raises.
    """
    if "model.bin" in names:
        # Without its tokenizer, the runtime would fetch one from the network.
        needed = ("model.bin", "config.json", "tokenizer.json")
        _require(needed, names, ModelKind.CTRANSLATE2_WHISPER)
        files = {name.partition(".")[0]: name for name in needed}
        return ModelFiles(ModelKind.CTRANSLATE2_WHISPER, files, {})
    models = _models_of(names)
    if not models:
        raise UnknownModelError(
            "holds no speech model, neither files that end in .onnx or .ort nor "
            "CTranslate2's model.bin; docs/recognizer.md names folders that do"
        )
    layout, files = _layout(models, names)
    if layout not in _TOLD_BY_METADATA:
        return ModelFiles(layout, files, {})
    metadata = read(files.get("encoder") or files["model"])
    return _by_metadata(layout, files, metadata)


def languages_of(model: ModelFiles, folder: str) -> frozenset[str] | None:
    """Return the protocol's codes of what `model` knows; None where nothing tells it.

    The folders that sherpa-onnx publishes carry the languages in their names.
    """
    match model.kind:
        case ModelKind.SENSE_VOICE:
            return _SENSE_VOICE_LANGUAGES
        case ModelKind.QWEN3_ASR:
            return frozenset(LANGUAGE_NAMES)
        case ModelKind.MOONSHINE:
            return frozenset({"en"})
        case ModelKind.WHISPER if model.metadata.get("is_multilingual") != "1":
            return frozenset({"en"})
        case ModelKind.WHISPER:
            return known_languages(
                model.metadata.get("all_language_codes", "").split(",")
            )
        case _:
            if not folder.startswith("sherpa-onnx-"):
                return None
            return LANGUAGES & set(re.split(r"[-_.]", folder)) or None


def _models_of(names: Iterable[str]) -> dict[str, str]:
    """Return the models' files by their names without ending and precision."""
    models: dict[str, str] = {}
    for name in sorted(names):
        stem = next(
            (name.removesuffix(end) for end in _MODEL_SUFFIXES if name.endswith(end)),
            "",
        )
        if not stem or "/" in stem:
            continue
        precision = _PRECISION.search(stem)
        base = stem[: precision.start()] if precision else stem
        whole_numbers = precision is not None and precision[1] in _WHOLE_NUMBERS
        if whole_numbers or base not in models:
            models[base] = name
    return models


def _layout(
    models: Mapping[str, str], names: Collection[str]
) -> tuple[ModelKind, dict[str, str]]:
    """Return the kind that the names tell, or one that stands for several."""
    if "conv_frontend" in models:
        kind = ModelKind.QWEN3_ASR
        _require([f"{_TOKENIZER}/{name}" for name in _TOKENIZER_FILES], names, kind)
        files = _parts(models, ("conv_frontend", "encoder", "decoder"))
        return kind, files | {_TOKENIZER: _TOKENIZER}
    if "preprocess" in models:
        parts = ("preprocess", "encode", "uncached_decode", "cached_decode")
        files = _exactly(models, parts, ModelKind.MOONSHINE)
        return ModelKind.MOONSHINE, files | _tokens(names)
    if "decoder_model_merged" in models:
        merged = ("encoder_model", "decoder_model_merged")
        files = _exactly(models, merged, ModelKind.MOONSHINE_V2)
        return ModelKind.MOONSHINE_V2, files | _tokens(names)
    if any("joiner" in base for base in models):
        files = _parts(models, ("encoder", "decoder", "joiner"))
        return ModelKind.TRANSDUCER, files | _tokens(names)
    if any("encoder" in base or "decoder" in base for base in models):
        files = _parts(models, ("encoder", "decoder"))
        return ModelKind.WHISPER, files | _tokens(names)
    if len(models) > 1:
        raise _several(models.values())
    [name] = models.values()
    return ModelKind.NEMO_CTC, {"model": name} | _tokens(names)


def _by_metadata(
    layout: ModelKind, files: Mapping[str, str], metadata: Mapping[str, str]
) -> ModelFiles:
    name = files.get("encoder") or files["model"]
    model_type = metadata.get("model_type")
    if model_type is None:
        raise UnknownModelError(
            f"{name} does not say in its metadata what it is (model_type); {_REMEDY}"
        )
    kind = _kind_of(layout, model_type)
    if kind is None:
        raise UnknownModelError(
            f"{name} is of the type {model_type!r}, which is not known here; {_REMEDY}"
        )
    if any(key in metadata for key in _STREAMS):
        kind = _STREAMING.get(kind, kind)
    needed = _NEEDED_METADATA.get(kind, ())
    missing = [key for key in needed if key not in metadata]
    if missing:
        raise UnknownModelError(
            f"{name} lacks {', '.join(missing)} in its metadata, which {kind} needs; "
            f"{_REMEDY}"
        )
    return ModelFiles(kind, files, metadata)


def _kind_of(layout: ModelKind, model_type: str) -> ModelKind | None:
    if layout is ModelKind.NEMO_CTC:
        return _KINDS_BY_TYPE.get(model_type)
    if layout is ModelKind.WHISPER:
        return layout if model_type.startswith("whisper") else None
    if model_type.startswith("EncDec"):
        return ModelKind.NEMO_TRANSDUCER
    return layout if model_type in _TRANSDUCER_TYPES else None


def _parts(models: Mapping[str, str], parts: Iterable[str]) -> dict[str, str]:
    """Return the file of each part; its name has a stem before it, or a step behind."""
    files = {}
    for part in parts:
        bases = [base for base in models if part in base]
        if not bases:
            raise UnknownModelError(f"lacks its {part}, a file *{part}*.onnx; {_AGAIN}")
        if len(bases) > 1:
            raise _several(models[base] for base in bases)
        files[part] = models[bases[0]]
    return files


def _exactly(
    models: Mapping[str, str], parts: Iterable[str], kind: ModelKind
) -> dict[str, str]:
    _require(parts, models, kind)
    return {part: models[part] for part in parts}


def _tokens(names: Collection[str]) -> dict[str, str]:
    found = sorted(
        name for name in names if name.endswith("tokens.txt") and "/" not in name
    )
    if not found:
        raise UnknownModelError(f"lacks tokens.txt; {_AGAIN}")
    if len(found) > 1:
        raise _several(found)
    return {_TOKENS: found[0]}


def _require(needed: Iterable[str], names: Collection[str], kind: ModelKind) -> None:
    missing = [name for name in needed if name not in names]
    if missing:
        raise UnknownModelError(
            f"looks like {kind}, but lacks {', '.join(missing)}; {_AGAIN}"
        )


def _several(names: Iterable[str]) -> UnknownModelError:
    return UnknownModelError(
        f"holds several models: {', '.join(sorted(names))}; put the files of one into "
        "a folder of its own"
    )
