import contextlib
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from auricle.recognizer.engines.onnx_metadata import ModelFileError, read_metadata

SAID = {"model_type": "sense_voice_ctc", "neg_mean": "0.5," * 560, "comment": "é"}


def an_onnx_file(path: Path, said: dict[str, str] = SAID, weights: int = 1000) -> Path:
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N"])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N"])
    table = numpy_helper.from_array(np.ones(weights, np.float32), "weights")
    graph = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["y"])], "g", [x], [y], [table]
    )
    model = helper.make_model(graph, producer_name="a test")
    helper.set_model_props(model, said)
    onnx.save(model, path)
    return path


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return an_onnx_file(tmp_path_factory.mktemp("whole") / "model.onnx").read_bytes()


def test_metadata_is_what_the_exporter_wrote(tmp_path: Path) -> None:
    assert read_metadata(an_onnx_file(tmp_path / "model.onnx")) == SAID


def test_a_model_may_say_nothing_of_itself(tmp_path: Path) -> None:
    assert read_metadata(an_onnx_file(tmp_path / "model.onnx", {})) == {}


def test_weights_are_not_read(tmp_path: Path) -> None:
    path = an_onnx_file(tmp_path / "model.onnx", weights=10)
    graph_of_a_terabyte = b"\x3a" + bytes([0x80] * 5 + [0x20])
    content = path.read_bytes()
    with path.open("wb") as file:
        # A file with a hole takes no room, and no time to be skipped.
        file.write(content)
        file.write(graph_of_a_terabyte)
        file.truncate(len(content) + 7 + (1 << 40))
    assert read_metadata(path) == SAID


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty; download it again"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "run `git lfs pull`"),
        (b"\n<!DOCTYPE html><html>", "is a web page and not the file"),
        (b"PK\x03\x04 a zip archive, whole", "damaged"),
        (b"\x00" * 1000, "not an ONNX model, or damaged"),
        (b"\xff" * 1000, "not an ONNX model, or damaged"),
        (b"\x08\x08", "not an ONNX model, or damaged"),
    ],
)
def test_what_is_no_model_is_a_sentence(
    tmp_path: Path, content: bytes, told: str
) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match=told) as failed:
        read_metadata(path)
    assert str(path) in str(failed.value)


def test_a_download_that_was_broken_off_says_so(tmp_path: Path, whole: bytes) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelFileError, match="ends in the middle; download it again"):
        read_metadata(path)


def test_a_file_that_is_not_there_or_a_folder_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="No such file"):
        read_metadata(tmp_path / "model.onnx")
    with pytest.raises(ModelFileError, match="Is a directory"):
        read_metadata(tmp_path)


def test_a_file_of_onnx_runtimes_own_format_is_known_by_its_mark(
    tmp_path: Path,
) -> None:
    path = tmp_path / "encoder_model.ort"
    path.write_bytes(b"\x18\x00\x00\x00ORTM" + bytes(100))
    assert read_metadata(path) == {}
    path.write_bytes(bytes(100))
    with pytest.raises(ModelFileError, match="not in ONNX Runtime's format"):
        read_metadata(path)


@settings(deadline=None)
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, whole: bytes, data: st.DataObject
) -> None:
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "damaged.onnx"
    path.write_bytes(damaged[: data.draw(st.integers(1, len(damaged)))])
    with contextlib.suppress(ModelFileError):
        read_metadata(path)
