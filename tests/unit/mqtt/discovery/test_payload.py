import json
from dataclasses import replace
from typing import Any

import pytest

from auricle.mqtt.discovery.payload import SatelliteDevice, discovery
from auricle.mqtt.messages import Disclosure
from auricle.mqtt.settings import Options
from auricle.mqtt.topics import Topics
from auricle.turns.satellite import SatelliteState
from auricle.turns.turn import OutcomeKind

TOPICS = Topics("auricle", "study")
DEVICE = SatelliteDevice(
    name="Study voice",
    version="0.1.0",
    support_url="https://example.org/auricle",
    model="Raspberry Pi 4",
    currency="USD",
    speaks=True,
    updates=True,
)
OPTIONS = Options(("auto", "en"), ("off", "okay_nabu"))
EVERYTHING = Disclosure(partial=True)


def announced(
    device: SatelliteDevice = DEVICE, disclosure: Disclosure = EVERYTHING
) -> dict[str, Any]:
    message = discovery(TOPICS, device, disclosure, OPTIONS).whole
    assert message.retain
    payload = json.loads(message.payload)
    assert isinstance(payload, dict)
    return payload


def entities(payload: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        name: component
        for name, component in payload["components"].items()
        if "unique_id" in component
    }


def test_the_root_holds_nothing_that_home_assistant_refuses() -> None:
    assert set(announced()) == {
        *("device", "origin", "availability", "components"),
    }


def test_each_entity_says_itself_that_nothing_of_it_may_be_lost() -> None:
    told = {name: c["qos"] for name, c in announced()["components"].items()}

    assert told.pop("partial_transcript") == 0
    assert set(told.values()) == {1}


def test_no_value_expires_for_one_that_stays_the_same_is_not_told_again() -> None:
    expiring = [
        name for name, c in entities(announced()).items() if "expire_after" in c
    ]

    assert expiring == []


def test_every_entity_has_an_id_for_ever_and_a_documented_entity_id() -> None:
    found = entities(announced())

    assert len({entity["unique_id"] for entity in found.values()}) == len(found)
    assert found["mute"]["unique_id"] == "auricle_study_mute"
    assert found["mute"]["default_entity_id"] == "switch.study_voice_mute"


def test_no_entity_is_named_after_the_device_or_the_area() -> None:
    for entity in entities(announced()).values():
        assert not entity["name"].lower().startswith("study")


@pytest.mark.parametrize(
    ("disclosure", "gone"),
    [
        (Disclosure(text=False), {"transcript", "partial_transcript"}),
        (Disclosure(emotion=False, partial=True), {"emotion"}),
        (Disclosure(partial=False), {"partial_transcript"}),
    ],
)
def test_what_is_not_published_is_removed(
    disclosure: Disclosure, gone: set[str]
) -> None:
    components = announced(disclosure=disclosure)["components"]

    assert {name for name, c in components.items() if set(c) == {"platform"}} == gone


def test_a_satellite_that_makes_no_sound_of_texts_is_sent_none() -> None:
    mute = replace(DEVICE, speaks=False)

    assert announced(mute)["components"]["speak"] == {"platform": "notify"}


def test_a_satellite_that_asks_for_no_release_has_no_update() -> None:
    components = announced(replace(DEVICE, updates=False))["components"]

    assert components["update"] == {"platform": "update"}


def test_an_update_is_shown_and_nobody_is_offered_to_install_it_from_there() -> None:
    update = entities(announced())["update"]

    assert update["state_topic"] == "auricle/study/update"
    assert "command_topic" not in update


def test_a_recognizer_that_costs_nothing_has_no_cost() -> None:
    components = announced(replace(DEVICE, currency=None))["components"]

    assert components["cost_today"] == {"platform": "sensor"}


def test_without_a_loudspeaker_there_is_nothing_to_stop_or_to_make_louder() -> None:
    silent = replace(DEVICE, loudspeaker=False)
    components = announced(silent)["components"]
    satellite = discovery(TOPICS, silent, EVERYTHING, OPTIONS).satellite

    assert components["stop"] == {"platform": "button"}
    assert components["volume"] == {"platform": "number"}
    assert json.loads(satellite.payload)["features"] == []


def test_an_area_is_suggested_only_where_one_is_configured() -> None:
    assert "suggested_area" not in announced()["device"]
    described = announced(replace(DEVICE, area="Study"))["device"]
    assert described["suggested_area"] == "Study"


def test_every_state_and_every_outcome_is_declared() -> None:
    found = entities(announced())

    assert set(found["state"]["options"]) == set(SatelliteState)
    assert set(found["utterance"]["event_types"]) == set(OutcomeKind)


def test_no_command_is_retained() -> None:
    assert not any(entity.get("retain") for entity in entities(announced()).values())
