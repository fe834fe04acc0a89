"""The entities of the device, in the words of Home Assistant's MQTT integration.

Their order is the one in which a person reads them: what people automate on first,
then the settings, then the health. An entity's key follows from its name, and both
are for ever.
"""

import re
from typing import Any

from auricle.mqtt.link.message import compact_json
from auricle.mqtt.settings import (
    DESCRIPTIONS,
    Choice,
    Number,
    Options,
    Setting,
    Switch,
    Text,
    Word,
)
from auricle.mqtt.topics import Action, Topics
from auricle.qwen_asr.events import EMOTIONS, OTHER_EMOTION
from auricle.turns.satellite import SatelliteState

Entity = dict[str, Any]
"""One component of the discovery message."""

# A state has at most 255 characters. What the broker has kept since words were not
# published has no text.
_TEXT = "{{ value_json.text | default('None', true) | truncate(255, true, '…', 0) }}"
_VALUE = "{{ value_json.value | truncate(255, true, '…', 0) }}"
_DIAGNOSTIC = {"entity_category": "diagnostic"}
_CONFIG = {"entity_category": "config"}


def entities(topics: Topics, options: Options, currency: str | None) -> list[Entity]:
    """Return all entities that a satellite can have.

    `currency` is what its cost is told in (ISO 4217).
    """
    return [
        *_events(topics),
        *_states(topics),
        *_controls(topics, options),
        *_settings(topics, options),
        *_health(topics, currency),
    ]


def key_of(entity: Entity) -> str:
    """Return an entity's key in discovery, which is the last part of its entity id."""
    return re.sub(r"[^a-z0-9]+", "_", entity["name"].lower())


def _events(topics: Topics) -> list[Entity]:
    return [
        {
            "platform": "event",
            "name": "Wake",
            "state_topic": topics.wake,
            "event_types": ["wake_word", "push_to_talk"],
            "icon": "mdi:bell-ring-outline",
        },
        {
            "platform": "event",
            "name": "Utterance",
            "state_topic": topics.utterance,
            "event_types": ["transcript", "no_speech", "cancelled", "error", "yielded"],
            "icon": "mdi:message-text-outline",
        },
    ]


def _states(topics: Topics) -> list[Entity]:
    return [
        {
            "platform": "sensor",
            "name": "State",
            "state_topic": topics.state,
            "device_class": "enum",
            "options": [state.value for state in SatelliteState],
            "icon": "mdi:account-voice",
        },
        {
            "platform": "binary_sensor",
            "name": "Listening",
            "state_topic": topics.listening,
            "icon": "mdi:ear-hearing",
        },
        {
            "platform": "sensor",
            "name": "Transcript",
            "state_topic": topics.last,
            "value_template": _TEXT,
            "json_attributes_topic": topics.last,
            "icon": "mdi:text-recognition",
        },
        {
            "platform": "sensor",
            "name": "Partial transcript",
            "state_topic": topics.partial,
            "value_template": "{{ value_json.text[-255:] }}",
            "qos": 0,
            "icon": "mdi:text-short",
            # Up to four rows a second in the recorder's database.
            "enabled_by_default": False,
            **_DIAGNOSTIC,
        },
        {
            "platform": "sensor",
            "name": "Emotion",
            "state_topic": topics.last,
            "value_template": _of_last("emotion"),
            "device_class": "enum",
            "options": [*EMOTIONS, OTHER_EMOTION],
            "icon": "mdi:emoticon-outline",
        },
        {
            "platform": "sensor",
            "name": "Detected language",
            "state_topic": topics.last,
            "value_template": _of_last("language"),
            "icon": "mdi:translate",
            **_DIAGNOSTIC,
        },
    ]


def _controls(topics: Topics, options: Options) -> list[Entity]:
    listen = topics.command(Action.LISTEN)
    return [
        _setting(Setting.MUTE, topics, options),
        {
            "platform": "button",
            "name": "Start listening",
            "command_topic": listen,
            "payload_press": "START",
            "icon": "mdi:microphone-message",
        },
        {
            "platform": "button",
            "name": "Stop listening",
            "command_topic": listen,
            "payload_press": "STOP",
            "icon": "mdi:stop-circle-outline",
        },
        {
            "platform": "button",
            "name": "Stop",
            "command_topic": topics.command(Action.PLAY),
            "payload_press": compact_json({"cancel": True}),
            "icon": "mdi:stop",
        },
        {
            "platform": "notify",
            "name": "Speak",
            "command_topic": topics.command(Action.SPEAK),
            # Nobody wants to hear in an hour what was meant for now.
            "message_expiry_interval": 30,
            "icon": "mdi:account-voice",
        },
    ]


def _settings(topics: Topics, options: Options) -> list[Entity]:
    return [
        *(
            {**_setting(setting, topics, options), **_CONFIG}
            for setting in Setting
            if setting is not Setting.MUTE
        ),
        {
            "platform": "button",
            "name": "Restart",
            "command_topic": topics.command(Action.RESTART),
            "device_class": "restart",
            **_CONFIG,
        },
    ]


def _health(topics: Topics, currency: str | None) -> list[Entity]:
    """Return the entities that say how the satellite is."""
    diagnostics = {"state_topic": topics.diagnostics, **_DIAGNOSTIC}
    return [
        {
            "platform": "binary_sensor",
            "name": "Speech recognizer",
            "device_class": "connectivity",
            "value_template": "{{ 'ON' if value_json.asr else 'OFF' }}",
            "json_attributes_topic": topics.diagnostics,
            "json_attributes_template": (
                "{{ {'problem': value_json.problem} | tojson }}"
            ),
            **diagnostics,
        },
        {
            "platform": "binary_sensor",
            "name": "Microphone",
            "device_class": "problem",
            "value_template": "{{ 'OFF' if value_json.mic else 'ON' }}",
            **diagnostics,
        },
        {
            "platform": "sensor",
            "name": "Transcription latency",
            "state_topic": topics.last,
            "value_template": _number_of("latency_ms"),
            "device_class": "duration",
            "state_class": "measurement",
            "unit_of_measurement": "ms",
            "suggested_display_precision": 0,
            **_DIAGNOSTIC,
        },
        {
            "platform": "sensor",
            "name": "Spoken today",
            "value_template": "{{ value_json.spoken_today }}",
            "device_class": "duration",
            "state_class": "total_increasing",
            "unit_of_measurement": "s",
            "suggested_display_precision": 0,
            "icon": "mdi:timer-music-outline",
            **diagnostics,
        },
        {
            "platform": "sensor",
            "name": "Cost today",
            "value_template": _number_of("cost_today"),
            "device_class": "monetary",
            "unit_of_measurement": currency,
            "suggested_display_precision": 4,
            **diagnostics,
        },
        {
            "platform": "sensor",
            "name": "Last restart",
            "value_template": "{{ value_json.started }}",
            "device_class": "timestamp",
            **diagnostics,
        },
        {
            "platform": "update",
            "name": "Update",
            "state_topic": topics.update,
            "title": "auricle",
            **_DIAGNOSTIC,
        },
        {
            "platform": "sensor",
            "name": "CPU temperature",
            "value_template": _number_of("cpu_temperature"),
            "device_class": "temperature",
            "state_class": "measurement",
            "unit_of_measurement": "°C",
            "suggested_display_precision": 0,
            "enabled_by_default": False,
            **diagnostics,
        },
        {
            "platform": "sensor",
            "name": "Satellites in the group",
            "value_template": "{{ value_json.group_members }}",
            "state_class": "measurement",
            "icon": "mdi:home-group",
            "enabled_by_default": False,
            **diagnostics,
        },
        *(
            {
                "platform": "sensor",
                "name": name,
                "value_template": f"{{{{ value_json.{field} }}}}",
                "state_class": "total_increasing",
                "icon": icon,
                "enabled_by_default": False,
                **diagnostics,
            }
            for name, field, icon in (
                ("Wake words won", "wins", "mdi:trophy-outline"),
                ("Wake words yielded", "yields", "mdi:account-arrow-right-outline"),
            )
        ),
    ]


def _of_last(field: str) -> str:
    """A word of the last transcript; no word is unknown, too."""
    return f"{{{{ value_json.{field} | default('None', true) }}}}"


def _number_of(field: str) -> str:
    """A field that may be 0; Home Assistant reads None as unknown."""
    return f"{{{{ value_json.{field} | default('None') }}}}"


def _setting(setting: Setting, topics: Topics, options: Options) -> Entity:
    known = DESCRIPTIONS[setting]
    platform, control = _control(known.values, options)
    return {
        "platform": platform,
        "name": known.name,
        "state_topic": topics.setting(setting),
        "command_topic": topics.command(setting),
        **control,
        **known.entity,
        "icon": known.icon,
    }


def _control(
    values: Switch | Choice | Number | Text | Word, options: Options
) -> tuple[str, Entity]:
    match values:
        case Switch():
            return "switch", {}
        case Choice(among):
            return "select", {"options": list(among(options))}
        case Number(least, most, step):
            return "number", {"min": least, "max": most, "step": step, "mode": "slider"}
        case Text(longest):
            return "text", {"value_template": _VALUE, "min": 0, "max": longest}
        case Word(longest):
            control = {"value_template": _VALUE, "min": 0, "max": longest}
            # A telephone begins with a large letter.
            return "text", {**control, "pattern": "[A-Za-z0-9_]*"}
