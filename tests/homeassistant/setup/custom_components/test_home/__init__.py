"""What a home has besides us: an agent that remembers, a voice, a loudspeaker."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

_PLATFORMS = ("conversation", "media_player", "tts")


async def async_setup_entry(hass: HomeAssistant, entry: ConfigEntry) -> bool:
    await hass.config_entries.async_forward_entry_setups(entry, _PLATFORMS)
    return True
