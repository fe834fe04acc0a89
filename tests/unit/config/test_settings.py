"""What a person may write in the configuration, and what they are told."""

import contextlib
import json
import re
import tempfile
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.app import build
from auricle.config.brokers import own_broker, topics_of
from auricle.config.host_port import host_and_port
from auricle.config.loading import doubts, load, secret_origins
from auricle.config.mistakes import Mistakes
from auricle.config.sentences import sentences
from auricle.config.settings import Settings
from auricle.config.sources import (
    OF_THE_SCRIPTS,
    Credentials,
    Environment,
    overriding,
)
from auricle.config.toml import toml
from auricle.errors import ConfigError
from rigs.any_settings import schemas, single_values

TODAY = date(2026, 11, 22)
EXAMPLE = Path(__file__).parents[3] / "config.example.toml"


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
    assert settings.mqtt.address == ("broker", 1883)


@pytest.mark.parametrize(
    ("text", "line", "begins"),
    [
        (
            '[loudspeaker]\ndevice = ""\n[speech]\nvoice = "de"\nengine = "espeak"',
            5,
            'speech.engine = "espeak" needs a loudspeaker',
        ),
        (
            '[feedback]\nwake = "default"\n[loudspeaker]\ndevice = ""',
            2,
            "feedback.wake is a sound, and needs a loudspeaker",
        ),
        (
            '[wake_word]\non_unconfirmed = "drop"',
            2,
            'wake_word.on_unconfirmed = "drop" needs the wake phrase',
        ),
    ],
)
def test_two_sections_that_do_not_fit_are_named_by_their_line(
    tmp_path: Path, text: str, line: int, begins: str
) -> None:
    told = mistake(tmp_path, text)

    assert told.startswith(f"{tmp_path / 'config.toml'}:{line}: {begins}")


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


def test_a_key_that_has_moved_is_named_with_its_new_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    message = mistake(tmp_path, "[feedback]\ndevice = 'default'\n")
    assert message == (
        f"{tmp_path}/config.toml:2: feedback.device: "
        "no such key any more: it is loudspeaker.device now"
    )

    monkeypatch.setenv("AURICLE_FEEDBACK__DEVICE", "default")
    with pytest.raises(ConfigError, match="it is AURICLE_LOUDSPEAKER__DEVICE now"):
        load(None)


def test_a_misspelled_section_is_named(tmp_path: Path) -> None:
    assert "did you mean wake_word?" in mistake(tmp_path, "[wake_words]\n")


def test_a_misspelled_section_in_the_environment_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AURICLE_MQQT__HOST", "x")

    with pytest.raises(ConfigError, match="AURICLE_MQQT__HOST: no such setting"):
        load(None)


@pytest.mark.parametrize(
    ("text", "models"),
    [
        ("okay_nabu", ("okay_nabu",)),
        ("okay_nabu, alexa", ("okay_nabu", "alexa")),
        ('["okay_nabu", "alexa"]', ("okay_nabu", "alexa")),
        ("", ()),
    ],
)
def test_a_list_in_the_environment_is_plain_text_or_json(
    monkeypatch: pytest.MonkeyPatch, text: str, models: tuple[str, ...]
) -> None:
    monkeypatch.setenv("AURICLE_WAKE_WORD__MODELS", text)

    assert load(None).wake_word.models == models


def test_a_table_in_the_environment_is_json_or_a_variable_an_entry(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AURICLE_WAKE_WORD__MODELS", "okay_nabu,alexa")
    monkeypatch.setenv("AURICLE_WAKE_WORD__THRESHOLDS", '{"okay_nabu": 0.5}')
    monkeypatch.setenv("AURICLE_WAKE_WORD__THRESHOLDS__ALEXA", "0.6")

    assert load(None).wake_word.thresholds == {"okay_nabu": 0.5, "alexa": 0.6}


def test_an_entry_in_the_environment_joins_those_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = '[wake_word]\nmodels = ["okay_nabu", "alexa"]\nthresholds.okay_nabu = 0.5'
    monkeypatch.setenv("AURICLE_WAKE_WORD__THRESHOLDS__ALEXA", "0.6")

    settings = load(written(tmp_path, text))

    assert settings.wake_word.thresholds == {"okay_nabu": 0.5, "alexa": 0.6}


def test_a_mistake_is_told_of_the_source_that_made_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = '[wake_word]\nmodels = ["okay_nabu", "alexa"]\nthresholds.okay_nabu = 2'
    monkeypatch.setenv("AURICLE_WAKE_WORD__THRESHOLDS__ALEXA", "often")

    told = mistake(tmp_path, text)

    where = f"{tmp_path}/config.toml:3: wake_word.thresholds.okay_nabu"
    assert told.splitlines() == [
        f"{where}: must be less than 1",
        "environment variable AURICLE_WAKE_WORD__THRESHOLDS__ALEXA: must be a number",
    ]


def test_settings_that_are_made_in_code_have_only_what_they_are_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AURICLE_MQTT__HOST", "elsewhere")

    assert Settings().mqtt.host == "localhost"


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("AURICLE_MQTT__PORT", "often", "must be a whole number"),
        ("AURICLE_MQTT__PORT", "9" * 5000, "must be a whole number"),
        ("AURICLE_MQTT__HOTS", "x", "did you mean AURICLE_MQTT__HOST"),
        ("AURICLE_MQTT__HOST__NAME", "x", "did you mean AURICLE_MQTT__HOST"),
        ("AURICLE_WAKE_WORD__MODELS", "[" * 5000, "must be a list"),
        ("AURICLE_WAKE_WORD__MODELS", "[" + "9" * 5000 + "]", "must be a list"),
        ("AURICLE_WAKE_WORD__MODELS", '["okay_nabu"', "must be a list"),
        ("AURICLE_WAKE_WORD__THRESHOLDS", "0.5", "must be a table"),
        ("AURICLE_SATELLITE__AREA", "\udcff", "not UTF-8"),
        ("AURICLE_MQTT__PASSWORD", "", "is empty"),
        ("DASHSCOPE_API_KEY", "sk-1\n2", "a line break"),
    ],
)
def test_a_mistake_in_the_environment_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(ConfigError, match=f"^environment variable {name}: .*{told}"):
        load(None)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("AURICLE_MQTT_HOST", "did you mean AURICLE_MQTT__HOST?"),
        ("AURICLE_ASR_APIKEY", "did you mean AURICLE_ASR__API_KEY?"),
        ("AURICLE_WAKE_WORD_MODEL", "did you mean AURICLE_WAKE_WORD__MODELS?"),
        ("AURICLE_PORT", "did you mean AURICLE_MQTT__PORT?"),
        ("AURICLE_FOO", "settings are AURICLE_SECTION__KEY"),
    ],
)
def test_a_variable_that_does_nothing_is_named_with_the_nearest_that_does(
    monkeypatch: pytest.MonkeyPatch, name: str, told: str
) -> None:
    monkeypatch.setenv(name, "a")

    [doubt] = doubts(load(None))

    assert doubt.startswith(f"environment variable {name} does nothing")
    assert told in doubt


def test_the_variables_of_our_own_scripts_are_no_typos(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in OF_THE_SCRIPTS:
        monkeypatch.setenv(name, "1")

    assert doubts(load(None)) == []


def test_our_own_scripts_read_no_variable_that_would_be_taken_for_a_typo() -> None:
    root = EXAMPLE.parent
    files = [
        *(root / "scripts").iterdir(),
        *(
            path
            for suffix in ("py", "sh")
            for path in root.glob(f"tests/**/*.{suffix}")
        ),
        *root.glob("benchmarks/**/*.py"),
    ]
    read = re.compile(r"""(?:environ(?:\.get\(|\[)|getenv\()"|\$\{?""")
    names = {
        name
        for path in files
        if path.is_file()
        for name in re.findall(
            rf"(?:{read.pattern})(AURICLE_[A-Z]+)\b", path.read_text(errors="replace")
        )
    }

    assert names == OF_THE_SCRIPTS


def test_a_password_without_a_user_is_no_secret_that_is_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AURICLE_MQTT__PASSWORD", "pw")

    assert doubts(load(None)) == [
        "mqtt.password is not sent: there is no mqtt.username"
    ]


@pytest.mark.parametrize(
    ("seconds", "doubted"), [(0, 0), (0.4, 1), (1.49, 1), (1.5, 0)]
)
def test_a_part_of_the_wake_word_is_sent_as_asked_and_doubted(
    monkeypatch: pytest.MonkeyPatch, seconds: float, doubted: int
) -> None:
    monkeypatch.setenv("AURICLE_UTTERANCE__PRE_ROLL", str(seconds))
    settings = load(None)

    told = [doubt for doubt in doubts(settings) if "utterance.pre_roll" in doubt]

    assert settings.utterance.pre_roll == seconds
    assert len(told) == doubted
    assert all("leave the key out" in doubt for doubt in told)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\xff\xfe", "is not UTF-8 text"),
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"x" * 70_000, "larger than 64 kB"),
        (None, "Is a directory"),
    ],
)
def test_a_credential_that_cannot_be_one_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, told: str
) -> None:
    credential = tmp_path / "mqtt.password"
    credential.mkdir() if content is None else credential.write_bytes(content)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))

    with pytest.raises(ConfigError, match=f"^credential mqtt.password: .*{told}"):
        load(None)


@pytest.mark.parametrize("folder", [".", "/"])
def test_a_folder_is_no_configuration_file(folder: str) -> None:
    with pytest.raises(ConfigError, match="Is a directory"):
        load(Path(folder))


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
        ("[asr]\nthreshold = 2", "must be 1 or less"),
        ('[asr]\nregion = "cn-beijing"', "needs workspace"),
        ('[asr]\nworkspace = "a\\nb"', "use its id"),
        ("[asr]\nsample_rate = 44100", "16000"),
        ('[asr]\nlanguage = "tlh"', "use auto or one of"),
        ('[asr]\nurl = "ws://example.org/"', "wss://"),
        (f'[asr]\nhints = "{"灯" * 10_001}"', "about 10001 tokens"),
        ('[mqtt]\nhost = "mqtt://me:secret@broker"', "without user and password"),
        ('[mqtt]\nhost = "mqtts://broker"', "without mqtts://, and tls = true"),
        ('[mqtt]\nhost = "broker:1884"\nport = 1883', "another port"),
        ('[mqtt]\nhost = "bro ker"', "neither a host nor host:port"),
        ('[mqtt]\nusername = "a\\nb"', "line break"),
        ('[mqtt]\npassword = ""', "is empty"),
        ('[mqtt]\nbase_topic = "home/voice"', "lower-case letters, digits and _"),
        ('[home_assistant]\ndiscovery_prefix = "homeassistant/"', "at neither end"),
        ('[limits]\ncurrency = "euro"', "three capital letters"),
        ('[mqtt]\nfallbacks = ["other:0"]', "neither a host nor host:port"),
        ('[mqtt]\nca_file = "/x"', "need tls = true"),
        ("[mqtt]\ntime_to_live = 1e9", "must be 60 or less"),
        ("[wake_word]\nthresholds = {alexa = 0.5}", "not among the models"),
        ('[wake_word]\nmodels = ["alexa", "alexa"]', "listed twice"),
        ("[mqtt]\nhost = 1\nhost = 2", "Cannot overwrite a value"),
        ("[mqtt\nhost = 1", "line 1"),
        ("[mqtt]\nhost = " + "[" * 2000, "nested too deeply"),
        ("[mqtt]\nport = " + "9" * 5000, "config.toml:2: no number is that long"),
        ("[mqtt]\nport = 0x" + "f" * 5000, "must be 65535 or less"),
        ('[mqtt]\nhost = "a\\u0000b"', "NUL"),
        ('[mqtt]\nhost = "a\0b"', "line 2"),
        ('[wake_word]\non_unconfirmed = "drop"', "utterance.pre_roll to 1.5"),
        ('[utterance]\nvoice_detector = "sillero"', "'auto', 'silero' or 'webrtc'"),
        ("[microphone]\ngain = true", "must not be true or false"),
        ("[microphone]\ndevice = true", "must not be true or false"),
        ('[wake_word]\nmodels = "my/off.json"', "cannot be called 'off'"),
        ("[microphone]\nchannel = -1", "must be 0 or more"),
        ("[microphone]\ngain = 60", "must be 40 or less"),
        ('[speech]\nengine = "piper"', "'wyoming'"),
        ('[speech]\nengine = "wyoming"', "its host:port"),
        ('[speech]\nwyoming = "http://piper"', "write host:port"),
        ('[speech]\nwyoming = "piper:0"', "neither a host nor host:port"),
        ('[update]\nurl = "forge.example/latest"', "use https://host/path"),
        ('[update]\nurl = "file:///etc/shadow"', "use https://host/path"),
        ('[update]\nurl = "https://me:key@forge.example/"', "takes no username"),
        ('[update]\nurl = "https://forge.example/a b"', "white space"),
        ('[update]\nurl = "http://forge.example/latest"', "could name another"),
        ('[speech]\nengine = "command"', "the program to run"),
        ('[speech]\nengine = "flite"\nvoice = "anna"', "flite has no such voice"),
        ('[speech]\nengine = "espeak"\nvoice = "--help"', "the engine's name for it"),
        ('[speech]\nengine = "espeak"\nvoice = "/etc/x"', "the engine's name for it"),
        ('[speech]\nengine = "espeak"\nlanguage = "de"', "voice may be one"),
        (
            '[speech]\nengine = "espeak"\n[loudspeaker]\ndevice = ""',
            "set loudspeaker.device",
        ),
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


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("a", ("a", 1883)),
        ("a:1884", ("a", 1884)),
        ("mqtt://a", ("a", 1883)),
        ("MQTT://a:1884/", ("a", 1884)),
        ("[::1]", ("::1", 1883)),
        ("::1", ("::1", 1883)),
        ("[::1]:1884", ("::1", 1884)),
    ],
)
def test_the_broker_may_be_written_as_other_programs_have_it(
    tmp_path: Path, host: str, address: tuple[str, int]
) -> None:
    settings = load(written(tmp_path, f'[mqtt]\nhost = "{host}"'))

    assert settings.mqtt.address == address
    assert own_broker(settings.mqtt, topics_of(settings)).host == address[0]


def test_a_device_may_be_its_index(tmp_path: Path) -> None:
    settings = load(written(tmp_path, "[microphone]\ndevice = 1"))

    assert settings.microphone.device == "1"


def test_one_of_a_list_needs_no_brackets(tmp_path: Path) -> None:
    text = '[wake_word]\nmodels = "alexa"\nspellings = {alexa = "a lexa"}'
    settings = load(written(tmp_path, text))

    assert settings.wake_word.models == ("alexa",)
    assert settings.wake_word.spellings == {"alexa": ("a lexa",)}


# What Python, and pydantic, call things.
FOREIGN = re.compile(
    r"\b(tuple|dict|dictionary|str|string|int|integer|float|bool|boolean|none|input|"
    r"instance|class|literal|regex|pattern|pathlib)\b|\^",
    re.IGNORECASE,
)


@pytest.mark.parametrize(("name", "schema"), [*schemas().items()])
def test_a_mistake_is_explained_without_words_of_a_programming_language(
    name: str, schema: Mapping[str, Any]
) -> None:
    mistakes = []
    for value in single_values(schema):
        try:
            load(None, {name: value})
        except ConfigError as error:
            mistakes += [line.partition(": ")[2] for line in str(error).splitlines()]

    assert mistakes
    assert [mistake for mistake in mistakes if FOREIGN.search(mistake)] == []


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_whatever_is_in_the_file_it_is_read_or_refused_in_words(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(ConfigError):
        path = Path(folder) / "config.toml"
        path.write_bytes(content)
        path.chmod(0o600)
        load(path)


@pytest.mark.parametrize(
    "content",
    [
        b"[mqtt]\nport = " + b"9" * 5000,
        b"port = 1979-13-45T99:99:99Z",
        b"a = " + b"{b=" * 50_000,
        b"[" + b"a." * 100_000 + b"b]",
        b"wake_word." + b"thresholds." * 50_000 + b"x = 1",
        b"[wake_word.thresholds]\n" + b"a." * 100_000 + b"b = 1",
        b"[mqtt]\nhost = '\x00'",
        b"\xef\xbb\xbf\xef\xbb\xbf[mqtt]",
        "[mqtt]\nhost = 'a'".encode("utf-16"),
        b"[mqtt]\nhost = '\xc3'",
        b"[mqtt]\nport = 1e999",
        b"[asr]\nthreshold = 0x" + b"f" * 5000,
        b"mqtt = 5",
        b"[[mqtt]]",
        b"x" * 1_000_001,
    ],
    ids=lambda content: repr(content[:20]),
)
def test_what_a_parser_cannot_take_is_refused_in_words(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(content)

    with pytest.raises(ConfigError, match=r"config\.toml|mqtt|settings"):
        load(path)
    with contextlib.suppress(ConfigError):
        secret_origins(path)


@pytest.mark.parametrize(
    ("asr", "price"),
    [
        ({}, 0.00009),
        ({"region": "china"}, 0.000047),
        ({"region": "ap-southeast-1", "workspace": "llm-1"}, 0.00009),
        ({"region": "cn-beijing", "workspace": "llm-1"}, 0.000047),
        ({"url": "wss://dashscope.aliyuncs.com/api-ws/v1/realtime"}, 0.000047),
        ({"url": "wss://llm-1.cn-beijing.maas.aliyuncs.com"}, 0.000047),
    ],
)
def test_a_cost_limit_is_reached_on_each_of_the_services_hosts(
    asr: Mapping[str, str], price: float
) -> None:
    limits = {"cost_per_day": 1, "seconds_per_day": 0}
    settings = Settings.model_validate({"asr": asr, "limits": limits})
    budget = build.budget(settings)
    budget.used(0.99 / price, TODAY)
    assert not budget.limit_reached(0.0, TODAY)

    budget.used(0.02 / price, TODAY)

    assert budget.limit_reached(0.0, TODAY)
    assert build.device(settings).currency == "USD"


def test_a_cost_limit_that_could_never_be_reached_is_refused_with_the_remedy() -> None:
    own = {"url": "wss://asr.example"}
    limited = {"cost_per_day": 1, "seconds_per_day": 0}
    settings = Settings.model_validate({"asr": own, "limits": limited})

    with pytest.raises(
        ConfigError, match=r"asr\.example; set limits\.price_per_second"
    ):
        build.budget(settings)

    priced = {**limited, "price_per_second": 0.001}
    budget = build.budget(Settings.model_validate({"asr": own, "limits": priced}))
    budget.used(1001, TODAY)
    assert budget.limit_reached(0.0, TODAY)


@pytest.mark.parametrize("asr", [{}, {"url": "wss://asr.example"}])
def test_a_cost_limit_where_a_second_costs_nothing_is_refused(
    asr: Mapping[str, str],
) -> None:
    limits = {"cost_per_day": 1, "price_per_second": 0}
    settings = Settings.model_validate({"asr": asr, "limits": limits})

    with pytest.raises(ConfigError, match=r"limits\.cost_per_day: is never reached"):
        build.budget(settings)


def test_a_published_price_is_not_taken_for_another_currencys() -> None:
    settings = Settings.model_validate({"limits": {"currency": "EUR"}})

    with pytest.raises(ConfigError, match=r"set limits\.price_per_second, in EUR"):
        build.budget(settings)


@pytest.mark.parametrize(
    ("url", "heeded"),
    [
        ("ws://127.0.0.1:8778", True),
        ("wss://recognizer.local:8778", True),
        ("wss://llm-1.eu-central-1.maas.aliyuncs.com", False),
        ("", False),
    ],
)
def test_the_names_of_the_house_are_for_a_recognizer_of_ones_own(
    url: str, heeded: bool
) -> None:
    def heeds(**mqtt: bool) -> bool:
        settings = Settings.model_validate({"asr": {"url": url}, "mqtt": mqtt})
        return build.heeds_vocabulary(settings)

    assert heeds() is heeded
    assert heeds(vocabulary=True)
    assert not heeds(vocabulary=False)


def test_a_workspace_of_its_own_region_is_part_of_the_host(tmp_path: Path) -> None:
    text = '[asr]\nregion = "ap-southeast-1"\nworkspace = "llm-1"'
    asr = load(written(tmp_path, text)).asr

    assert asr.endpoint.startswith("wss://llm-1.ap-southeast-1.maas.aliyuncs.com/")


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


def test_a_preset_sets_what_the_file_does_not(tmp_path: Path) -> None:
    text = '[utterance]\nmode = "manual"\npreset = "patient"\nlongest = 20\n'

    endpointing = build.endpointing(load(written(tmp_path, text)))

    assert (endpointing.silence, endpointing.no_speech_timeout) == (1.1, 8.0)
    assert endpointing.longest == 20.0


def test_more_silence_is_waited_for_after_short_utterances_too(tmp_path: Path) -> None:
    text = '[utterance]\nmode = "manual"\nsilence = 1.5\n'

    endpointing = build.endpointing(load(written(tmp_path, text)))

    assert endpointing.silence_after_short == 1.5


def test_the_silence_after_short_utterances_can_be_chosen(tmp_path: Path) -> None:
    text = '[utterance]\nmode = "manual"\nsilence_after_short = 0.4\n'

    endpointing = build.endpointing(load(written(tmp_path, text)))

    assert endpointing.silence_after_short == 0.4


def test_where_the_server_ends_the_sentence_ours_waits_longer(tmp_path: Path) -> None:
    text = (
        '[utterance]\nmode = "server_vad"\npreset = "fast"\n'
        "silence = 0.2\nsilence_after_short = 0.2\n"
    )

    endpointing = build.endpointing(load(written(tmp_path, text)))

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
        for key, sentence in sentences(type(getattr(Settings(), name))).items():
            assert " ".join(sentence.split()) in shown, f"{name}.{key}"


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


def test_what_a_source_found_is_not_looked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AURICLE_MQTT__HOST", "broker")
    (tmp_path / "mqtt.password").write_text("hush")
    environment = Environment(Settings, Mistakes())
    credentials = Credentials(Settings, Mistakes(), tmp_path)

    assert environment() == {"mqtt": {"host": "broker"}}
    assert environment() is environment()
    assert credentials() == {"mqtt": {"password": "hush"}}
    assert credentials() is credentials()


def test_without_secrets_there_are_no_origins() -> None:
    assert secret_origins(None) == {}


def test_what_overrides_the_file_is_known_by_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AURICLE_ASR__LANGUAGE", "de")
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-1")
    assert overriding() == ["AURICLE_ASR__LANGUAGE", "DASHSCOPE_API_KEY"]


@given(
    st.recursive(
        st.text()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=5,
    )
)
def test_what_is_shown_as_toml_is_toml(value: object) -> None:
    text = toml(value)

    assert text.isprintable()
    assert tomllib.loads(f"shown = {text}")["shown"] == value
