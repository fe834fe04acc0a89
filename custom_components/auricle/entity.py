"""What all entities of a satellite have in common: its device."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.entity import Entity

from custom_components.auricle.const import CONF_DEVICE, MQTT
from custom_components.auricle.link import AuricleConfigEntry


@callback
def mqtt_device(hass: HomeAssistant, device: str) -> dr.DeviceEntry | None:
    """Return the device that MQTT discovery made of the satellite."""
    registry = dr.async_get(hass)
    identifier = (MQTT, device)
    for entry in hass.config_entries.async_entries(MQTT):
        # Since 2026.8 a device belongs to one entry, and is asked for with it.
        if hasattr(registry, "async_get_device_by_identifier"):
            found = registry.async_get_device_by_identifier(identifier, entry.entry_id)
        else:
            found = registry.async_get_device(identifiers={identifier})
        if found is not None:
            return found
    return None


class AuricleEntity(Entity):
    """One that joins the satellite's MQTT entities on their device."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def join(self, hass: HomeAssistant, entry: AuricleConfigEntry) -> None:
        """Take the device, before the entity is added."""
        # A device info would make a second device of the same name.
        self.device_entry = mqtt_device(hass, entry.data[CONF_DEVICE])
