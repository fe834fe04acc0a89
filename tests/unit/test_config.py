"""What a person may write in the configuration, and what they are told."""

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle import assembly
from auricle.config import Settings
from auricle.config_loading import load, overriding, secret_origins
from auricle.config_sections import node_name_from_host
from auricle.config_services import host_and_port
from auricle.errors import ConfigError

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DASHSCOPE_API_KEY", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)


def written(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text)
    path.chmod(0o600)
    return path


def mistake(folder: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(written(folder, text))
    return str(caught.value)


def test_nothing_has_to_be_configured() -> None:
    assert load(None).mqtt.host == "localhost"


def test_the_file_sets_what_it_names(tmp_path: Path) -> None:
    settings = load(written(tmp_path, '[mqtt]\nhost = "broker"'))

    assert settings.mqtt.host == "broker"
    assert settings.mqtt.effective_port == 1883


def test_the_environment_overrides_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AURICLE_MQTT__HOST", "elsewhere")

    settings = load(written(tmp_path, '[mqtt]\nhost = "broker"\nusername = "me"'))

    assert (settings.mqtt.host, settings.mqtt.username) == ("elsewhere", "me")


def test_credentials_override_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "asr.api_key").write_text("from-systemd\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("AURICLE_ASR__API_KEY", "from-environment")

    key = load(None).asr.api_key

    assert key is not None
    assert key.get_secret_value() == "from-systemd"


def test_a_missing_credentials_directory_is_no_reason_to_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "gone"))

    assert load(None).asr.api_key is None


def test_the_services_own_variable_is_honored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-1")

    key = load(None).asr.api_key

    assert key is not None
    assert key.get_secret_value() == "sk-1"


def test_a_misspelled_key_is_named_with_its_line_and_the_nearest(
    tmp_path: Path,
) -> None:
    message = mistake(tmp_path, "[asr]\nregion = 'china'\nthreshhold = 0.1\n")

    assert message == (
        f"{tmp_path}/config.toml:3: asr.threshhold: "
        "no such key; did you mean asr.threshold?"
    )


def test_a_misspelled_section_is_named(tmp_path: Path) -> None:
    assert "did you mean wake_word?" in mistake(tmp_path, "[wake_words]\n")


def test_a_misspelled_section_in_the_environment_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AURICLE_MQQT__HOST", "x")

    with pytest.raises(ConfigError, match="AURICLE_MQQT__HOST: no such setting"):
        load(None)


def test_every_mistake_is_on_a_line_of_its_own(tmp_path: Path) -> None:
    message = mistake(tmp_path, "[mqtt]\nport = 65536\nkeepalive = 'often'\n")

    assert [line.split(": ")[1] for line in message.splitlines()] == [
        "mqtt.port",
        "mqtt.keepalive",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[satellite]\nname = ""', "lower-case letters"),
        ('[satellite]\nname = "a/b"', "lower-case letters"),
        ('[satellite]\nname = "Küche"', "lower-case letters"),
        ("[asr]\nthreshold = nan", "finite"),
        ("[asr]\nthreshold = 2", "less than or equal to 1"),
        ("[asr]\nsample_rate = 44100", "16000"),
        ('[asr]\nlanguage = "tlh"', "use auto or one of"),
        ('[asr]\nurl = "ws://example.org/"', "wss://"),
        (f'[asr]\nhints = "{"灯" * 10_001}"', "about 10001 tokens"),
        ('[mqtt]\nhost = "mqtt://me:secret@broker"', "the host alone"),
        ('[mqtt]\nfallbacks = ["mqtt://other"]', "the host alone"),
        ('[mqtt]\nfallbacks = ["other:0"]', "neither a host nor host:port"),
        ('[mqtt]\nca_file = "/x"', "need tls = true"),
        ("[mqtt]\ntime_to_live = 1e9", "less than or equal to 60"),
        ("[wake_word]\nthresholds = {alexa = 0.5}", "not among the models"),
        ('[wake_word]\nmodels = ["alexa", "alexa"]', "listed twice"),
        ("[mqtt]\nhost = 1\nhost = 2", "Cannot overwrite a value"),
        ("[mqtt\nhost = 1", "line 1"),
        ("[mqtt]\nhost = " + "[" * 2000, "nested too deeply"),
        ('[wake_word]\non_unconfirmed = "drop"', "utterance.pre_roll to 1.5"),
        ('[utterance]\nvoice_detector = "sillero"', "'auto', 'silero' or 'webrtc'"),
        ("[microphone]\nchannel = -1", "greater than or equal to 0"),
        ("[microphone]\ngain = 60", "less than or equal to 40"),
    ],
)
def test_what_cannot_work_is_refused_with_a_remedy(
    tmp_path: Path, text: str, told: str
) -> None:
    assert told in mistake(tmp_path, text)


@pytest.mark.parametrize(
    ("fallback", "host", "port"),
    [
        ("other.local", "other.local", None),
        ("other.local:1884", "other.local", 1884),
        ("fd00::1", "fd00::1", None),
        ("[fd00::1]:1884", "fd00::1", 1884),
    ],
)
def test_a_fallback_is_a_host_with_or_without_a_port(
    fallback: str, host: str, port: int | None
) -> None:
    assert host_and_port(fallback) == (host, port)


@pytest.mark.parametrize("value", ["sk with space", "", "sk-\\nx", "schlüssel"])
def test_a_key_that_no_header_could_carry_is_refused(
    tmp_path: Path, value: str
) -> None:
    assert "asr.api_key" in mistake(tmp_path, f'[asr]\napi_key = "{value}"')


def test_a_mistake_never_repeats_the_secret(tmp_path: Path) -> None:
    assert "sk-hush" not in mistake(tmp_path, '[asr]\napi_key = "sk-hush hush"')


def test_a_secret_in_a_file_that_everyone_may_read_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, '[asr]\napi_key = "sk-1"')
    path.chmod(0o644)

    with pytest.raises(ConfigError, match="chmod 0640"):
        load(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.toml: No such file"):
        load(tmp_path / "nowhere.toml")


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(ConfigError, match="not UTF-8"):
        load(path)


@pytest.mark.parametrize(
    "text", ['\ufeff[mqtt]\nhost = "b"', '[mqtt]\r\nhost = "b"\r\n']
)
def test_what_windows_editors_leave_behind_is_read(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(text.encode())

    assert load(path).mqtt.host == "b"


@given(st.text(max_size=100))
def test_any_hostname_makes_a_name_that_topics_can_carry(hostname: str) -> None:
    assert re.fullmatch(r"[a-z0-9_]{1,64}", node_name_from_host(hostname))


def test_a_preset_sets_what_the_file_does_not(tmp_path: Path) -> None:
    text = '[utterance]\nmode = "manual"\npreset = "patient"\nlongest = 20\n'

    endpointing = assembly.endpointing(load(written(tmp_path, text)))

    assert (endpointing.silence, endpointing.no_speech_timeout) == (0.8, 8.0)
    assert endpointing.longest == 20.0


def test_more_silence_is_waited_for_after_short_utterances_too(tmp_path: Path) -> None:
    text = '[utterance]\nmode = "manual"\nsilence = 1.5\n'

    endpointing = assembly.endpointing(load(written(tmp_path, text)))

    assert endpointing.silence_after_short == 1.5


def test_the_silence_after_short_utterances_can_be_chosen(tmp_path: Path) -> None:
    text = '[utterance]\nmode = "manual"\nsilence_after_short = 0.4\n'

    endpointing = assembly.endpointing(load(written(tmp_path, text)))

    assert endpointing.silence_after_short == 0.4


def test_where_the_server_ends_the_sentence_ours_waits_longer(tmp_path: Path) -> None:
    text = '[utterance]\npreset = "fast"\nsilence = 0.2\nsilence_after_short = 0.2\n'

    endpointing = assembly.endpointing(load(written(tmp_path, text)))

    assert endpointing.silence == pytest.approx(1.4)
    assert endpointing.silence_after_short == pytest.approx(1.4)


def example_keys() -> Mapping[str, Mapping[str, Any]]:
    """The example with every key switched on."""
    text = re.sub(r"^# (\w+ = )", r"\1", EXAMPLE.read_text(), flags=re.MULTILINE)
    return tomllib.loads(text)


def test_the_example_loads_as_it_is(tmp_path: Path) -> None:
    assert load(written(tmp_path, EXAMPLE.read_text())) == load(None)


def test_the_example_loads_with_every_key_switched_on(tmp_path: Path) -> None:
    text = re.sub(r"^# (\w+ = )", r"\1", EXAMPLE.read_text(), flags=re.MULTILINE)
    text = text.replace("tls = false", "tls = true").replace("sk-…", "sk-1")
    load(written(tmp_path, text.replace('"…"', '"secret"')))


def test_the_example_shows_every_key_and_no_other() -> None:
    expected = {
        name: set(getattr(Settings(), name).__class__.model_fields)
        for name in Settings.model_fields
    }

    assert {name: set(keys) for name, keys in example_keys().items()} == expected


def test_the_example_shows_the_defaults() -> None:
    shown = example_keys()
    for name, section in Settings().model_dump(mode="json").items():
        for key, value in section.items():
            computed = value in (None, "") or (name, key) == ("satellite", "name")
            if not computed:
                assert shown[name][key] == value, f"{name}.{key}"


def test_the_example_explains_every_key_in_the_settings_own_words() -> None:
    shown = " ".join(EXAMPLE.read_text().replace("\n# ", " ").split())
    for name in Settings.model_fields:
        fields = getattr(Settings(), name).__class__.model_fields
        for key, field in fields.items():
            explained = " ".join((field.description or "").split())
            assert explained in shown, f"{name}.{key}"


def test_secrets_are_masked_where_settings_are_shown(tmp_path: Path) -> None:
    settings = load(written(tmp_path, '[asr]\napi_key = "sk-hush"'))

    assert "sk-hush" not in json.dumps(settings.model_dump(mode="json"))
    assert "sk-hush" not in repr(settings)


def test_the_origin_of_each_secret_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, '[asr]\napi_key = "sk-1"\n[mqtt]\npassword = "pw"')
    assert secret_origins(path) == {
        "asr.api_key": f"file {path}",
        "mqtt.password": f"file {path}",
    }
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-2")
    assert secret_origins(path)["asr.api_key"] == (
        "environment variable DASHSCOPE_API_KEY"
    )
    monkeypatch.setenv("AURICLE_MQTT__PASSWORD", "pw-2")
    assert secret_origins(path)["mqtt.password"] == (
        "environment variable AURICLE_MQTT__PASSWORD"
    )
    (tmp_path / "asr.api_key").write_text("sk-3")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert secret_origins(path)["asr.api_key"] == "credential asr.api_key"


def test_without_secrets_there_are_no_origins() -> None:
    assert secret_origins(None) == {}


def test_what_overrides_the_file_is_known_by_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AURICLE_ASR__LANGUAGE", "de")
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-1")
    assert overriding() == ["AURICLE_ASR__LANGUAGE", "DASHSCOPE_API_KEY"]
