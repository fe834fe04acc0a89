"""Which of the voice assistants a satellite speaks with."""

from homeassistant.components.assist_pipeline import AssistPipelineSelect
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from custom_components.auricle.const import CONF_DEVICE, DOMAIN
from custom_components.auricle.entity import AuricleEntity
from custom_components.auricle.link import AuricleConfigEntry


async def async_setup_entry(
    hass: HomeAssistant,
    entry: AuricleConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the one there is."""
    async_add_entities([PipelineSelect(hass, entry)])


class PipelineSelect(AuricleEntity, AssistPipelineSelect):
    """Home Assistant's own; what ends an utterance is the satellite's to decide."""

    def __init__(self, hass: HomeAssistant, entry: AuricleConfigEntry) -> None:
        AssistPipelineSelect.__init__(self, hass, DOMAIN, entry.data[CONF_DEVICE])
        self.join(hass, entry)
