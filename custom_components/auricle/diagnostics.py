"""What a person may hand to somebody who helps: nothing that was said."""

from dataclasses import asdict
from typing import Any

from homeassistant.core import HomeAssistant

from custom_components.auricle.const import MQTT
from custom_components.auricle.link import AuricleConfigEntry


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: AuricleConfigEntry
) -> dict[str, Any]:
    """Tell what is known of the satellite."""
    link = entry.runtime_data
    satellite = link.satellite
    told = None
    if satellite is not None:
        told = {**asdict(satellite), "features": sorted(satellite.features)}
    brokers = hass.config_entries.async_entries(MQTT)
    return {
        "root": link.topics.root,
        "satellite": told,
        "available": link.available,
        "state": link.state,
        "wake_word": link.wake_word,
        "group": link.group,
        "mqtt_protocol": [broker.data.get("protocol") for broker in brokers],
    }
