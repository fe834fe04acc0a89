"""Auricle: satellites that speak MQTT, as Assist satellites of Home Assistant."""

from typing import Any

from homeassistant.components import mqtt
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import Platform
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryNotReady
from homeassistant.helpers.event import async_track_device_registry_updated_event

from custom_components.auricle import issues, wire
from custom_components.auricle.const import CONF_DEVICE, DOMAIN
from custom_components.auricle.entity import mqtt_device
from custom_components.auricle.link import AuricleConfigEntry, SatelliteLink

PLATFORMS = (Platform.ASSIST_SATELLITE, Platform.SELECT)


async def async_setup_entry(hass: HomeAssistant, entry: AuricleConfigEntry) -> bool:
    """Set up one satellite."""
    if not await mqtt.async_wait_for_mqtt_client(hass):
        raise ConfigEntryNotReady(translation_domain=DOMAIN, translation_key="no_mqtt")
    link = SatelliteLink(hass, entry)

    @callback
    def introduced(satellite: wire.Satellite | None) -> None:
        change = issues.tell if satellite is None else issues.settle
        change(hass, entry, issues.NEWER_SATELLITE)

    link.on_introduced = introduced

    @callback
    def forgotten() -> None:
        hass.async_create_task(hass.config_entries.async_remove(entry.entry_id))

    link.on_forgotten = forgotten
    entry.async_on_unload(link.close)
    await link.open()
    device = mqtt_device(hass, entry.data[CONF_DEVICE])
    if device is None:
        raise ConfigEntryNotReady(
            translation_domain=DOMAIN,
            translation_key="no_device",
            translation_placeholders={"name": entry.title},
        )

    @callback
    def device_changed(event: Event[Any]) -> None:
        if event.data["action"] == "remove" and entry.state is ConfigEntryState.LOADED:
            # It may come back, as another device.
            hass.config_entries.async_schedule_reload(entry.entry_id)

    entry.async_on_unload(
        async_track_device_registry_updated_event(hass, device.id, device_changed)
    )
    entry.runtime_data = link
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: AuricleConfigEntry) -> bool:
    """Let go of one satellite."""
    return bool(await hass.config_entries.async_unload_platforms(entry, PLATFORMS))


async def async_remove_entry(hass: HomeAssistant, entry: AuricleConfigEntry) -> None:
    """Leave nothing behind."""
    issues.settle_all(hass, entry)
