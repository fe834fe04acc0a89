"""What is published: domain facts as MQTT messages."""

import math
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from auricle.mqtt.delivery.ledger import DeliveryLedger, Fate, Outbound
from auricle.mqtt.link.message import Message, compact_json
from auricle.mqtt.settings import DESCRIPTIONS, Setting, Text, Value, Word
from auricle.mqtt.topics import Topics
from auricle.text import presentable
from auricle.turns.sounds import PlayReason, PlayReport, PlayState
from auricle.turns.turn import OutcomeKind, Turn


@dataclass(frozen=True, slots=True)
class Disclosure:
    """How much of what was said is published."""

    text: bool = True
    """Whether the words are published, or only that something was said."""
    emotion: bool = True
    partial: bool = False
    """Whether interim transcripts are published while a person speaks."""
    last_expiry: float = 3600.0
    """Seconds that the broker keeps the last transcript; 0: not at all."""


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """How the satellite is, for `diag`."""

    started: datetime
    """The time when this run began, zone aware."""
    asr: bool
    """Whether the recognizer is reachable, as far as known."""
    mic: bool
    """Whether sound arrives, or the microphone is closed because it is muted."""
    problem: str | None = None
    """What a person has to mend, such as `auth_failed`."""
    spoken_today: float = 0.0
    """Seconds of audio since midnight: what the recognizer counted, and where it does
    not tell, what was sent."""
    cost_today: float | None = None
    """What today's audio costs, in the currency of the device; None where no price is
    known."""
    limit_reached: bool = False
    """Whether nothing is sent, for the hour's turns, or the day's seconds or cost, are
    used up."""
    sent_seconds: float = 0.0
    """Seconds of audio that left for the recognizer since the start."""
    sent_bytes: int = 0
    """The size of all messages that left for the recognizer since the start."""
    cpu_temperature: float | None = None
    """The processor's temperature in degrees Celsius; None where the machine does not
    tell."""
    group_members: int = 0
    """The number of other satellites of the group that are known."""
    wins: int = 0
    """Wake words since the start that others heard as well, and we answered."""
    yields: int = 0
    """Wake words since the start that others answered."""


@dataclass(frozen=True, slots=True)
class Messages:
    """Builds every message of one satellite, except its discovery."""

    topics: Topics
    disclosure: Disclosure = Disclosure()

    def availability(self, *, online: bool) -> Message:
        """Return that the satellite is there, or gone."""
        return Message(
            self.topics.availability, "online" if online else "offline", retain=True
        )

    def run(self, run_id: str) -> Message:
        """Return which run of the satellite has its name now."""
        return Message(self.topics.run, run_id, retain=True)

    def state(self, state: str, *, muted: bool, ringing: bool) -> list[Message]:
        """Return what the satellite does now.

        Mute is no mere wish: it is on while the microphone is closed, also while a
        sound is played.
        """
        listening = "ON" if state == "listening" else "OFF"
        told = [
            self.setting(Setting.MUTE, muted),
            Message(self.topics.listening, listening, retain=True),
            Message(self.topics.state, state, retain=True),
        ]
        rings = Message(self.topics.ringing, "ON" if ringing else "OFF", retain=True)
        # Whoever shows both must not show an answer for a moment, before a timer that
        # begins to ring and behind one that ends.
        return [rings, *told] if ringing else [*told, rings]

    def wake(self, turn: Turn, time: datetime) -> Message:
        """Return the event that a turn began, at `time` (zone aware)."""
        heard = turn.detection
        if heard is None:
            event: dict[str, Any] = {"event_type": "push_to_talk"}
        else:
            event = {
                "event_type": "wake_word",
                "wake_word": heard.wake_word,
                "score": round(heard.score, 3),
            }
        event |= {"turn": turn.id, "time": _iso(time)}
        return Message(self.topics.wake, compact_json(event))

    def partial(self, turn_id: str, text: str, seq: int) -> Message:
        """Return an interim transcript, the turn's `seq`th; it may be lost (QoS 0)."""
        payload = {
            "text": presentable(text),
            "turn": turn_id,
            "seq": seq,
        }
        return Message(self.topics.partial, compact_json(payload), qos=0)

    def outcome(
        self, outbound: Outbound, *, age: float, expiry: float
    ) -> list[Message]:
        """Return how a turn ended, in the order to publish: states before the event
        that automations act on.

        `age` is the seconds since the end of speech, by a clock that nobody sets, or
        infinite where no clock knows; `expiry` the rest of the time to live.
        """
        outcome = outbound.outcome
        facts = self._facts(outbound, age)
        event = Message(
            self.topics.utterance,
            compact_json({"event_type": outcome.kind.value, **facts}),
            expiry=expiry,
        )
        if outcome.kind is not OutcomeKind.TRANSCRIPT:
            return [event]
        messages = [self._kept(self.topics.last, compact_json(facts))]
        if self.disclosure.emotion:
            # Empty where none was reported: that clears the retained topic.
            messages.append(self._kept(self.topics.emotion, facts["emotion"] or ""))
        if self.disclosure.text:
            messages.append(
                Message(self.topics.final, compact_json(facts), expiry=expiry)
            )
        return [*messages, event]

    def history(self, outbound: Outbound, fate: Fate, *, age: float) -> Message:
        """Return the entry of a final whose fate is known; `age` as in `outcome`."""
        facts = {**self._facts(outbound, age), "fate": fate.value}
        return Message(self.topics.history, compact_json(facts))

    def delivery(
        self, ledger: DeliveryLedger, *, run_id: str, degraded_storage: bool
    ) -> Message:
        """Return what became of this run's finals."""
        latest = ledger.latest
        facts = {
            "run_id": run_id,
            "accepted": ledger.accepted,
            **{fate.value: ledger.fates[fate] for fate in Fate},
            "turn": latest.outbound.outcome.turn.id if latest else None,
            "fate": latest.fate.value if latest else None,
            "storage": "degraded_storage" if degraded_storage else "good",
        }
        return Message(self.topics.delivery, compact_json(facts), retain=True)

    def setting(self, setting: Setting, value: Value) -> Message:
        """Return what a setting is now."""
        match value:
            case bool():
                payload = "ON" if value else "OFF"
            case float() | int():
                payload = f"{value:g}"
            # A state that can be empty is JSON: an empty payload would clear the
            # retained topic.
            case _ if isinstance(DESCRIPTIONS[setting].values, Text | Word):
                payload = compact_json({"value": value})
            case _:
                payload = value
        return Message(self.topics.setting(setting), payload, retain=True)

    def play(self, report: PlayReport) -> Message:
        """Return what became of a sound."""
        facts: dict[str, Any] = {"id": report.id, "state": report.state.value}
        if report.reason is not None:
            facts["reason"] = report.reason.value
        return Message(self.topics.play, compact_json(facts))

    def play_refused(self) -> Message:
        """Return that somebody sent what is about no sound."""
        facts = {"id": None, "state": PlayState.FAILED, "reason": PlayReason.FORMAT}
        return Message(self.topics.play, compact_json(facts))

    def diagnostics(self, diagnostics: Diagnostics) -> Message:
        """Return how the satellite is."""
        facts = asdict(diagnostics) | {"started": _iso(diagnostics.started)}
        return Message(self.topics.diagnostics, compact_json(facts), retain=True)

    def update(self, installed: str, latest: str | None, page: str) -> Message:
        """Return which version is installed, and the latest one with its page; None
        where nobody knows it yet.
        """
        facts = {"installed_version": installed}
        if latest is not None:
            facts["latest_version"] = latest
        if page:
            facts["release_url"] = page
        return Message(self.topics.update, compact_json(facts), retain=True)

    def _kept(self, topic: str, payload: str) -> Message:
        seconds = self.disclosure.last_expiry
        return Message(topic, payload, retain=seconds > 0, expiry=seconds or None)

    def _facts(self, outbound: Outbound, age: float) -> dict[str, Any]:
        outcome, stamp = outbound.outcome, outbound.stamp
        heard = outcome.turn.detection
        said = outcome.transcript
        facts: dict[str, Any] = {
            "turn": outcome.turn.id,
            "seq": outbound.seq,
            "run_id": outbound.run_id,
        }
        if said is not None:
            if self.disclosure.text:
                facts["text"] = presentable(said.text)
                if said.raw_text is not None:
                    raw_text = presentable(said.raw_text)
                    facts["raw_text"] = raw_text
            if heard is not None:
                facts["wake_confirmed"] = said.wake_confirmed
            facts["language"] = said.language
            if self.disclosure.emotion:
                facts["emotion"] = said.emotion
        if outcome.reason is not None:
            facts["reason"] = outcome.reason.value
        if outcome.kind is OutcomeKind.YIELDED:
            facts["answered_by"] = outcome.answered_by
        return facts | {
            "wake_word": heard.wake_word if heard else None,
            "heard_by": list(outcome.heard_by) or None,
            "stands_in_for": outcome.stands_in_for,
            "continues": outcome.turn.continues,
            "mode": outcome.turn.mode.value,
            "started": _iso(stamp.started),
            "ended": _iso(stamp.ended),
            "duration_ms": _ms((stamp.ended - stamp.started).total_seconds()),
            "latency_ms": None if stamp.latency is None else _ms(stamp.latency),
            "age_ms": _ms(age) if math.isfinite(age) else None,
        }


def _iso(time: datetime) -> str:
    assert time.tzinfo is not None
    return time.isoformat(timespec="milliseconds")


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
