"""A model of the user's own is tried in a process of its own."""

from pathlib import Path

import pytest

from auricle.recognizer.engines.model_folder import open_folder
from auricle.recognizer.engines.trial import require_usable
from auricle.recognizer.engines.weights import find_whisper


def test_a_program_that_lies_in_a_model_folder_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in find_whisper("tiny.en").iterdir():
        (tmp_path / file.name).symlink_to(file)
    (tmp_path / "numpy.py").write_text("open('was-run', 'w')\n")
    monkeypatch.chdir(tmp_path)

    require_usable(open_folder("."), threads=1)

    assert not Path("was-run").exists()
