"""The same in the words of Rhasspy, for flows that know those: the Hermes protocol.

`hermes/hotword/<wake word>/detected` and `hermes/asr/textCaptured` are published,
`hermes/asr/startListening` and `…/stopListening` obeyed, where their `siteId` is ours.
A `sessionId` that starts us listening returns with the text; otherwise it is the turn.

`hermes/audioServer/<siteId>/playBytes/<id>`, a WAV file, is played, and
`hermes/tts/say` spoken; that it is over, however it ended, is told with the `id`.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from auricle.audio.wave_reader import UnusableWaveError, read_wave
from auricle.mqtt.commands import LONGEST_SPEECH, Listen, ListenAction
from auricle.mqtt.delivery.ledger import Outbound
from auricle.mqtt.link.broker import Received
from auricle.mqtt.link.message import Message, compact_json
from auricle.text import clean, presentable
from auricle.turns.sounds import (
    PlayReport,
    PlayState,
    SoundArrived,
    SoundKind,
    SoundOpening,
    SoundUnusable,
    SpeechRequested,
    Then,
)
from auricle.turns.turn import OutcomeKind, Turn

START_LISTENING = "hermes/asr/startListening"
STOP_LISTENING = "hermes/asr/stopListening"
TEXT_CAPTURED = "hermes/asr/textCaptured"
SAY, SAY_FINISHED = "hermes/tts/say", "hermes/tts/sayFinished"

_ACTIONS = {START_LISTENING: ListenAction.START, STOP_LISTENING: ListenAction.STOP}
_LONGEST_ID = 255
_REMEMBERED = 8


def subscriptions(site_id: str, *, plays: bool, speaks: bool) -> list[str]:
    """Return the filters of the topics that a site obeys, which `plays` sounds and
    `speaks` texts.
    """
    return [
        *(START_LISTENING, STOP_LISTENING),
        *([f"{_play_topic(site_id)}+"] if plays else ()),
        *([SAY] if speaks else ()),
    ]


class Hermes:
    """Translates from and to the words of Rhasspy for one site, which is this
    satellite.
    """

    def __init__(
        self,
        site_id: str,
        *,
        plays: bool,
        speaks: bool,
        new_sound_id: Callable[[], str],
    ) -> None:
        """`plays` where there is a loudspeaker, `speaks` where texts are made sound of;
        `new_sound_id` makes the id of each sound.
        """
        self._site_id = site_id
        self._play = _play_topic(site_id)
        self.subscriptions = subscriptions(site_id, plays=plays, speaks=speaks)
        """What is obeyed, as filters of topics."""
        self._new_sound_id = new_sound_id
        self._sounds: dict[str, Message] = {}
        """What is to be told when the sound of this id is over."""
        self._ordered: str | None = None
        self._sessions: dict[str, str | None] = {}

    def begun(self, turn: Turn) -> Message | None:
        """Return the message that a wake word was heard; None for push to talk."""
        self._adopt(turn)
        heard = turn.detection
        if heard is None:
            return None
        wake_word = re.sub(r"[^\w-]", "_", heard.wake_word)
        payload = {
            "modelId": heard.wake_word,
            "modelVersion": "",
            "modelType": "universal",
            "currentSensitivity": 1.0,
            "siteId": self._site_id,
            "sessionId": turn.id,
            "sendAudioCaptured": None,
            "lang": None,
        }
        return _message(f"hermes/hotword/{wake_word}/detected", payload, None)

    def captured(self, outbound: Outbound, *, expiry: float) -> Message | None:
        """Return the message of what was said.

        Where nothing was, it is None, unless somebody ordered the turn and waits for an
        answer. `expiry` is in seconds.
        """
        outcome = outbound.outcome
        if outcome.kind is OutcomeKind.YIELDED:
            # Another site says what was said, and none of ours ever began.
            return None
        self._adopt(outcome.turn)
        # An order that came twice, or in the middle of this turn, began no other one.
        self._ordered = None
        said, ordered = outcome.transcript, self._sessions[outcome.turn.id]
        if said is None and ordered is None:
            return None
        stamp, heard = outbound.stamp, outcome.turn.detection
        payload = {
            "text": presentable(said.text) if said else "",
            # It has to be a number, and the recognizer gives none.
            "likelihood": 1.0 if said else 0.0,
            "seconds": (stamp.ended - stamp.started).total_seconds(),
            "siteId": self._site_id,
            "sessionId": ordered or outcome.turn.id,
            "wakewordId": heard.wake_word if heard else None,
            "asrTokens": None,
            "lang": said.language if said else None,
        }
        return _message(TEXT_CAPTURED, payload, expiry)

    def interpret(
        self, received: Received
    ) -> Listen | SoundArrived | SoundUnusable | SpeechRequested | None:
        """Return the order in a message; None where there is none for us."""
        if received.retain or not received.topic.startswith("hermes/"):
            return None
        if received.topic.startswith(self._play):
            request_id = received.topic.removeprefix(self._play)
            return self._sound(request_id, received.payload)
        order = self._order(received.payload)
        if order is None:
            return None
        if received.topic == SAY:
            return self._speech(order)
        action = _ACTIONS.get(received.topic)
        return None if action is None else self._listen(action, order)

    def over(self, report: PlayReport) -> Message | None:
        """Return the message that what was ordered is over; None where it is not, or
        was not ordered here.
        """
        if report.state is PlayState.STARTED:
            return None
        return self._sounds.pop(report.id, None)

    def _order(self, payload: bytes) -> dict[str, Any] | None:
        try:
            order = json.loads(payload)
        except (ValueError, RecursionError):
            return None
        ours = isinstance(order, dict) and order.get("siteId") == self._site_id
        return order if ours else None

    def _sound(self, request_id: str, file: bytes) -> SoundArrived | SoundUnusable:
        topic = f"hermes/audioServer/{self._site_id}/playFinished"
        sound_id = self._begun(
            {"id": request_id, "siteId": self._site_id, "sessionId": ""}, topic
        )
        try:
            sound_format, pcm = read_wave(file)
        except UnusableWaveError:
            return SoundUnusable(sound_id)
        opening = SoundOpening(SoundKind.ANNOUNCEMENT, sound_format)
        return SoundArrived(sound_id, 0, pcm, opening, Then.IDLE)

    def _speech(self, order: dict[str, Any]) -> SpeechRequested | None:
        text = order.get("text")
        if not isinstance(text, str):
            return None
        told = {"siteId": self._site_id}
        for key in ("id", "sessionId"):
            value = order.get(key)
            told[key] = clean(value, _LONGEST_ID) if isinstance(value, str) else ""
        sound_id = self._begun(told, SAY_FINISHED)
        return SpeechRequested(sound_id, presentable(text, LONGEST_SPEECH))

    def _begun(self, told: dict[str, Any], topic: str) -> str:
        sound_id = self._new_sound_id()
        self._sounds[sound_id] = _message(topic, told, None)
        return sound_id

    def _listen(self, action: ListenAction, order: dict[str, Any]) -> Listen:
        session_id = order.get("sessionId")
        if action is ListenAction.START and isinstance(session_id, str):
            self._ordered = session_id[:_LONGEST_ID] or None
        return Listen(action)

    def _adopt(self, turn: Turn) -> None:
        """Tie the session that was ordered to the turn that answers it."""
        if self._sessions.get(turn.id) is None:
            self._sessions[turn.id], self._ordered = self._ordered, None
            # A final may go out twice, within seconds; older turns are over.
            self._sessions = dict(list(self._sessions.items())[-_REMEMBERED:])


def _play_topic(site_id: str) -> str:
    return f"hermes/audioServer/{site_id}/playBytes/"


def _message(topic: str, payload: dict[str, Any], expiry: float | None) -> Message:
    return Message(topic, compact_json(payload), expiry=expiry)
