"""The satellite as a Home Assistant device: one retained message says it all, or one
for each entity where a broker does not take as much at once.

The rules come from Home Assistant's MQTT integration. The root of the message and
`device` are strict: one unknown key, or one entity without a unique id, and the whole
device is refused. Entities are not: an older release ignores what it does not know.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass

from auricle.audio.frame import SAMPLE_RATE
from auricle.mqtt.discovery.entities import Entity, entities, key_of
from auricle.mqtt.discovery.introduction import Introduction
from auricle.mqtt.link.message import Message, compact_json
from auricle.mqtt.messages import Disclosure
from auricle.mqtt.settings import Options
from auricle.mqtt.topics import Topics
from auricle.wake.detector import WakeWord


@dataclass(frozen=True, slots=True)
class SatelliteDevice:
    """What a person wants to know of the machine."""

    name: str
    version: str
    model: str
    hardware: str = ""
    area: str = ""
    """The room where it is, suggested to Home Assistant at first sight."""
    support_url: str = ""
    """The page for questions; Home Assistant shows it with what it finds wrong."""
    loudspeaker: bool = True
    """Whether it can play what the house sends."""
    speaks: bool = False
    """Whether it makes sound of texts itself."""
    updates: bool = False
    """Whether it tells of a newer release."""
    grouped: bool = True
    """Whether it leaves a wake word to whichever satellite of a group hears it best."""
    wake_words: tuple[WakeWord, ...] = ()
    """What may be said to wake it."""
    currency: str | None = None
    """The currency of the recognizer's price, ISO 4217; None where it costs nothing."""


def discovery(
    topics: Topics, device: SatelliteDevice, disclosure: Disclosure, options: Options
) -> Introduction:
    """Return what makes the device appear in Home Assistant, or change.

    An entity that `disclosure` does not allow is removed where it was.
    """
    unwanted = _unwanted(device, disclosure)
    shared = {
        "device": _description(topics, device),
        "origin": _given(
            name="auricle",
            sw_version=device.version,
            support_url=device.support_url,
        ),
        "availability": [{"topic": topics.availability}],
    }
    components = {
        **{
            key_of(entity): _component(topics, entity, unwanted)
            for entity in entities(topics, options, device.currency)
        },
        **_triggers(topics),
    }
    return Introduction(
        whole=_config(topics.discovery, {**shared, "components": components}),
        parts=[
            _single(topics, key, component, shared)
            for key, component in components.items()
        ],
        shell=shell(topics),
        satellite=_satellite(topics, device),
        note=topics.discovery_note,
    )


def shell(topics: Topics) -> Message:
    """Return the message of the device without an entity, of which Home Assistant makes
    nothing.
    """
    payload = {
        "device": {"identifiers": [topics.device_id]},
        "origin": {"name": "auricle"},
        "components": {},
    }
    return _config(topics.discovery, payload)


def _satellite(topics: Topics, device: SatelliteDevice) -> Message:
    facts = {
        "schema": 1,
        "device": topics.device_id,
        "name": device.name,
        "version": device.version,
        "wake_words": [
            {"id": word.name, "wake_word": word.phrase, "languages": word.languages}
            for word in device.wake_words
        ],
        "max_active_wake_words": 1,
        "rate": SAMPLE_RATE,
        "features": ["play", "timers"] if device.loudspeaker else [],
    }
    return _config(topics.satellite, facts)


def single_discoveries(topics: Topics) -> list[str]:
    """Return the topics of all entities and triggers that there can be."""
    components = {
        **{key_of(e): e for e in entities(topics, Options((), ()), None)},
        **_triggers(topics),
    }
    return [
        topics.single_discovery(component["platform"], key)
        for key, component in components.items()
    ]


def _single(
    topics: Topics, key: str, component: Entity, shared: Mapping[str, object]
) -> Message:
    platform = component["platform"]
    topic = topics.single_discovery(platform, key)
    facts = {name: fact for name, fact in component.items() if name != "platform"}
    if not facts:
        return Message(topic, "", retain=True)
    return _config(topic, {**shared, **facts})


def _config(topic: str, payload: Mapping[str, object]) -> Message:
    return Message(topic, compact_json(payload), retain=True)


def _unwanted(device: SatelliteDevice, disclosure: Disclosure) -> Container[str]:
    wanted = {
        "transcript": disclosure.text,
        "partial_transcript": disclosure.text and disclosure.partial,
        "emotion": disclosure.emotion,
        "cost_today": device.currency is not None,
        "stop": device.loudspeaker,
        "volume": device.loudspeaker,
        "speak": device.speaks,
        "update": device.updates,
        "group": device.grouped,
        "satellites_in_the_group": device.grouped,
        "wake_words_won": device.grouped,
        "wake_words_yielded": device.grouped,
    }
    return [name for name, is_wanted in wanted.items() if not is_wanted]


def _component(topics: Topics, entity: Entity, unwanted: Container[str]) -> Entity:
    name = key_of(entity)
    if name in unwanted:
        # Left out, it would stay where an earlier configuration had it.
        return {"platform": entity["platform"]}
    return {
        # Home Assistant of 2026.2 does not heed it where it is said for all at once.
        "qos": 1,
        **entity,
        "unique_id": f"{topics.device_id}_{name}",
        # Without it the area's name would become a part of the entity's id.
        "default_entity_id": f"{entity['platform']}.{topics.node}_voice_{name}",
    }


def _triggers(topics: Topics) -> dict[str, Entity]:
    """What the automation editor offers under the device, as `"command" heard`."""
    return {
        key: {
            "platform": "device_automation",
            "qos": 1,
            "automation_type": "trigger",
            "type": "heard",
            "subtype": subtype,
            "topic": topic,
            "value_template": "{{ value_json.event_type }}",
            "payload": payload,
        }
        for key, subtype, topic, payload in (
            ("wake_word_heard", "wake word", topics.wake, "wake_word"),
            ("command_heard", "command", topics.utterance, "transcript"),
        )
    }


def _description(topics: Topics, device: SatelliteDevice) -> dict[str, object]:
    return {
        "identifiers": [topics.device_id],
        **_given(
            name=device.name,
            manufacturer="Auricle",
            model=device.model,
            hw_version=device.hardware,
            sw_version=device.version,
            serial_number=topics.node,
            suggested_area=device.area,
        ),
    }


def _given(**facts: str) -> dict[str, str]:
    return {name: value for name, value in facts.items() if value}
