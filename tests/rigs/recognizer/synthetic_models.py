"""Speech models without weights, which the real runtimes take for published ones.

Each says one sentence, whatever it hears: those that go through the sound frame by
frame say a word at every second frame, those that write word by word look up which one
follows the last. `PYTHONPATH=tests python -m rigs.recognizer.synthetic_models FOLDER`
makes one of each kind.
"""

import base64
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

FLOAT, INT32, INT64, BOOL = (
    TensorProto.FLOAT,
    TensorProto.INT32,
    TensorProto.INT64,
    TensorProto.BOOL,
)
SAID = "turn on the light"
MOODS = ("HAPPY", "SAD", "ANGRY", "NEUTRAL", "FEARFUL", "DISGUSTED", "SURPRISED")
_SURE = 10.0
# A word at every second frame: with CTC, what follows at once would be the same word.
_EVERY = 2
_SPACE = "\u2581"

Shape = Sequence[int | str]
Tensor = tuple[str, int, Shape]


def sense_voice(
    folder: Path, said: str = SAID, mood: str = "HAPPY", language: str = "en"
) -> Path:
    """Make a SenseVoice that hears `mood`, and `language` where none is named."""
    languages = ("zh", "en", "yue", "ja", "ko", "nospeech")
    marks = [
        *(f"<|{code}|>" for code in languages),
        *(f"<|{label}|>" for label in (*MOODS, "EMO_UNKNOWN")),
        *("<|Speech|>", "<|withitn|>", "<|woitn|>"),
    ]
    tokens, words = _vocabulary(said, ("<unk>", "<s>", "</s>"), marks)
    heard = (f"<|{mood}|>", "<|Speech|>", "<|withitn|>")
    rows = [0, *map(tokens.index, heard), *_spread(words, blank=0)]
    ids = {"auto": 0, "zh": 3, "en": 4, "yue": 7, "ja": 11, "ko": 12}
    named = dict.fromkeys(range(13), language)
    named |= {ids[code]: code for code in languages if code in ids}
    _save(
        folder / "model.int8.onnx",
        inputs=[
            ("x", FLOAT, ("N", "T", 560)),
            ("x_length", INT32, ("N",)),
            ("language", INT32, ("N",)),
            ("text_norm", INT32, ("N",)),
        ],
        outputs=[("logits", FLOAT, ("N", "U", len(tokens)))],
        nodes=[
            *_frames("x", axis=1, count="T"),
            ("Add", ["T", "four"], "U"),
            *_rows_by_frame("U"),
            ("Slice", ["rows", "one1", "end1", "zero1"], "rest"),
            ("Gather", ["named", "language"], "tag"),
            ("Concat", ["tag", "rest"], "all", {"axis": 0}),
            ("Unsqueeze", ["all", "zero1"], "logits"),
        ],
        constants={
            **_frame_constants(rows, 0, len(tokens)),
            "four": np.int64(4),
            "one1": np.array([1]),
            "end1": np.array([1 << 40]),
            "named": _one_hot(
                [tokens.index(f"<|{code}|>") for code in named.values()], len(tokens)
            ),
        },
        metadata={
            "model_type": "sense_voice_ctc",
            "vocab_size": len(tokens),
            "blank_id": 0,
            "lfr_window_size": 7,
            "lfr_window_shift": 6,
            "normalize_samples": 0,
            "neg_mean": ",".join(["0"] * 560),
            "inv_stddev": ",".join(["1"] * 560),
            "with_itn": 14,
            "without_itn": 15,
            "lang_nospeech": 13,
            **{f"lang_{code}": number for code, number in ids.items()},
        },
    )
    return write_tokens(folder, tokens)


def nemo_ctc(folder: Path, said: str = SAID) -> Path:
    """Make one of NeMo's CTC models, as parakeet-ctc is."""
    tokens, words = _vocabulary(said, ("<unk>",), ("<blk>",))
    blank = len(tokens) - 1
    _save(
        folder / "model.int8.onnx",
        inputs=[("audio_signal", FLOAT, ("N", 80, "T")), ("length", INT64, ("N",))],
        outputs=[("logprobs", FLOAT, ("N", "U", len(tokens)))],
        nodes=[
            *_frames("audio_signal", axis=2, count="T"),
            ("Div", ["T", "eight"], "U"),
            *_rows_by_frame("U"),
            ("Unsqueeze", ["rows", "zero1"], "logprobs"),
        ],
        constants={
            **_frame_constants(_spread(words, blank), blank, len(tokens)),
            "eight": np.int64(8),
        },
        metadata={
            "model_type": "EncDecCTCModelBPE",
            "vocab_size": len(tokens) - 1,
            "subsampling_factor": 8,
            "normalize_type": "per_feature",
        },
    )
    return write_tokens(folder, tokens)


def _icefall_ctc(folder: Path, said: str, metadata: Mapping[str, object]) -> Path:
    tokens, words = _vocabulary(said, ("<blk>", "<sos/eos>", "<unk>"))
    _save(
        folder / "model.int8.onnx",
        inputs=[("x", FLOAT, ("N", "T", 80)), ("x_lens", INT64, ("N",))],
        outputs=[
            ("log_probs", FLOAT, ("N", "U", len(tokens))),
            ("log_probs_len", INT64, ("N",)),
        ],
        nodes=[
            *_frames("x", axis=1, count="T"),
            ("Div", ["T", "eight"], "U"),
            *_rows_by_frame("U"),
            ("Unsqueeze", ["rows", "zero1"], "log_probs"),
            ("Unsqueeze", ["U", "zero1"], "log_probs_len"),
        ],
        constants={
            **_frame_constants(_spread(words, 0), 0, len(tokens)),
            "eight": np.int64(8),
        },
        metadata={"vocab_size": len(tokens), "subsampling_factor": 8, **metadata},
    )
    return write_tokens(folder, tokens)


def zipformer_ctc(folder: Path, said: str = SAID) -> Path:
    """Make one of icefall's CTC models."""
    return _icefall_ctc(folder, said, {"model_type": "zipformer2_ctc"})


def wenet_ctc(folder: Path, said: str = SAID) -> Path:
    """Make one of WeNet's CTC models."""
    return _icefall_ctc(folder, said, {"model_type": "wenet_ctc"})


def paraformer(folder: Path, said: str = SAID) -> Path:
    """Make a Paraformer, which writes all words at once."""
    tokens, words = _vocabulary(said, ("<blank>", "<s>", "</s>"), ("<unk>",), space="")
    count = len(words) + 1
    _save(
        folder / "model.int8.onnx",
        inputs=[("speech", FLOAT, ("N", "T", 560)), ("speech_lengths", INT32, ("N",))],
        outputs=[
            ("logits", FLOAT, ("N", count, len(tokens))),
            ("token_num", INT32, ("N",)),
        ],
        nodes=[
            ("Mul", ["speech_lengths", "none"], "zero"),
            ("Add", ["zero", "count"], "token_num"),
            ("Identity", ["table"], "logits"),
        ],
        constants={
            "table": _one_hot([*words, tokens.index("</s>")], len(tokens))[None],
            "none": np.int32(0),
            "count": np.int32(count),
        },
        metadata={
            "model_type": "paraformer",
            "vocab_size": len(tokens),
            "lfr_window_size": 7,
            "lfr_window_shift": 6,
            "neg_mean": ",".join(["0"] * 560),
            "inv_stddev": ",".join(["1"] * 560),
        },
    )
    return write_tokens(folder, tokens)


def transducer(folder: Path, said: str = SAID) -> Path:
    """Make one of icefall's transducers, for whole utterances."""
    tokens, words = _vocabulary(said, ("<blk>", "<sos/eos>", "<unk>"))
    _save(
        folder / "encoder-epoch-9-avg-1.int8.onnx",
        inputs=[("x", FLOAT, ("N", "T", 80)), ("x_lens", INT64, ("N",))],
        outputs=[
            ("encoder_out", FLOAT, ("N", "U", 1)),
            ("encoder_out_lens", INT64, ("N",)),
        ],
        nodes=[
            *_frames("x", axis=1, count="T"),
            ("Div", ["T", "four"], "U"),
            ("Range", ["nought", "U", "one"], "t"),
            ("Cast", ["t"], "f", {"to": FLOAT}),
            ("Unsqueeze", ["f", "ends"], "encoder_out"),
            ("Unsqueeze", ["U", "zero1"], "encoder_out_lens"),
        ],
        constants={
            "four": np.int64(4),
            "nought": np.int64(0),
            "one": np.int64(1),
            "zero1": np.array([0]),
            "ends": np.array([0, 2]),
            "T_axis": np.int64(1),
        },
        metadata={"model_type": "zipformer2", "version": "1"},
    )
    _icefall_decoder_and_joiner(folder, "-epoch-9-avg-1", len(tokens), words)
    return write_tokens(folder, tokens)


def streaming_zipformer(folder: Path, said: str = SAID, every: int = 4) -> Path:
    """Make one of icefall's streaming transducers: a word in `every` frames of 40 ms.

    It has one layer, and counts its frames where others keep what they heard.
    """
    tokens, words = _vocabulary(said.upper(), ("<blk>", "<sos/eos>", "<unk>"))
    taken, on = 45, 32
    out = on // 4
    states: dict[str, Shape] = {
        "cached_key_0": (4, "N", 4),
        "cached_nonlin_attn_0": (1, "N", 4, 3),
        "cached_val1_0": (4, "N", 4),
        "cached_val2_0": (4, "N", 4),
        "cached_conv1_0": ("N", 4, 1),
        "cached_conv2_0": ("N", 4, 1),
        "embed_states": ("N", 128, 3, 19),
    }
    _save(
        folder / "encoder-chunk-16.int8.onnx",
        inputs=[
            ("x", FLOAT, ("N", taken, 80)),
            *((name, FLOAT, shape) for name, shape in states.items()),
            ("processed_lens", INT64, ("N",)),
        ],
        outputs=[
            ("encoder_out", FLOAT, ("N", out, 1)),
            *((f"new_{name}", FLOAT, shape) for name, shape in states.items()),
            ("new_processed_lens", INT64, ("N",)),
        ],
        nodes=[
            *(("Identity", [name], f"new_{name}") for name in states),
            ("Add", ["processed_lens", "out"], "new_processed_lens"),
            ("Cast", ["processed_lens"], "before", {"to": FLOAT}),
            ("Reshape", ["before", "each"], "start"),
            ("Add", ["start", "ramp"], "encoder_out"),
        ],
        constants={
            "out": np.array([out]),
            "each": np.array([-1, 1, 1]),
            "ramp": np.arange(out, dtype=np.float32).reshape(1, out, 1),
        },
        metadata={
            "model_type": "zipformer2",
            "decode_chunk_len": on,
            "T": taken,
            "num_encoder_layers": 1,
            "encoder_dims": 4,
            "cnn_module_kernels": 3,
            "left_context_len": 4,
            "query_head_dims": 4,
            "value_head_dims": 4,
            "num_heads": 1,
        },
    )
    _icefall_decoder_and_joiner(folder, "-chunk-16", len(tokens), words, every)
    return write_tokens(folder, tokens)


def nemo_transducer(folder: Path, said: str = SAID) -> Path:
    """Make one of NeMo's transducers, as parakeet is: its decoder counts the words."""
    tokens, words = _vocabulary(said, ("<unk>",), ("<blk>",))
    blank = len(tokens) - 1
    state: Shape = (1, "N", 1)
    _save(
        folder / "encoder.int8.onnx",
        inputs=[("audio_signal", FLOAT, ("N", 80, "T")), ("length", INT64, ("N",))],
        outputs=[("outputs", FLOAT, ("N", 1, "U")), ("lengths", INT64, ("N",))],
        nodes=[
            *_frames("audio_signal", axis=2, count="T"),
            ("Div", ["T", "eight"], "U"),
            ("Range", ["nought", "U", "one"], "t"),
            ("Cast", ["t"], "f", {"to": FLOAT}),
            ("Unsqueeze", ["f", "starts"], "outputs"),
            ("Unsqueeze", ["U", "zero1"], "lengths"),
        ],
        constants={
            "eight": np.int64(8),
            "nought": np.int64(0),
            "one": np.int64(1),
            "zero1": np.array([0]),
            "starts": np.array([0, 1]),
        },
        metadata={
            "model_type": "EncDecRNNTBPEModel",
            "vocab_size": len(tokens) - 1,
            "subsampling_factor": 8,
            "normalize_type": "per_feature",
            "pred_rnn_layers": 1,
            "pred_hidden": 1,
        },
    )
    _save(
        folder / "decoder.int8.onnx",
        inputs=[
            ("targets", INT32, ("N", 1)),
            ("target_length", INT32, ("N",)),
            ("states.1", FLOAT, state),
            ("onnx::Slice_3", FLOAT, state),
        ],
        outputs=[
            ("outputs", FLOAT, ("N", 1, 1)),
            ("prednet_lengths", INT32, ("N",)),
            ("states", FLOAT, state),
            ("162", FLOAT, state),
        ],
        nodes=[
            ("Add", ["states.1", "one"], "states"),
            ("Reshape", ["states.1", "each"], "outputs"),
            ("Identity", ["target_length"], "prednet_lengths"),
            ("Identity", ["onnx::Slice_3"], "162"),
        ],
        constants={"one": np.float32(1), "each": np.array([-1, 1, 1])},
    )
    _save(
        folder / "joiner.int8.onnx",
        inputs=[
            ("encoder_outputs", FLOAT, ("N", 1, 1)),
            ("decoder_outputs", FLOAT, ("N", 1, 1)),
        ],
        outputs=[("outputs", FLOAT, ("N", 1, 1, len(tokens)))],
        nodes=[
            # The word whose number the decoder counts, once its frame is there.
            ("Mul", ["decoder_outputs", "every"], "due"),
            ("Less", ["encoder_outputs", "due"], "early"),
            ("Min", ["decoder_outputs", "last"], "word"),
            ("Where", ["early", "last", "word"], "which"),
            ("Cast", ["which"], "row", {"to": INT64}),
            ("Gather", ["table", "row"], "outputs", {"axis": 0}),
        ],
        constants={
            "every": np.float32(_EVERY),
            "last": np.float32(len(words)),
            "table": _one_hot([*words, blank], len(tokens)),
        },
    )
    return write_tokens(folder, tokens)


def whisper(folder: Path, said: str = SAID, language: str = "de") -> Path:
    """Make a Whisper of many languages, which hears `language`."""
    codes = ("en", "de", "zh", "tl")
    marks = ["<eot>", "<sot>", *codes, "<translate>", "<transcribe>", "<no_speech>"]
    tokens, words = _vocabulary(said, (), [*marks, "<no_timestamps>"], space=" ")
    at = tokens.index
    follows = {at("<sot>"): at(language)} | _chain(at("<no_timestamps>"), words)
    layer: Shape = (1, "N", 32, 1)
    cross: Shape = (1, "N", "T", 1)
    _save(
        folder / "tiny-encoder.int8.onnx",
        inputs=[("mel", FLOAT, ("N", 80, "T"))],
        outputs=[
            ("n_layer_cross_k", FLOAT, cross),
            ("n_layer_cross_v", FLOAT, cross),
        ],
        nodes=[
            ("ReduceMean", ["mel"], "mean", {"axes": [1], "keepdims": 1}),
            ("Reshape", ["mean", "each"], "n_layer_cross_k"),
            ("Identity", ["n_layer_cross_k"], "n_layer_cross_v"),
        ],
        constants={"each": np.array([1, 1, -1, 1])},
        metadata={
            "model_type": "whisper-tiny",
            "n_mels": 80,
            "n_text_layer": 1,
            "n_text_ctx": 32,
            "n_text_state": 1,
            "n_vocab": len(tokens),
            "sot": at("<sot>"),
            "eot": at("<eot>"),
            "blank_id": 0,
            "translate": at("<translate>"),
            "transcribe": at("<transcribe>"),
            "no_timestamps": at("<no_timestamps>"),
            "no_speech": at("<no_speech>"),
            "is_multilingual": 1,
            "sot_sequence": f"{at('<sot>')},{at('en')},{at('<transcribe>')}",
            "all_language_codes": ",".join(codes),
            "all_language_tokens": ",".join(str(at(code)) for code in codes),
        },
    )
    _save(
        folder / "tiny-decoder.int8.onnx",
        inputs=[
            ("tokens", INT64, ("N", "n")),
            ("in_n_layer_self_k_cache", FLOAT, layer),
            ("in_n_layer_self_v_cache", FLOAT, layer),
            ("n_layer_cross_k", FLOAT, cross),
            ("n_layer_cross_v", FLOAT, cross),
            ("offset", INT64, (1,)),
        ],
        outputs=[
            ("logits", FLOAT, ("N", "n", len(tokens))),
            ("out_n_layer_self_k_cache", FLOAT, layer),
            ("out_n_layer_self_v_cache", FLOAT, layer),
        ],
        nodes=[
            ("Gather", ["table", "tokens"], "logits", {"axis": 0}),
            ("Identity", ["in_n_layer_self_k_cache"], "out_n_layer_self_k_cache"),
            ("Identity", ["in_n_layer_self_v_cache"], "out_n_layer_self_v_cache"),
        ],
        constants={"table": _followers(follows, at("<eot>"), len(tokens))},
    )
    encoded = [base64.b64encode(token.encode()).decode() for token in tokens]
    return write_tokens(folder, encoded, "tiny-tokens.txt")


def moonshine(folder: Path, said: str = SAID) -> Path:
    """Make a Moonshine as first published."""
    tokens, words = _vocabulary(said, ("<unk>", "<s>", "</s>"))
    state: Shape = ("N", "k")
    features: Tensor = ("features", FLOAT, ("N", "T", 1))
    _save(
        folder / "preprocess.onnx",
        inputs=[("audio", FLOAT, ("N", "samples"))],
        outputs=[features],
        nodes=[("Slice", ["audio", "z", "end", "one", "stride"], "some"),
               ("Unsqueeze", ["some", "two"], "features")],
        constants={
            "z": np.array([0]), "end": np.array([1 << 40]), "one": np.array([1]),
            "stride": np.array([384]), "two": np.array([2]),
        },
    )  # fmt: skip
    _save(
        folder / "encode.int8.onnx",
        inputs=[features, ("features_len", INT32, (1,))],
        outputs=[("encoder_out", FLOAT, ("N", "T", 1))],
        nodes=[("Identity", ["features"], "encoder_out")],
        constants={},
    )
    following = {
        "table": _followers(_chain(1, words), 2, len(tokens)),
        "shape": np.array([-1, 1]),
    }
    said_so_far: list[Tensor] = [
        ("tokens", INT32, ("N", "n")),
        ("encoder_out", FLOAT, ("N", "T", 1)),
        ("seq_len", INT32, (1,)),
    ]
    logits: Tensor = ("logits", FLOAT, ("N", "n", len(tokens)))
    look_up = ("Gather", ["table", "tokens"], "logits", {"axis": 0})
    _save(
        folder / "uncached_decode.int8.onnx",
        inputs=said_so_far,
        outputs=[logits, ("state", FLOAT, state)],
        nodes=[
            look_up,
            ("Cast", ["tokens"], "as_float", {"to": FLOAT}),
            ("Reshape", ["as_float", "shape"], "state"),
        ],
        constants=following,
    )
    _save(
        folder / "cached_decode.int8.onnx",
        inputs=[*said_so_far, ("state", FLOAT, state)],
        outputs=[logits, ("new_state", FLOAT, state)],
        nodes=[look_up, ("Identity", ["state"], "new_state")],
        constants={"table": following["table"]},
    )
    return write_tokens(folder, tokens)


def moonshine_v2(folder: Path, said: str = SAID) -> Path:
    """Make a Moonshine of the second edition, in ONNX Runtime's own format."""
    tokens, words = _vocabulary(said, ("<unk>", "<s>", "</s>"))
    past: Shape = ("N", 1, "p", 1)
    states = [
        f"{of}.{part}" for of in ("decoder", "encoder") for part in ("key", "value")
    ]
    _save(
        folder / "encoder_model.onnx",
        inputs=[("input_values", FLOAT, ("N", "samples"))],
        outputs=[("last_hidden_state", FLOAT, ("N", "T", 1))],
        nodes=[("Slice", ["input_values", "z", "end", "one", "stride"], "some"),
               ("Unsqueeze", ["some", "two"], "last_hidden_state")],
        constants={
            "z": np.array([0]), "end": np.array([1 << 40]), "one": np.array([1]),
            "stride": np.array([384]), "two": np.array([2]),
        },
    )  # fmt: skip
    _save(
        folder / "decoder_model_merged.onnx",
        inputs=[
            ("input_ids", INT64, ("N", "n")),
            ("encoder_hidden_states", FLOAT, ("N", "T", 1)),
            *((f"past_key_values.0.{name}", FLOAT, past) for name in states),
            ("use_cache_branch", BOOL, (1,)),
        ],
        outputs=[
            ("logits", FLOAT, ("N", "n", len(tokens))),
            *((f"present.0.{name}", FLOAT, past) for name in states),
        ],
        nodes=[
            ("Gather", ["table", "input_ids"], "logits", {"axis": 0}),
            *(
                ("Concat", [f"past_key_values.0.{name}", "more"], f"present.0.{name}",
                 {"axis": 2})
                for name in states
            ),
        ],
        constants={
            "table": _followers(_chain(1, words), 2, len(tokens)),
            "more": np.zeros((1, 1, 2, 1), np.float32),
        },
    )  # fmt: skip
    for name in ("encoder_model", "decoder_model_merged"):
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.optimized_model_filepath = str(folder / f"{name}.ort")
        options.add_session_config_entry("session.save_model_format", "ORT")
        onnxruntime.InferenceSession(str(folder / f"{name}.onnx"), options)
        (folder / f"{name}.onnx").unlink()
    encoded = [base64.b64encode(token.encode()).decode() for token in tokens]
    return write_tokens(folder, encoded)


def qwen3_asr(folder: Path, said: str = SAID) -> Path:
    """Make a Qwen3-ASR, with a tokenizer that knows its marks, bytes and words."""
    marks = ["<|im_start|>", "<|im_end|>", "<|audio_start|>", "<|audio_pad|>"]
    marks += ["<|audio_end|>", "<|endoftext|>", "<asr_text>"]
    known = [chr(number) for number in range(33, 127)] + ["\u010a", "\u0120"]
    # A byte-level tokenizer's space is another letter, and so is its end of the line.
    first, *others = said.split()
    tokens = [*known, first, *(f"\u0120{word}" for word in others)]
    words = list(range(len(known), len(tokens)))
    end, words_begin = (
        len(tokens) + marks.index(mark) for mark in ("<|im_end|>", "<asr_text>")
    )
    size = len(tokens) + len(marks)
    cache: Shape = (1, 512, 1, 1)
    _save(
        folder / "conv_frontend.onnx",
        inputs=[("input_features", FLOAT, (1, "T", 128))],
        outputs=[("conv_output", FLOAT, (1, "A", 1))],
        nodes=[
            ("Slice", ["input_features", "z", "ends", "axes", "by"], "conv_output")
        ],
        constants={
            "z": np.array([0, 0]), "ends": np.array([1 << 40, 1]),
            "axes": np.array([1, 2]), "by": np.array([8, 1]),
        },
    )  # fmt: skip
    _save(
        folder / "encoder.int8.onnx",
        inputs=[
            ("conv_output", FLOAT, (1, "A", 1)),
            ("feature_attention_mask", BOOL, (1, "A")),
        ],
        outputs=[("audio_features", FLOAT, (1, "A", 1))],
        nodes=[("Identity", ["conv_output"], "audio_features")],
        constants={},
        metadata={"hidden_size": 1},
    )
    _save(
        folder / "decoder.int8.onnx",
        inputs=[
            ("input_ids", INT64, (1, "S")),
            ("audio_features", FLOAT, (1, "A", 1)),
            ("attention_mask", INT64, (1, "M")),
            ("cache_position", INT64, ("S",)),
            ("past_key_0", FLOAT, cache),
            ("past_value_0", FLOAT, cache),
        ],
        outputs=[
            ("logits", FLOAT, (1, "S", size)),
            ("key_delta_0", FLOAT, (1, "S", 1, 1)),
            ("value_delta_0", FLOAT, (1, "S", 1, 1)),
        ],
        nodes=[
            ("Gather", ["table", "input_ids"], "logits", {"axis": 0}),
            ("Cast", ["input_ids"], "as_float", {"to": FLOAT}),
            ("Unsqueeze", ["as_float", "ends"], "key_delta_0"),
            ("Identity", ["key_delta_0"], "value_delta_0"),
        ],
        constants={
            "table": _followers(
                # Behind the prompt, and behind the name of a language in it.
                _chain(tokens.index("\u010a"), words) | {words_begin: words[0]},
                end,
                size,
            ),
            "ends": np.array([2, 3]),
        },
        metadata={
            "model_type": "qwen3_asr_kv_delta",
            "vocab_size": size,
            "num_layers": 1,
            "max_total_len": 512,
        },
    )
    tokenizer = folder / "tokenizer"
    tokenizer.mkdir()
    vocabulary = {token: number for number, token in enumerate(tokens)}
    added = {
        str(len(tokens) + number): {"content": mark, "special": True}
        for number, mark in enumerate(marks)
    }
    (tokenizer / "vocab.json").write_text(json.dumps(vocabulary))
    (tokenizer / "merges.txt").write_text("#version: 0.2\n")
    (tokenizer / "tokenizer_config.json").write_text(
        json.dumps({"added_tokens_decoder": added, "eos_token": "<|im_end|>"})
    )
    return folder


def spoil(file: Path, takes: int = 0) -> None:
    """Have a model load as before, and fail where it is given more than so many numbers
    at once.
    """
    model = onnx.load(file)
    graph = model.graph
    result = graph.output[0]
    for node in graph.node:
        for names in (node.input, node.output):
            for at, name in enumerate(names):
                if name == result.name:
                    names[at] = "whole"
    kind = helper.tensor_dtype_to_np_dtype(result.type.tensor_type.elem_type)
    graph.initializer.append(
        numpy_helper.from_array(np.zeros(takes + 1, kind), "taken")
    )
    graph.node.extend(
        (
            helper.make_node("Size", [graph.input[0].name], ["size"]),
            helper.make_node("Gather", ["taken", "size"], ["nothing"]),
            helper.make_node("Add", ["whole", "nothing"], [result.name]),
        )
    )
    onnx.save(model, file)


def write_tokens(folder: Path, tokens: Sequence[str], name: str = "tokens.txt") -> Path:
    """Write the list of `tokens` into `folder`, and return that."""
    lines = (f"{token} {number}\n" for number, token in enumerate(tokens))
    (folder / name).write_text("".join(lines))
    return folder


KINDS: Mapping[str, Callable[[Path], Path]] = {
    "SenseVoice": sense_voice,
    "Qwen3-ASR": qwen3_asr,
    "Whisper": whisper,
    "Moonshine": moonshine,
    "Moonshine v2": moonshine_v2,
    "NeMo transducer": nemo_transducer,
    "NeMo CTC": nemo_ctc,
    "transducer": transducer,
    "streaming transducer": streaming_zipformer,
    "zipformer CTC": zipformer_ctc,
    "WeNet CTC": wenet_ctc,
    "Paraformer": paraformer,
}
"""What makes a model of each kind, by the kind's name."""


def _icefall_decoder_and_joiner(
    folder: Path, step: str, size: int, words: Sequence[int], every: int = _EVERY
) -> None:
    _save(
        folder / f"decoder{step}.onnx",
        inputs=[("y", INT64, ("N", 2))],
        outputs=[("decoder_out", FLOAT, ("N", 2))],
        nodes=[("Cast", ["y"], "decoder_out", {"to": FLOAT})],
        constants={},
        metadata={"vocab_size": size, "context_size": 2},
    )
    rows = _spread(words, blank=0, every=every)
    _save(
        folder / f"joiner{step}.int8.onnx",
        inputs=[("encoder_out", FLOAT, ("N", 1)), ("decoder_out", FLOAT, ("N", 2))],
        outputs=[("logit", FLOAT, ("N", size))],
        nodes=[
            ("Min", ["encoder_out", "last"], "frame"),
            ("Cast", ["frame"], "row", {"to": INT64}),
            ("Squeeze", ["row", "one1"], "which"),
            ("Gather", ["table", "which"], "logit", {"axis": 0}),
        ],
        constants={
            "last": np.float32(len(rows)),
            "one1": np.array([1]),
            "table": _one_hot([*rows, 0], size),
        },
        metadata={"joiner_dim": 1},
    )


def _vocabulary(
    said: str, before: Sequence[str], behind: Sequence[str] = (), space: str = _SPACE
) -> tuple[list[str], list[int]]:
    """Return the tokens in their order, and the numbers of those that are said."""
    words = said.split()
    pieces = [f"{space}{word}" for word in words]
    tokens = [*before, *pieces, *behind]
    return tokens, [tokens.index(piece) for piece in pieces]


def _spread(words: Sequence[int], blank: int, every: int = _EVERY) -> list[int]:
    """Return what is said in each frame: nothing but every so many frames a word."""
    return [number for word in words for number in (*[blank] * (every - 1), word)]


def _chain(start: int, words: Sequence[int]) -> dict[int, int]:
    return dict(zip([start, *words[:-1]], words, strict=True))


def _followers(follows: Mapping[int, int], end: int, size: int) -> Any:
    return _one_hot([follows.get(token, end) for token in range(size)], size)


def _one_hot(numbers: Sequence[int], size: int) -> Any:
    table = np.full((len(numbers), size), -_SURE, np.float32)
    table[np.arange(len(numbers)), numbers] = _SURE
    return table


def _frame_constants(rows: Sequence[int], blank: int, size: int) -> dict[str, Any]:
    return {
        "table": _one_hot([*rows, blank], size),
        "last": np.int64(len(rows)),
        "nought": np.int64(0),
        "one": np.int64(1),
        "zero1": np.array([0]),
    }


Node = tuple[Any, ...]
"""Operator, its inputs, its output, and its attributes."""


def _frames(name: str, axis: int, count: str) -> list[Node]:
    return [
        ("Shape", [name], f"{count}1", {"start": axis, "end": axis + 1}),
        ("Squeeze", [f"{count}1"], count),
    ]


def _rows_by_frame(count: str) -> list[Node]:
    return [
        ("Range", ["nought", count, "one"], "t"),
        ("Min", ["t", "last"], "row"),
        ("Gather", ["table", "row"], "rows", {"axis": 0}),
    ]


def _save(
    path: Path,
    inputs: Sequence[Tensor],
    outputs: Sequence[Tensor],
    nodes: Sequence[Node],
    constants: Mapping[str, Any],
    metadata: Mapping[str, object] | None = None,
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    graph = helper.make_graph(
        [
            helper.make_node(operator, given, [made], **dict(*attributes))
            for operator, given, made, *attributes in nodes
        ],
        path.stem,
        [helper.make_tensor_value_info(*tensor) for tensor in inputs],
        [helper.make_tensor_value_info(*tensor) for tensor in outputs],
        [
            numpy_helper.from_array(np.asarray(value), name)
            for name, value in constants.items()
        ],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8
    )
    helper.set_model_props(
        model, {key: str(value) for key, value in (metadata or {}).items()}
    )
    onnx.checker.check_model(model)
    onnx.save(model, path)


if __name__ == "__main__":
    for kind, make in KINDS.items():
        make(Path(sys.argv[1]) / kind)
