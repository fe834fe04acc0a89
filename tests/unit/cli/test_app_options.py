import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.cli.app_options import (
    HouseBroker,
    read_broker,
    read_options,
    recognizer,
    satellite,
    wants_house_broker,
)
from auricle.errors import ConfigError

# As the supervisor tells it.
MQTT = {
    "addon": "core_mosquitto",
    "host": "core-mosquitto",
    "port": "1883",
    "ssl": False,
    "username": "addons",
    "password": "of-the-app",
    "protocol": "3.1.1",
}
BROKER = HouseBroker("core-mosquitto", 1883, "addons", "of-the-app")


def test_the_broker_is_the_one_that_the_supervisor_knows() -> None:
    assert read_broker(json.dumps({"result": "ok", "data": MQTT}).encode()) == BROKER


def test_a_supervisor_may_know_no_broker_yet() -> None:
    answer = {"result": "error", "message": "Service not enabled"}

    assert read_broker(json.dumps(answer).encode()) is None


@given(st.binary() | st.sampled_from([b"{}", b"[]", b'{"result": "ok"}', b"null"]))
def test_what_no_supervisor_says_is_refused(answer: bytes) -> None:
    with pytest.raises(ConfigError, match="not understood"):
        read_broker(answer)


@pytest.mark.parametrize("text", ["", "[]", "null", "{"])
def test_options_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="the app's options are no JSON"):
        read_options(text)


def test_options_become_settings_and_secrets_no_environment() -> None:
    program = satellite(
        {
            "name": "kitchen",
            "wake_words": ["okay_nabu", "alexa"],
            "api_key": "sk-secret",
            "settings": [{"key": "utterance.preset", "value": "patient"}],
        },
        BROKER,
    )

    assert program.arguments == ["run"]
    assert program.environment == {
        "AURICLE_SATELLITE__STATE_DIRECTORY": "/data",
        "AURICLE_SATELLITE__NAME": "kitchen",
        "AURICLE_WAKE_WORD__MODELS": "okay_nabu,alexa",
        "AURICLE_MQTT__HOST": "core-mosquitto",
        "AURICLE_MQTT__PORT": "1883",
        "AURICLE_MQTT__USERNAME": "addons",
        "AURICLE_MQTT__TLS": "false",
        "AURICLE_UTTERANCE__PRESET": "patient",
    }
    assert program.secrets == {
        "asr.api_key": "sk-secret",
        "mqtt.password": "of-the-app",
    }
    assert "secret" not in repr(program)


def test_who_names_a_broker_is_not_given_another_one_s_password() -> None:
    options = {"mqtt_host": "broker.lan", "mqtt_password": "mine"}

    assert not wants_house_broker(options)
    assert satellite(options, None).secrets == {"mqtt.password": "mine"}


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("preset", "no name of a setting"),
        ("utterance.preset=x", "no name of a setting"),
        ("asr.api_key", "use the option api_key"),
        ("mqtt.password", "use the option mqtt_password"),
    ],
)
def test_other_settings_are_settings_and_no_secrets(key: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        satellite({"settings": [{"key": key, "value": "x"}]}, BROKER)


def test_a_recognizer_serves_its_machine_alone_unless_it_has_a_key() -> None:
    mine = recognizer({"model": "tiny.en", "threads": 3})
    for_all = recognizer(
        {"api_key": "long", "certificate": "cert.pem", "certificate_key": "key.pem"}
    )

    assert mine.arguments == ["recognizer", "--model", "tiny.en", "--threads", "3"]
    assert mine.secrets == {}
    assert " ".join(for_all.arguments) == (
        "recognizer --host 0.0.0.0 --tls-cert /ssl/cert.pem --tls-key /ssl/key.pem"
    )
    assert for_all.secrets == {"recognizer.api_key": "long"}


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"api_key": "long"}, "set certificate and certificate_key"),
        ({"api_key": "long", "certificate": "c.pem"}, "certificate_key"),
        ({"certificate": "c.pem"}, "set api_key"),
    ],
)
def test_a_recognizer_is_opened_to_others_with_key_and_certificate_only(
    options: dict[str, str], reason: str
) -> None:
    with pytest.raises(ConfigError, match=reason):
        recognizer(options)
