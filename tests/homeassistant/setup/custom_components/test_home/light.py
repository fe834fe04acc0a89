"""Lights that do as they are told; which ones, the entry says."""

from typing import Any

from homeassistant.components.light import ColorMode, LightEntity
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddEntitiesCallback


async def async_setup_entry(
    _hass: HomeAssistant, entry: ConfigEntry, add: AddEntitiesCallback
) -> None:
    add([Lamp(name) for name in entry.data.get("lights", [])])


class Lamp(LightEntity):
    _attr_supported_color_modes = frozenset((ColorMode.ONOFF,))
    _attr_color_mode = ColorMode.ONOFF
    _attr_is_on = False

    def __init__(self, name: str) -> None:
        self._attr_name = name
        self._attr_unique_id = name

    async def async_turn_on(self, **_kwargs: Any) -> None:
        self._attr_is_on = True
        self.async_write_ha_state()

    async def async_turn_off(self, **_kwargs: Any) -> None:
        self._attr_is_on = False
        self.async_write_ha_state()
