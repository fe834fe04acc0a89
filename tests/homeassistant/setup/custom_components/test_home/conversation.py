"""Two agents: one remembers what was said before in the same conversation.

As many published agents do, it numbers conversations itself: an id that it did not
give begins a new one. The other one streams its answers.
"""

import asyncio
from collections.abc import AsyncGenerator

from homeassistant.components.conversation import (
    ChatLog,
    ConversationEntity,
    ConversationInput,
    ConversationResult,
    async_get_result_from_chat_log,
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
    add([Remembering(), Storyteller()])


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


class Storyteller(ConversationEntity):
    """Answers word by word, as one that is thinking, and tells how it was asked."""

    _attr_name = "Storyteller"
    _attr_unique_id = "storyteller"
    _attr_supports_streaming = True

    @property
    def supported_languages(self) -> str:
        return "*"

    async def _async_handle_message(
        self, user_input: ConversationInput, chat_log: ChatLog
    ) -> ConversationResult:
        self.hass.bus.async_fire(
            "storyteller_asked",
            {
                "text": user_input.text,
                "language": user_input.language,
                "conversation_id": user_input.conversation_id,
                "device_id": user_input.device_id,
                "satellite_id": user_input.satellite_id,
                "extra_system_prompt": user_input.extra_system_prompt,
            },
        )
        # An answer that ends with a question would be asking back.
        answer = _ANSWERS.get(user_input.text, f"You said: {user_input.text} I heard.")
        pause = _SLOW if user_input.text == TELL_A_LONG_STORY else _A_WORD

        async def words() -> AsyncGenerator[dict[str, str]]:
            yield {"role": "assistant"}
            for word in answer.split():
                yield {"content": f"{word} "}
                if word == "!":
                    raise ValueError("this agent is broken")
                await asyncio.sleep(_A_THOUGHT if word == "..." else pause)

        async for _ in chat_log.async_add_delta_content_stream(self.entity_id, words()):
            pass
        return async_get_result_from_chat_log(user_input, chat_log)


_A_WORD, _SLOW = 0.05, 0.1
_A_THOUGHT = 7.0
"""Seconds: longer than a satellite waits for a sound to go on."""
TELL_A_STORY = "Tell me a story."
TELL_A_LONG_STORY = "Tell me a long story."
ASK_ME = "Ask me something."
STUMBLE = "Stumble."
THINK = "Why is there something, and not nothing?"
_ANSWERS = {
    TELL_A_STORY: "Once upon a time there was a lamp that wanted to see the sea. "
    "It asked the moon for the way. "
    "The moon told it to follow the river, and so it did. "
    "After nine nights it saw the waves, and shone all the brighter for it.",
    TELL_A_LONG_STORY: "Once upon a time there was a lamp that wanted to see the sea. "
    "It had heard of the waves from a ship's lantern, which hung in the hall and was "
    "too old to shine. "
    "One evening it asked the moon for the way. "
    "The moon told it to follow the river, and not to stop at any bridge. "
    "After nine nights it saw the waves, and shone all the brighter for it.",
    ASK_ME: "Which room do you mean?",
    THINK: "That is a hard question, for which I have to look into my books. ... "
    "I have looked, and there is no answer.",
    STUMBLE: "This is the beginning of an answer that is long enough to be spoken "
    "while it is being written. It has a second sentence, too. And then ! it breaks.",
}
