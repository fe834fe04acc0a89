"""Sounds that the house sends to be played, and what becomes of each.

The house says what a sound is, chunk by chunk; these are the facts that reach the
satellite, and the reports that leave it.
"""

from dataclasses import dataclass
from enum import StrEnum

from auricle.audio.playing import SoundFormat


class SoundKind(StrEnum):
    """Why a sound is to be played."""

    ANSWER = "answer"
    """The house answers what was said."""
    ANNOUNCEMENT = "announcement"
    ACKNOWLEDGE = "acknowledge"
    """The house says, instead of an answer, that it was done."""


class Then(StrEnum):
    """What follows when a sound has been heard to its end."""

    IDLE = "idle"
    LISTEN = "listen"
    """The satellite listens without a wake word: it has asked something."""


@dataclass(frozen=True, slots=True)
class SoundOpening:
    """Says what a sound is; it comes with the first chunk."""

    kind: SoundKind
    format: SoundFormat
    turn: str | None = None
    """The turn that an answer is for, where the house says so."""


# --- facts, from the house ---


@dataclass(frozen=True, slots=True)
class SoundArrived:
    """The next chunk of a sound is here."""

    id: str
    seq: int
    """Counts the chunks of the sound, from 0."""
    pcm: bytes
    opening: SoundOpening | None = None
    """What the sound is; the first chunk has it, and no other one."""
    then: Then | None = None
    """What follows the sound; the last chunk has it, and no other one."""


@dataclass(frozen=True, slots=True)
class SoundCancelRequested:
    """The house wants a sound to end, or everything that plays, rings or waits."""

    id: str | None
    """The sound that is to end; None: everything."""


@dataclass(frozen=True, slots=True)
class SoundUnusable:
    """A message about the sound of this id says nothing that can be played."""

    id: str


@dataclass(frozen=True, slots=True)
class AnswerFailed:
    """The house cannot answer what was said."""

    error: str
    """The house's word for why, such as `no_pipeline`."""


class TimerChange(StrEnum):
    """What became of a timer."""

    STARTED = "started"
    UPDATED = "updated"
    """It was paused, resumed, made longer or made shorter."""
    CANCELLED = "cancelled"
    FINISHED = "finished"
    """It is time: the satellite rings."""


@dataclass(frozen=True, slots=True)
class TimerChanged:
    """A timer of this satellite, which the house keeps, has changed."""

    change: TimerChange
    id: str
    name: str
    """What the person called it; empty where they did not."""
    seconds: float
    """How long it was set for, in seconds."""
    seconds_left: float
    active: bool
    """Whether it runs; False while it is paused."""


@dataclass(frozen=True, slots=True)
class SpeechRequested:
    """The house wants a text to be said, as a sound of this id."""

    id: str
    text: str


PlayOrder = (
    SoundArrived | SoundCancelRequested | SoundUnusable | AnswerFailed | SpeechRequested
)


# --- reports, to the house ---


class PlayState(StrEnum):
    """What became of a sound; one of the last three is its end."""

    STARTED = "started"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    FAILED = "failed"


class PlayReason(StrEnum):
    """Why a sound was cancelled, or failed: the closed list that the house sees."""

    WAKE = "wake"
    """The wake word was said."""
    LISTEN = "listen"
    """Push to talk was pressed."""
    STOP = "stop"
    """Somebody ordered it, by a button or by voice."""
    REPLACED = "replaced"
    """A later answer came."""
    SHUTDOWN = "shutdown"
    LOUDSPEAKER = "loudspeaker"
    """It is missing, busy, or hangs."""
    NO_CHUNKS = "no_chunks"
    """The rest of the sound did not come."""
    ORDER = "order"
    """A chunk of it is missing."""
    FORMAT = "format"
    """It cannot be played as it is."""
    TOO_LONG = "too_long"
    """It is more than is kept, or more sounds wait than may."""
    SYNTHESIZER = "synthesizer"
    """What makes sound of texts has made none of this one."""
    LIMIT = "limit"
    """More texts an hour than are spoken."""
    RESTARTED = "restarted"
    """The satellite died while it played."""


@dataclass(frozen=True, slots=True)
class PlayReport:
    """Tells what became of a sound."""

    id: str
    state: PlayState
    reason: PlayReason | None = None
    """Why it ended otherwise than by being heard; None while it plays, and where it
    was."""


# --- facts, from the synthesizer ---


@dataclass(frozen=True, slots=True)
class SpeechFailed:
    """There is no sound of the text that has this id, or not all of it."""

    id: str
    reason: PlayReason
