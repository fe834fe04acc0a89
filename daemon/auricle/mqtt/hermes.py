"""The same in the words of Rhasspy, for flows that know those: the Hermes protocol.

`hermes/hotword/<wake word>/detected` and `hermes/asr/textCaptured` are published,
`hermes/asr/startListening` and `…/stopListening` obeyed, where their `siteId` is ours.
A `sessionId` that starts us listening returns with the text; otherwise it is the turn.
"""

import json
import re
from typing import Any

from auricle.mqtt.commands import Listen, ListenAction
from auricle.mqtt.delivery.ledger import Outbound
from auricle.mqtt.link.broker import Received
from auricle.mqtt.link.message import Message, compact_json
from auricle.text import presentable
from auricle.turns.turn import Turn

START_LISTENING = "hermes/asr/startListening"
STOP_LISTENING = "hermes/asr/stopListening"
TEXT_CAPTURED = "hermes/asr/textCaptured"

_ACTIONS = {START_LISTENING: ListenAction.START, STOP_LISTENING: ListenAction.STOP}
_LONGEST_ID = 255
_REMEMBERED = 8


class Hermes:
    """Translates from and to the words of Rhasspy for one site, which is this
    satellite.
    """

    subscriptions = (START_LISTENING, STOP_LISTENING)

    def __init__(self, site_id: str) -> None:
        self._site_id = site_id
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
        self._adopt(outcome.turn)
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

    def interpret(self, received: Received) -> Listen | None:
        """Return the order in a message; None where there is none for us."""
        action = _ACTIONS.get(received.topic)
        if action is None or received.retain:
            return None
        try:
            order = json.loads(received.payload)
        except (ValueError, RecursionError):
            return None
        if not isinstance(order, dict) or order.get("siteId") != self._site_id:
            return None
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


def _message(topic: str, payload: dict[str, Any], expiry: float | None) -> Message:
    return Message(topic, compact_json(payload), expiry=expiry)
