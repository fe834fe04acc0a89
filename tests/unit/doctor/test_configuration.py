from pathlib import Path

from auricle.doctor import configuration, service
from auricle.doctor.results import Status


def test_what_overrides_the_file_is_named() -> None:
    found = configuration.accepted(Path("c.toml"), ["AURICLE_ASR__URL"])
    assert found.meaning == "c.toml; overridden by AURICLE_ASR__URL"


def test_what_has_no_effect_is_a_warning() -> None:
    found = configuration.accepted(Path("c.toml"), [], ["AURICLE_X does nothing"])
    assert found.status is Status.WARNING
    assert found.meaning == "c.toml; AURICLE_X does nothing"
    assert found.advice


def test_the_origin_of_each_secret_is_told() -> None:
    found = configuration.secrets({"mqtt.password": "credential mqtt.password"}, ())
    assert found.status is Status.OK
    assert found.meaning == "mqtt.password: credential mqtt.password"


def test_what_only_the_service_knows_is_a_warning_and_root_is_asked_for() -> None:
    found = configuration.secrets({}, {"asr.api_key", service.STATE})
    assert found.status is Status.WARNING
    assert found.meaning == "asr.api_key: known to the service alone"
    assert "sudo" in found.advice


def test_a_file_that_may_not_be_read_needs_root_and_no_correction() -> None:
    found = configuration.refused("/etc/auricle/config.toml: Permission denied")
    assert "sudo" in found.advice
