"""What holds for each setting that is changed over MQTT, those to come among them."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.app.choices import Choices, Configured
from auricle.app.remembered import Remembered
from auricle.app.state_file import StateFile
from auricle.mqtt.commands import Change, Rejected, parse
from auricle.mqtt.discovery.payload import SatelliteDevice, discovery
from auricle.mqtt.messages import Disclosure, Messages
from auricle.mqtt.settings import (
    DESCRIPTIONS,
    Choice,
    Number,
    Options,
    Setting,
    Switch,
    Text,
    Value,
    Word,
)
from auricle.mqtt.topics import Topics

TOPICS = Topics("auricle", "study")
OPTIONS = Options(languages=("auto", "de"), wake_words=("off", "okay_nabu"))


def two_values(setting: Setting) -> tuple[Value, Value]:
    """Two that it may have."""
    match DESCRIPTIONS[setting].values:
        case Switch():
            return False, True
        case Choice(among):
            return among(OPTIONS)[0], among(OPTIONS)[1]
        case Number(least, most):
            return least, most
        case Text(longest):
            return "", "x" * longest
        case Word(longest):
            return "", "x" * longest


def satellite(remembered: Remembered) -> Choices:
    configured: dict[Setting, Value] = {
        setting: two_values(setting)[0]
        for setting in Setting
        if setting not in (Setting.MUTE, Setting.WAKE_WORD, Setting.THRESHOLD)
    }
    return Choices(Configured(configured, {"okay_nabu": 0.5}), remembered)


def value_of(setting: Setting, choices: Choices) -> Value:
    if setting is Setting.MUTE:
        return choices.remembered.muted
    return choices.values[setting]


def told(setting: Setting, value: Value) -> str:
    payload = Messages(TOPICS).setting(setting, value).payload
    is_text = isinstance(DESCRIPTIONS[setting].values, Text | Word)
    return str(json.loads(payload)["value"]) if is_text else payload


@pytest.mark.parametrize("setting", Setting)
def test_a_setting_is_told_as_it_is_set(setting: Setting) -> None:
    for value in two_values(setting):
        payload = told(setting, value)
        assert parse(setting, payload.encode(), OPTIONS) == Change(setting, value)


@given(st.floats(0, 1))
def test_any_threshold_that_a_model_may_have_can_be_ordered_as_it_is_told(
    threshold: float,
) -> None:
    payload = told(Setting.THRESHOLD, threshold)
    assert isinstance(parse(Setting.THRESHOLD, payload.encode(), OPTIONS), Change)


@pytest.mark.parametrize("setting", Setting)
def test_what_a_setting_was_changed_to_outlives_a_restart(
    setting: Setting, tmp_path: Path
) -> None:
    file = StateFile(tmp_path / "state.json")
    for value in two_values(setting):
        changed = satellite(file.load()).with_value(setting, value)
        file.save(changed.remembered)

        assert value_of(setting, satellite(file.load())) == value


@pytest.mark.parametrize("setting", Setting)
def test_what_no_setting_can_be_is_rejected(setting: Setting) -> None:
    nonsense = b"?" * 300

    assert isinstance(parse(setting, nonsense, OPTIONS), Rejected)


@pytest.mark.parametrize("setting", Setting)
def test_a_setting_is_an_entity_that_reads_and_writes_its_topics(
    setting: Setting,
) -> None:
    device = SatelliteDevice(name="Study voice", version="0.1.0", model="Pi")
    told = discovery(TOPICS, device, Disclosure(), OPTIONS).whole
    entities = json.loads(told.payload)["components"].values()
    (entity,) = (
        entity
        for entity in entities
        if entity.get("command_topic") == TOPICS.command(setting)
    )

    assert entity["state_topic"] == TOPICS.setting(setting)
    assert entity["name"] == DESCRIPTIONS[setting].name
