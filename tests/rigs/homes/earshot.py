"""Whole satellites of one group in earshot of each other, at the pace of their audio.

Nothing is real here but what decides: a message takes as long, and is lost as often, as
a test wants. Everything is counted in frames of sound and in seconds since the start.
"""

import heapq
import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from random import Random

from auricle.arbitration.messages import Alive, Bid, Done, GroupMessage, Take
from auricle.arbitration.settings import ArbitrationSettings
from auricle.audio.frame import (
    FRAME_BYTES,
    FRAME_SAMPLES,
    FRAME_SECONDS,
    SAMPLE_RATE,
    Frame,
)
from auricle.audio.playing import SoundFormat
from auricle.qwen_asr.events import FinalTranscript
from auricle.turns.arbitrated_satellite import ArbitratedSatellite, Voices
from auricle.turns.endpointing import EndpointingSettings
from auricle.turns.events import (
    Attend,
    AwaitFinal,
    CloseSession,
    Effect,
    EndUtterance,
    Event,
    FinalSent,
    FinalSettled,
    GroupChanged,
    GroupSaid,
    Heard,
    KeepListening,
    MicrophoneFound,
    PublishOutcome,
    RecognizerSaid,
    ReportSound,
    StartTurn,
    TellGroup,
    WakeWordHeard,
)
from auricle.turns.factory import TurnFactory
from auricle.turns.satellite import Satellite
from auricle.turns.sounds import (
    PlayReport,
    PlayState,
    SoundArrived,
    SoundKind,
    SoundOpening,
    Then,
)
from auricle.turns.stop_words import StopWords
from auricle.turns.turn import Mode, Outcome, OutcomeKind
from auricle.turns.wake_phrase import WakePhrase
from auricle.wake.detector import Detection

WAKE_WORD = "okay_nabu"
RECOGNIZED = 0.3
"""Seconds from the end of an utterance to its final."""
SAID = 1.5
"""Seconds of a command."""
PRE_ROLL = 10


@dataclass
class Network:
    """Carries messages from each member to each other one."""

    random: Random
    slowest: float = 0.08
    loss: float = 0.0
    most_lost: int | None = None
    """So many messages in a row from one to another may be lost, and no more."""
    twice: float = 0.0
    """How often a message arrives twice."""
    late: Mapping[str, float] = field(default_factory=dict)
    """By how many seconds all that a member says arrives later than that."""
    lose: tuple[type[GroupMessage], ...] = (Bid, Take, Alive, Done)
    """What may be lost."""
    misread: int | None = None
    """Which message of each to each other one finds a clock that is wrong."""
    wrong_by: float = 0.0
    """How many seconds the clock of the microphone then is ahead."""
    _lost: dict[tuple[str, str], int] = field(default_factory=dict)
    _arrived: Counter[tuple[str, str]] = field(default_factory=Counter)

    def delays(
        self, sender: str, receiver: str, message: GroupMessage
    ) -> Iterator[float]:
        """Tell when a message arrives, each time that it does."""
        lost = self._lost.get((sender, receiver), 0)
        may_be_lost = self.most_lost is None or lost < self.most_lost
        may_be_lost &= isinstance(message, self.lose)
        if may_be_lost and self.random.random() < self.loss:
            self._lost[sender, receiver] = lost + 1
            return
        self._lost[sender, receiver] = 0
        late = self.late.get(sender, 0.0)
        yield late + self.random.uniform(0.005, self.slowest)
        if self.random.random() < self.twice:
            yield late + self.random.uniform(0.005, self.slowest)

    def clock_error(self, sender: str, receiver: str) -> float:
        """Return how wrong a clock is when the next message arrives, in seconds."""
        number = self._arrived[sender, receiver]
        self._arrived[sender, receiver] += 1
        return self.wrong_by if number == self.misread else 0.0


class Member:
    """A satellite with a microphone of its own, until it dies."""

    def __init__(
        self,
        earshot: "Earshot",
        name: str,
        opened: float,
        voices: Voices | None,
        *,
        drop_unconfirmed: bool,
    ) -> None:
        self.name = name
        self.alive = True
        self.outcomes: list[Outcome] = []
        self.sessions = 0
        self.announced = 0
        """How many turns the room was told of."""
        self.told: list[GroupMessage] = []
        self.silenced: list[str] = []
        """The sounds that were cancelled, in order."""
        self.heard_of: set[str] = set()
        """Who is known to answer, of the others."""
        self.knew_of: set[str] = set()
        """The same, when its final was published."""
        self.final_due = False
        """Whether a final has a deadline."""
        self.recognized: list[float] = []
        """Seconds from the end of each utterance to its final, while there are some."""
        self.attending = False
        self.voice = b"nobody"
        self._earshot = earshot
        self._opened = opened
        self._frame = 0
        self._command: dict[str, str] = {}
        self._speaks_until = 0.0
        self._texts = ""
        # What holds no whole wake phrase confirms none.
        self._pre_roll = 60 if drop_unconfirmed else PRE_ROLL
        numbers = itertools.count(1)
        turns = TurnFactory(
            mode=Mode.MANUAL,
            endpointing=EndpointingSettings(
                silence=0.5, no_speech_timeout=3.0, longest=20.0
            ),
            new_turn_id=lambda: f"{name}-{next(numbers)}",
            stop_words=StopWords(),
            wake_phrases={WAKE_WORD: WakePhrase(WAKE_WORD)} if drop_unconfirmed else {},
            drop_unconfirmed=drop_unconfirmed,
        )
        settings = ArbitrationSettings(name)
        self.machine = ArbitratedSatellite(Satellite(turns), turns, settings, voices)
        self.happens(MicrophoneFound())

    @property
    def finals(self) -> list[Outcome]:
        return [o for o in self.outcomes if o.kind is OutcomeKind.TRANSCRIPT]

    @property
    def position(self) -> int:
        """Where the microphone is, with what has not been delivered yet."""
        return round((self._earshot.now - self._opened) * SAMPLE_RATE)

    def wakes(
        self,
        level: float,
        text: str = "toggle",
        voice: bytes = b"her",
        said: float = SAID,
        lag: float = 0.0,
    ) -> None:
        """Hear the word, then a voice for as long as it is `said`, of which the
        recognizer makes `text`. A machine that was busy finds what was said `lag`
        seconds ago, and takes at once what it has missed since.
        """
        if not self.alive:
            return
        self.attending = True
        self.voice = voice
        self._speaks_until = self._earshot.now - lag + said
        self._texts = text
        self._frame = (self.position - round(lag * SAMPLE_RATE)) // FRAME_SAMPLES
        end = self._frame * FRAME_SAMPLES
        past = range(self._pre_roll, 0, -1)
        frames = tuple(self._sound(self._frame - n) for n in past)
        detection = Detection(WAKE_WORD, 0.9, end)
        self.happens(WakeWordHeard(detection, frames, level, frames))
        while self.attending and (self._frame + 1) * FRAME_SAMPLES <= self.position:
            self.hears()

    def goes_on(self, seconds: float) -> None:
        """Hear a voice from now on for so long."""
        self._speaks_until = self._earshot.now + seconds

    def plays(self, sound_id: str) -> None:
        """Begin a sound, or let it wait behind another one."""
        sound = SoundOpening(SoundKind.ANNOUNCEMENT, SoundFormat(22_050, 1))
        self.happens(SoundArrived(sound_id, 0, b"ab", sound, Then.IDLE))

    def hears(self) -> None:
        """Take the next frame, if anybody wants it."""
        if self.alive and self.attending:
            moment = self._opened + self._frame * FRAME_SECONDS
            speech = moment < self._speaks_until
            self._frame += 1
            self.happens(Heard(self._sound(self._frame - 1), speech))

    def is_told(self, message: GroupMessage) -> None:
        if isinstance(message, Take | Alive):
            self.heard_of.add(message.claim.member)
        wrong = self._earshot.network.clock_error(message.claim.member, self.name)
        position = self.position + round(wrong * SAMPLE_RATE)
        self.happens(GroupSaid(message, position))

    def happens(self, event: Event) -> None:
        if not self.alive:
            return
        for effect in self.machine.step(event):
            self._carry_out(effect)

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case StartTurn(turn, audible):
                self.sessions += 1
                self.announced += audible
                self._command[turn.id] = self._texts
            case EndUtterance(turn_id):
                self.final_due = True
                final = FinalTranscript("item", self._texts, None, None)
                within = self.recognized.pop(0) if self.recognized else RECOGNIZED
                self._later(within, RecognizerSaid(turn_id, final))
            case AwaitFinal():
                self.final_due = True
            case KeepListening():
                self.final_due = False
            case CloseSession(turn_id):
                self.final_due = False
                del self._command[turn_id]
            case PublishOutcome(outcome):
                self.outcomes.append(outcome)
                if outcome.kind is OutcomeKind.TRANSCRIPT:
                    self.knew_of = set(self.heard_of)
                    self._earshot.publish(self, outcome)
                    sending = self._earshot.sending
                    settling = sending + self._earshot.settling
                    self._later(sending, FinalSent(outcome.turn.id))
                    self._later(settling, FinalSettled(outcome.turn.id))
            case Attend(on):
                assert on or self.attending
                self.attending = on
            case ReportSound(PlayReport(sound_id, PlayState.CANCELLED)):
                self.silenced.append(sound_id)
            case TellGroup(message, heard_at):
                message = self._as_of_now(message, heard_at)
                self.told.append(message)
                self._earshot.carry(self, message)
            case _:
                pass

    def _as_of_now(self, message: GroupMessage, heard_at: int) -> GroupMessage:
        """Say how long ago its word was for the microphone, as the runner does."""
        claim = message.claim
        after = max(claim.after, (self.position - heard_at) / SAMPLE_RATE)
        return replace(message, claim=replace(claim, after=after))

    def _later(self, seconds: float, event: Event) -> None:
        self._earshot.later(seconds, lambda: self.happens(event))

    def _sound(self, number: int) -> Frame:
        pcm = self.voice[:1] * FRAME_BYTES
        return Frame(pcm, number * FRAME_SAMPLES)


class Earshot:
    """Some members, and the time."""

    def __init__(
        self,
        names: list[str],
        network: Network,
        voices: Voices | None = None,
        *,
        drop_unconfirmed: bool = False,
    ) -> None:
        """With `drop_unconfirmed`, each wants to hear the wake phrase in the text."""
        self.now = 0.0
        self.sending = 0.005
        """Seconds from a final to its leaving for the broker."""
        self.settling = 0.02
        """Seconds from there to the broker's word that it has it."""
        self.network = network
        self.published: list[tuple[str, Outcome]] = []
        """All finals, in order, each with who sent it."""
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._count = itertools.count()
        self.members = {
            name: Member(
                self, name, -100.0 * n, voices, drop_unconfirmed=drop_unconfirmed
            )
            for n, name in enumerate(names, start=1)
        }
        for member in self.members.values():
            member.happens(GroupChanged(frozenset(names)))

    @property
    def executed(self) -> list[Outcome]:
        """Finals that consumers obey: they name no turn that one before named."""
        known: set[str | None] = {None}
        obeyed = []
        for _, outcome in self.published:
            named = {outcome.turn.id, outcome.stands_in_for} - {None}
            if not named & known:
                obeyed.append(outcome)
            known |= named
        return obeyed

    @property
    def first(self) -> list[Outcome]:
        """Finals that say to stand in for nobody."""
        return [o for _, o in self.published if o.stands_in_for is None]

    def publish(self, member: Member, outcome: Outcome) -> None:
        self.published.append((member.name, outcome))

    def carry(self, sender: Member, message: GroupMessage) -> None:
        for member in self.members.values():
            if member is not sender:
                for delay in self.network.delays(sender.name, member.name, message):
                    self.later(delay, lambda to=member: to.is_told(message))  # type: ignore[misc]  # mypy infers no default

    def later(self, seconds: float, happens: Callable[[], None]) -> None:
        heapq.heappush(self._due, (self.now + seconds, next(self._count), happens))

    def kill(self, name: str, after: float) -> None:
        """Let a member be gone from one moment to the next."""

        def die() -> None:
            self.members[name].alive = False

        self.later(after, die)

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        tick = self.now + FRAME_SECONDS
        while self.now < end:
            while self._due and self._due[0][0] <= tick:
                self.now, _, happens = heapq.heappop(self._due)
                happens()
            self.now = tick
            for member in self.members.values():
                member.hears()
            tick += FRAME_SECONDS
