"""A loudspeaker: it fetches what it is to play, as a real one does, and shows it."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from homeassistant.components.media_player import (
    MediaPlayerEntity,
    MediaPlayerEntityFeature,
    MediaPlayerState,
)
from homeassistant.components.media_source import async_resolve_media
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.entity_platform import AddEntitiesCallback


async def async_setup_entry(
    _hass: HomeAssistant, _entry: ConfigEntry, add: AddEntitiesCallback
) -> None:
    add([Loudspeaker()])


class Loudspeaker(MediaPlayerEntity):
    _attr_name = "Study"
    _attr_unique_id = "study"
    _attr_supported_features = MediaPlayerEntityFeature.PLAY_MEDIA
    _attr_state = MediaPlayerState.IDLE

    async def async_play_media(
        self, media_type: str, media_id: str, **_kwargs: Any
    ) -> None:
        media = await async_resolve_media(self.hass, media_id, self.entity_id)
        url = f"http://127.0.0.1:{self.hass.config.api.port}{media.url}"
        async with async_get_clientsession(self.hass).get(url) as answer:
            sound = await answer.read()
        [words] = parse_qs(urlsplit(media_id).query)["message"]
        self._attr_extra_state_attributes = {"played": words, "bytes": len(sound)}
        self.async_write_ha_state()
