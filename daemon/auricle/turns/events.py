"""What happens to a satellite (events), and what it orders (effects).

Events are facts, in the past tense; effects are orders, in the imperative. Each event
that answers a turn carries that turn's id: without it, the late transcript of an
abandoned turn would be published as the next one's.
"""

from dataclasses import dataclass, field

from auricle.arbitration.messages import GroupMessage
from auricle.audio.frame import Frame
from auricle.audio.playing import PlayerFact, SoundFormat
from auricle.errors import Reason
from auricle.qwen_asr.events import (
    Committed,
    FinalTranscript,
    InterimTranscript,
    SessionFinished,
    SpeechStarted,
    SpeechStopped,
)
from auricle.turns.budget import Left
from auricle.turns.sounds import PlayOrder, PlayReport, SpeechFailed, TimerChanged
from auricle.turns.turn import Outcome, Turn
from auricle.wake.detector import Detection

# --- events ---


@dataclass(frozen=True, slots=True)
class WakeWordHeard:
    """A wake word was detected; `pre_roll` is the sound up to its end."""

    detection: Detection
    pre_roll: tuple[Frame, ...]
    level: float = 0.0
    """How near the voice was, in dB."""
    word: tuple[Frame, ...] = ()
    """The sound of the word itself, oldest first."""
    turn: str | None = None
    """The id that its turn is to have, where that was told already."""
    interrupting: bool = False
    """Whether a sound of another satellite, which heard the word as well, has ended."""
    answered: bool = False
    """Whether another satellite answered it before, and made the wake sound."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A frame, while a turn is open; idle frames stay in the audio thread."""

    frame: Frame
    speech: bool


@dataclass(frozen=True, slots=True)
class ListenRequested:
    """Push to talk was pressed."""


@dataclass(frozen=True, slots=True)
class StopRequested:
    """Push to talk was released: the utterance is over now."""


@dataclass(frozen=True, slots=True)
class CancelRequested:
    """Whatever is under way is to end without a command."""


@dataclass(frozen=True, slots=True)
class MuteRequested:
    """The microphone is to be closed (`muted`), or opened again."""

    muted: bool


@dataclass(frozen=True, slots=True)
class FollowUpRequested:
    """Listen again after each final from now on, and behind the answer to it."""

    seconds: float
    """How long to wait for speech; 0: not at all."""


@dataclass(frozen=True, slots=True)
class BudgetChanged:
    """What may be spent is not what it was; its limits are reached, or no longer."""

    limit_reached: bool
    left: Left = field(default_factory=Left)


@dataclass(frozen=True, slots=True)
class MicrophoneLost:
    """No sound comes though it is wanted, or the device does not let go of it."""


@dataclass(frozen=True, slots=True)
class MicrophoneFound:
    """It is open, and sound comes."""


@dataclass(frozen=True, slots=True)
class MicrophoneClosed:
    """The device is released, as it was ordered."""


MicrophoneFact = MicrophoneLost | MicrophoneFound | MicrophoneClosed

Recognition = (
    SpeechStarted
    | SpeechStopped
    | Committed
    | InterimTranscript
    | FinalTranscript
    | SessionFinished
)


@dataclass(frozen=True, slots=True)
class RecognizerSaid:
    """The recognizer told something about a turn."""

    turn: str
    said: Recognition
    hints: str = ""
    """The words that it was told to expect: on noise it may say these."""
    late: bool = False
    """The last word is older than a command may live."""


@dataclass(frozen=True, slots=True)
class RecognizerFailed:
    """The recognizer cannot serve a turn; if `transient`, trying again may help."""

    turn: str
    reason: Reason
    transient: bool
    no_network: bool = False
    """Nothing was sent, and nobody was asked: there is no network yet."""


@dataclass(frozen=True, slots=True)
class ChunksStalled:
    """The next chunk of the sound of this id has not come in time."""

    id: str


@dataclass(frozen=True, slots=True)
class AnswerLate:
    """The answer to this turn has not come in time."""

    turn: str


@dataclass(frozen=True, slots=True)
class GroupSaid:
    """Another satellite of the group told something about a wake word."""

    message: GroupMessage
    position: int | None
    """The sample position at which our microphone was then; None while it is closed."""


@dataclass(frozen=True, slots=True)
class GroupChanged:
    """Others are known in the group, by their names, or no longer; none where no broker
    is connected."""

    members: frozenset[str]


@dataclass(frozen=True, slots=True)
class WordDisputed:
    """A wake word was heard, and who answers it is open (`on`), or it is another
    satellite.
    """

    on: bool


@dataclass(frozen=True, slots=True)
class ToldToStop:
    """Who interrupted a sound of ours said to another satellite only to stop it."""


@dataclass(frozen=True, slots=True)
class TurnYielded:
    """Another satellite answers the wake word of this turn, as far as is known."""

    turn: str


@dataclass(frozen=True, slots=True)
class FinalSent:
    """A turn's final has left for the broker, ahead of all that is said from now on."""

    turn: str


@dataclass(frozen=True, slots=True)
class FinalSettled:
    """It is known what became of a turn's final."""

    turn: str
    told: bool = True
    """Whether the broker has it; else it never will."""


@dataclass(frozen=True, slots=True)
class CommandTold:
    """The broker has the command of this turn of another satellite, which seemed to be
    gone.
    """

    turn: str


@dataclass(frozen=True, slots=True)
class Stopping:
    """The daemon is shutting down."""


Event = (
    WakeWordHeard
    | Heard
    | ListenRequested
    | StopRequested
    | CancelRequested
    | MuteRequested
    | FollowUpRequested
    | BudgetChanged
    | MicrophoneFact
    | RecognizerSaid
    | RecognizerFailed
    | PlayOrder
    | TimerChanged
    | PlayerFact
    | ChunksStalled
    | AnswerLate
    | SpeechFailed
    | GroupSaid
    | GroupChanged
    | FinalSent
    | FinalSettled
    | CommandTold
    | WordDisputed
    | ToldToStop
    | TurnYielded
    | Stopping
)


# --- effects ---


@dataclass(frozen=True, slots=True)
class StartTurn:
    """Open a recognizer session for the turn, and announce it."""

    turn: Turn
    audible: bool = True
    """Whether the room is to hear that: it may have heard it before."""


@dataclass(frozen=True, slots=True)
class SendAudio:
    """Send a frame to the turn's recognizer session."""

    turn: str
    frame: Frame


@dataclass(frozen=True, slots=True)
class EndUtterance:
    """It is over: commit (manual mode) or finish (server VAD) now.

    Behind a commit, more audio may follow; behind a finish, none.
    """

    turn: str


@dataclass(frozen=True, slots=True)
class ReplayUtterance:
    """The link died: send all of the turn's audio again, on a fresh session."""

    turn: str


@dataclass(frozen=True, slots=True)
class CloseSession:
    """The turn needs its recognizer session no longer."""

    turn: str


@dataclass(frozen=True, slots=True)
class AwaitFinal:
    """The server ended the utterance: its final has a deadline from now on."""

    turn: str
    audible: bool = True
    """Whether who spoke is to hear of it."""


@dataclass(frozen=True, slots=True)
class KeepListening:
    """The person has yet to speak, or may go on: no final has a deadline."""

    turn: str


@dataclass(frozen=True, slots=True)
class PublishInterim:
    """Publish what is understood of the turn so far."""

    turn: str
    text: str


@dataclass(frozen=True, slots=True)
class PublishOutcome:
    """Publish what became of a turn: its last word."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Attend:
    """Deliver frames from now on (`on`), or keep them in the audio thread again."""

    on: bool


@dataclass(frozen=True, slots=True)
class TellGroup:
    """Tell the other satellites of the group something about a wake word."""

    message: GroupMessage
    heard_at: int
    """The sample position where the word was detected. Sound that waited is decided
    about late: how long ago the word was, the microphone's clock tells."""


@dataclass(frozen=True, slots=True)
class OpenMicrophone:
    """Open the device, and listen."""


@dataclass(frozen=True, slots=True)
class CloseMicrophone:
    """Release the device: no sound is captured."""


@dataclass(frozen=True, slots=True)
class AcceptSound:
    """Keep in mind that the sound of this id is to come to an end, also when this
    process ends before it.
    """

    id: str


@dataclass(frozen=True, slots=True)
class Synthesize:
    """Make sound of the text, which arrives as if the house had sent it."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class StopSynthesis:
    """Make no more sound of the text that has this id."""

    id: str


@dataclass(frozen=True, slots=True)
class BeginSound:
    """Have the player begin the sound of this id, whose bytes follow."""

    id: str
    format: SoundFormat


@dataclass(frozen=True, slots=True)
class FeedSound:
    """Give the player more of the sound."""

    id: str
    pcm: bytes


@dataclass(frozen=True, slots=True)
class EndSound:
    """Tell the player that it has all of the sound."""

    id: str


@dataclass(frozen=True, slots=True)
class CancelSound:
    """Have the player be silent at once."""

    id: str


@dataclass(frozen=True, slots=True)
class RingTimer:
    """Have the player begin the sound of a timer that is up, all of it."""

    id: str


@dataclass(frozen=True, slots=True)
class NoteUsedId:
    """Tell whoever looks why a sound is not played: its id is that of one before."""

    id: str


@dataclass(frozen=True, slots=True)
class AwaitChunk:
    """The next chunk of the sound has a deadline from now on (`on`), or has none."""

    id: str
    on: bool


@dataclass(frozen=True, slots=True)
class AwaitAnswer:
    """The answer to this turn has a deadline from now on: other sounds wait for it."""

    turn: str


@dataclass(frozen=True, slots=True)
class ReportSound:
    """Publish what became of a sound."""

    report: PlayReport


@dataclass(frozen=True, slots=True)
class TellNoAnswer:
    """Let whoever is in the room hear that what was to be said is not."""


SoundOrder = (
    AcceptSound
    | Synthesize
    | StopSynthesis
    | BeginSound
    | FeedSound
    | EndSound
    | CancelSound
    | RingTimer
    | AwaitChunk
    | AwaitAnswer
    | ReportSound
    | NoteUsedId
    | TellNoAnswer
)
"""What is carried out by the loudspeaker, and by whoever tells of it."""

Effect = (
    StartTurn
    | SendAudio
    | EndUtterance
    | ReplayUtterance
    | CloseSession
    | AwaitFinal
    | KeepListening
    | PublishInterim
    | PublishOutcome
    | Attend
    | TellGroup
    | OpenMicrophone
    | CloseMicrophone
    | SoundOrder
)
