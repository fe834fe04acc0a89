import os
from pathlib import Path

import pytest

from auricle.errors import ConfigError
from auricle.recognizer.engines.model_folder import open_folder
from auricle.recognizer.engines.model_kind import ModelKind
from rigs.recognizer.synthetic_models import KINDS, moonshine, nemo_transducer
from rigs.recognizer.synthetic_models import streaming_zipformer as zipformer


@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_of_each_kind_is_known_before_it_is_loaded(
    kind: str, tmp_path: Path
) -> None:
    folder = open_folder(str(KINDS[kind](tmp_path)))
    assert folder.kind == ModelKind(kind)
    assert all(Path(folder.file(part)).exists() for part in folder.model.files)


def test_the_languages_that_are_given_take_the_place_of_those_that_are_told(
    tmp_path: Path,
) -> None:
    moonshine(tmp_path)
    assert open_folder(str(tmp_path)).languages == {"en"}
    assert open_folder(str(tmp_path), ("ja",)).languages == {"ja"}


def test_a_published_folder_tells_its_languages_by_its_name_wherever_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "sherpa-onnx-nemo-transducer-de"
    nemo_transducer(folder)
    assert open_folder(str(folder)).languages == {"de"}
    monkeypatch.chdir(folder)
    assert open_folder(".").languages == {"de"}


def test_a_model_that_knows_no_small_letters_is_known_by_its_tokens(
    tmp_path: Path,
) -> None:
    assert open_folder(str(zipformer(tmp_path / "a"))).writes_capitals_only
    assert not open_folder(str(moonshine(tmp_path / "b"))).writes_capitals_only


def test_what_only_looks_like_a_file_is_not_waited_for(tmp_path: Path) -> None:
    moonshine(tmp_path)
    (tmp_path / "encode.int8.onnx").unlink()
    os.mkfifo(tmp_path / "encode.int8.onnx")
    with pytest.raises(ConfigError, match="lacks encode; download the folder again"):
        open_folder(str(tmp_path))
