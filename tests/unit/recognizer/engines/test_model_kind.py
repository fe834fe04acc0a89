from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.qwen_asr.events import LANGUAGES
from auricle.recognizer.engines.model_kind import (
    ModelFiles,
    ModelKind,
    UnknownModelError,
    languages_of,
    tell_model,
)

SENSE_VOICE = {
    "model_type": "sense_voice_ctc",
    **dict.fromkeys(
        ("vocab_size", "normalize_samples", "with_itn", "without_itn"), "1"
    ),
    **dict.fromkeys(("lfr_window_size", "lfr_window_shift"), "7"),
    **dict.fromkeys(("neg_mean", "inv_stddev"), "0"),
    **{f"lang_{code}": "1" for code in ("auto", "zh", "en", "ja", "ko", "yue")},
}
WHISPER = {
    "model_type": "whisper-tiny",
    "is_multilingual": "1",
    "all_language_codes": "en,de,tl,zh",
    **dict.fromkeys(("n_mels", "n_text_layer", "n_text_ctx", "n_text_state"), "1"),
    **dict.fromkeys(("n_vocab", "sot", "eot", "blank_id", "translate"), "1"),
    **dict.fromkeys(("transcribe", "no_timestamps", "no_speech"), "1"),
    "sot_sequence": "1,2",
}
NEMO = {
    "model_type": "EncDecRNNTBPEModel",
    **dict.fromkeys(("vocab_size", "subsampling_factor"), "8"),
    **dict.fromkeys(("pred_rnn_layers", "pred_hidden"), "2"),
}
NEMO_CTC = {
    "model_type": "EncDecCTCModelBPE",
    "vocab_size": "1",
    "subsampling_factor": "8",
}
ZIPFORMER = {"model_type": "zipformer2", "decode_chunk_len": "32", "T": "45"}
QWEN3 = (
    "conv_frontend.onnx encoder.int8.onnx decoder.int8.onnx tokenizer/vocab.json "
    "tokenizer/merges.txt tokenizer/tokenizer_config.json"
)
MOONSHINE = (
    "preprocess.onnx encode.int8.onnx uncached_decode.int8.onnx "
    "cached_decode.int8.onnx tokens.txt"
)
TRANSDUCER = "encoder.onnx decoder.onnx joiner.onnx tokens.txt"


def tell(names: str, metadata: Mapping[str, str] | None = None) -> ModelFiles:
    return tell_model(names.split(), lambda _: metadata or {})


@pytest.mark.parametrize(
    ("names", "metadata", "kind"),
    [
        ("model.bin config.json tokenizer.json", {}, ModelKind.CTRANSLATE2_WHISPER),
        (QWEN3, {}, ModelKind.QWEN3_ASR),
        (MOONSHINE, {}, ModelKind.MOONSHINE),
        (
            "encoder_model.ort decoder_model_merged.ort tokens.txt",
            {},
            ModelKind.MOONSHINE_V2,
        ),
        (
            "base-encoder.onnx base-decoder.onnx base-tokens.txt",
            WHISPER,
            ModelKind.WHISPER,
        ),
        (TRANSDUCER, {"model_type": "zipformer2"}, ModelKind.TRANSDUCER),
        (TRANSDUCER, NEMO, ModelKind.NEMO_TRANSDUCER),
        (TRANSDUCER, ZIPFORMER, ModelKind.STREAMING_TRANSDUCER),
        (TRANSDUCER, NEMO | {"chunk_shift": "8"}, ModelKind.STREAMING_TRANSDUCER),
        ("model.int8.onnx tokens.txt", SENSE_VOICE, ModelKind.SENSE_VOICE),
        ("model.onnx tokens.txt", NEMO_CTC, ModelKind.NEMO_CTC),
        (
            "model.onnx tokens.txt",
            NEMO_CTC | {"chunk_shift": "8"},
            ModelKind.STREAMING_NEMO_CTC,
        ),
        (
            "model.onnx tokens.txt",
            {"model_type": "zipformer2_ctc"},
            ModelKind.ZIPFORMER_CTC,
        ),
        (
            "ctc-chunk-16.onnx tokens.txt",
            ZIPFORMER,
            ModelKind.STREAMING_ZIPFORMER_CTC,
        ),
        ("model.onnx tokens.txt", {"model_type": "wenet_ctc"}, ModelKind.WENET_CTC),
    ],
)
def test_a_folder_is_known_by_its_files_and_their_metadata(
    names: str, metadata: dict[str, str], kind: ModelKind
) -> None:
    assert tell(f"README.md test_wavs/0.wav {names}", metadata).kind is kind


def test_the_smaller_edition_of_a_file_is_taken() -> None:
    names = (
        "encoder-epoch-99.onnx encoder-epoch-99.int8.onnx decoder-epoch-99.onnx "
        "joiner-epoch-99.int8.onnx joiner-epoch-99.onnx tokens.txt"
    )
    assert tell(names, {"model_type": "zipformer2"}).files == {
        "encoder": "encoder-epoch-99.int8.onnx",
        "decoder": "decoder-epoch-99.onnx",
        "joiner": "joiner-epoch-99.int8.onnx",
        "tokens": "tokens.txt",
    }


@pytest.mark.parametrize(
    ("names", "metadata", "told"),
    [
        ("", {}, "holds no speech model"),
        ("README.md tokens.txt model.pt", {}, "holds no speech model"),
        ("model.bin config.json", {}, r"lacks tokenizer\.json"),
        ("conv_frontend.onnx", {}, r"lacks tokenizer/vocab\.json, tokenizer/merges"),
        (QWEN3.replace("decoder", "other"), {}, r"lacks its decoder, a file \*decoder"),
        ("preprocess.onnx encode.onnx", {}, "lacks uncached_decode, cached_decode"),
        ("decoder_model_merged.ort", {}, "lacks encoder_model"),
        ("encoder.onnx joiner.onnx tokens.txt", NEMO, "lacks its decoder"),
        ("tiny-encoder.onnx", WHISPER, "lacks its decoder"),
        ("tiny-decoder.onnx", WHISPER, "lacks its encoder"),
        ("model.onnx", SENSE_VOICE, r"lacks tokens\.txt"),
        ("a.onnx b.onnx tokens.txt", {}, r"holds several models: a\.onnx, b\.onnx"),
        (
            "tiny-encoder.onnx base-encoder.onnx tiny-decoder.onnx tiny-tokens.txt",
            WHISPER,
            "holds several models: base-encoder.onnx, tiny-encoder.onnx",
        ),
        (
            "model.onnx tokens.txt old-tokens.txt",
            SENSE_VOICE,
            "holds several models: old-tokens.txt, tokens.txt",
        ),
        ("model.onnx tokens.txt", {}, r"model\.onnx does not say in its metadata"),
        ("model.onnx tokens.txt", {"model_type": "vits"}, "is of the type 'vits'"),
        (TRANSDUCER, {"model_type": "vits"}, r"encoder\.onnx is of the type 'vits'"),
        (
            "encoder.onnx decoder.onnx tokens.txt",
            {"model_type": "EncDecMultiTaskModel"},
            "is of the type 'EncDecMultiTaskModel'",
        ),
        (
            "model.onnx tokens.txt",
            {key: value for key, value in SENSE_VOICE.items() if key != "neg_mean"},
            r"model\.onnx lacks neg_mean in its metadata, which SenseVoice needs",
        ),
    ],
)
def test_what_is_missing_is_named_with_what_to_do(
    names: str, metadata: dict[str, str], told: str
) -> None:
    with pytest.raises(UnknownModelError, match=told):
        tell(names, metadata)


NAMES = st.sampled_from(
    f"{QWEN3} {MOONSHINE} {TRANSDUCER} model.onnx model.int8.onnx model.bin "
    "config.json tokenizer.json encoder_model.ort decoder_model_merged.ort .onnx a.ort "
    "base-encoder.onnx base-decoder.int8.onnx base-tokens.txt a.onnx joiner".split()
)
METADATA = st.sampled_from([{}, SENSE_VOICE, WHISPER, NEMO, NEMO_CTC, ZIPFORMER])


@given(st.frozensets(NAMES), METADATA)
def test_any_folder_is_a_model_of_files_that_are_there_or_refused(
    names: frozenset[str], metadata: dict[str, str]
) -> None:
    try:
        model = tell_model(names, lambda _: metadata)
    except UnknownModelError:
        return
    inside = {name.partition("/")[0] for name in names}
    assert set(model.files.values()) <= names | inside


@pytest.mark.parametrize(
    ("names", "metadata", "folder", "languages"),
    [
        ("model.onnx tokens.txt", SENSE_VOICE, "any", {"zh", "yue", "en", "ja", "ko"}),
        (QWEN3, {}, "any", LANGUAGES - {"uk", "is", "no"}),
        (MOONSHINE, {}, "any", {"en"}),
        (
            "base-encoder.onnx base-decoder.onnx base-tokens.txt",
            WHISPER,
            "any",
            {"en", "de", "fil", "zh", "yue"},
        ),
        (
            "base.en-encoder.onnx base.en-decoder.onnx base.en-tokens.txt",
            WHISPER | {"is_multilingual": "0"},
            "any",
            {"en"},
        ),
        (TRANSDUCER, NEMO, "sherpa-onnx-zipformer-zh-en-2023-11-22", {"zh", "en"}),
        (TRANSDUCER, NEMO, "sherpa-onnx-nemo-parakeet-tdt-0.6b-v3-int8", None),
        (TRANSDUCER, NEMO, "it-is-no-language", None),
    ],
)
def test_the_languages_of_a_model_are_those_that_its_files_or_its_folder_tell(
    names: str,
    metadata: dict[str, str],
    folder: str,
    languages: set[str] | frozenset[str] | None,
) -> None:
    assert languages_of(tell(names, metadata), folder) == languages
