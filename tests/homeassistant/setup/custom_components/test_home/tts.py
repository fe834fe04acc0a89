"""Voices: they say the same whatever they are told."""

from pathlib import Path
from typing import Any

from homeassistant.components import demo
from homeassistant.components.tts import TextToSpeechEntity
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddEntitiesCallback


async def async_setup_entry(
    _hass: HomeAssistant, _entry: ConfigEntry, add: AddEntitiesCallback
) -> None:
    add([Voice("house"), Voice("other")])


class Voice(TextToSpeechEntity):
    _attr_default_language = "en"
    _attr_supported_languages = ("en",)

    def __init__(self, name: str) -> None:
        self._attr_name = name.capitalize()
        self._attr_unique_id = name

    async def async_get_tts_audio(
        self, message: str, language: str, options: dict[str, Any]
    ) -> tuple[str, bytes]:
        # No other format leaves it without ffmpeg.
        speech = Path(demo.__file__).with_name("tts.mp3")
        return "mp3", await self.hass.async_add_executor_job(speech.read_bytes)
