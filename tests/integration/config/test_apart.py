"""Settings that another process reads are the same, and so are their mistakes."""

import io
import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr

from auricle.config.apart import Reading
from auricle.config.loading import load
from auricle.errors import ConfigError
from auricle.system.redaction import MASK, OURS, RedactedStream

EXAMPLE = Path(__file__).parents[3] / "config.example.toml"
SECRET = "sk-CANARY-of-the-file"
# Of every type that a key has.
FILE = f"""
[microphone]
channel = "beam"
[wake_word]
models = ["alexa", "okay_nabu"]
thresholds = {{ alexa = 0.9 }}
[utterance]
mode = "manual"
preset = "patient"
stop_words = ["halt"]
[asr]
api_key = "{SECRET}"
ca_file = "/etc/ca.pem"
[mqtt]
host = "broker:1884"
password = "pw-CANARY"
[button]
pin = 17
long = "stop"
[lights]
device = "gpio"
pins = [13, 19, 26]
"""


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DASHSCOPE_API_KEY", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)


def written(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text)
    path.chmod(0o600)
    return path


def told(section: Any, names: list[str]) -> dict[str, Any]:
    values = {name: getattr(section, name) for name in names}
    return {
        name: value.get_secret_value() if hasattr(value, "get_secret_value") else value
        for name, value in values.items()
    }


@pytest.mark.parametrize("text", [FILE, EXAMPLE.read_text()])
def test_what_another_process_reads_is_what_this_one_would(
    tmp_path: Path, text: str
) -> None:
    path = written(tmp_path, text)
    here = load(path)

    apart = Reading(path, {}).result().settings

    for name in type(here).model_fields:
        section: BaseModel = getattr(here, name)
        made = {"asr": ["endpoint"], "mqtt": ["address"], "satellite": ["display_name"]}
        names = [*type(section).model_fields, *made.get(name, [])]
        assert told(getattr(apart, name), names) == told(section, names)
    assert not isinstance(apart.asr.api_key, SecretStr)
    assert SECRET not in repr(apart)


def test_options_and_doubts_come_over(tmp_path: Path) -> None:
    path = written(tmp_path, '[mqtt]\npassword = "pw-CANARY"')
    options = {"microphone.recording": "a b.wav", "microphone.speed": 2.0}

    read = Reading(path, {**options, "asr.url": None}).result()

    assert read.settings.microphone.recording == "a b.wav"
    assert read.settings.microphone.speed == 2.0
    assert read.doubts == ["mqtt.password is not sent: there is no mqtt.username"]


def test_mistakes_are_told_by_who_asked(tmp_path: Path) -> None:
    path = written(tmp_path, "[asr]\nlangauge = 'de'\n[mqtt]\nport = 0")
    with pytest.raises(ConfigError) as here:
        load(path)

    with pytest.raises(ConfigError) as apart:
        Reading(path, {}).result()

    assert str(apart.value) == str(here.value)


def test_secrets_that_were_read_elsewhere_are_not_told_here(tmp_path: Path) -> None:
    OURS.forget()
    path = written(tmp_path, f'[asr]\napi_key = "{SECRET}"')

    Reading(path, {}).result()
    log = io.StringIO()
    RedactedStream(log, OURS).write(f"refused: {SECRET}")

    assert log.getvalue() == f"refused: {MASK}"


def test_a_reading_that_hangs_is_ended(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    os.mkfifo(path)

    with pytest.raises(ConfigError, match=r"the settings were not read within 2 s"):
        Reading(path, {}).result(patience=2)


def test_a_reading_that_fails_says_so_and_does_not_hang(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What pydantic needs is broken, as after half an update.
    (tmp_path / "pydantic_settings.py").write_text("raise SystemError('half of it')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    with pytest.raises(ConfigError, match=r"the settings were not read: .*says above"):
        Reading(None, {}).result()


def test_a_program_that_lies_where_it_was_started_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pydantic.py").write_text("open('was-run', 'w')\n")
    monkeypatch.chdir(tmp_path)

    Reading(written(tmp_path, FILE), {}).result()

    assert not Path("was-run").exists()
