import sys

import pytest

from auricle.errors import ConfigError
from auricle.recognizer.engines.loading import load_engine


@pytest.mark.parametrize(
    ("model", "module", "library", "extra"),
    [
        ("tiny.en", "whisper", "faster_whisper", "recognizer"),
        ("moonshine", "moonshine", "moonshine_voice", "recognizer-light"),
    ],
)
def test_an_engine_that_is_not_installed_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, model: str, module: str, library: str, extra: str
) -> None:
    monkeypatch.delitem(
        sys.modules, f"auricle.recognizer.engines.{module}", raising=False
    )
    monkeypatch.setitem(sys.modules, library, None)
    told = (
        rf"^{library} is not installed; run .*: pip install .*requirements/{extra}\.txt"
    )
    with pytest.raises(ConfigError, match=told):
        load_engine(model, threads=1)
