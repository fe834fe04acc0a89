"""The entities that say how the satellite is: Home Assistant's diagnostics."""

from typing import Any

from auricle.mqtt.topics import Topics

Entity = dict[str, Any]

DIAGNOSTIC = {"entity_category": "diagnostic"}


def health(topics: Topics, currency: str | None) -> list[Entity]:
    diagnostics = {"state_topic": topics.diagnostics, **DIAGNOSTIC}
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
            **DIAGNOSTIC,
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
            "platform": "sensor",
            "name": "CPU temperature",
            "value_template": _number_of("cpu_temperature"),
            "device_class": "temperature",
            "state_class": "measurement",
            "unit_of_measurement": "°C",
            "suggested_display_precision": 0,
            "enabled_by_default": False,
            "expire_after": 300,
            **diagnostics,
        },
    ]


def _number_of(field: str) -> str:
    """A field that may be 0; Home Assistant reads None as unknown."""
    return f"{{{{ value_json.{field} | default('None') }}}}"
