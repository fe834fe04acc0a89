"""A satellite of a group: its wake words are answered by whoever heard them best.

```
event                  a word of ours is             orders
------------------------------------------------------------------------------------
WakeWordHeard          not to be obeyed anyway       as the satellite's
                       heard by nobody else we know  as the satellite's, and no message
                       heard, in a group             what was open is over, bid
                       over by now at another one    the same, but outcome yielded
                       pending from before           that one is given up, first
Heard                  any                           as the satellite's, and as in round
GroupSaid              any                           as in round
                       yielded, and the microphone   done (error)
                       was away since it was heard
                       none                          none: kept for a moment
ListenRequested,
MuteRequested, on,
MicrophoneLost,
MicrophoneClosed,
Stopping               pending, others bid           outcome yielded, done (error)
                       pending, nobody else does     outcome cancelled, done (error)
MicrophoneLost         the same                      outcome error
CancelRequested        pending, and theirs           outcome yielded
                       pending, and ours so far      outcome cancelled, done (cancelled)
GroupChanged           answered, heard by nobody     take, as in round
FinalSent              published                     done, twice
FinalSettled           published                     done
CommandTold            not published by us           as in round
Stopping               answered                      outcome cancelled, done (error)
```

A word is *pending* as long as another member may answer it, or we may have to: its
frames are held meanwhile, up to what an utterance may last, and handed over all at
once when it becomes ours. What is not in the table is the satellite's own affair.

A turn that is yielded once it was open has its outcome at once. Should we have to
answer the word after all, it is with a turn of another id: each has one outcome.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from auricle.arbitration.messages import Claim, GroupMessage
from auricle.arbitration.round import (
    UNABLE,
    VOICE_KNOWN,
    Answer,
    Conclude,
    Order,
    Round,
    State,
    Tell,
    Withdraw,
)
from auricle.arbitration.settings import ArbitrationSettings
from auricle.audio.frame import FRAME_SAMPLES, SAMPLE_RATE, Frame
from auricle.errors import Reason
from auricle.qwen_asr.events import FinalTranscript
from auricle.turns.endpointing import LONGEST_TURN, Endpointer
from auricle.turns.events import (
    Attend,
    AwaitFinal,
    BudgetChanged,
    CancelRequested,
    CommandTold,
    Effect,
    Event,
    FinalSent,
    FinalSettled,
    GroupChanged,
    GroupSaid,
    Heard,
    KeepListening,
    ListenRequested,
    MicrophoneClosed,
    MicrophoneLost,
    MuteRequested,
    PublishOutcome,
    RecognizerFailed,
    RecognizerSaid,
    Stopping,
    TellGroup,
    ToldToStop,
    TurnYielded,
    WakeWordHeard,
    WordDisputed,
)
from auricle.turns.factory import TurnFactory
from auricle.turns.satellite import Satellite, SatelliteState
from auricle.turns.turn import Outcome, OutcomeKind, Turn

LONGEST_HELD = round(LONGEST_TURN * SAMPLE_RATE)
"""What is said behind a word, at most."""
LONGEST_UNSETTLED = 60 * SAMPLE_RATE
"""A final whose fate is open for longer is waited for in silence."""
_END_OF_WORD = round(0.3 * SAMPLE_RATE)
"""A wake word may be detected before it is over, and rings on in the room."""
LONGEST_TEXT_WAIT = round(0.8 * SAMPLE_RATE)
"""How long a command waits for one of another person that may be the same."""
MOST_WORDS = 8
MOST_KEPT = 100
KEPT_FOR = 3 * SAMPLE_RATE
"""Messages are kept for as long: others may have heard a word before we did."""
ALIKE = 0.85


@dataclass(frozen=True, slots=True)
class Voices:
    """How voices are told apart."""

    print_of: Callable[[Sequence[Frame]], bytes]
    """Makes a print of the word and the beginning of the command."""
    same_person: Callable[[bytes, bytes], bool]


@dataclass(slots=True)
class _Word:
    """A wake word of ours, until nobody asks for it any more."""

    event: WakeWordHeard
    turn: Turn
    round: Round
    listener: Endpointer
    """Hears whether anybody speaks behind it."""
    held: list[Heard] = field(default_factory=list)
    told: bool = False
    """Whether its outcome is told: it was open, and was yielded."""
    unsettled: int = 0
    """How many samples were heard since its final went to the publisher."""
    texts_awaited: int | None = None
    """Since when its transcript waits for another person's."""
    away: bool = False
    """Whether the microphone was away since: no sound tells how it goes on."""


class ArbitratedSatellite:
    """Events in, orders out, as the satellite that it wraps."""

    def __init__(
        self,
        satellite: Satellite,
        turns: TurnFactory,
        settings: ArbitrationSettings,
        voices: Voices | None = None,
    ) -> None:
        """`turns` is what the satellite's turns come from. Without `voices`, everybody
        who says the word at the same moment is one person.
        """
        self._satellite = satellite
        self._turns = turns
        self._settings = settings
        self._voices = voices
        self._members: frozenset[str] = frozenset()
        self._unable = False
        self._words: list[_Word] = []
        self._kept: deque[tuple[GroupMessage, int]] = deque(maxlen=MOST_KEPT)
        self._held_back: list[RecognizerSaid | RecognizerFailed] = []
        self._off_owed = False
        """The satellite needs no frames; one of its words still does."""

    @property
    def state(self) -> SatelliteState:
        """What the satellite does; it listens to no word that is not its own."""
        return self._satellite.state

    @property
    def ringing(self) -> bool:
        """Whether a timer rings."""
        return self._satellite.ringing

    @property
    def muted(self) -> bool:
        """Whether mute is ordered."""
        return self._satellite.muted

    @property
    def microphone_closed(self) -> bool:
        """Whether it is, and nobody waits for it to be opened."""
        return self._satellite.microphone_closed

    @property
    def disputed(self) -> bool:
        """Whether another one may answer the latest wake word: no sound begins."""
        return self._satellite.disputed

    @property
    def turn(self) -> Turn | None:
        """The open turn."""
        return self._satellite.turn

    @property
    def end_of_speech(self) -> int | None:
        """Sample position behind the open turn's last word so far, if it has any."""
        return self._satellite.end_of_speech

    def step(self, event: Event) -> list[Effect]:
        """Take what happened; return the orders, to be carried out in this sequence."""
        effects = self._take(event)
        if self._off_owed and not self._needs_sound and self.turn is None:
            self._off_owed = False
            effects.append(Attend(on=False))
        return effects

    def _take(self, event: Event) -> list[Effect]:
        match event:
            case WakeWordHeard():
                return self._woken(event)
            case Heard():
                return self._through(event) + self._heard(event)
            case GroupSaid(message, position):
                return self._said(message, position)
            case GroupChanged(members):
                return self._know(members - {self._settings.member})
            case FinalSent(turn_id):
                return self._of_published(turn_id, Round.sent)
            case FinalSettled(turn_id, told):
                return self._of_published(turn_id, partial(Round.settled, told=told))
            case CommandTold(turn_id):
                return [
                    effect
                    for word in list(self._words)
                    for effect in self._carry_out(word, word.round.told(turn_id))
                ]
            case RecognizerSaid():
                return self._recognized(event)
            case RecognizerFailed(turn_id) if any(
                held.turn == turn_id for held in self._held_back
            ):
                # What it said before comes first: that may be all.
                self._held_back.append(event)
                return []
            case BudgetChanged(limit_reached=limit_reached):
                self._unable = limit_reached
                return self._through(event)
            case ListenRequested() if self.turn is not None:
                return self._through(event)
            case MuteRequested(True) | ListenRequested():
                return self._give_up() + self._through(event)
            case Stopping():
                # First, or what waits for the word to be decided would begin to sound.
                return self._through(event) + self._give_up()
            case CancelRequested():
                return self._give_up(unwanted=True) + self._through(event)
            case MicrophoneLost():
                left = self._give_up(reason=Reason.MICROPHONE) + self._through(event)
                return left + self._sound_begins_anew()
            case MicrophoneClosed():
                left = self._give_up() + self._through(event)
                return left + self._sound_begins_anew()
            case _:
                return self._through(event)

    def _know(self, members: frozenset[str]) -> list[Effect]:
        self._members = members
        if not members:
            return []
        return [
            effect
            for word in self._words
            for effect in self._carry_out(word, word.round.joined())
        ]

    # --- a word of ours ---

    def _woken(self, event: WakeWordHeard) -> list[Effect]:
        effects = self._give_up()
        if self._satellite.deaf:
            return effects + self._through(event)
        turn = self._turns.name(event.detection)
        event = replace(event, turn=turn.id)
        listener = self._turns.listener()
        word = _Word(event, turn, self._round_of(event, turn), listener)
        for message, position in self._kept:
            word.round.known(message, position)
        self._words = [*self._words, word][-MOST_WORDS:]
        if not word.round.alone:
            effects += self._through(WordDisputed(on=True))
            ours = word.round.claim
            word.round.claim = replace(ours, interrupting=self._satellite.interrupted)
            self._off_owed = self._off_owed or self.turn is None
        return effects + self._carry_out(word, word.round.begin())

    def _round_of(self, event: WakeWordHeard, turn: Turn) -> Round:
        settings, detection = self._settings, event.detection
        level = UNABLE if self._unable else event.level + settings.bias_db
        return Round(
            Claim(settings.member, turn.id, detection.wake_word, level, after=0.0),
            at=detection.end,
            window=settings.window,
            same_person=self._same_person,
            alone=not (settings.enabled and self._members),
        )

    def _same_person(self, ours: bytes, theirs: bytes) -> bool:
        return self._voices is None or self._voices.same_person(ours, theirs)

    def _give_up(
        self, *, unwanted: bool = False, reason: Reason | None = None
    ) -> list[Effect]:
        """Leave a pending word to whoever else heard it; one that is `unwanted` is not
        to be obeyed by anybody. `reason` is why we cannot, if nobody else does.
        """
        word = next((word for word in self._words if word.round.pending), None)
        if word is None:
            return []
        disputed = word.round
        answered_by, kind = disputed.answered_by, OutcomeKind.YIELDED
        ours_so_far = unwanted and disputed.leads
        if answered_by is None or ours_so_far:
            kind, answered_by = OutcomeKind.CANCELLED, None
            if reason is not None:
                kind = OutcomeKind.ERROR
        outcome = Outcome(word.turn, kind, answered_by=answered_by)
        if kind is OutcomeKind.ERROR:
            outcome = replace(outcome, reason=reason)
        effects = self._tell_outcome(word, outcome)
        told = OutcomeKind.CANCELLED if ours_so_far else OutcomeKind.ERROR
        effects += self._carry_out(word, disputed.left(told))
        self._words.remove(word)
        return effects + self._through(WordDisputed(on=False))

    def _tell_outcome(self, word: _Word, outcome: Outcome) -> list[Effect]:
        if word.told:
            return []
        return [PublishOutcome(replace(outcome, heard_by=word.round.heard_by))]

    def _carry_out(self, word: _Word, orders: list[Order]) -> list[Effect]:
        effects: list[Effect] = []
        for order in orders:
            match order:
                case Tell(message):
                    effects.append(TellGroup(message, word.round.at))
                case Answer(again):
                    effects += self._answer(word, again=again)
                case Withdraw(answered_by):
                    effects += self._withdraw(word, answered_by)
                case Conclude(answered_by, told_to_stop):
                    outcome = Outcome(
                        word.turn, OutcomeKind.YIELDED, answered_by=answered_by
                    )
                    effects += self._tell_outcome(word, outcome)
                    if told_to_stop:
                        # First, or what waits would begin.
                        effects += self._through(ToldToStop())
                    effects += self._through(WordDisputed(on=False))
                    word.held.clear()
                    word.event = replace(word.event, pre_roll=(), word=())
        if word.away and word.round.pending:
            effects += self._give_up(reason=Reason.MICROPHONE)
        return effects

    def _answer(self, word: _Word, *, again: bool) -> list[Effect]:
        # The nearest one is asked to stop what plays in the next room as well.
        interrupting = word.round.claim.interrupting or word.round.interrupting
        event = replace(word.event, interrupting=interrupting, answered=again)
        effects = self._through(event)
        for heard in list(word.held):
            effects += self._through(heard)
        return effects

    def _withdraw(self, word: _Word, answered_by: str) -> list[Effect]:
        self._held_back.clear()
        word.texts_awaited = None
        effects = self._through(TurnYielded(word.turn.id))
        for at, effect in enumerate(effects):
            if isinstance(effect, PublishOutcome):
                outcome = replace(effect.outcome, answered_by=answered_by)
                effects[at] = PublishOutcome(outcome)
                word.told = True
        word.turn = self._turns.name(word.event.detection)
        word.event = replace(word.event, turn=word.turn.id)
        word.round.renamed(word.turn.id)
        return effects

    # --- what happens meanwhile ---

    @property
    def _needs_sound(self) -> bool:
        return any(
            word.round.pending
            or (word.round.state is State.PUBLISHED and not word.round.alone)
            for word in self._words
        )

    def _heard(self, event: Heard) -> list[Effect]:
        effects: list[Effect] = []
        position = event.frame.end
        for word in list(self._words):
            disputed = word.round
            if disputed.state not in {State.PUBLISHED, State.OVER}:
                if position - disputed.at <= LONGEST_HELD:
                    word.held.append(event)
                self._listen(word, event)
                effects += self._carry_out(word, self._know_voice(word, position))
            elif disputed.state is State.PUBLISHED:
                word.unsettled += FRAME_SAMPLES
                if word.unsettled > LONGEST_UNSETTLED:
                    unsettled = word.round.settled(told=False)
                    effects += self._carry_out(word, unsettled)
            effects += self._carry_out(word, disputed.heard(position))
            if word.texts_awaited is not None and (
                not disputed.awaits_text
                or position - word.texts_awaited >= LONGEST_TEXT_WAIT
            ):
                effects += self._let_through(word)
            if disputed.forgotten:
                self._words.remove(word)
        return effects

    def _listen(self, word: _Word, event: Heard) -> None:
        if event.frame.start - word.round.at >= _END_OF_WORD:
            word.listener.push(event.frame, speech=event.speech)
            word.round.command_heard |= word.listener.speech_heard

    def _know_voice(self, word: _Word, position: int) -> list[Order]:
        # Also where nobody seems to have heard the same word: who heard another one
        # at almost the same time may not be sure.
        known = word.round.print is not None or word.round.alone
        if self._voices is None or known or position - word.round.at < VOICE_KNOWN:
            return []
        frames = [*word.event.word, *(heard.frame for heard in word.held)]
        behind = word.round.at + VOICE_KNOWN
        early = [frame for frame in frames if frame.start < behind]
        return word.round.voice_known(self._voices.print_of(early))

    def _said(self, message: GroupMessage, position: int | None) -> list[Effect]:
        if position is None or not self._settings.enabled:
            return []
        while self._kept and position - self._kept[0][1] > KEPT_FOR:
            self._kept.popleft()
        self._kept.append((message, position))
        effects: list[Effect] = []
        for word in list(self._words):
            effects += self._carry_out(word, word.round.said(message, position))
            if word.texts_awaited is not None and not word.round.awaits_text:
                effects += self._let_through(word)
            if word.round.forgotten:
                self._words.remove(word)
        return effects

    def _sound_begins_anew(self) -> list[Effect]:
        """Sample positions do, and no word is compared with one of before. Nor does
        anything wait for so much sound any more.
        """
        self._kept.clear()
        effects: list[Effect] = []
        for word in list(self._words):
            word.away = True
            if word.texts_awaited is not None:
                effects += self._let_through(word)
        self._words = [w for w in self._words if w.round.state is not State.OVER]
        return effects

    # --- the end of a turn of ours ---

    def _recognized(self, event: RecognizerSaid) -> list[Effect]:
        word = self._word_of(event.turn)
        if word is None or not (word.round.awaits_text or self._held_back):
            return self._through(event)
        if word.texts_awaited is None:
            word.texts_awaited = word.held[-1].frame.end if word.held else word.round.at
        self._held_back.append(event)
        if _is_final(event) and self._is_open(event.turn):
            # None is late that is there.
            return [KeepListening(event.turn)]
        return []

    def _let_through(self, word: _Word) -> list[Effect]:
        word.texts_awaited = None
        held_back, self._held_back = self._held_back, []
        effects = [effect for event in held_back for effect in self._through(event)]
        waits_on = self._satellite.awaits_final and self._is_open(word.turn.id)
        if waits_on and any(map(_is_final, held_back)):
            effects.append(AwaitFinal(word.turn.id, audible=False))
        return effects

    def _is_open(self, turn_id: str) -> bool:
        return self.turn is not None and self.turn.id == turn_id

    def _of_published(
        self, turn_id: str, happens: Callable[[Round], list[Order]]
    ) -> list[Effect]:
        word = self._word_of(turn_id)
        if word is None or word.round.state is not State.PUBLISHED:
            return []
        return self._carry_out(word, happens(word.round))

    def _word_of(self, turn_id: str) -> _Word | None:
        return next((word for word in self._words if word.turn.id == turn_id), None)

    def _through(self, event: Event) -> list[Effect]:
        """Have the satellite take it, and see what that means for our words."""
        effects: list[Effect] = []
        for effect in self._satellite.step(event):
            match effect:
                case PublishOutcome(outcome):
                    stopping = isinstance(event, Stopping)
                    effects += self._outcome(outcome, stopping=stopping)
                case Attend(on=False) if self._needs_sound:
                    self._off_owed = True
                case Attend(on=False):
                    self._off_owed = False
                    effects.append(effect)
                case _:
                    effects.append(effect)
        return effects

    def _outcome(self, outcome: Outcome, *, stopping: bool) -> list[Effect]:
        word = self._word_of(outcome.turn.id)
        if word is None:
            return [PublishOutcome(outcome)]
        disputed = word.round
        outcome = replace(
            outcome,
            heard_by=disputed.heard_by,
            stands_in_for=disputed.stands_in_for,
        )
        if outcome.kind is OutcomeKind.YIELDED:
            # There is more to come of the word.
            return [PublishOutcome(outcome)]
        word.held.clear()
        word.event = replace(word.event, pre_roll=(), word=())
        if outcome.transcript is not None:
            same = disputed.said_by(partial(_alike, outcome.transcript.text))
            if same is not None:
                return self._drop(word, outcome, same)
            told = self._settings.publish_text
            disputed.published(outcome.transcript.text if told else None)
            if disputed.alone:
                self._words.remove(word)
            return [PublishOutcome(outcome)]
        kind = outcome.kind
        if stopping:
            # Nobody has told us to leave the command.
            kind = OutcomeKind.ERROR
        elif outcome.reason in {Reason.EXPIRED, Reason.RATE_LIMITED}:
            # Nor would anybody else be in time, or find the recognizer of the house
            # less busy: whoever asks makes it more so.
            kind = OutcomeKind.CANCELLED
        elif outcome.false_alarm:
            # Whoever stood in would find the same.
            kind = OutcomeKind.CANCELLED
        ended = disputed.ended(kind, told_to_stop=outcome.told_to_stop)
        return [PublishOutcome(outcome), *self._carry_out(word, ended)]

    def _drop(self, word: _Word, outcome: Outcome, said_by: str) -> list[Effect]:
        """What was taken for another person's command was the same one."""
        dropped = replace(
            outcome,
            kind=OutcomeKind.YIELDED,
            transcript=None,
            stands_in_for=None,
            answered_by=said_by,
        )
        effects: list[Effect] = [PublishOutcome(dropped)]
        effects += self._carry_out(word, word.round.ended(OutcomeKind.YIELDED))
        follow_up = self.turn
        goes_on = follow_up is not None and follow_up.follow_up
        if goes_on or self._satellite.awaits_afterthought:
            turn = outcome.turn if follow_up is None else follow_up
            effects += self._through(TurnYielded(turn.id))
            effects += self._through(WordDisputed(on=False))
        return effects


def _is_final(event: RecognizerSaid | RecognizerFailed) -> bool:
    return isinstance(event, RecognizerSaid) and isinstance(event.said, FinalTranscript)


def _alike(ours: str, theirs: str) -> bool:
    """Whether two recognizers may have heard the same words."""
    a, b = (
        " ".join("".join(c if c.isalnum() else " " for c in text.casefold()).split())
        for text in (ours, theirs)
    )
    # Only who compares has to load it.
    from difflib import SequenceMatcher

    return SequenceMatcher(None, a, b, autojunk=False).ratio() >= ALIKE
