"""The encoder beside CTranslate2's own: on the bundled model, and on models without
training, which CTranslate2's converter writes."""

import logging
import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from ctranslate2 import StorageView
from ctranslate2.models import Whisper
from ctranslate2.specs import WhisperSpec

from auricle.recognizer.engines.weights import find_whisper
from auricle.recognizer.engines.whisper_encoder import WhisperEncoder, load_encoder

Array = npt.NDArray[np.float32]

BANDS, LAYERS, HEADS, WIDTH, VOCABULARY = 80, 2, 2, 128, 60
SECOND, POSITIONS = 100, 50


class Untrained:
    """A Whisper whose weights are drawn."""

    def __init__(self, width: int = WIDTH) -> None:
        self._rng = np.random.default_rng(1)
        self.spec = spec = WhisperSpec(LAYERS, HEADS, 1, HEADS)
        self._linear(spec.encoder.conv1, width, BANDS, 3)
        self._linear(spec.encoder.conv2, width, width, 3)
        spec.decoder.embeddings.weight = self._drawn(VOCABULARY, width)
        spec.decoder.projection.weight = self._drawn(VOCABULARY, width)
        for coder, places in ((spec.encoder, 1500), (spec.decoder, 448)):
            coder.position_encodings.encodings = self._drawn(places, width)
            self._norm(coder.layer_norm, width)
            for layer in coder.layer:
                self._norm(layer.self_attention.layer_norm, width)
                self._linear(layer.self_attention.linear[0], 3 * width, width)
                self._linear(layer.self_attention.linear[1], width, width)
                self._norm(layer.ffn.layer_norm, width)
                self._linear(layer.ffn.linear_0, 4 * width, width)
                self._linear(layer.ffn.linear_1, width, 4 * width)
        [layer] = spec.decoder.layer
        self._norm(layer.attention.layer_norm, width)
        for linear, rows in zip(layer.attention.linear, (1, 2, 1), strict=True):
            self._linear(linear, rows * width, width)

    def written(self, folder: Path, quantization: str | None = None) -> Path:
        """As the converter writes it."""
        self.spec.register_vocabulary([f"token {n}" for n in range(VOCABULARY)])
        self.spec.validate()
        self.spec.optimize(quantization)
        folder.mkdir()
        self.spec.save(str(folder))
        return folder

    def _drawn(self, *shape: int) -> Array:
        return np.asarray(self._rng.normal(0, 0.1, shape), np.float32)

    def _linear(self, linear: Any, rows: int, *columns: int) -> None:
        linear.weight, linear.bias = self._drawn(rows, *columns), self._drawn(rows)

    def _norm(self, norm: Any, width: int) -> None:
        norm.gamma, norm.beta = 1 + self._drawn(width), self._drawn(width)


def sound(seconds: float) -> Array:
    features = np.random.default_rng(2).standard_normal(
        (BANDS, round(seconds * SECOND))
    )
    return np.asarray(features, np.float32)


def for_ctranslate2(folder: Path) -> Whisper:
    return Whisper(str(folder), compute_type="float32")


def by_ctranslate2(model: Whisper, features: Array) -> Array:
    whole = np.pad(features, ((0, 0), (0, 30 * SECOND - features.shape[1])))
    return np.asarray(model.encode(StorageView.from_array(whole[np.newaxis])))


def apart(one: Array, other: Array) -> float:
    """How far they are apart at the median, of how large the other is."""
    assert one.shape == other.shape
    return float(np.median(np.abs(one - other)) / np.median(np.abs(other)))


@pytest.mark.parametrize("quantization", [None, "float16", "int8", "int16"])
def test_of_half_a_minute_it_makes_what_ctranslate2_makes(
    tmp_path: Path, quantization: str | None
) -> None:
    folder = Untrained().written(tmp_path / "model", quantization)
    encoder = load_encoder(folder, seconds=30, threads=2)
    assert encoder
    model, features = for_ctranslate2(folder), sound(30)
    assert apart(encoder.encode(features), by_ctranslate2(model, features)) < 1e-3


@pytest.fixture(scope="module")
def bundled() -> WhisperEncoder:
    encoder = load_encoder(find_whisper("tiny.en"), seconds=30, threads=2)
    assert encoder
    return encoder


@pytest.fixture(scope="module")
def original() -> Whisper:
    return for_ctranslate2(find_whisper("tiny.en"))


@pytest.fixture(scope="module")
def silence(original: Whisper) -> Array:
    """What CTranslate2 makes of it."""
    return by_ctranslate2(original, sound(0))


@pytest.mark.parametrize("seconds", [0.01, 0.5, 3, 25, 28.9])
def test_of_a_sound_with_silence_behind_it_makes_nearly_that(
    bundled: WhisperEncoder, original: Whisper, silence: Array, seconds: float
) -> None:
    features = sound(seconds)
    said = np.s_[:, : round(seconds * POSITIONS) + 1]
    made, whole = bundled.encode(features), by_ctranslate2(original, features)
    assert apart(made[said], whole[said]) < 0.15
    assert apart(made, whole) < apart(silence, whole)


def test_where_nothing_is_said_it_makes_the_silence(
    bundled: WhisperEncoder, silence: Array
) -> None:
    assert apart(bundled.encode(sound(0)), silence) < 1e-3


def test_of_a_shorter_window_it_makes_less_or_as_much_as_is_said(
    tmp_path: Path,
) -> None:
    folder = Untrained().written(tmp_path / "model")
    encoder = load_encoder(folder, seconds=15, threads=2)
    assert encoder
    for seconds, made in ((0, 15), (14, 15), (20, 21), (29.7, 30), (31, 30)):
        encoded = encoder.encode(sound(seconds))
        assert encoded.shape == (1, made * POSITIONS, WIDTH)
        assert np.isfinite(encoded).all()


def test_what_it_does_not_know_is_left_to_ctranslate2(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    scaled, odd = Untrained(), Untrained()
    scaled.spec.encoder.layer[1].self_attention.queries_scale = 0.5
    odd.spec.encoder.layer[1].ffn.linear_0.bias = np.zeros(3, np.float32)
    folders = {
        name: model.written(tmp_path / name)
        for name, model in {
            "scaled": scaled,
            "odd": odd,
            "cut": Untrained(),
            "old": Untrained(),
        }.items()
    }
    cut, old = (folders[name] / "model.bin" for name in ("cut", "old"))
    weights = cut.read_bytes()
    cut.write_bytes(weights[: len(weights) // 2])
    old.write_bytes(struct.pack("<I", 5) + weights[4:])
    for folder, told in (
        ("scaled", "queries_scale"),
        ("odd", "no encoder of a Whisper"),
        ("cut", "not as CTranslate2 writes it"),
        ("old", "version 5"),
    ):
        caplog.clear()
        assert load_encoder(folders[folder], seconds=30, threads=2) is None
        [warning] = caplog.records
        assert warning.levelno == logging.WARNING
        assert told in warning.getMessage()


def test_a_larger_model_than_a_tiny_one_is_left_to_it_without_a_word(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = Untrained(512).written(tmp_path / "model")
    assert load_encoder(folder, seconds=30, threads=2) is None
    assert not caplog.records
