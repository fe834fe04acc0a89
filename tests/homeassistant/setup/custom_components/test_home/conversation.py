"""An agent that remembers what was said before in the same conversation.

As many published agents do, it numbers conversations itself: an id that it did not
give begins a new one.
"""

from homeassistant.components.conversation import (
    ConversationEntity,
    ConversationInput,
    ConversationResult,
)
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.entity_platform import AddEntitiesCallback
from homeassistant.helpers.intent import IntentResponse
from homeassistant.util.ulid import ulid_now

FAILS = "Fail."
BREAKS = "Break."
IS_SILENT = "Say nothing."


async def async_setup_entry(
    _hass: HomeAssistant, _entry: ConfigEntry, add: AddEntitiesCallback
) -> None:
    add([Remembering()])


class Remembering(ConversationEntity):
    """Answers with all that was said to it."""

    _attr_name = "Remembering"
    _attr_unique_id = "remembering"

    def __init__(self) -> None:
        self._said: dict[str, list[str]] = {}

    @property
    def supported_languages(self) -> str:
        return "*"

    async def async_process(self, user_input: ConversationInput) -> ConversationResult:
        if user_input.text == FAILS:
            raise HomeAssistantError("this agent fails")
        if user_input.text == BREAKS:
            raise ValueError("this agent is broken")
        conversation = user_input.conversation_id
        if conversation not in self._said:
            conversation = ulid_now()
        said = self._said.setdefault(conversation, [])
        said.append(user_input.text)
        response = IntentResponse(language=user_input.language)
        if user_input.text != IS_SILENT:
            response.async_set_speech(" ".join(said))
        return ConversationResult(response, conversation)
