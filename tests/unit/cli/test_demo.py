import os
from pathlib import Path

import pytest

from auricle.cli.demo import last_words, private_environment


def test_the_demo_is_lent_nobodys_broker_recognizer_or_key() -> None:
    given = {
        "PATH": "/usr/bin",
        "AURICLE_MQTT__HOST": "homeassistant.local",
        "auricle_asr__url": "wss://recognizer.local",
        "AURICLE_SATELLITE__NAME": "kitchen",
        "DASHSCOPE_API_KEY": "sk-secret",
        "CREDENTIALS_DIRECTORY": "/run/credentials/auricle.service",
    }
    assert private_environment(given) == {"PATH": "/usr/bin"}


def test_the_demo_hears_with_the_microphone_as_it_is_set() -> None:
    given = {"AURICLE_MICROPHONE__CHANNEL": "1", "AURICLE_MICROPHONE__GAIN": "6"}
    assert private_environment(given) == given


def test_what_is_not_ours_is_handed_on() -> None:
    given = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    assert private_environment(given) == given


@pytest.mark.parametrize(
    ("log", "told"),
    [
        ("INFO: stopping\nauricle: asr.url: no host\n", "asr.url: no host"),
        ("Error: the address is in use\n\n", "Error: the address is in use"),
        ("", "it says nothing"),
    ],
)
def test_what_a_part_says_at_last_is_told_without_our_name(
    tmp_path: Path, log: str, told: str
) -> None:
    path = tmp_path / "satellite.log"
    path.write_text(log)

    assert last_words(path) == told
