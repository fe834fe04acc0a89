"""What a Home Assistant without a network is told, by a mock of its broker's client.

Only tests/homeassistant/mocked.sh has what is imported here.
"""

import io
import json
import wave
from typing import Any

import paho.mqtt.client as paho
from homeassistant.components import conversation
from homeassistant.components.tts import TextToSpeechEntity
from homeassistant.helpers.intent import IntentResponse
from pytest_homeassistant_custom_component.common import async_fire_mqtt_message

ROOT = "auricle/den"
DEVICE = "auricle_den"
SATELLITE = "assist_satellite.den_voice"
RATE = 16_000
PASSWORD = "correct horse"
"""Of the broker."""
SPOKEN = b"\x01\x02" * RATE
"""What the voice says: one second."""


class Den:
    """A satellite, as its messages are, and the broker that keeps what is retained."""

    def __init__(self, hass: Any, client: Any) -> None:
        self._hass = hass
        self._client = client
        self._retained: dict[str, str] = {}
        subscribe = client.subscribe.side_effect

        def subscribe_and_tell(topics: Any, *options: Any, **more: Any) -> Any:
            for topic, payload in self._retained.items():
                if any(paho.topic_matches_sub(each[0], topic) for each in topics):
                    hass.loop.call_soon(self._fire, topic, payload, True)
            return subscribe(topics, *options, **more)

        client.subscribe.side_effect = subscribe_and_tell

    def tell(self, topic: str, payload: Any, *, retain: bool = False) -> None:
        """Say something below the root of its topics."""
        self.publish(f"{ROOT}/{topic}", payload, retain=retain)

    def publish(self, topic: str, payload: Any, *, retain: bool = False) -> None:
        text = payload if isinstance(payload, str) else json.dumps(payload)
        if retain:
            self._retained[topic] = text
        self._fire(topic, text, False)

    def introduce(self) -> None:
        """Say what it is, and that it is there."""
        self.publish(
            f"homeassistant/device/{DEVICE}/config",
            {
                "device": {"identifiers": [DEVICE], "name": "Den voice"},
                "origin": {"name": "auricle"},
                "components": {
                    "mute": {
                        "platform": "switch",
                        "unique_id": f"{DEVICE}_mute",
                        "name": "Mute",
                        "command_topic": f"{ROOT}/mute/set",
                    }
                },
            },
            retain=True,
        )
        self.tell("availability", "online", retain=True)
        self.tell("state", "idle", retain=True)
        self.tell("wake_word", "okay_nabu", retain=True)
        self.tell("satellite", introduction(), retain=True)

    def told(self, name: str) -> list[bytes]:
        """What Home Assistant ordered by that name so far."""
        calls = [call.args for call in self._client.publish.call_args_list]
        topic = f"{ROOT}/{name}/set"
        payloads = [payload for told, payload, *_rest in calls if told == topic]
        return [
            payload.encode() if isinstance(payload, str) else payload
            for payload in payloads
        ]

    def _fire(self, topic: str, payload: str, retained: bool) -> None:
        async_fire_mqtt_message(self._hass, topic, payload, 1, retained)


def introduction(**changes: Any) -> dict[str, Any]:
    """What the satellite says of itself."""
    word = {"id": "okay_nabu", "wake_word": "Okay Nabu", "languages": ["en"]}
    return {
        "schema": 1,
        "device": DEVICE,
        "name": "Den voice",
        "version": "1.0.0",
        "wake_words": [word],
        "max_active_wake_words": 1,
        "rate": RATE,
        "features": ["play", "timers"],
        **changes,
    }


class Voice(TextToSpeechEntity):
    """Says one second of the same, as a Wave file, unless it fails."""

    _attr_name = "Voice"
    _attr_unique_id = "voice"
    _attr_default_language = "en"
    _attr_supported_languages = ("en",)

    def __init__(self) -> None:
        self.error: Exception | None = None

    async def async_get_tts_audio(
        self, message: str, language: str, options: dict[str, Any]
    ) -> tuple[str, bytes]:
        if self.error is not None:
            raise self.error
        with io.BytesIO() as file:
            with wave.open(file, "wb") as writer:
                writer.setparams((1, 2, RATE, 0, "NONE", ""))
                writer.writeframes(SPOKEN)
            return "wav", file.getvalue()


class Agent(conversation.AbstractConversationAgent):
    """Keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.error: Exception | None = None
        """What becomes of asking for its languages, if not an answer."""

    @property
    def supported_languages(self) -> str:
        if self.error is not None:
            raise self.error
        return "*"

    async def async_process(self, user_input: Any) -> Any:
        self.asked.append(user_input)
        response = IntentResponse(language=user_input.language)
        response.async_set_speech("It is done.")
        return conversation.ConversationResult(response, user_input.conversation_id)
