"""What a home has besides us: agents, a voice, a loudspeaker, lights."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

_PLATFORMS = ("conversation", "light", "media_player", "tts")


async def async_setup_entry(hass: HomeAssistant, entry: ConfigEntry) -> bool:
    await hass.config_entries.async_forward_entry_setups(entry, _PLATFORMS)
    return True
