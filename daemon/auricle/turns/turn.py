"""A turn: from the wake word to exactly one outcome."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from auricle.errors import Reason
from auricle.wake.detector import Detection

LONGEST_FOLLOW_UP = 30.0
"""Seconds to listen again after a final, at most."""


class Mode(StrEnum):
    """Who decides that the utterance is over."""

    SERVER_VAD = "server_vad"
    MANUAL = "manual"


class Phase(StrEnum):
    """Home Assistant's words for what a voice satellite does."""

    LISTENING = "listening"
    PROCESSING = "processing"


class OutcomeKind(StrEnum):
    """How a turn ended; the `event_type` of the utterance event."""

    TRANSCRIPT = "transcript"
    NO_SPEECH = "no_speech"
    CANCELLED = "cancelled"
    ERROR = "error"
    YIELDED = "yielded"
    """Another satellite, which heard the same wake word, answered."""


class EndedBy(StrEnum):
    """What ended the utterance."""

    SERVER = "server"
    ENDPOINTER = "endpointer"
    LONGEST = "longest"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Turn:
    """What a turn is known by, in every event that answers it and every payload."""

    id: str
    mode: Mode
    detection: Detection | None
    """The wake word that opened it; None where none did."""
    follow_up: bool = False
    """Whether the turn before opened it; otherwise, without a wake word, push to talk
    did."""
    continues: str | None = None
    """The id of the turn whose speaker went on behind its transcript; None where nobody
    did."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """What the recognizer said, and nothing that it did not say."""

    text: str
    language: str | None = None
    emotion: str | None = None
    raw_text: str | None = None
    """The words with the wake phrase, where the recognizer heard it in front of `text`;
    None where it did not."""
    wake_confirmed: bool | None = None
    """Whether the recognizer heard the wake phrase, too; None where none was said, or
    too little of it was sent to tell."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a turn ended."""

    turn: Turn
    kind: OutcomeKind
    transcript: Transcript | None = None
    reason: Reason | None = None
    ended_by: EndedBy | None = None
    sent_seconds: float = 0.0
    """Seconds of audio handed to the recognizer's connection, pre-roll included."""
    billed_seconds: float = 0.0
    """Seconds of audio that the recognizer counts, by its own word of every utterance;
    else all that was sent, on each link."""
    end_of_speech: int | None = None
    """The sample position behind the last frame that held speech; None where none did.
    """
    heard_by: tuple[str, ...] = ()
    """The names of the satellites that heard the wake word, ours too, in order; none
    where no wake word opened the turn."""
    stands_in_for: str | None = None
    """The id of the word's first turn, at a satellite that went silent; None where this
    is the first."""
    answered_by: str | None = None
    """The name of the satellite that answered, where another one did."""
    told_to_stop: bool = False
    """Whether somebody only said to stop what the wake word had interrupted."""
    false_alarm: bool = False
    """Whether there were words that are dropped, as the wake phrase was none of them.
    """

    @property
    def counts_at_its_end(self) -> bool:
        """Whether the turn is one of the hour's only now that it is over."""
        # Two follow-ups may come behind one command, and mostly nobody speaks in them.
        return self.turn.follow_up and self.kind is not OutcomeKind.NO_SPEECH


@dataclass(frozen=True, slots=True)
class Stamp:
    """When a turn happened."""

    started: datetime
    """The time when it began, zone aware."""
    ended: datetime
    latency: float | None
    """Seconds from the end of speech to the outcome; None where no speech was heard."""
    spoken: float | None = None
    """The time when its last word was said, or was sent at the latest, in seconds since
    the machine's start; None where nothing was sent."""
